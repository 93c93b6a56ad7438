//! JSON and YAML.

use proptest::prelude::*;
use serde_json::json as value;

use super::super::{Format, text};
use super::*;

/// kubernetes-api 62: the texts of section 2.9.
#[test]
fn what_is_no_json_is_shown() {
    let start = "the object provided is unrecognized (must be of type ImageStream): couldn't get version/kind; \
                 json parse error: ";
    for (text, why, shown) in [
        ("", "unexpected end of JSON input", "<empty>"),
        ("{bad json", "invalid character 'b' looking for beginning of object key string", "{bad json"),
        ("{\"a\": bad}", "invalid character 'b' looking for beginning of value", "{\"a\": bad}"),
        ("{\"a\" 1}", "invalid character '1' after object key", "{\"a\" 1}"),
        ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair", "{\"a\":1 \"b\"}"),
        ("{\"a\":[1\n2]}", "invalid character '2' after array element", "{\"a\":[1\n2]}"),
        ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string", "{\"a\":1,}"),
        ("{\"a\":[1,]}", "invalid character ']' looking for beginning of value", "{\"a\":[1,]}"),
        ("{} x", "invalid character 'x' after top-level value", "{} x"),
        ("{}{}", "invalid character '{' after top-level value", "{}{}"),
        ("{\"a", "unexpected end of JSON input", "{\"a"),
        ("{\"a\":\"\u{1}\"}", "invalid character '\\x01' in string literal", "{\"a\":\"\u{1}\"}"),
        ("[1]", "json: cannot unmarshal array into an object", "5b315d"),
        ("kind: X", "invalid character 'k' looking for beginning of value", "6b696e643a2058"),
        (
            "{\"kind\":1}",
            "json: cannot unmarshal number into Go struct field .kind of type string",
            "{\"kind\":1}",
        ),
        (
            "{\"metadata\":{\"name\":\"twenty\"},,}",
            "invalid character ',' looking for beginning of object key string",
            "{\"metadata\":{\"name\":\"twenty\"}, ...",
        ),
    ] {
        assert_eq!(message(json(text)), format!("{start}{why} ({shown})"), "{text}");
    }
}

/// kubernetes-api 67, 70: 415 for what is not read here.
#[test]
fn other_formats_are_unsupported() {
    for content_type in ["application/cbor", "text/plain", "application/x-www-form-urlencoded"] {
        assert_eq!(body(Some(content_type), b"{}", STREAM), Err(DecodeError::Unsupported));
    }
    assert_eq!(
        DecodeError::Unsupported.to_string(),
        "the body of the request was in an unknown format - accepted media types include: application/json, \
         application/yaml, application/vnd.kubernetes.protobuf"
    );
}

/// kubernetes-api 37, 44, 58a: no type at all and empty values are all right.
#[test]
fn what_says_little_is_taken() {
    let text = r#"{"metadata":{"creationTimestamp":null,"managedFields":[]},"status":{}}"#;
    let decoded = json(text).unwrap();
    assert_eq!(
        decoded.value,
        value!({"metadata": {"creationTimestamp": null, "managedFields": []}, "status": {}})
    );
    assert_eq!(json("null").unwrap().value, value!({}));
    assert_eq!(yaml("").unwrap().value, value!({}));
}

/// kubernetes-api 54, 55: all findings, each kind in document order.
#[test]
fn unknown_and_duplicate_fields_are_named() {
    let text = r#"{"metadata":{"name":"fv","fooz":1},"spec":{"tagz":[{"x":1,"x":2}],"lookupPolicy":{"local":true},
        "lookupPolicy":{"local":false},"tags":[{"name":"a"},{"name":"b","name":"c","from":{"Name":"x"}}],"tagz":2},
        "spec":{"tags":[]},"aa":0}"#;
    for decoded in [json(text).unwrap(), yaml(text).unwrap()] {
        assert_eq!(decoded.unknown, ["metadata.fooz", "spec.tagz", "spec.tags[1].from.Name", "aa"]);
        assert_eq!(decoded.duplicates, ["spec.lookupPolicy", "spec.tags[1].name", "spec"]);
        assert_eq!(decoded.value, value!({"metadata": {"name": "fv"}, "spec": {"tags": []}}));
    }
}

