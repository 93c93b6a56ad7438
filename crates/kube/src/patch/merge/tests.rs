use proptest::prelude::*;
use serde_json::{Map, json};

use super::*;

/// The examples of RFC 7396, appendix A: document, patch, result.
fn appendix() -> Vec<(Value, Value, Value)> {
    vec![
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
        (json!({"a": "b"}), json!(["c"]), json!(["c"])),
        (json!({"a": "foo"}), json!(null), json!(null)),
        (json!({"a": "foo"}), json!("bar"), json!("bar")),
        (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ]
}

// kubernetes-api 113
#[test]
fn the_examples_of_the_rfc_come_out() {
    for (document, patch, result) in appendix() {
        let merged = apply_merge(&document, patch.to_string().as_bytes());
        if patch.is_object() {
            assert_eq!(merged, Ok(result), "{document} {patch}");
        } else {
            // The RFC replaces the whole document, the API has only objects.
            let error = merged.unwrap_err().to_string();
            assert!(error.starts_with("error decoding patch: json: cannot unmarshal "), "{error}");
        }
    }
}

// kubernetes-api 113, 120a
#[test]
fn a_body_that_is_no_object_is_named() {
    let told = |body: &str| apply_merge(&json!({}), body.as_bytes()).unwrap_err().to_string();
    let list = told(r#"[{"op":"add"}]"#);
    let start =
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}";
    assert!(list.starts_with(start), "{list}");
    assert!(list.contains("application/json-patch+json"), "{list}");
    assert_eq!(
        told("7"),
        "error decoding patch: json: cannot unmarshal number into Go value of type map[string]interface {}"
    );
    assert_eq!(
        told("{x}"),
        "error decoding patch: invalid character 'x' looking for beginning of object key string"
    );
}

// kubernetes-api 113
#[test]
fn lists_are_replaced_and_an_empty_patch_changes_nothing() {
    let stream = json!({"spec": {"tags": [{"name": "a"}, {"name": "b"}]}});
    let patch = br#"{"spec":{"tags":[{"name":"c"}]}}"#;
    assert_eq!(apply_merge(&stream, patch), Ok(json!({"spec": {"tags": [{"name": "c"}]}})));
    assert_eq!(apply_merge(&stream, b"{}"), Ok(stream));
}

/// The patch that makes one object another.
fn diff(from: &Map<String, Value>, to: &Map<String, Value>) -> Value {
    let gone = from.keys().filter(|name| !to.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let set = to.iter().filter(|(name, value)| from.get(*name) != Some(value)).map(|(name, value)| {
        let patch = match (from.get(name), value) {
            (Some(Value::Object(from)), Value::Object(to)) => diff(from, to),
            _ => value.clone(),
        };
        (name.clone(), patch)
    });
    gone.chain(set).collect()
}

/// Objects without null, which a merge patch cannot set.
pub(crate) fn object() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![any::<bool>().prop_map(Value::from), (0..3).prop_map(Value::from)];
    let value = leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[abcd]", value, 0..5).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn a_difference_makes_one_object_the_other(from in object(), to in object()) {
        let patch = diff(&from, &to).to_string();
        prop_assert_eq!(apply_merge(&Value::Object(from), patch.as_bytes()), Ok(Value::Object(to)));
    }
}
