//! The members of a patch that are instructions and not content.

use serde_json::{Map, Value};

use crate::patch::PatchError;

/// What to do with the object, or the element, that has this member.
pub(super) const WHOLE: &str = "$patch";
/// The only members that may stay.
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
/// Before the name of a list: the order of its elements.
pub(super) const ELEMENT_ORDER: &str = "$setElementOrder/";
/// Before the name of a list of values: those that go.
pub(super) const PRIMITIVES: &str = "$deleteFromPrimitiveList/";

/// What `$patch` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// Also if there is no `$patch`.
    Merge,
    Replace,
    Delete,
}

impl Directive {
    pub(super) fn of(patch: &Value) -> Result<Directive, PatchError> {
        let Some(word) = patch.get(WHOLE) else { return Ok(Directive::Merge) };
        match word.as_str() {
            Some("merge") => Ok(Directive::Merge),
            Some("replace") => Ok(Directive::Replace),
            Some("delete") => Ok(Directive::Delete),
            _ => Err(PatchError::unknown_directive(word, patch)),
        }
    }
}

/// Whether a member is a directive.
pub(super) fn is_name(name: &str) -> bool {
    name == WHOLE || name == RETAIN_KEYS || name.starts_with(ELEMENT_ORDER) || name.starts_with(PRIMITIVES)
}

/// The elements of a list that is replaced as a whole. Nothing is merged in there, so that the only
/// thing to do about directives is not to store them.
pub(super) fn stripped_list(items: &[Value]) -> Vec<Value> {
    let kept = items.iter().filter(|item| !matches!(item, Value::Object(members) if is_instruction(members)));
    kept.map(stripped).collect()
}

/// An element that stands in a list for what is to be done and not for itself.
fn is_instruction(members: &Map<String, Value>) -> bool {
    match members.get(WHOLE) {
        Some(Value::String(word)) if word == "delete" => true,
        Some(_) => members.keys().all(|name| is_name(name)),
        None => false,
    }
}

fn stripped(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| !is_name(name));
            members.map(|(name, value)| (name.clone(), stripped(value))).collect()
        }
        Value::Array(items) => Value::Array(stripped_list(items)),
        other => other.clone(),
    }
}
