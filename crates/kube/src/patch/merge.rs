//! JSON merge patch, RFC 7396.

use serde_json::Value;

use super::{PatchError, body};

/// Merges an object into another one: `null` deletes, objects merge, everything else replaces.
pub(crate) fn apply_merge(current: &Value, body: &[u8]) -> Result<Value, PatchError> {
    let patch = body::object(body)?;
    let mut merged = current.clone();
    json_patch::merge(&mut merged, &Value::Object(patch));
    Ok(merged)
}

#[cfg(test)]
pub(crate) mod tests;
