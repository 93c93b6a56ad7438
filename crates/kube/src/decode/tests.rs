//! Bodies as clients send them, and as they should not.

mod bodies;
mod fields;
mod protobuf_bodies;

use serde_json::Value;

use super::{Accepted, DecodeError, Decoded, body};
use crate::resources::CATALOGUE;
use crate::schema::core::NAMESPACE;
use crate::schema::image::IMAGE_STREAM;
use crate::schema::{Schema, Shape};

const STREAM: Accepted = Accepted { kind: "ImageStream", schema: &IMAGE_STREAM };
const NAMESPACE_BODY: Accepted = Accepted { kind: "Namespace", schema: &NAMESPACE };
const YAML: Option<&str> = Some("application/yaml");

fn json(text: &str) -> Result<Decoded, DecodeError> {
    body(None, text.as_bytes(), STREAM)
}

fn yaml(text: &str) -> Result<Decoded, DecodeError> {
    body(YAML, text.as_bytes(), STREAM)
}

fn message<T: std::fmt::Debug>(result: Result<T, DecodeError>) -> String {
    result.unwrap_err().to_string()
}

/// Every kind that is in the catalogue, those below others included.
fn kinds() -> impl Iterator<Item = Accepted> {
    CATALOGUE.iter().flat_map(|group| group.resources).flat_map(|resource| {
        let below = resource.subresources.iter().map(|below| below.kind);
        let kinds = std::iter::once(resource.kind).chain(below);
        kinds.map(|kind| Accepted { kind: kind.name, schema: kind.schema })
    })
}

/// An object with every member of a schema.
fn sample(schema: &Schema) -> Value {
    let members = schema.fields.iter().map(|field| (field.name.to_owned(), value(&field.shape)));
    Value::Object(members.collect())
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Text | Shape::Bytes => "text".into(),
        Shape::Time => "2026-02-03T10:16:00Z".into(),
        Shape::Flag => true.into(),
        Shape::Whole => 7.into(),
        Shape::Raw => serde_json::json!({"anything": {"goes": 1}}),
        Shape::Object(schema) => sample(schema),
        Shape::List(inner) => Value::Array(vec![value(inner), value(inner)]),
        Shape::Map(inner) => serde_json::json!({"a key": value(inner)}),
    }
}
