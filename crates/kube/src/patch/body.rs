//! Reading the body of a patch.

use serde_json::{Map, Value};

use super::PatchError;
use super::syntax::complaint;

/// The type of upstream that an object is read into.
const OBJECT: &str = "map[string]interface {}";
/// The one that the operations of a JSON patch are read into.
const OPERATIONS: &str = "[]handlers.jsonPatchOp";

/// The members of a patch that is an object.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, PatchError> {
    match value(body)? {
        Value::Object(members) => Ok(members),
        // Some clients label every patch a merge patch, so they are told what a list would be.
        list @ Value::Array(_) => match PatchError::wrong_type(&list, OBJECT) {
            PatchError::Decode(text) => {
                let wanted = super::PatchType::Json.media_type();
                Err(PatchError::Decode(format!("{text}: a list of operations needs content type {wanted}")))
            }
            other => Err(other),
        },
        other => Err(PatchError::wrong_type(&other, OBJECT)),
    }
}

/// The elements of a patch that is a list of operations.
pub(super) fn operations(body: &[u8]) -> Result<Vec<Value>, PatchError> {
    match value(body)? {
        Value::Array(operations) => Ok(operations),
        other => Err(PatchError::wrong_type(&other, OPERATIONS)),
    }
}

fn value(body: &[u8]) -> Result<Value, PatchError> {
    serde_json::from_slice(body).map_err(|error| PatchError::Decode(complaint(body, &error)))
}
