//! Why a patch was refused.

use serde_json::Value;

use super::GoValue;

/// Refusals of a patch, as clients read them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatchError {
    /// Not a patch of its type: a bad request.
    #[error("error decoding patch: {0}")]
    Decode(String),
    /// More operations than anybody needs: the request is too large.
    #[error(
        "Request entity too large: The allowed maximum operations in a JSON patch is {limit}, got {count}"
    )]
    TooManyOperations { limit: usize, count: usize },
    /// A JSON patch that does not fit the object: invalid, with empty details.
    #[error("the server rejected our request due to an error in our request")]
    Rejected,
    /// A strategic merge patch that contradicts itself or the schema: a bad request.
    #[error("{0}")]
    Strategic(String),
}

impl PatchError {
    /// A body of another JSON type than the patch has.
    pub(super) fn wrong_type(found: &Value, wanted: &str) -> PatchError {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        PatchError::Decode(format!("json: cannot unmarshal {found} into Go value of type {wanted}"))
    }

    /// An element of a keyed list without its key.
    pub(super) fn no_merge_key(element: &Value, key: &str) -> PatchError {
        PatchError::Strategic(format!("map: {} does not contain declared merge key: {key}", GoValue(element)))
    }

    /// A `$patch` that nobody knows.
    pub(super) fn unknown_directive(directive: &Value, map: &Value) -> PatchError {
        PatchError::Strategic(format!("unknown patch type: {} in map: {}", GoValue(directive), GoValue(map)))
    }
}
