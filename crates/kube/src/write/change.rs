//! What a client wants of an object that may be there: the whole of it, or a patch.

use std::any::TypeId;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::{Value, json};
use weir_image_api::Timestamp;
use weir_image_api::core_v1::Secret;
use weir_image_api::meta::{FieldError, StatusCause, Typed};
use weir_registry::api::{Mutation, Refusal};

use super::options::{Validation, WriteOptions};
use super::submitted::{Submitted, check_identity, check_place, findings, typed};
use super::writable::Writable;
use crate::decode::{self, Decoded, Format};
use crate::failure::Failure;
use crate::managed::{self, ApplyError, Author, Force, is_unchanged, record_update};
use crate::patch::{PatchType, apply_json, apply_merge, apply_strategic};
use crate::resource::Kind;

/// What stands for a secret where an object is shown.
const REDACTED: &str = "<secret contents redacted>";

/// A change of one object, of whatever kind.
pub(crate) struct Change {
    pub(super) how: How,
    pub(super) place: Place,
    pub(super) recorder: Recorder,
    pub(super) notes: Notes,
}

/// The way an object is changed.
#[derive(Debug)]
pub(super) enum How {
    /// It becomes this.
    Replace(Submitted),
    /// Some members become something else.
    Patch(PatchType, Bytes),
    /// The fields of one manager become these; others may lose theirs.
    Apply(Value, Force),
}

/// Where the object is, and how strictly its fields are looked at.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) kind: &'static Kind,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) validation: Validation,
}

/// Notes who set which fields.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    pub(super) manager: String,
    pub(super) kind: &'static Kind,
    pub(super) below: Option<&'static str>,
    pub(super) now: Timestamp,
}

/// What is found while an object is changed, for whoever asked for the change.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes(Arc<Mutex<Vec<String>>>);

/// What becomes of a change when there is no such object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is refused; only an apply makes one.
    Refuse,
    /// It makes one.
    Make,
}

impl How {
    /// Reads what a manager wants to own.
    pub(super) fn apply(body: &[u8], options: &WriteOptions) -> Result<How, Failure> {
        // JSON is YAML too.
        let read = decode::text(Format::Yaml, body, None);
        let Decoded { value, duplicates, .. } =
            read.map_err(|why| Failure::BadRequest(format!("error decoding YAML: {why}")))?;
        if !duplicates.is_empty() && options.validation == Validation::Strict {
            let found = findings(&[], &duplicates).join(", ");
            return Err(Failure::BadRequest(format!("error decoding YAML: strict decoding error: {found}")));
        }
        Ok(How::Apply(value, if options.force { Force::Yes } else { Force::No }))
    }
}

impl Change {
    /// The change of an object of a certain type.
    pub(crate) fn of<T: Writable>(self, missing: Missing) -> Result<Box<dyn Mutation<T>>, Failure> {
        let Change { how, place, recorder, notes } = self;
        let wanted = match how {
            How::Replace(submitted) => Wanted::Whole(submitted.object()?),
            How::Patch(patch_type, body) => Wanted::Patched(patch_type, body),
            How::Apply(applied, force) => Wanted::Applied(applied, force),
        };
        Ok(Box::new(Edit { wanted: Some(wanted), applies: false, missing, place, recorder, notes }))
    }
}

/// A change with a type.
struct Edit<T> {
    wanted: Option<Wanted<T>>,
    /// It was a server-side apply.
    applies: bool,
    missing: Missing,
    place: Place,
    recorder: Recorder,
    notes: Notes,
}

enum Wanted<T> {
    Whole(T),
    Patched(PatchType, Bytes),
    Applied(Value, Force),
}

impl<T: Writable> Mutation<T> for Edit<T> {
    fn wanted(&mut self, current: Option<&T>) -> Result<T, Refusal> {
        let wanted = self.wanted.take().expect("a change is asked for once");
        self.applies = matches!(wanted, Wanted::Applied(..));
        if current.is_none() && self.missing == Missing::Refuse && !self.applies {
            return Err(Refusal::NotFound { resource: None, name: self.place.name.clone() });
        }
        let object = match wanted {
            Wanted::Whole(object) => object,
            Wanted::Patched(patch_type, body) => {
                let before = self.value(current);
                let after = match patch_type {
                    PatchType::Json => apply_json(&before, &body),
                    PatchType::Merge => apply_merge(&before, &body),
                    PatchType::Strategic | PatchType::Apply => {
                        apply_strategic(self.place.kind.schema, &before, &body)
                    }
                };
                self.decode(after.map_err(|error| edge(error.into()))?)?
            }
            Wanted::Applied(applied, force) => {
                let live = current.map(|current| self.value(Some(current)));
                self.decode(self.apply(live.as_ref(), applied, force).map_err(edge)?)?
            }
        };
        self.same_incarnation(current, object)
    }

    fn settle(&mut self, before: Option<&T>, after: &mut T) {
        if self.applies {
            // It has said itself what it owns, and no default adds to that.
            keep_times(before, after);
        } else {
            self.recorder.settle(before, after);
        }
    }
}

