//! YAML answers (kubernetes-api 2.12).

use serde_json::Value;

/// Writes a JSON body as YAML, members in order of their names, as upstream does.
///
/// Texts that some reader of YAML 1.1 would take for something else are quoted.
pub(crate) fn yaml(json: &[u8]) -> Vec<u8> {
    let value: Value = serde_json::from_slice(json).expect("the body was written as JSON just now");
    text(&value).into_bytes()
}

/// Writes one value, with a line break at the end.
pub(crate) fn text(value: &Value) -> String {
    let options = serde_saphyr::ser_options! {
        // Folding guesses at what is prose; quotes do not.
        prefer_block_scalars: false,
    };
    serde_saphyr::to_string_with_options(value, options).expect("a JSON value is a YAML value")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::decode::{Format, text as read};

    #[test]
    fn looks_like_what_people_write() {
        let json = br##"{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"app",
            "annotations":{"a":"true","b":"1","c":"line\nbreak","d":"# no comment","on":"yes","e":""},
            "creationTimestamp":"2026-02-03T10:16:00Z"},
            "spec":{"lookupPolicy":{"local":false},"tags":[{"name":"1.20","generation":2},{"name":"x"}]},
            "status":{},"none":[],"nothing":null}"##;
        let expected = "\
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata:
  annotations:
    a: \"true\"
    b: \"1\"
    c: \"line\\nbreak\"
    d: \"# no comment\"
    e: \"\"
    \"on\": \"yes\"
  creationTimestamp: \"2026-02-03T10:16:00Z\"
  name: app
none: []
nothing: null
spec:
  lookupPolicy:
    local: false
  tags:
  - generation: 2
    name: \"1.20\"
  - name: x
status: {}
";
        assert_eq!(String::from_utf8(yaml(json)).unwrap(), expected);
    }

    #[test]
    fn the_deepest_body_fits_on_the_stack() {
        let depth = 127;
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            assert!(yaml(nested.as_bytes()).ends_with(b"0\n"));
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "[\\PC\"\\\\{}\\[\\],:\n\t#&*!|>'%@`-]{0,12}".prop_map(Value::from),
            "(yes|no|on|Off|~|null|0x1f|0o7|1_000|1:30|\\.inf|---|\\.\\.\\.|=|<<| |- |\\? )"
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"{,:# \n~-]{0,4}|<<|yes|1|null", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// kubernetes-api 68: what is written as YAML is read as the same object.
        #[test]
        fn reads_back_as_the_same_value(value in value()) {
            let value = json!({"inside": value});
            let written = yaml(&serde_json::to_vec(&value).unwrap());
            let read = read(Format::Yaml, &written, None);
            prop_assert_eq!(read.map(|decoded| decoded.value), Ok(value), "{}", String::from_utf8_lossy(&written));
        }
    }
}
