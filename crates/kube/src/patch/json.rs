//! JSON patch, RFC 6902.

use std::io;

use json_patch::jsonptr::Pointer;
use json_patch::{CopyOperation, PatchOperation};
use serde_json::Value;

use super::{PatchError, body};

/// Operations in one patch, as upstream allows.
const OPERATIONS: usize = 10_000;
/// Bytes of JSON that the copies of one patch may make, as upstream allows: copies of copies grow
/// without bound otherwise.
const COPIED_BYTES: usize = 3 << 20;
/// Containers within each other. Objects have a few; a patch could stack up so many that reading
/// the result overflows the stack.
const DEPTH: usize = 256;
/// Times that the nesting is measured exactly, which costs a walk over the object. In between a
/// bound is enough, and only patches that move things down and up again ever reach it.
const MEASUREMENTS: usize = 100;

/// Applies operations one after the other. If one fails, none has happened.
pub(crate) fn apply_json(current: &Value, body: &[u8]) -> Result<Value, PatchError> {
    let operations = body::operations(body)?;
    if operations.len() > OPERATIONS {
        return Err(PatchError::TooManyOperations { limit: OPERATIONS, count: operations.len() });
    }
    if let Some(stray) = operations.iter().find(|operation| !operation.is_object()) {
        return Err(PatchError::wrong_type(stray, "handlers.jsonPatchOp"));
    }
    let mut patched = Patched::of(current);
    for operation in operations {
        let operation = serde_json::from_value(operation).map_err(|_| PatchError::Rejected)?;
        patched.apply(&operation)?;
    }
    // Nothing the API has is anything else.
    if patched.document.is_object() { Ok(patched.document) } else { Err(PatchError::Rejected) }
}

/// A document on its way, and what has been spent on it.
struct Patched {
    document: Value,
    /// The document is not nested deeper than this.
    depth: usize,
    measurements: usize,
    copied: usize,
}

impl Patched {
    fn of(document: &Value) -> Patched {
        Patched { depth: depth(document), document: document.clone(), measurements: 0, copied: 0 }
    }

    fn apply(&mut self, operation: &PatchOperation) -> Result<(), PatchError> {
        match operation {
            PatchOperation::Add(add) => self.deepen(add.path.count() + depth(&add.value))?,
            PatchOperation::Replace(replace) => self.deepen(replace.path.count() + depth(&replace.value))?,
            PatchOperation::Move(from) => self.descend(&from.from, &from.path)?,
            PatchOperation::Copy(copy) => {
                self.descend(&copy.from, &copy.path)?;
                self.count(copy)?;
            }
            PatchOperation::Remove(_) => {}
            // The library tells 1 from 1.0, which the RFC (4.6) does not.
            PatchOperation::Test(test) => {
                let found = self.document.pointer(test.path.as_str()).ok_or(PatchError::Rejected)?;
                return if same(found, &test.value) { Ok(()) } else { Err(PatchError::Rejected) };
            }
        }
        json_patch::patch_unsafe(&mut self.document, std::slice::from_ref(operation))
            .map_err(|_| PatchError::Rejected)
    }

    /// Notes how deep the next operation reaches.
    fn deepen(&mut self, reach: usize) -> Result<(), PatchError> {
        if reach > DEPTH {
            return Err(PatchError::Rejected);
        }
        self.depth = self.depth.max(reach);
        Ok(())
    }

    /// As [`Patched::deepen`], for a value that comes from elsewhere in the document.
    fn descend(&mut self, from: &Pointer, path: &Pointer) -> Result<(), PatchError> {
        let mut reach = path.count() + self.depth.saturating_sub(from.count());
        if reach > DEPTH {
            if self.measurements == MEASUREMENTS {
                return Err(PatchError::Rejected);
            }
            self.measurements += 1;
            self.depth = depth(&self.document);
            let value = self.document.pointer(from.as_str()).ok_or(PatchError::Rejected)?;
            reach = path.count() + depth(value);
        }
        self.deepen(reach)
    }

    fn count(&mut self, copy: &CopyOperation) -> Result<(), PatchError> {
        let value = self.document.pointer(copy.from.as_str()).ok_or(PatchError::Rejected)?;
        let mut left = Allowance { bytes: COPIED_BYTES - self.copied };
        serde_json::to_writer(&mut left, value).map_err(|_| PatchError::Rejected)?;
        self.copied = COPIED_BYTES - left.bytes;
        Ok(())
    }
}

/// Takes bytes and keeps none, until too many came.
struct Allowance {
    bytes: usize,
}

impl io::Write for Allowance {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes = self.bytes.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Containers within each other, of which an empty one counts too.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Equal in the sense of the RFC: numbers by value, objects without order.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests;