impl<T: Writable> Edit<T> {
    /// Applies what a manager wants to own.
    fn apply(&self, live: Option<&Value>, mut applied: Value, force: Force) -> Result<Value, Failure> {
        let name = self.place.name.as_str();
        // The path names the object, so that the body need not.
        if let Some(members) = applied.as_object_mut() {
            let metadata = members.entry("metadata").or_insert(Value::Null);
            if metadata.is_null() {
                *metadata = json!({});
            }
            if let Some(metadata) = metadata.as_object_mut() {
                metadata.entry("name").or_insert_with(|| name.into());
            }
        }
        let schema = self.place.kind.schema;
        let outcome = self.recorder.noted(|author| managed::apply(schema, live, &applied, author, force));
        outcome.map_err(|error| match error {
            ApplyError::NoType(_)
            | ApplyError::WrongVersion { .. }
            | ApplyError::ManagedFields
            | ApplyError::Untyped { .. } => Failure::BadRequest(error.to_string()),
            ApplyError::Conflicts(conflicts) => {
                let causes = conflicts.0.iter().map(|conflict| StatusCause {
                    reason: "FieldManagerConflict".to_owned(),
                    message: conflict.message(),
                    field: conflict.field.to_string(),
                });
                Failure::ApplyConflict { causes: causes.collect(), why: conflicts.to_string() }
            }
        })
    }

    /// The object as a client would see it. One that is not there has a name and no more.
    fn value(&self, current: Option<&T>) -> Value {
        match current {
            Some(current) => json_of(current),
            None => json!({
                "kind": T::KIND, "apiVersion": T::API_VERSION,
                "metadata": {"name": self.place.name, "namespace": self.place.namespace},
            }),
        }
    }

    /// Reads the result of a patch.
    fn decode(&self, mut value: Value) -> Result<T, Refusal> {
        check_identity(&value, self.place.kind).map_err(edge)?;
        check_place(&value, &self.place.name, &self.place.namespace).map_err(edge)?;
        let whole = value.clone();
        let found = findings(&decode::unknown_fields(self.place.kind.schema, &mut value), &[]);
        match self.place.validation {
            Validation::Strict if !found.is_empty() => {
                let why = format!("strict decoding error: {}", found.join(", "));
                return Err(edge(Self::unusable(&whole, &why)));
            }
            Validation::Warn => self.notes.add(found),
            Validation::Strict | Validation::Ignore => {}
        }
        typed(self.place.kind, value).map_err(|error| edge(Self::unusable(&whole, &error)))
    }

    /// The words of the reference server, which name neither kind nor object (kubernetes-api 2.6). They
    /// show the object, but not what is kept from most readers, as refusals get about.
    fn unusable(value: &Value, why: &impl Display) -> Failure {
        let shown =
            if TypeId::of::<T>() == TypeId::of::<Secret>() { REDACTED.to_owned() } else { value.to_string() };
        let errors = vec![FieldError::invalid("patch", &Value::from(shown), &why.to_string())];
        Failure::Invalid { group: String::new(), kind: String::new(), name: String::new(), errors }
    }

    /// Fails if the client means an object of the same name that was deleted and made again.
    fn same_incarnation(&self, current: Option<&T>, object: T) -> Result<T, Refusal> {
        let theirs = &object.metadata().uid;
        let ours = current.map_or("", |current| current.metadata().uid.as_str());
        if current.is_none() || theirs.is_empty() || theirs == ours {
            return Ok(object);
        }
        Err(Refusal::Conflict {
            resource: None,
            name: self.place.name.clone(),
            why: format!("Precondition failed: UID in precondition: {theirs}, UID in object meta: {ours}"),
        })
    }
}

impl Recorder {
    /// Notes what is new in an object.
    pub(crate) fn settle<T: Writable>(&self, before: Option<&T>, after: &mut T) {
        let old = before.map(json_of);
        let mut new = json_of(after);
        self.noted(|author| record_update(self.kind.schema, old.as_ref(), &mut new, author));
        // A write that changes nothing but the time of the last one is none.
        if let Some((old, before)) = old.as_ref().zip(before)
            && is_unchanged(old, &new)
        {
            after.metadata_mut().managed_fields.clone_from(&before.metadata().managed_fields);
            return;
        }
        let entries = new.get_mut("metadata").and_then(|metadata| metadata.get_mut("managedFields"));
        after.metadata_mut().managed_fields = match entries.map(Value::take) {
            Some(Value::Array(entries)) => entries,
            _ => Vec::new(),
        };
    }

    /// Does something in the name of the manager.
    fn noted<T>(&self, what: impl FnOnce(&Author<'_>) -> T) -> T {
        let (api_version, now) = (self.kind.gv.api_version(), self.now.to_string());
        what(&Author {
            manager: &self.manager,
            api_version: &api_version,
            subresource: self.below,
            now: &now,
        })
    }
}

/// An apply that changes nothing but the time of the last one is none.
fn keep_times<T: Writable>(before: Option<&T>, after: &mut T) {
    if let Some(before) = before
        && is_unchanged(&json_of(before), &json_of(after))
    {
        after.metadata_mut().managed_fields.clone_from(&before.metadata().managed_fields);
    }
}

fn json_of<T: Writable>(object: &T) -> Value {
    serde_json::to_value(Typed::of(object)).expect("API objects have text keys")
}

impl<T: Writable> Mutation<T> for Recorder {
    fn wanted(&mut self, current: Option<&T>) -> Result<T, Refusal> {
        // Only what was made is noted here.
        let name = current.map(|current| current.metadata().name.clone()).unwrap_or_default();
        Err(Refusal::NotFound { resource: None, name })
    }

    fn settle(&mut self, before: Option<&T>, after: &mut T) {
        Recorder::settle(self, before, after);
    }
}

impl Notes {
    fn add(&self, found: Vec<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn edge(failure: Failure) -> Refusal {
    Refusal::Edge(Box::new(failure))
}
