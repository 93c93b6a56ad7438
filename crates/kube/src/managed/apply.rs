//! Server-side apply.

use serde_json::{Map, Value};

use super::author::Author;
use super::compare::{Comparison, compare_within};
use super::conflict::Conflicts;
use super::entries::{Entry, ManagedFields, Operation};
use super::extract::extract;
use super::field_set::FieldSet;
use super::form::is_blank;
use super::last_applied::{KUBECTL, last_applied};
use super::merge::merged;
use super::prune::prune;
use super::scope::{SERVER_OWNED, Scope};
use super::typed;
use super::unchanged::is_unchanged;
use crate::schema::Schema;

/// What happens to fields that others own with other values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    /// The apply is refused.
    No,
    /// The others lose them.
    Yes,
}

/// Why an apply was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApplyError {
    /// `apiVersion` or `kind` is missing: a bad request.
    #[error("invalid object type: {0}")]
    NoType(String),
    /// The object is of another version than the one applied to: a bad request.
    #[error(
        "Incorrect version specified in apply patch. Specified patch version: {given}, expected: {expected}"
    )]
    WrongVersion { given: String, expected: String },
    /// Ownership is not for the manager to write: a bad request.
    #[error("metadata.managedFields must be nil")]
    ManagedFields,
    /// The object does not fit its type: a bad request.
    #[error("failed to create typed patch object ({object}): {misfits}")]
    Untyped { object: String, misfits: String },
    /// Others own what was applied: a conflict with a cause for each field.
    #[error("{0}")]
    Conflicts(Conflicts),
}

/// The object that results from applying one, with its ownership written into it. It equals `live`
/// to the letter if nothing changed. Defaults and rules of the kind come after this.
pub(crate) fn apply(
    schema: &'static Schema,
    live: Option<&Value>,
    applied: &Value,
    author: &Author,
    force: Force,
) -> Result<Value, ApplyError> {
    check(schema, applied, author)?;
    let scope = Scope::of(author.subresource);
    let applied = within(scope, applied);
    let mut fields = extract(schema, &applied);
    scope.narrow(&mut fields);

    let nothing = Value::Object(Map::new());
    let base = live.unwrap_or(&nothing);
    let mut managed = ManagedFields::of(base);
    let last = managed.entry(author, Operation::Apply).cloned();
    managed.replace(author, Entry { fields: fields.clone(), ..Entry::new(author, Operation::Apply) });

    let mut object = merged(schema, base, &applied);
    if let Some(last) = &last {
        let kept = owned(&managed);
        let mut gone = last.fields.clone();
        gone.subtract(&kept);
        prune(schema, &mut object, &gone, &kept);
    }
    let comparison = compare_within(scope, schema, base, &object);
    let taken = takings(&managed, author, &comparison, &fields);
    if live.is_some() && force == Force::No && !is_succession(schema, base, author, &taken) {
        let conflicts: Vec<_> = managed
            .entries
            .iter()
            .zip(taken.iter().cloned())
            .filter(|(_, taken)| !taken.is_empty())
            .collect();
        if !conflicts.is_empty() {
            return Err(ApplyError::Conflicts(Conflicts::of(&conflicts)));
        }
    }
    for (entry, taken) in managed.entries.iter_mut().zip(&taken) {
        if !entry.is_of(author, Operation::Apply) {
            entry.fields.subtract(taken);
            entry.fields.subtract(&comparison.removed);
        }
    }
    managed.tidy();
    managed.store(&mut object);
    match live {
        Some(live) if is_unchanged(live, &object) => Ok(live.clone()),
        Some(_) | None => Ok(object),
    }
}

fn check(schema: &'static Schema, applied: &Value, author: &Author) -> Result<(), ApplyError> {
    let text = |name: &str| applied.get(name).and_then(Value::as_str).unwrap_or_default();
    let (given, kind) = (text("apiVersion"), text("kind"));
    let members = match applied.as_object() {
        Some(members) if !given.is_empty() && !kind.is_empty() => members,
        _ => return Err(ApplyError::NoType(typed::group_version_kind(given, kind))),
    };
    if given != author.api_version {
        let expected = author.api_version.to_owned();
        return Err(ApplyError::WrongVersion { given: given.to_owned(), expected });
    }
    if applied.pointer("/metadata/managedFields").is_some_and(|entries| !is_blank(entries)) {
        return Err(ApplyError::ManagedFields);
    }
    let misfits = typed::misfits(schema, applied);
    if misfits.is_empty() {
        return Ok(());
    }
    let object = typed::named(members, given, kind);
    Err(ApplyError::Untyped { object, misfits: typed::told(&misfits) })
}

/// The part of an applied object that the write reaches. What tells the object apart stays, so that
/// a name, uid or resource version that is not the live one is noticed by whoever stores the result.
fn within(scope: Scope, applied: &Value) -> Value {
    const IDENTITY: [&str; 4] = ["name", "namespace", "uid", "resourceVersion"];
    let is_kept = |name: &str| scope.reaches(name) || matches!(name, "apiVersion" | "kind");
    let members = applied.as_object().into_iter().flatten();
    let mut out: Map<String, Value> = members
        .filter(|(name, _)| is_kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if let Some(metadata) = out.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, value| {
            !SERVER_OWNED.contains(&name.as_str()) || IDENTITY.contains(&name.as_str()) && !value.is_null()
        });
    }
    Value::Object(out)
}

/// The fields that somebody owns.
fn owned(managed: &ManagedFields) -> FieldSet {
    let mut out = FieldSet::default();
    for entry in &managed.entries {
        out.add(&entry.fields);
    }
    out
}

/// What each entry loses to an apply: its fields that have another value now, or that are applied
/// as absent.
fn takings(
    managed: &ManagedFields,
    author: &Author,
    comparison: &Comparison,
    applied: &FieldSet,
) -> Vec<FieldSet> {
    let mut different = comparison.changed.clone();
    different.add(&comparison.removed.intersection(applied));
    let of = |entry: &Entry| {
        if entry.is_of(author, Operation::Apply) {
            FieldSet::default()
        } else {
            entry.fields.intersection(&different)
        }
    };
    managed.entries.iter().map(of).collect()
}

/// Whether what is taken is the author's own, from before it applied through the server.
fn is_succession(schema: &'static Schema, live: &Value, author: &Author, taken: &[FieldSet]) -> bool {
    if author.manager != KUBECTL || taken.iter().all(FieldSet::is_empty) {
        return false;
    }
    let own = last_applied(schema, live);
    taken.iter().all(|taken| {
        let mut foreign = taken.clone();
        foreign.subtract(&own);
        foreign.is_empty()
    })
}
