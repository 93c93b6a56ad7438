//! Who owns which field of an object (kubernetes-api 2.7), and server-side apply, which lives on
//! knowing it (5.5).
//!
//! Every write leaves in `metadata.managedFields` which fields it set and who made it. An apply
//! names the fields that its manager wants to own: fields of others with other values are
//! conflicts, and fields that the manager owned and does not name any more are removed.
//!
//! * A `FieldSet` is a set of paths. `form` says from the schema what the paths of a kind are.
//! * `extract` and `compare` read such sets off objects.
//! * `entries` are the contents of `metadata.managedFields`; `update` and `apply` are what the two
//!   kinds of writes do to them.

mod apply;
mod author;
mod compare;
mod conflict;
mod entries;
mod extract;
mod field_set;
mod form;
mod last_applied;
mod merge;
mod prune;
mod scope;
mod step;
#[cfg(test)]
mod tests;
mod typed;
mod unchanged;
mod update;

pub(crate) use apply::{ApplyError, Force, apply};
pub(crate) use author::{Author, manager};
pub(crate) use unchanged::is_unchanged;
pub(crate) use update::record_update;
