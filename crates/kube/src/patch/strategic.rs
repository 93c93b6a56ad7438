//! Strategic merge patch (kubernetes-api 5.4): a merge patch that knows from the schema which
//! lists are merged element by element, and that carries directives for what a merge cannot say.

mod directive;
mod keyed;
mod order;
mod place;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use self::directive::{Directive, ELEMENT_ORDER, PRIMITIVES, RETAIN_KEYS, WHOLE};
use self::place::{Member, Place};
use super::{PatchError, body};
use crate::schema::{Merge, Schema};

/// Merges a patch into an object of a kind.
pub(crate) fn apply_strategic(
    schema: &'static Schema,
    current: &Value,
    body: &[u8],
) -> Result<Value, PatchError> {
    let patch = Value::Object(body::object(body)?);
    Ok(Value::Object(merged(Place::Struct(schema), current.as_object(), &patch)?))
}

/// One object after a patch, which is an object too.
fn merged(
    place: Place,
    current: Option<&Map<String, Value>>,
    patch: &Value,
) -> Result<Map<String, Value>, PatchError> {
    let mut out = match Directive::of(patch)? {
        Directive::Merge => current.cloned().unwrap_or_default(),
        Directive::Replace => Map::new(),
        Directive::Delete => return Ok(Map::new()),
    };
    let patch = patch.as_object().expect("a patch of an object is an object");
    retain(&mut out, patch)?;
    for name in touched(patch) {
        let order = listed(patch, ELEMENT_ORDER, name, "invalid patch format of setElementOrder list")?;
        let gone = listed(patch, PRIMITIVES, name, "invalid patch format of primitive list")?;
        let member = place.member(name);
        let before = out.remove(name);
        if let Some(after) = merged_member(member, before, patch.get(name), order, gone)? {
            out.insert(name.to_owned(), after);
        }
    }
    Ok(out)
}

/// Names of the members that a patch has something to say about.
fn touched(patch: &Map<String, Value>) -> BTreeSet<&str> {
    let names = patch.keys().map(String::as_str).filter(|name| *name != WHOLE && *name != RETAIN_KEYS);
    names
        .map(|name| {
            name.strip_prefix(ELEMENT_ORDER).or_else(|| name.strip_prefix(PRIMITIVES)).unwrap_or(name)
        })
        .collect()
}

/// The list of a directive that belongs to a member.
fn listed<'a>(
    patch: &'a Map<String, Value>,
    prefix: &str,
    name: &str,
    complaint: &str,
) -> Result<Option<&'a [Value]>, PatchError> {
    match patch.get(&format!("{prefix}{name}")) {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(PatchError::Strategic(complaint.to_owned())),
    }
}

/// Drops the members that `$retainKeys` does not name. The patch may set no others either.
fn retain(current: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), PatchError> {
    let Some(keys) = patch.get(RETAIN_KEYS) else { return Ok(()) };
    let complaint = || PatchError::Strategic("invalid patch format of retainKeys".to_owned());
    let keys = keys.as_array().ok_or_else(complaint)?;
    let kept: BTreeSet<&str> = keys.iter().filter_map(Value::as_str).collect();
    let set = patch.iter().filter(|(name, value)| !value.is_null() && !directive::is_name(name));
    if set.into_iter().any(|(name, _)| !kept.contains(name.as_str())) {
        return Err(complaint());
    }
    current.retain(|name, _| kept.contains(name.as_str()));
    Ok(())
}

/// A member after everything a patch says about it; none if it is to be absent.
fn merged_member(
    member: Member,
    mut current: Option<Value>,
    patch: Option<&Value>,
    order: Option<&[Value]>,
    gone: Option<&[Value]>,
) -> Result<Option<Value>, PatchError> {
    if let (Some(Value::Array(items)), Some(gone)) = (&mut current, gone) {
        items.retain(|item| !gone.contains(item));
    }
    match patch {
        Some(Value::Null) => Ok(None),
        None => match current {
            Some(Value::Array(items)) => Ok(Some(merged_list(member, &items, None, order)?)),
            other => Ok(other),
        },
        Some(Value::Array(patch)) => {
            let items = match current {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            };
            Ok(Some(merged_list(member, &items, Some(patch), order)?))
        }
        Some(patch @ Value::Object(members)) => {
            if member.merge == Merge::Replace {
                let members = members.iter().filter(|(name, _)| *name != WHOLE);
                return Ok(Some(members.map(|(name, value)| (name.clone(), value.clone())).collect()));
            }
            let current = current.as_ref().and_then(Value::as_object);
            Ok(Some(Value::Object(merged(member.place(), current, patch)?)))
        }
        Some(scalar) => Ok(Some(scalar.clone())),
    }
}

fn merged_list(
    member: Member,
    items: &[Value],
    patch: Option<&[Value]>,
    order: Option<&[Value]>,
) -> Result<Value, PatchError> {
    let items = match member.merge {
        Merge::ByKey(key) | Merge::MapByKey(key) => {
            keyed::merged(keyed::List { key, place: member.element().place() }, items, patch, order)?
        }
        Merge::Set => order::set(items, patch.unwrap_or_default(), order.or(patch).unwrap_or_default()),
        Merge::Whole | Merge::Replace | Merge::Atomic => match patch {
            Some(patch) => directive::stripped_list(patch),
            None => items.to_vec(),
        },
    };
    Ok(Value::Array(items))
}

#[cfg(test)]
mod tests;
