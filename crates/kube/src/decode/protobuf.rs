//! Protobuf bodies of kinds built into Kubernetes: kubectl writes those in nothing else since 1.32.
//!
//! Only reading: a client that sends protobuf takes JSON for an answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use weir_image_api::Timestamp;

use super::Decoded;
use super::messages::{Field, Form, Message, Zero, find};
use super::wire::{Entries, Payload, WireError};

const MAGIC: &[u8] = b"k8s\0";

/// Why bytes are no object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProtobufError {
    /// Not even the envelope can be read.
    Unrecognized(String),
    /// The envelope names a kind that is not known, or that the content is not.
    Unhandled { kind: String, version: String, why: String },
}

/// The envelope of every object.
#[derive(Debug, Default)]
struct Envelope<'a> {
    api_version: &'a str,
    kind: &'a str,
    raw: &'a [u8],
    encoding: &'a str,
}

/// Reads an object. Without a kind of its own it is of the expected one.
pub(super) fn read(bytes: &[u8], expected: &str) -> Result<Decoded, ProtobufError> {
    let message = bytes.strip_prefix(MAGIC).ok_or_else(|| {
        let why = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";
        ProtobufError::Unrecognized(why.to_owned())
    })?;
    let envelope = Envelope::read(message).map_err(|error| ProtobufError::Unrecognized(error.to_string()))?;
    let kind = if envelope.kind.is_empty() { expected } else { envelope.kind };
    let version = envelope.api_version;
    let unhandled = |why: String| ProtobufError::Unhandled {
        kind: kind.to_owned(),
        version: version.rsplit('/').next().unwrap_or_default().to_owned(),
        why,
    };
    if !envelope.encoding.is_empty() {
        return Err(unhandled(format!("the content encoding {:?} is not known", envelope.encoding)));
    }
    let message = find(version, kind).ok_or_else(|| {
        unhandled(format!("no kind {kind:?} is registered for version {version:?} in protobuf"))
    })?;
    let mut members = Map::new();
    read_message(message, envelope.raw, &mut members).map_err(|error| unhandled(error.to_string()))?;
    for (name, text) in [("apiVersion", version), ("kind", envelope.kind)] {
        if !text.is_empty() {
            members.insert(name.to_owned(), Value::from(text));
        }
    }
    Ok(Decoded { value: Value::Object(members), ..Decoded::default() })
}

