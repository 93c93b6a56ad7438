//! Request bodies: from bytes in one of three formats to one tree of values (kubernetes-api 2.6, 2.9,
//! 2.12).
//!
//! A body is read once. While it is read, every object is looked up in the schema of the expected
//! kind: members the schema does not know are dropped and named, members that occur twice are named.
//! What becomes of the names (refused, warned about, ignored) is decided by who asked for the body.

mod findings;
mod json;
mod media;
mod messages;
mod place;
mod protobuf;
#[cfg(test)]
mod tests;
mod tree;
mod unknown;
mod wire;
mod yaml;

use serde_json::Value;

pub(crate) use self::media::Format;
pub(crate) use self::unknown::unknown_fields;
use crate::schema::Schema;

/// Bytes of a body that an error repeats, so that a client can see what arrived.
const EXCERPT: usize = 30;

/// What a body has to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted {
    /// The kind, as errors name it.
    pub(crate) kind: &'static str,
    /// Its members.
    pub(crate) schema: &'static Schema,
}

/// A body that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Decoded {
    /// What it says, without the unknown fields. Of a duplicate the last one is kept.
    pub(crate) value: Value,
    /// Paths of fields the schema does not know, in document order, each once.
    pub(crate) unknown: Vec<String>,
    /// Paths of fields that occur more than once, in document order, each once.
    pub(crate) duplicates: Vec<String>,
}

/// Why a body is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// The format is none of those that are read here.
    #[error(
        "the body of the request was in an unknown format - accepted media types include: application/json, \
         application/yaml, application/vnd.kubernetes.protobuf"
    )]
    Unsupported,
    /// The format is right, but these bytes are not in it.
    #[error("{0}")]
    Malformed(String),
}

/// Reads a body that has to be an object of a kind. Without a content type it is JSON.
///
/// Whether `apiVersion` and `kind`, if given, are the expected ones is not looked at here.
pub(crate) fn body(
    content_type: Option<&str>,
    bytes: &[u8],
    accepted: Accepted,
) -> Result<Decoded, DecodeError> {
    let malformed = |why: String| DecodeError::Malformed(unrecognized(accepted.kind, &why, bytes));
    match Format::of(content_type).ok_or(DecodeError::Unsupported)? {
        Format::Protobuf => protobuf::read(bytes, accepted.kind).map_err(|error| match error {
            protobuf::ProtobufError::Unrecognized(why) => malformed(why),
            protobuf::ProtobufError::Unhandled { kind, version, why } => DecodeError::Malformed(format!(
                "{kind} in version {version:?} cannot be handled as a {}: {why}",
                accepted.kind
            )),
        }),
        format @ (Format::Json | Format::Yaml) => {
            let read = text(format, bytes, Some(accepted.schema)).and_then(object);
            read.map_err(|why| malformed(format!("couldn't get version/kind; json parse error: {why}")))
        }
    }
}

/// Reads a document of any shape: a patch, or a body that is looked at before its kind is known. With
/// a schema, unknown fields are dropped and named; without one every duplicate is named.
///
/// The error is the reason alone, in the words of Go's decoder where there are any. Protobuf has no
/// documents without a kind, so it is read as the JSON it is not.
pub(crate) fn text(format: Format, bytes: &[u8], schema: Option<&'static Schema>) -> Result<Decoded, String> {
    match format {
        Format::Yaml => yaml::read(bytes, schema),
        Format::Json | Format::Protobuf => json::read(bytes, schema),
    }
}

/// Takes only objects whose type, if they name one, is named in words. No value at all is an object
/// that says nothing.
fn object(mut decoded: Decoded) -> Result<Decoded, String> {
    match &decoded.value {
        Value::Null => decoded.value = Value::Object(serde_json::Map::new()),
        Value::Object(members) => {
            for name in ["apiVersion", "kind"] {
                match members.get(name) {
                    None | Some(Value::Null | Value::String(_)) => {}
                    Some(other) => {
                        return Err(format!(
                            "json: cannot unmarshal {} into Go struct field .{name} of type string",
                            go_type(other)
                        ));
                    }
                }
            }
        }
        other => return Err(format!("json: cannot unmarshal {} into an object", go_type(other))),
    }
    Ok(decoded)
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn unrecognized(kind: &str, why: &str, bytes: &[u8]) -> String {
    format!("the object provided is unrecognized (must be of type {kind}): {why} ({})", excerpt(bytes))
}

/// The start of a body. What does not look like JSON is shown in hexadecimal digits.
fn excerpt(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "<empty>".to_owned();
    }
    let start = &bytes[..bytes.len().min(EXCERPT)];
    let shown: String = if start[0] == b'{' {
        String::from_utf8_lossy(start).into_owned()
    } else {
        start.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(digit).collect()
    };
    if bytes.len() > EXCERPT { format!("{shown} ...") } else { shown }
}

fn digit(half: u8) -> char {
    char::from_digit(u32::from(half), 16).expect("half a byte is one hexadecimal digit")
}
