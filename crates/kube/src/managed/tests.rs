//! Ownership as a whole; objects are as clients see them.

mod applies;
mod entries;
mod properties;
mod sets;
mod updates;

use serde_json::{Value, json};

use super::compare::{Comparison, compare};
use super::conflict::Conflicts;
use super::entries::{BadEntry, ManagedFields, Operation};
use super::extract::extract;
use super::field_set::FieldSet;
use super::*;
use crate::schema::image::IMAGE_STREAM;

const GV: &str = "image.openshift.io/v1";
const T1: &str = "2026-11-24T05:02:46Z";
const T2: &str = "2026-11-24T05:03:00Z";

fn author<'a>(manager: &'a str, now: &'a str) -> Author<'a> {
    Author { manager, api_version: GV, subresource: None, now }
}

/// A stream as it is applied, with these members besides.
fn stream(members: &Value) -> Value {
    let mut out = json!({"apiVersion": GV, "kind": "ImageStream", "metadata": {"name": "app"}});
    json_patch::merge(&mut out, members);
    out
}

fn applied(live: Option<&Value>, applied: &Value, author: &Author) -> Value {
    apply(&IMAGE_STREAM, live, applied, author, Force::No).unwrap()
}

fn forced(live: &Value, applied: &Value, author: &Author) -> Value {
    apply(&IMAGE_STREAM, Some(live), applied, author, Force::Yes).unwrap()
}

fn refused(live: &Value, applied: &Value, author: &Author) -> ApplyError {
    apply(&IMAGE_STREAM, Some(live), applied, author, Force::No).unwrap_err()
}

/// An object after an update by somebody.
fn updated(old: Option<&Value>, new: &Value, author: &Author) -> Value {
    let mut new = new.clone();
    record_update(&IMAGE_STREAM, old, &mut new, author);
    new
}

/// The fields of a manager, as messages spell them.
fn fields(object: &Value, manager: &str) -> Vec<String> {
    let entries = ManagedFields::of(object).entries;
    let of_manager = entries.iter().filter(|entry| entry.manager == manager);
    of_manager.flat_map(|entry| entry.fields.paths()).map(|path| path.to_string()).collect()
}

/// An object without what is written about it.
fn content(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"].as_object_mut().unwrap().remove("managedFields");
    object
}
