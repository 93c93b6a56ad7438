//! Whether the members of an object have the shape that the schema says.
//!
//! Reading a type from JSON takes an array for a structure, member by member in their order. No client
//! means that, and what it would make of the object nobody could foresee.

use serde_json::Value;

use crate::schema::{Schema, Shape};

/// Says which member is no structure although it has to be one, in the words of Go's decoder.
pub(super) fn check(schema: &'static Schema, value: &Value) -> Result<(), String> {
    object(schema, value, schema.name, &mut Vec::new())
}

fn object(
    schema: &'static Schema,
    value: &Value,
    within: &str,
    path: &mut Vec<&'static str>,
) -> Result<(), String> {
    let members = match value {
        Value::Object(members) => members,
        Value::Array(_) => return Err(misfit(within, path, schema.name)),
        // Everything else is found fault with when it gets a type.
        _ => return Ok(()),
    };
    for field in schema.fields {
        let Some(member) = members.get(field.name) else { continue };
        path.push(field.name);
        shaped(&field.shape, member, schema.name, path)?;
        path.pop();
    }
    Ok(())
}

fn shaped(shape: &Shape, value: &Value, within: &str, path: &mut Vec<&'static str>) -> Result<(), String> {
    match (shape, value) {
        (Shape::Object(schema), value) => object(schema, value, within, path),
        (Shape::Raw, Value::Array(_)) => Err(misfit(within, path, "object")),
        (Shape::List(inner), Value::Array(elements)) => {
            elements.iter().try_for_each(|element| shaped(inner, element, within, path))
        }
        (Shape::Map(inner), Value::Object(members)) => {
            members.values().try_for_each(|member| shaped(inner, member, within, path))
        }
        _ => Ok(()),
    }
}

fn misfit(within: &str, path: &[&str], wanted: &str) -> String {
    let short = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let (within, path) = (short(within), path.join("."));
    format!("cannot unmarshal array into Go struct field {within}.{path} of type {}", short(wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::image::{IMAGE, IMAGE_STREAM};

    #[test]
    fn an_array_is_no_structure() {
        for (bad, expected) in [
            (
                json!({"metadata": ["x"]}),
                "cannot unmarshal array into Go struct field ImageStream.metadata of type ObjectMeta",
            ),
            (
                json!({"spec": {"tags": [{"name": "a"}, ["b"]]}}),
                "cannot unmarshal array into Go struct field ImageStreamSpec.spec.tags of type TagReference",
            ),
            (
                json!({"metadata": {"ownerReferences": [[]]}}),
                "cannot unmarshal array into Go struct field ObjectMeta.metadata.ownerReferences of type OwnerReference",
            ),
        ] {
            assert_eq!(check(&IMAGE_STREAM, &bad).unwrap_err(), expected);
        }
        assert!(check(&IMAGE, &json!({"dockerImageMetadata": []})).is_err());
        let good = json!({"metadata": {"labels": {"a": "b"}, "finalizers": ["x"]}, "spec": {"tags": null}, "status": null});
        assert_eq!(check(&IMAGE_STREAM, &good), Ok(()));
    }
}
