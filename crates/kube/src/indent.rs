//! Pretty printing of finished JSON.
//!
//! Bodies are written once, compactly, straight from the objects. The few clients that want line
//! breaks get them put in afterwards; so the order of members is kept and no body is parsed again.

/// Indents compact JSON by two spaces, in the layout of Go's `json.Indent`.
pub(crate) fn indent(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut bytes = compact.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if in_string {
            out.push(byte);
            match byte {
                b'\\' => out.extend(bytes.next()),
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => {
                in_string = true;
                out.push(byte);
            }
            b'{' | b'[' => {
                out.push(byte);
                if let Some(close) = bytes.next_if(|next| matches!(next, b'}' | b']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                new_line(&mut out, depth);
            }
            b':' => out.extend(b": "),
            _ => out.push(byte),
        }
    }
    out
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', depth * 2));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\PC\"\\\\{}\\[\\],:\n]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"{,]{0,4}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn empty_containers_stay_on_one_line() {
        let compact = serde_json::to_vec(&json!({"a": {}, "b": [], "c": [1]})).unwrap();
        let expected = "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1\n  ]\n}";
        assert_eq!(String::from_utf8(indent(&compact)).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn equals_the_pretty_printer_of_serde(value in value()) {
            let compact = serde_json::to_vec(&value).unwrap();
            prop_assert_eq!(indent(&compact), serde_json::to_vec_pretty(&value).unwrap());
        }
    }
}