impl<'a> Envelope<'a> {
    fn read(message: &'a [u8]) -> Result<Envelope<'a>, WireError> {
        let mut envelope = Envelope::default();
        for entry in Entries::of(message) {
            let entry = entry?;
            match entry.number {
                1 => {
                    for entry in Entries::of(bytes_of(entry.payload, "typeMeta")?) {
                        let entry = entry?;
                        match entry.number {
                            1 => envelope.api_version = text_of(entry.payload, "apiVersion")?,
                            2 => envelope.kind = text_of(entry.payload, "kind")?,
                            _ => {}
                        }
                    }
                }
                2 => envelope.raw = bytes_of(entry.payload, "raw")?,
                3 => envelope.encoding = text_of(entry.payload, "contentEncoding")?,
                _ => {}
            }
        }
        Ok(envelope)
    }
}

/// Reads the fields of a message into members. Fields nobody knows are passed over, as everywhere in
/// protobuf.
fn read_message(message: &Message, bytes: &[u8], members: &mut Map<String, Value>) -> Result<(), WireError> {
    for entry in Entries::of(bytes) {
        let entry = entry?;
        if let Some(field) = message.fields.iter().find(|field| field.number == entry.number) {
            read_field(field, entry.payload, members)?;
        }
    }
    Ok(())
}

fn read_field(
    field: &Field,
    payload: Payload<'_>,
    members: &mut Map<String, Value>,
) -> Result<(), WireError> {
    let name = field.name;
    match field.form {
        Form::Text => {
            let text = text_of(payload, name)?;
            set(field, text.is_empty(), Value::from(text), members);
        }
        Form::Bytes => {
            let bytes = bytes_of(payload, name)?;
            set(field, bytes.is_empty(), Value::from(STANDARD.encode(bytes)), members);
        }
        Form::Whole => {
            let number = varint_of(payload, name)?.cast_signed();
            set(field, number == 0, Value::from(number), members);
        }
        Form::Flag => {
            let flag = varint_of(payload, name)? != 0;
            set(field, !flag, Value::from(flag), members);
        }
        Form::Time => {
            let time = read_time(bytes_of(payload, name)?)?;
            set(field, time.is_none(), Value::from(time), members);
        }
        Form::Raw => {
            for entry in Entries::of(bytes_of(payload, name)?) {
                let entry = entry?;
                if entry.number == 1 {
                    let json = serde_json::from_slice(bytes_of(entry.payload, name)?);
                    members.insert(name.to_owned(), json.map_err(|_| WireError::Text(name))?);
                }
            }
        }
        Form::Message(message) => {
            // A message in several parts is put together.
            let below = members.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(below) = below {
                read_message(message, bytes_of(payload, name)?, below)?;
            }
        }
        Form::Texts => push(name, Value::from(text_of(payload, name)?), members),
        Form::Messages(message) => {
            let mut below = Map::new();
            read_message(message, bytes_of(payload, name)?, &mut below)?;
            push(name, Value::Object(below), members);
        }
        Form::TextMap => read_pair(name, Form::Text, payload, members)?,
        Form::BytesMap => read_pair(name, Form::Bytes, payload, members)?,
    }
    Ok(())
}

/// Reads one pair of a map: a message of key and value.
fn read_pair(
    name: &'static str,
    form: Form,
    payload: Payload<'_>,
    members: &mut Map<String, Value>,
) -> Result<(), WireError> {
    let (mut key, mut value) = ("", &[][..]);
    for entry in Entries::of(bytes_of(payload, name)?) {
        let entry = entry?;
        match entry.number {
            1 => key = text_of(entry.payload, name)?,
            2 => value = bytes_of(entry.payload, name)?,
            _ => {}
        }
    }
    let value = match form {
        Form::Bytes => STANDARD.encode(value),
        _ => text_of(Payload::Bytes(value), name)?.to_owned(),
    };
    let map = members.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(map) = map {
        map.insert(key.to_owned(), Value::from(value));
    }
    Ok(())
}

/// Reads a time. The start of the epoch is no time, as upstream has it.
fn read_time(bytes: &[u8]) -> Result<Option<String>, WireError> {
    let (mut seconds, mut nanos) = (0, 0);
    for entry in Entries::of(bytes) {
        let entry = entry?;
        match entry.number {
            1 => seconds = varint_of(entry.payload, "seconds")?.cast_signed(),
            2 => nanos = varint_of(entry.payload, "nanos")?,
            _ => {}
        }
    }
    let time = Timestamp::from_seconds(seconds);
    let absent = (seconds == 0 && nanos == 0) || time.is_zero();
    Ok((!absent).then(|| time.to_string()))
}

/// Puts a value where it belongs; the last one of several counts.
fn set(field: &Field, is_zero: bool, value: Value, members: &mut Map<String, Value>) {
    if is_zero && field.zero == Zero::Absent {
        members.remove(field.name);
    } else {
        members.insert(field.name.to_owned(), value);
    }
}

fn push(name: &str, value: Value, members: &mut Map<String, Value>) {
    let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.push(value);
    }
}

fn bytes_of<'a>(payload: Payload<'a>, name: &'static str) -> Result<&'a [u8], WireError> {
    match payload {
        Payload::Bytes(bytes) => Ok(bytes),
        Payload::Varint(_) | Payload::Fixed => Err(WireError::WrongType(name)),
    }
}

fn text_of<'a>(payload: Payload<'a>, name: &'static str) -> Result<&'a str, WireError> {
    std::str::from_utf8(bytes_of(payload, name)?).map_err(|_| WireError::Text(name))
}

fn varint_of(payload: Payload<'_>, name: &'static str) -> Result<u64, WireError> {
    match payload {
        Payload::Varint(value) => Ok(value),
        Payload::Bytes(_) | Payload::Fixed => Err(WireError::WrongType(name)),
    }
}