#[test]
fn the_last_duplicate_wins_and_maps_have_duplicates_too() {
    let decoded = json(r#"{"metadata":{"labels":{"a/b":"1","a/b":"2"},"name":"x","name":"y"}}"#).unwrap();
    assert_eq!(decoded.duplicates, ["metadata.labels.a/b", "metadata.name"]);
    assert_eq!(decoded.value, value!({"metadata": {"labels": {"a/b": "2"}, "name": "y"}}));
}

/// Raw JSON and values of the wrong type are not looked into.
#[test]
fn what_is_closed_stays_closed() {
    let text = r#"{"metadata":{"managedFields":[{"fieldsV1":{"f:x":{},"f:x":{"unknown":1}}}]},"spec":{"tags":{"x":1,"x":2}}}"#;
    let decoded = json(text).unwrap();
    assert_eq!((decoded.unknown.len(), decoded.duplicates.len()), (0, 0));
    assert_eq!(decoded.value["spec"]["tags"], value!({"x": 2}));
}

/// A complaint costs the server no more than it cost the client.
#[test]
fn complaints_are_bounded() {
    let members: Vec<String> = (0..500).map(|number| format!("\"x{number}\":0")).collect();
    let decoded = json(&format!("{{\"{}\":{{}},{}}}", "k".repeat(5000), members.join(","))).unwrap();
    assert_eq!(decoded.unknown.len(), 100);
    assert_eq!(decoded.unknown[0], format!("{}...", "k".repeat(512)));
    assert_eq!(decoded.unknown[1], "x0");
}

/// kubernetes-api 163: nested deeper than anybody means to.
#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for (depth, as_json, as_yaml) in [
            (39, true, true),
            (40, true, false),
            (126, true, false),
            (127, false, false),
            (100_000, false, false),
        ] {
            let nested = format!("{{\"unknown\":{}0{}}}", open.repeat(depth), close.repeat(depth));
            assert_eq!(json(&nested).is_ok(), as_json, "{open} {depth}");
            assert_eq!(yaml(&nested).is_ok(), as_yaml, "{open} {depth}");
        }
        let error = message(json(&open.repeat(100_000)));
        assert!(error.contains("exceeded max depth") || error.contains("into an object"), "{error}");
    }
    let steps: Vec<String> = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(yaml(&steps.concat()).is_err());
    assert!(yaml(&"- ".repeat(100_000)).is_err());
}

/// kubernetes-api 68.
#[test]
fn yaml_is_read_like_json() {
    let text = "\
# a comment
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata:
  name: app
  labels: &shared {team: \"on\", 1: one, true: yes}
  annotations: *shared
  creationTimestamp: 2026-02-03T10:16:00Z
spec:
  lookupPolicy: {local: true}
  tags:
  - name: '1.20'
    generation: 2
    typo: ~
  - name: \"x\"
    name: y
";
    let decoded = yaml(text).unwrap();
    let labels = value!({"team": "on", "1": "one", "true": "yes"});
    assert_eq!(
        decoded.value,
        value!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStream",
            "metadata": {
                "name": "app", "labels": labels, "annotations": labels, "creationTimestamp": "2026-02-03T10:16:00Z"
            },
            "spec": {
                "lookupPolicy": {"local": true},
                "tags": [{"name": "1.20", "generation": 2}, {"name": "y"}],
            },
        })
    );
    assert_eq!(
        (decoded.unknown, decoded.duplicates),
        (vec!["spec.tags[0].typo".to_owned()], vec!["spec.tags[1].name".to_owned()])
    );
    let with_parameter = body(Some("application/yaml; charset=utf-8"), b"kind: ImageStream", STREAM);
    assert_eq!(with_parameter.unwrap().value, value!({"kind": "ImageStream"}));
}

