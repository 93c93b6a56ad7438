//! Unknown fields of every kind.

use serde_json::{Map, json};

use super::super::unknown_fields;
use super::*;

/// Puts a member nobody knows into every object that has a schema, and says where.
fn spoil(of: &Shape, value: &mut Value, path: &str, paths: &mut Vec<String>) {
    match (of, value) {
        (Shape::Object(schema), Value::Object(members)) => {
            let within =
                |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            // First and last among its neighbours in order of their names.
            members.insert("AA".to_owned(), json!({"name": 1}));
            paths.push(within("AA"));
            let mut fields: Vec<_> = schema.fields.iter().collect();
            fields.sort_by_key(|field| field.name);
            for field in fields {
                spoil(&field.shape, &mut members[field.name], &within(field.name), paths);
            }
            members.insert("zz".to_owned(), json!(["x"]));
            paths.push(within("zz"));
        }
        (Shape::List(inner), Value::Array(elements)) => {
            for (index, element) in elements.iter_mut().enumerate() {
                spoil(inner, element, &format!("{path}[{index}]"), paths);
            }
        }
        (Shape::Map(inner), Value::Object(members)) => {
            for (name, member) in members {
                spoil(inner, member, &format!("{path}.{name}"), paths);
            }
        }
        _ => {}
    }
}

/// kubernetes-api 42, 54, 58.
#[test]
fn every_kind_knows_its_own_fields_and_no_other() {
    for accepted in kinds() {
        let whole = sample(accepted.schema);
        let mut value = whole.clone();
        assert_eq!(unknown_fields(accepted.schema, &mut value), [""; 0], "{}", accepted.kind);
        assert_eq!(value, whole, "{}", accepted.kind);

        let mut paths = Vec::new();
        spoil(&Shape::Object(accepted.schema), &mut value, "", &mut paths);
        let body_bytes = serde_json::to_vec(&value).unwrap();
        let found = unknown_fields(accepted.schema, &mut value);
        assert!(paths.len() > 2);
        paths.truncate(100);
        assert_eq!(found, paths, "{}", accepted.kind);
        assert_eq!(value, whole, "{}", accepted.kind);
        // Reading a body finds the same, since the text has its members in order.
        let decoded = body(None, &body_bytes, accepted).unwrap();
        assert_eq!((decoded.unknown, decoded.value), (paths, whole), "{}", accepted.kind);
    }
}

#[test]
fn a_body_names_them_in_its_own_order() {
    let text = r#"{"z":1,"spec":{"y":1,"tags":[{"x":1}]},"a":1,"metadata":{"b":1}}"#;
    let decoded = json(text).unwrap();
    assert_eq!(decoded.unknown, ["z", "spec.y", "spec.tags[0].x", "a", "metadata.b"]);
    let mut value: Value = serde_json::from_str(text).unwrap();
    let found = unknown_fields(&IMAGE_STREAM, &mut value);
    assert_eq!(found, ["a", "metadata.b", "spec.tags[0].x", "spec.y", "z"]);
    assert_eq!(value, decoded.value);
}

#[test]
fn values_of_another_type_are_left_alone() {
    for text in [r#"{"spec":[{"x":1}],"metadata":7}"#, r#"{"spec":{"tags":{"x":{"y":1}}}}"#, "[{\"x\":1}]"] {
        let mut value: Value = serde_json::from_str(text).unwrap();
        let before = value.clone();
        assert_eq!(unknown_fields(&IMAGE_STREAM, &mut value), [""; 0], "{text}");
        assert_eq!(value, before);
    }
    assert_eq!(unknown_fields(&IMAGE_STREAM, &mut Value::Object(Map::new())), [""; 0]);
}
