//! JSON, with the complaints of Go's decoder: people search for them.

use serde::de::DeserializeSeed;
use serde_json::error::Category;

use super::Decoded;
use super::place::Place;
use super::tree::{Node, Walk};
use crate::schema::Schema;

/// Most containers around a value: the limit of `serde_json`.
const MAX_DEPTH: usize = 127;

/// Reads one document and nothing after it.
pub(super) fn read(bytes: &[u8], schema: Option<&'static Schema>) -> Result<Decoded, String> {
    // Text does not grow when it is read.
    let mut walk = Walk::new(bytes.len(), MAX_DEPTH);
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = Node::root(Place::root(schema), &mut walk).deserialize(&mut source);
    let value =
        value.and_then(|value| source.end().map(|()| value)).map_err(|error| explain(&error, bytes))?;
    Ok(Decoded { value, unknown: walk.findings.unknown, duplicates: walk.findings.duplicates })
}

fn explain(error: &serde_json::Error, bytes: &[u8]) -> String {
    if error.classify() == Category::Eof {
        return "unexpected end of JSON input".to_owned();
    }
    let full = error.to_string();
    let what = full.split_once(" at line ").map_or(full.as_str(), |(what, _)| what);
    let context = match what {
        "expected ident" => "in literal",
        "key must be a string" => "looking for beginning of object key string",
        "expected `:`" => "after object key",
        "expected `,` or `}`" => "after object key:value pair",
        "expected `,` or `]`" => "after array element",
        "trailing characters" => "after top-level value",
        "invalid escape" => "in string escape code",
        "invalid number" => "in numeric literal",
        "control character (\\u0000-\\u001F) found while parsing a string" => "in string literal",
        "trailing comma" if offender(error, bytes) == Some(b'}') => {
            "looking for beginning of object key string"
        }
        "expected value" | "trailing comma" => "looking for beginning of value",
        "recursion limit exceeded" => return "exceeded max depth".to_owned(),
        other => return other.to_owned(),
    };
    match offender(error, bytes) {
        Some(byte) => format!("invalid character {} {context}", quoted(byte)),
        None => what.to_owned(),
    }
}

/// The byte an error points at.
fn offender(error: &serde_json::Error, bytes: &[u8]) -> Option<u8> {
    let line = bytes.split(|byte| *byte == b'\n').nth(error.line().checked_sub(1)?)?;
    match error.column().checked_sub(1) {
        // The column of a line break is that of the end of its line.
        Some(column) => line.get(column).copied().or(Some(b'\n')),
        None => Some(b'\n'),
    }
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        0x20..=0x7e | 0xa1.. => format!("'{}'", char::from(byte)),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        other => format!(r"'\x{other:02x}'"),
    }
}
