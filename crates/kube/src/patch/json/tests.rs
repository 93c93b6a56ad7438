use serde_json::{Value, json};

use super::*;

fn patched(document: &Value, patch: &Value) -> Result<Value, PatchError> {
    apply_json(document, patch.to_string().as_bytes())
}

/// The examples of RFC 6902, appendix A, each with its number: document, patch, and the result if
/// there is one.
fn appendix() -> Vec<(&'static str, Value, Value, Option<Value>)> {
    vec![
        (
            "A.1",
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz", "value": "qux"}]),
            Some(json!({"baz": "qux", "foo": "bar"})),
        ),
        (
            "A.2",
            json!({"foo": ["bar", "baz"]}),
            json!([{"op": "add", "path": "/foo/1", "value": "qux"}]),
            Some(json!({"foo": ["bar", "qux", "baz"]})),
        ),
        (
            "A.3",
            json!({"baz": "qux", "foo": "bar"}),
            json!([{"op": "remove", "path": "/baz"}]),
            Some(json!({"foo": "bar"})),
        ),
        (
            "A.4",
            json!({"foo": ["bar", "qux", "baz"]}),
            json!([{"op": "remove", "path": "/foo/1"}]),
            Some(json!({"foo": ["bar", "baz"]})),
        ),
        (
            "A.5",
            json!({"baz": "qux", "foo": "bar"}),
            json!([{"op": "replace", "path": "/baz", "value": "boo"}]),
            Some(json!({"baz": "boo", "foo": "bar"})),
        ),
        (
            "A.6",
            json!({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}}),
            json!([{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}]),
            Some(json!({"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}})),
        ),
        (
            "A.7",
            json!({"foo": ["all", "grass", "cows", "eat"]}),
            json!([{"op": "move", "from": "/foo/1", "path": "/foo/3"}]),
            Some(json!({"foo": ["all", "cows", "eat", "grass"]})),
        ),
        (
            "A.8",
            json!({"baz": "qux", "foo": ["a", 2, "c"]}),
            json!([{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}]),
            Some(json!({"baz": "qux", "foo": ["a", 2, "c"]})),
        ),
        ("A.9", json!({"baz": "qux"}), json!([{"op": "test", "path": "/baz", "value": "bar"}]), None),
        (
            "A.10",
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/child", "value": {"grandchild": {}}}]),
            Some(json!({"foo": "bar", "child": {"grandchild": {}}})),
        ),
        (
            "A.11",
            json!({"foo": "bar"}),
            json!([{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}]),
            Some(json!({"foo": "bar", "baz": "qux"})),
        ),
        ("A.12", json!({"foo": "bar"}), json!([{"op": "add", "path": "/baz/bat", "value": "qux"}]), None),
        (
            "A.14",
            json!({"/": 9, "~1": 10}),
            json!([{"op": "test", "path": "/~01", "value": 10}]),
            Some(json!({"/": 9, "~1": 10})),
        ),
        ("A.15", json!({"/": 9, "~1": 10}), json!([{"op": "test", "path": "/~01", "value": "10"}]), None),
        (
            "A.16",
            json!({"foo": ["bar"]}),
            json!([{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}]),
            Some(json!({"foo": ["bar", ["abc", "def"]]})),
        ),
    ]
}

// kubernetes-api 112
#[test]
fn the_examples_of_the_rfc_come_out() {
    for (name, document, patch, result) in appendix() {
        assert_eq!(patched(&document, &patch), result.ok_or(PatchError::Rejected), "{name}");
    }
    // A.13: two members `op`, which not even JSON allows.
    let twice = br#"[{"op":"add","path":"/baz","value":"qux","op":"remove"}]"#;
    assert_eq!(apply_json(&json!({"foo": "bar"}), twice), Err(PatchError::Rejected), "A.13");
}

// kubernetes-api 112
#[test]
fn what_does_not_fit_is_rejected() {
    let document = json!({"a": {"b": [1, 2]}, "s": "x"});
    for operation in [
        json!({"op": "bogus", "path": "/a"}),
        json!({"path": "/a"}),
        json!({"op": "remove"}),
        json!({"op": "add", "path": "/a/c"}),
        json!({"op": "add", "path": "a", "value": 1}),
        json!({"op": "remove", "path": "/c"}),
        json!({"op": "replace", "path": "/c", "value": 1}),
        json!({"op": "test", "path": "/c", "value": null}),
        json!({"op": "copy", "from": "/c", "path": "/d"}),
        json!({"op": "move", "from": "/c", "path": "/d"}),
        json!({"op": "move", "from": "/a", "path": "/a/b/0"}),
        json!({"op": "add", "path": "/a/b/3", "value": 1}),
        json!({"op": "add", "path": "/a/b/01", "value": 1}),
        json!({"op": "remove", "path": "/a/b/-"}),
        json!({"op": "add", "path": "/s/t", "value": 1}),
        json!({"op": "remove", "path": ""}),
        json!({"op": "replace", "path": "", "value": [1]}),
        json!({"op": 7, "path": "/a"}),
    ] {
        assert_eq!(patched(&document, &json!([operation])), Err(PatchError::Rejected), "{operation}");
    }
    // The operations before the one that fails have not happened either.
    let patch = json!([{"op": "remove", "path": "/a"}, {"op": "remove", "path": "/a"}]);
    assert_eq!(patched(&document, &patch), Err(PatchError::Rejected));
    assert_eq!(
        PatchError::Rejected.to_string(),
        "the server rejected our request due to an error in our request"
    );
}

#[test]
fn a_test_compares_numbers_by_value() {
    let document = json!({"a": {"n": [1, 2.5, 10_000_000_000_000_000_000_u64]}});
    let test = |value: Value| patched(&document, &json!([{"op": "test", "path": "/a", "value": value}]));
    assert!(test(json!({"n": [1.0, 2.5, 10_000_000_000_000_000_000_u64]})).is_ok());
    assert!(test(json!({"n": [1, 2.25, 10_000_000_000_000_000_000_u64]})).is_err());
    assert!(test(json!({"n": [1, 2.5]})).is_err());
    assert!(test(json!({"n": [1, 2.5, 10_000_000_000_000_000_001_u64]})).is_err());
}

// kubernetes-api 112
#[test]
fn a_body_that_is_no_list_of_operations_is_named() {
    let told = |body: &str| apply_json(&json!({}), body.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        told("{}"),
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
    );
    assert_eq!(
        told(r#"["x"]"#),
        "error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp"
    );
    assert_eq!(told(""), "error decoding patch: unexpected end of JSON input");
    assert_eq!(told("[}"), "error decoding patch: invalid character '}' looking for beginning of value");
    assert_eq!(apply_json(&json!({"a": 1}), b"[]"), Ok(json!({"a": 1})));
}

// kubernetes-api 112
#[test]
fn more_than_ten_thousand_operations_are_too_many() {
    let patch = |count| Value::Array(vec![json!({"op": "add", "path": "/a", "value": 1}); count]);
    assert_eq!(patched(&json!({}), &patch(10_000)), Ok(json!({"a": 1})));
    let error = patched(&json!({}), &patch(10_001)).unwrap_err();
    assert_eq!(error, PatchError::TooManyOperations { limit: 10_000, count: 10_001 });
    let text = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
    assert_eq!(error.to_string(), text);
}

#[test]
fn copies_of_copies_stop_at_three_mebibytes() {
    let document = json!({"a": ["x".repeat(1 << 20)]});
    let copies = |count: usize| {
        let copy = json!({"op": "copy", "from": "/a/0", "path": "/a/-"});
        patched(&document, &Value::Array(vec![copy; count]))
    };
    assert_eq!(copies(2).unwrap()["a"].as_array().unwrap().len(), 3);
    assert_eq!(copies(3), Err(PatchError::Rejected));
    let doubling = json!({"op": "copy", "from": "/a", "path": "/a/-"});
    assert_eq!(patched(&json!({"a": ["x"]}), &Value::Array(vec![doubling; 64])), Err(PatchError::Rejected));
}

#[test]
fn nothing_can_be_stacked_up_without_end() {
    // Each round puts everything so far one level down.
    let round = [
        json!({"op": "add", "path": "/n", "value": {}}),
        json!({"op": "move", "from": "/x", "path": "/n/x"}),
        json!({"op": "move", "from": "/n", "path": "/x"}),
    ];
    let rounds = |count: usize| Value::Array((0..count).flat_map(|_| round.clone()).collect());
    assert!(patched(&json!({"x": {}}), &rounds(200)).is_ok());
    assert_eq!(patched(&json!({"x": {}}), &rounds(3_000)), Err(PatchError::Rejected));
    let copy = json!({"op": "copy", "from": "/x", "path": "/x/x"});
    assert_eq!(patched(&json!({"x": {}}), &Value::Array(vec![copy; 12])).map(|_| ()), Ok(()));
}

#[test]
fn moving_up_and_down_is_not_stacking_up() {
    let there = json!({"op": "move", "from": "/x", "path": "/y/x"});
    let back = json!({"op": "move", "from": "/y/x", "path": "/x"});
    let patch = Value::Array((0..5_000).flat_map(|_| [there.clone(), back.clone()]).collect());
    let document = json!({"x": {"z": [1]}, "y": {}});
    assert_eq!(patched(&document, &patch), Ok(document));
}