#[test]
fn yaml_is_one_document() {
    assert!(yaml("---\nkind: ImageStream\n").is_ok());
    assert!(yaml("kind: ImageStream\n---\nkind: ImageStream\n").is_err());
    let error = message(yaml("kind: [\n"));
    assert!(
        error.contains("couldn't get version/kind; json parse error: error converting YAML to JSON: yaml: "),
        "{error}"
    );
    for text in ["metadata: *missing", "a: &a [*a]", "x: .nan", "a: b: c", "\u{0}"] {
        assert!(yaml(text).is_err(), "{text}");
    }
}

/// kubernetes-api 68: alias bombs.
#[test]
fn alias_bombs_are_refused() {
    let level = |level: usize| {
        let before = if level == 0 { "x".to_owned() } else { format!("*a{}", level - 1) };
        format!("a{level}: &a{level} [{}]\n", vec![before; 9].join(", "))
    };
    let levels = |count: usize| (0..count).map(level).collect::<Vec<_>>().concat();
    assert!(yaml(&levels(3)).is_ok());
    assert!(yaml(&levels(10)).is_err());
    // Few values, but each of them large.
    let fat = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 5000].join(", "));
    assert!(yaml(&fat).is_err());
    let merged =
        format!("a: &a {{x: {}}}\nb: [{}]\n", "x".repeat(100_000), vec!["{<<: *a}"; 5000].join(", "));
    assert!(yaml(&merged).is_err());
    assert!(yaml(&format!("metadata: {}", "&a ".repeat(50_000))).is_err());
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[\\PC\"\\\\\n]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[\\PC]{0,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// JSON text in which every object has its first member twice, and the paths where.
fn doubled(value: &Value, path: &str, paths: &mut Vec<String>) -> String {
    match value {
        Value::Object(members) => {
            let mut out = Vec::new();
            for (index, (name, member)) in members.iter().enumerate() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let key = serde_json::to_string(name).unwrap();
                if index == 0 {
                    out.push(format!("{key}:\"overwritten\""));
                    paths.push(path.clone());
                }
                out.push(format!("{key}:{}", doubled(member, &path, paths)));
            }
            format!("{{{}}}", out.join(","))
        }
        Value::Array(elements) => {
            let elements = elements.iter().enumerate();
            let elements =
                elements.map(|(index, element)| doubled(element, &format!("{path}[{index}]"), paths));
            format!("[{}]", elements.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

proptest! {
    /// Without duplicates the tree is that of `serde_json`.
    #[test]
    fn equals_serde_json(value in document()) {
        let json = serde_json::to_vec(&value).unwrap();
        let decoded = text(Format::Json, &json, None).unwrap();
        prop_assert_eq!(&decoded.value, &serde_json::from_slice::<Value>(&json).unwrap());
        prop_assert!(decoded.duplicates.is_empty() && decoded.unknown.is_empty());
    }

    /// Every duplicate is found, and overwritten.
    #[test]
    fn finds_every_duplicate(value in document()) {
        let mut paths = Vec::new();
        let json = doubled(&value, "", &mut paths);
        let decoded = text(Format::Json, json.as_bytes(), None).unwrap();
        prop_assert_eq!(&decoded.value, &serde_json::from_str::<Value>(&json).unwrap());
        let mut seen = Vec::new();
        paths.retain(|path| !seen.contains(path) && { seen.push(path.clone()); true });
        paths.truncate(100);
        prop_assert_eq!(decoded.duplicates, paths);
    }

    /// kubernetes-api 163: no bytes make it panic, and it takes exactly what `serde_json` takes.
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let ours = text(Format::Json, &bytes, None);
        prop_assert_eq!(ours.is_ok(), serde_json::from_slice::<Value>(&bytes).is_ok());
        let _ = body(YAML, &bytes, STREAM);
    }

    #[test]
    fn any_punctuation_is_read_without_a_panic(text in "[-{}\\[\\]:,\"'a1 \n\t#&*!|>?%@`\\\\u]{0,60}") {
        let _ = json(&text);
        let _ = yaml(&text);
    }
}
