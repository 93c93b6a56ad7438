use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{FieldError, FieldErrors};
use crate::meta::{ObjectMeta, OwnerReference};

const FIELD: &str = "metadata.ownerReferences";

/// Keeps the first of several references to one owner. The text warns the client that there were
/// more.
pub fn collapse_owners(meta: &mut ObjectMeta) -> Option<String> {
    let mut seen = BTreeSet::new();
    let mut dropped = Vec::new();
    meta.owner_references.retain(|owner| {
        let first = seen.insert(owner.uid.clone());
        if !first {
            dropped.push(owner.uid.clone());
        }
        first
    });
    (!dropped.is_empty()).then(|| {
        format!(
            ".metadata.ownerReferences contains duplicate entries after mutating admission happens; \
             API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; \
             please fix your requests; duplicate UID(s) observed: {}",
            dropped.join(", ")
        )
    })
}

pub(super) fn errors(owners: &[OwnerReference]) -> FieldErrors {
    let mut errors: FieldErrors = owners.iter().flat_map(missing_members).collect();
    let mut controller: Option<&OwnerReference> = None;
    for owner in owners.iter().filter(|owner| owner.controller == Some(true)) {
        match controller {
            None => controller = Some(owner),
            Some(first) => {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
                    title(first),
                    title(owner)
                );
                errors.push(FieldError::invalid(FIELD, &json!(owners), &detail));
            }
        }
    }
    errors
}

fn missing_members(owner: &OwnerReference) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let mut wrong = |member: &str, value: &str, detail: &str| {
        errors.push(FieldError::invalid(format!("{FIELD}.{member}"), &Value::from(value), detail));
    };
    if !has_version(&owner.api_version) {
        wrong("apiVersion", &owner.api_version, "version must not be empty");
    }
    for (member, value) in [("kind", &owner.kind), ("name", &owner.name), ("uid", &owner.uid)] {
        if value.is_empty() {
            wrong(member, value, "must not be empty");
        }
    }
    errors
}

/// Whether a text is `<version>` or `<group>/<version>`.
fn has_version(api_version: &str) -> bool {
    let version = api_version.split_once('/').map_or(api_version, |(_, version)| version);
    !version.is_empty() && !version.contains('/')
}

fn title(owner: &OwnerReference) -> String {
    format!("{}/{}", owner.kind, owner.name)
}
