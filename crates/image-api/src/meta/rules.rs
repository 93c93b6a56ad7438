//! The rules that every object's metadata follows, whatever its kind (image-api 1.4).

mod labels;
mod names;
mod owners;

use serde::Serialize;
use serde_json::{Value, json};

use super::{FieldError, FieldErrors, ObjectMeta};
use crate::{Namespace, Timestamp};

pub use names::{dns_subdomain, path_segment, qualified_name};
pub use owners::collapse_owners;

/// How many bytes all keys and values of the annotations may have together.
pub const MAX_ANNOTATION_BYTES: usize = 262_144;

/// The finalizers that need no domain in front.
const STANDARD_FINALIZERS: [&str; 3] = ["foregroundDeletion", "kubernetes", "orphan"];

/// Where names of a kind are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Cluster,
    /// Within a namespace.
    Namespaced,
}

/// Gives a new object what only the server may give, whatever the client sent. The namespace is
/// empty for a kind of [`Scope::Cluster`].
pub fn prepare_create(meta: &mut ObjectMeta, namespace: &str, uid: String, now: Timestamp) {
    namespace.clone_into(&mut meta.namespace);
    meta.uid = uid;
    meta.resource_version = None;
    meta.generation = 0;
    meta.creation_timestamp = Some(now);
    meta.deletion_timestamp = None;
    meta.deletion_grace_period_seconds = None;
}

/// Restores what an update cannot change, and fills in what the client may leave out.
///
/// The version is left as the client sent it: it is the client's claim about what it has seen, and
/// the caller judges it. So is an identity, by [`uid_conflict`].
pub fn prepare_update(old: &ObjectMeta, new: &mut ObjectMeta) {
    for (new, old) in [(&mut new.namespace, &old.namespace), (&mut new.uid, &old.uid)] {
        if new.is_empty() {
            new.clone_from(old);
        }
    }
    new.generation = old.generation;
    if old.creation_timestamp.is_some() {
        new.creation_timestamp = old.creation_timestamp;
    }
    if old.deletion_timestamp.is_some() {
        new.deletion_timestamp = old.deletion_timestamp;
    }
    if new.deletion_grace_period_seconds.is_none() {
        new.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
    }
}

/// Why an update that names an identity is meant for another object of the name, if it is.
pub fn uid_conflict(old: &ObjectMeta, new: &ObjectMeta) -> Option<String> {
    (!new.uid.is_empty() && new.uid != old.uid).then(|| {
        format!("Precondition failed: UID in precondition: {}, UID in object meta: {}", new.uid, old.uid)
    })
}

/// What is wrong with the metadata of an object. `name_rule` says what is wrong with a name.
pub fn validate(meta: &ObjectMeta, scope: Scope, name_rule: fn(&str) -> Vec<String>) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if !meta.generate_name.is_empty() {
        // A prefix may end in what no name ends in.
        let prefix = match meta.generate_name.strip_suffix('-') {
            Some(stem) => format!("{stem}a"),
            None => meta.generate_name.clone(),
        };
        errors.extend(all_invalid("metadata.generateName", &meta.generate_name, name_rule(&prefix)));
    }
    if meta.name.is_empty() {
        errors.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        errors.extend(all_invalid("metadata.name", &meta.name, name_rule(&meta.name)));
    }
    errors.extend(namespace_error(&meta.namespace, scope));
    errors.extend(labels::errors(&meta.labels));
    errors.extend(annotation_errors(meta));
    errors.extend(owners::errors(&meta.owner_references));
    errors.extend(finalizer_errors(&meta.finalizers));
    errors
}

