//! Ownership after every write that is no apply.

use serde_json::{Value, json};

use super::author::Author;
use super::compare::{blank, compare_within};
use super::entries::{Entry, ManagedFields, Operation, put, raw};
use super::scope::Scope;
use crate::schema::Schema;

/// Writes into `new`, the object as it will be stored, who owns what: its author all that differs
/// from `old`, which is none for an object that is being made. Others keep what is left.
pub(crate) fn record_update(schema: &'static Schema, old: Option<&Value>, new: &mut Value, author: &Author) {
    let before = old.map(raw).unwrap_or_default().to_vec();
    let mut managed = claimed(old, new, author);
    let comparison = match old {
        Some(old) => compare_within(Scope::of(author.subresource), schema, old, new),
        None => compare_within(Scope::of(author.subresource), schema, &blank(schema, new), new),
    };
    let mut own = managed.entry(author, Operation::Update).cloned();
    for entry in &mut managed.entries {
        entry.fields.subtract(&comparison.changed);
        entry.fields.subtract(&comparison.removed);
    }
    if !comparison.changed.is_empty() {
        let mut entry = own.take().unwrap_or_else(|| Entry::new(author, Operation::Update));
        entry.fields.subtract(&comparison.removed);
        entry.fields.add(&comparison.changed);
        entry.time = Some(author.now.to_owned());
        managed.replace(author, entry);
    }
    managed.tidy();
    // Entries that say the same are kept to the letter.
    let same = ManagedFields::parse(&before).is_ok_and(|before| before == managed);
    put(new, if same { before } else { managed.to_values() });
}

/// The entries that a write starts from. Tools that move ownership from one manager to another do it
/// by editing the list, so an object that is sent back with a list of its own may change it; one
/// empty entry asks for a fresh start. A list that makes no sense is ignored, and so is any for an
/// object that is being made, or through a subresource.
fn claimed(old: Option<&Value>, new: &Value, author: &Author) -> ManagedFields {
    let Some(old) = old else { return ManagedFields::default() };
    let sent = raw(new);
    if author.subresource.is_some() || sent.is_empty() {
        return ManagedFields::of(old);
    }
    if sent == [json!({})] {
        return ManagedFields::default();
    }
    ManagedFields::parse(sent).unwrap_or_else(|_| ManagedFields::of(old))
}
