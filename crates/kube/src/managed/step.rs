//! Paths to fields.

use std::fmt;

use serde_json::{Map, Value};

/// One step from a structure to something in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// To a member, by name.
    Field(String),
    /// To an element of a list, by its key: a JSON object in its one spelling.
    Key(String),
    /// To an element of a set of values, by itself: JSON in its one spelling.
    Value(String),
    /// To an element by position. Nothing here makes such steps, but clients may send them.
    Index(u64),
}

/// From an object to a field. Shows as messages spell it: `.spec.tags[name="latest"].from`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FieldPath(pub(crate) Vec<Step>);

impl Step {
    /// The step to a member.
    pub(crate) fn field(name: &str) -> Step {
        Step::Field(name.to_owned())
    }

    /// The step to the element whose member `name` has this value.
    pub(crate) fn key(name: &str, value: &Value) -> Step {
        let key: Map<String, Value> = std::iter::once((name.to_owned(), value.clone())).collect();
        Step::Key(Value::Object(key).to_string())
    }

    /// The step to a value in a set.
    pub(crate) fn value(value: &Value) -> Step {
        Step::Value(value.to_string())
    }

    /// As it stands in `fieldsV1`.
    pub(crate) fn encode(&self) -> String {
        match self {
            Step::Field(name) => format!("f:{name}"),
            Step::Key(key) => format!("k:{key}"),
            Step::Value(value) => format!("v:{value}"),
            Step::Index(index) => format!("i:{index}"),
        }
    }

    /// Reads what [`Step::encode`] wrote, or a client in its own spelling.
    pub(crate) fn decode(text: &str) -> Option<Step> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Step::field(rest)),
            "k" => {
                let key: Value = serde_json::from_str(rest).ok()?;
                key.is_object().then(|| Step::Key(key.to_string()))
            }
            "v" => Some(Step::value(&serde_json::from_str(rest).ok()?)),
            "i" => rest.parse().ok().map(Step::Index),
            _ => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Key(key) => {
                let key: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
                let parts = key.iter().map(|(name, value)| format!("{name}={value}"));
                write!(f, "[{}]", parts.collect::<Vec<_>>().join(","))
            }
            Step::Value(value) => write!(f, "[={value}]"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| step.fmt(f))
    }
}
