//! JSON as upstream's messages show it.

use std::fmt;

use serde_json::Value;

/// Writes a value the way Go prints one: `map[from:map[kind:DockerImage] name:v1]`.
#[derive(Debug)]
pub(crate) struct GoValue<'a>(pub(crate) &'a Value);

impl fmt::Display for GoValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("<nil>"),
            Value::Bool(flag) => write!(f, "{flag}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::String(text) => f.write_str(text),
            Value::Array(items) => {
                let items = items.iter().map(|item| GoValue(item).to_string());
                write!(f, "[{}]", items.collect::<Vec<_>>().join(" "))
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| format!("{name}:{}", GoValue(value)));
                write!(f, "map[{}]", members.collect::<Vec<_>>().join(" "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_look_as_upstream_prints_them() {
        let value =
            json!({"name": "v1", "from": {"kind": "DockerImage"}, "a": [1, true, null, "x y"], "e": {}});
        let text = "map[a:[1 true <nil> x y] e:map[] from:map[kind:DockerImage] name:v1]";
        assert_eq!(GoValue(&value).to_string(), text);
    }
}
