//! Version 2 in protobuf: the message `openapi.v2.Document` of gnostic, made from the JSON document.
//!
//! The messages are tables, like the ones of request bodies: a JSON member, the number of its field,
//! and how its value is wrapped. Only what our documents use is in them; a member that is missing
//! here fails the tests.

use serde_json::{Map, Value};

use super::wire::Writer;
use crate::encode::yaml_text;

/// A message.
struct Message {
    members: &'static [(&'static str, u32, Form)],
    /// The field of all members that start with `x-`.
    extensions: Option<u32>,
}

/// How a value is written.
enum Form {
    Text,
    Flag,
    /// Each text a field of its own.
    Texts,
    /// A message of texts, of which JSON allows one without a list.
    TextsInside,
    /// A message inside messages that have nothing but this field.
    One(&'static [u32], &'static Message),
    /// A list of messages, each a field of its own.
    Many(&'static Message),
    /// A message that lists pairs of a name and a value, the value itself wrapped.
    Pairs {
        entry: u32,
        within: &'static [u32],
        of: &'static Message,
    },
    /// A list of parameters, whose wrapping says where they stand.
    Parameters,
}

static DOCUMENT: Message = Message {
    members: &[
        ("swagger", 1, Form::Text),
        ("info", 2, Form::One(&[], &INFO)),
        ("paths", 8, Form::Pairs { entry: 2, within: &[], of: &PATH_ITEM }),
        ("definitions", 9, Form::Pairs { entry: 1, within: &[], of: &SCHEMA }),
    ],
    extensions: Some(16),
};

static INFO: Message =
    Message { members: &[("title", 1, Form::Text), ("version", 2, Form::Text)], extensions: Some(7) };

static PATH_ITEM: Message = Message {
    members: &[
        ("get", 2, Form::One(&[], &OPERATION)),
        ("put", 3, Form::One(&[], &OPERATION)),
        ("post", 4, Form::One(&[], &OPERATION)),
        ("delete", 5, Form::One(&[], &OPERATION)),
        ("patch", 8, Form::One(&[], &OPERATION)),
        ("parameters", 9, Form::Parameters),
    ],
    extensions: Some(10),
};

static OPERATION: Message = Message {
    members: &[
        ("tags", 1, Form::Texts),
        ("description", 3, Form::Text),
        ("operationId", 5, Form::Text),
        ("produces", 6, Form::Texts),
        ("consumes", 7, Form::Texts),
        ("parameters", 8, Form::Parameters),
        ("responses", 9, Form::Pairs { entry: 1, within: &[1], of: &RESPONSE }),
        ("schemes", 10, Form::Texts),
    ],
    extensions: Some(13),
};

static RESPONSE: Message = Message {
    members: &[("description", 1, Form::Text), ("schema", 2, Form::One(&[1], &SCHEMA))],
    extensions: Some(5),
};

static BODY_PARAMETER: Message = Message {
    members: &[
        ("description", 1, Form::Text),
        ("name", 2, Form::Text),
        ("in", 3, Form::Text),
        ("required", 4, Form::Flag),
        ("schema", 5, Form::One(&[], &SCHEMA)),
    ],
    extensions: Some(6),
};

static QUERY_PARAMETER: Message = Message {
    members: &[
        ("required", 1, Form::Flag),
        ("in", 2, Form::Text),
        ("description", 3, Form::Text),
        ("name", 4, Form::Text),
        ("type", 6, Form::Text),
        ("format", 7, Form::Text),
        ("uniqueItems", 20, Form::Flag),
    ],
    extensions: Some(23),
};

static PATH_PARAMETER: Message = Message {
    members: &[
        ("required", 1, Form::Flag),
        ("in", 2, Form::Text),
        ("description", 3, Form::Text),
        ("name", 4, Form::Text),
        ("type", 5, Form::Text),
        ("format", 6, Form::Text),
        ("uniqueItems", 19, Form::Flag),
    ],
    extensions: Some(22),
};

static SCHEMA: Message = Message {
    members: &[
        ("$ref", 1, Form::Text),
        ("format", 2, Form::Text),
        ("description", 4, Form::Text),
        ("required", 19, Form::Texts),
        ("additionalProperties", 21, Form::One(&[1], &SCHEMA)),
        ("type", 22, Form::TextsInside),
        ("items", 23, Form::One(&[1], &SCHEMA)),
        ("allOf", 24, Form::Many(&SCHEMA)),
        ("properties", 25, Form::Pairs { entry: 1, within: &[], of: &SCHEMA }),
    ],
    extensions: Some(31),
};

/// Writes a document of version 2.
pub(super) fn document(json: &Value) -> Vec<u8> {
    message(&DOCUMENT, members_of(json))
}

fn message(of: &Message, members: &Map<String, Value>) -> Vec<u8> {
    let mut out = Writer::default();
    // In the order of the numbers, as other writers have it.
    for (name, number, form) in of.members {
        if let Some(value) = members.get(*name) {
            field(*number, form, value, &mut out);
        }
    }
    for (name, value) in members {
        if let Some(number) = of.extensions.filter(|_| name.starts_with("x-")) {
            out.bytes(number, &pair(name, &wrapped(&[2], yaml_text(value).into_bytes())));
        } else {
            debug_assert!(of.members.iter().any(|(known, ..)| known == name), "{name} is in no table");
        }
    }
    out.finish()
}

fn field(number: u32, form: &Form, value: &Value, out: &mut Writer) {
    match form {
        Form::Text => out.bytes(number, text_of(value).as_bytes()),
        Form::Flag => out.number(number, u64::from(value.as_bool().unwrap_or_default())),
        Form::Texts => texts(number, value, out),
        Form::TextsInside => {
            let mut inside = Writer::default();
            texts(1, value, &mut inside);
            out.bytes(number, &inside.finish());
        }
        Form::One(within, of) => out.bytes(number, &wrapped(within, message(of, members_of(value)))),
        Form::Many(of) => {
            for element in elements_of(value) {
                out.bytes(number, &message(of, members_of(element)));
            }
        }
        Form::Pairs { entry, within, of } => {
            let mut inside = Writer::default();
            for (name, value) in members_of(value) {
                let value = wrapped(within, message(of, members_of(value)));
                inside.bytes(*entry, &pair(name, &value));
            }
            out.bytes(number, &inside.finish());
        }
        Form::Parameters => {
            for parameter in elements_of(value) {
                let (within, of): (&[u32], _) = match parameter["in"].as_str() {
                    Some("body") => (&[1, 1], &BODY_PARAMETER),
                    Some("path") => (&[1, 2, 4], &PATH_PARAMETER),
                    _ => (&[1, 2, 3], &QUERY_PARAMETER),
                };
                out.bytes(number, &wrapped(within, message(of, members_of(parameter))));
            }
        }
    }
}

fn texts(number: u32, value: &Value, out: &mut Writer) {
    match value {
        Value::Array(texts) => texts.iter().for_each(|text| out.bytes(number, text_of(text).as_bytes())),
        one => out.bytes(number, text_of(one).as_bytes()),
    }
}

/// A name and a value that is a message.
fn pair(name: &str, value: &[u8]) -> Vec<u8> {
    let mut out = Writer::default();
    out.bytes(1, name.as_bytes());
    out.bytes(2, value);
    out.finish()
}

/// Puts a message into messages, the first number outermost.
fn wrapped(within: &[u32], content: Vec<u8>) -> Vec<u8> {
    within.iter().rev().fold(content, |content, number| {
        let mut out = Writer::default();
        out.bytes(*number, &content);
        out.finish()
    })
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn elements_of(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn members_of(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("the documents have objects where the tables have messages")
}
