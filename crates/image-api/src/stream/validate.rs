//! What is wrong with an image stream (image-api 7.4).
//!
//! Pull specs are held to their grammar. Whether a registry may be imported from is a matter of
//! policy, to be asked wherever a pull spec is parsed here.

use std::collections::BTreeSet;

use serde_json::Value;
use weir_oci::{MAX_NAME_BYTES, RepositoryName};

use crate::meta::rules::{Scope, path_segment, validate, validate_update};
use crate::meta::{FieldError, FieldErrors, ObjectMeta};
use crate::{ImageStream, ImageStreamStatus, PullSpec, TagReference, TagReferencePolicy};

/// What is wrong with the name of a stream. It is made of components of a repository name, joined
/// by `~`; the words are upstream's, which takes less.
pub fn stream_name(name: &str) -> Vec<String> {
    let details = path_segment(name);
    if details.is_empty() && !name.split('~').all(RepositoryName::is_component) {
        return vec![r#"must match "[a-z0-9]+(?:[._-][a-z0-9]+)*""#.to_owned()];
    }
    details
}

/// What is wrong with a stream, but for what depends on others. Events that `old` has are let pass:
/// whoever sends the stream cannot help them.
pub(super) fn stream(old: Option<&ImageStream>, new: &ImageStream) -> FieldErrors {
    const PREFIX: &str = "metadata.generateName";
    let meta = &new.metadata;
    let mut errors = validate(meta, Scope::Namespaced, stream_name);
    // A prefix of a name is held to the rule of names, so a dash at its end is one too many.
    if meta.generate_name.ends_with('-') && !errors.iter().any(|error| error.field == PREFIX) {
        let value = Value::from(meta.generate_name.as_str());
        let details = stream_name(&meta.generate_name);
        errors.extend(details.iter().map(|detail| FieldError::invalid(PREFIX, &value, detail)));
    }
    errors.extend(too_long(meta));
    errors.extend(repository(&new.spec.docker_image_repository));
    for tag in &new.spec.tags {
        errors.extend(tag_reference(tag, &format!("spec.tags[{}]", tag.name)));
    }
    errors.extend(events(old.map(|old| &old.status), &new.status, Missing::Required));
    errors
}

/// What is wrong with the length of a stream's name, which is that of a repository together with
/// its namespace.
pub fn too_long(meta: &ObjectMeta) -> Option<FieldError> {
    let is_too_long = meta.namespace.len() + 1 + meta.name.len() > MAX_NAME_BYTES;
    is_too_long.then(|| {
        let detail = format!("'namespace/name' cannot be longer than {MAX_NAME_BYTES} characters");
        FieldError::invalid("metadata.name", &Value::from(meta.name.as_str()), &detail)
    })
}

/// What is wrong with a write to the status of `old`.
pub(super) fn status_update(old: &ImageStream, new: &ImageStream) -> FieldErrors {
    let mut errors = validate_update(&old.metadata, &new.metadata);
    errors.extend(validate(&new.metadata, Scope::Namespaced, |_| Vec::new()));
    errors.extend(events(Some(&old.status), &new.status, Missing::Unparsable));
    errors
}

fn repository(text: &str) -> FieldErrors {
    const FIELD: &str = "spec.dockerImageRepository";
    if text.is_empty() {
        return FieldErrors::new();
    }
    let invalid = |detail: &str| FieldError::invalid(FIELD, &Value::from(text), detail);
    match PullSpec::parse(text) {
        Err(error) => vec![invalid(&error.to_string())],
        Ok(spec) => {
            let tag = (!spec.tag().is_empty()).then(|| invalid("the repository name may not contain a tag"));
            let id = (!spec.id().is_empty()).then(|| invalid("the repository name may not contain an ID"));
            tag.into_iter().chain(id).collect()
        }
    }
}

/// What is wrong with what a tag is wanted to follow; `path` leads to it.
pub fn tag_reference(tag: &TagReference, path: &str) -> FieldErrors {
    let mut errors = source(tag, path);
    let policy = tag.reference_policy.r#type.as_str();
    if policy != TagReferencePolicy::SOURCE && policy != TagReferencePolicy::LOCAL {
        let detail = r#"valid values are "Source", "Local""#;
        errors.push(FieldError::invalid(
            format!("{path}.referencePolicy.type"),
            &Value::from(policy),
            detail,
        ));
    }
    let mode = tag.import_policy.import_mode.as_str();
    if !matches!(mode, "" | "Legacy" | "PreserveOriginal") {
        let detail = "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'";
        errors.push(FieldError::invalid(
            format!("{path}.importPolicy.importMode"),
            &Value::from(mode),
            detail,
        ));
    }
    errors
}

fn source(tag: &TagReference, path: &str) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let Some(from) = &tag.from else { return errors };
    let name = format!("{path}.from.name");
    if from.name.is_empty() {
        errors.push(FieldError::required(name.as_str(), ""));
    }
    match from.kind.as_str() {
        "DockerImage" if from.name.is_empty() => {}
        "DockerImage" => {
            if let Err(error) = PullSpec::parse(&from.name) {
                let value = Value::from(from.name.as_str());
                errors.push(FieldError::invalid(name, &value, &error.to_string()));
            }
        }
        "ImageStreamImage" | "ImageStreamTag" if tag.import_policy.scheduled => {
            let detail = "only tags pointing to Docker repositories may be scheduled for background import";
            let field = format!("{path}.importPolicy.scheduled");
            errors.push(FieldError::invalid(field, &Value::Bool(true), detail));
        }
        "ImageStreamImage" | "ImageStreamTag" => {}
        _ => {
            let detail = "valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'";
            errors.push(FieldError::required(format!("{path}.from.kind"), detail));
        }
    }
    errors
}

/// How an event without a pull spec is reported.
#[derive(Clone, Copy)]
enum Missing {
    Required,
    Unparsable,
}

fn events(old: Option<&ImageStreamStatus>, new: &ImageStreamStatus, missing: Missing) -> FieldErrors {
    if old.is_some_and(|old| old.tags == new.tags) {
        return FieldErrors::new();
    }
    let known: BTreeSet<&str> = old
        .into_iter()
        .flat_map(|old| &old.tags)
        .flat_map(|tag| &tag.items)
        .map(|event| event.docker_image_reference.as_str())
        .collect();
    let mut errors = FieldErrors::new();
    for tag in &new.tags {
        for (index, event) in tag.items.iter().enumerate() {
            let reference = event.docker_image_reference.as_str();
            if known.contains(reference) {
                continue;
            }
            let field = || format!("status.tags[{}].items[{index}].dockerImageReference", tag.tag);
            match (PullSpec::parse(reference), missing) {
                (Ok(_), _) => {}
                (Err(_), Missing::Required) if reference.is_empty() => {
                    errors.push(FieldError::required(field(), ""));
                }
                (Err(error), _) => {
                    errors.push(FieldError::invalid(field(), &Value::from(reference), &error.to_string()));
                }
            }
        }
    }
    errors
}