/// What is wrong with the new metadata in the light of the old.
pub fn validate_update(old: &ObjectMeta, new: &ObjectMeta) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if old.deletion_timestamp.is_some() {
        errors.extend(added_finalizers(old, new));
    }
    errors.extend(immutable("metadata.name", &old.name, &new.name));
    errors.extend(immutable("metadata.namespace", &old.namespace, &new.namespace));
    errors.extend(immutable("metadata.uid", &old.uid, &new.uid));
    errors.extend(immutable("metadata.creationTimestamp", &old.creation_timestamp, &new.creation_timestamp));
    errors.extend(immutable("metadata.deletionTimestamp", &old.deletion_timestamp, &new.deletion_timestamp));
    errors.extend(immutable(
        "metadata.deletionGracePeriodSeconds",
        &old.deletion_grace_period_seconds,
        &new.deletion_grace_period_seconds,
    ));
    errors
}

fn immutable<T: PartialEq + Serialize>(field: &str, old: &T, new: &T) -> Option<FieldError> {
    (old != new).then(|| FieldError::invalid(field, &json!(new), "field is immutable"))
}

fn all_invalid(
    field: &str,
    value: &str,
    details: impl IntoIterator<Item = String>,
) -> impl Iterator<Item = FieldError> {
    let value = Value::from(value);
    let field = field.to_owned();
    details.into_iter().map(move |detail| FieldError::invalid(field.as_str(), &value, &detail))
}

fn namespace_error(namespace: &str, scope: Scope) -> Option<FieldError> {
    const FIELD: &str = "metadata.namespace";
    match (scope, namespace) {
        (Scope::Cluster, "") => None,
        (Scope::Cluster, _) => Some(FieldError::forbidden(FIELD, "not allowed on this type")),
        (Scope::Namespaced, "") => Some(FieldError::required(FIELD, "")),
        (Scope::Namespaced, namespace) => namespace_name(namespace)
            .pop()
            .map(|detail| FieldError::invalid(FIELD, &Value::from(namespace), &detail)),
    }
}

/// What is wrong with the name of a namespace. The words are those for a DNS label, which clients
/// know; the names taken are those of [`Namespace`].
pub fn namespace_name(name: &str) -> Vec<String> {
    if Namespace::parse(name).is_ok() { Vec::new() } else { vec![names::DNS_LABEL_DETAIL.to_owned()] }
}

fn annotation_errors(meta: &ObjectMeta) -> FieldErrors {
    const FIELD: &str = "metadata.annotations";
    let mut errors: FieldErrors = meta
        .annotations
        .keys()
        .flat_map(|key| all_invalid(FIELD, key, qualified_name(&key.to_lowercase())))
        .collect();
    let bytes: usize = meta.annotations.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > MAX_ANNOTATION_BYTES {
        errors.push(FieldError::too_long_bytes(FIELD, MAX_ANNOTATION_BYTES));
    }
    errors
}

fn finalizer_errors(finalizers: &[String]) -> FieldErrors {
    const FIELD: &str = "metadata.finalizers";
    let mut errors: FieldErrors =
        finalizers.iter().flat_map(|name| all_invalid(FIELD, name, qualified_name(name))).collect();
    let has = |name: &str| finalizers.iter().any(|finalizer| finalizer == name);
    if has("orphan") && has("foregroundDeletion") {
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.push(FieldError::invalid(FIELD, &json!(finalizers), detail));
    }
    for (index, name) in finalizers.iter().enumerate() {
        if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name.as_str()) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            let field = format!("{FIELD}[{index}]");
            errors.push(FieldError::invalid(field, &Value::from(name.as_str()), detail));
        }
    }
    errors
}

fn added_finalizers(old: &ObjectMeta, new: &ObjectMeta) -> Option<FieldError> {
    let added: Vec<String> = new
        .finalizers
        .iter()
        .filter(|finalizer| !old.finalizers.contains(finalizer))
        .map(|finalizer| super::field_error::quoted(finalizer))
        .collect();
    (!added.is_empty()).then(|| {
        let detail = format!(
            "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
            added.join(", ")
        );
        FieldError::forbidden("metadata.finalizers", &detail)
    })
}

#[cfg(test)]
mod tests;
