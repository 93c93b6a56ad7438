//! What requests about stream tags make of their stream (image-api 10.4 to 10.6).

use std::collections::BTreeMap;

use serde_json::Value;

pub use super::edit::{Edit, delete, split_created_name};
pub use super::refusal::Refusal;

use super::edit::{check_version, set_spec_tag, stream_or_new};
use super::{split_name, view};
use crate::meta::rules::{Scope, path_segment, prepare_update, validate, validate_update};
use crate::meta::{FieldError, FieldErrors, ObjectMeta};
use crate::stream::rules::tag_reference;
use crate::{ImageStream, ImageStreamTag, TagParts};

/// Makes a spec tag, in a stream that may have to be made too. A request without a tag makes the
/// stream all the same.
pub fn create(
    current: Option<&ImageStream>,
    namespace: &str,
    mut submitted: ImageStreamTag,
) -> Result<Edit, Refusal> {
    namespace.clone_into(&mut submitted.metadata.namespace);
    let errors = created_errors(&submitted);
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    let (stream, tag) = split_created_name(&submitted.metadata.name).map_err(Refusal::Name)?;
    let mut edited = stream_or_new(current, namespace, stream);
    if edited.spec.tag(tag).is_some() {
        return Err(Refusal::AlreadyExists);
    }
    let makes_tag = submitted.tag.is_some();
    if let Some(mut wanted) = submitted.tag {
        tag.clone_into(&mut wanted.name);
        set_spec_tag(&mut edited, wanted);
    }
    Ok(Edit { stream: edited, makes_tag })
}

/// What a patch starts from: the view of the tag, whether there is one or not.
pub fn before_update(
    current: Option<&ImageStream>,
    namespace: &str,
    name: &str,
) -> Result<ImageStreamTag, Refusal> {
    let (stream, tag) = parts_of(name)?;
    Ok(view(TagParts::of(&stream_or_new(current, namespace, stream), tag), None))
}

/// Replaces a spec tag, or makes it.
pub fn update(
    current: Option<&ImageStream>,
    namespace: &str,
    name: &str,
    mut submitted: ImageStreamTag,
) -> Result<Edit, Refusal> {
    let (stream, tag) = parts_of(name)?;
    name.clone_into(&mut submitted.metadata.name);
    check_version(current, &submitted.metadata)?;
    let mut edited = stream_or_new(current, namespace, stream);
    let errors = if current.is_none() {
        namespace.clone_into(&mut submitted.metadata.namespace);
        created_errors(&submitted)
    } else {
        updated_errors(&view(TagParts::of(&edited, tag), None), &mut submitted)
    };
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    let stored = edited.spec.tag(tag).cloned();
    let makes_tag = stored.is_none();
    let Some(mut wanted) = submitted.tag.or(stored) else {
        return Err(Refusal::NotSpecTag(format!(
            "imagestreamtag {tag} is not a spec tag in imagestream {namespace}/{stream}, cannot be updated"
        )));
    };
    tag.clone_into(&mut wanted.name);
    wanted.annotations = Some(submitted.metadata.annotations).filter(|annotations| !annotations.is_empty());
    set_spec_tag(&mut edited, wanted);
    Ok(Edit { stream: edited, makes_tag })
}

fn parts_of(name: &str) -> Result<(&str, &str), Refusal> {
    split_name(name)
        .ok_or_else(|| Refusal::Name("ImageStreamTags must be retrieved with <name>:<tag>".to_owned()))
}

fn created_errors(submitted: &ImageStreamTag) -> FieldErrors {
    let mut errors = validate(&submitted.metadata, Scope::Namespaced, path_segment);
    let Some(tag) = &submitted.tag else { return errors };
    errors.extend(tag_reference(tag, "tag"));
    if tag.annotations.as_ref().is_some_and(|annotations| *annotations != submitted.metadata.annotations) {
        let detail = "tag annotations must not be provided or must be equal to the object meta annotations";
        errors.push(FieldError::invalid("tag.annotations", &Value::from("<map>"), detail));
    }
    errors
}

/// Fills in what the client may leave out, and judges the rest.
fn updated_errors(old: &ImageStreamTag, submitted: &mut ImageStreamTag) -> FieldErrors {
    let meta = &mut submitted.metadata;
    if meta.labels.is_empty() {
        meta.labels.clone_from(&old.metadata.labels);
    }
    prepare_update(&old.metadata, meta);
    meta.resource_version = old.metadata.resource_version;
    let mut errors = validate_update(&old.metadata, meta);
    errors.extend(validate(meta, Scope::Namespaced, path_segment));
    if let Some(tag) = &submitted.tag {
        errors.extend(tag_reference(tag, "tag"));
    }
    if compared(&old.metadata) != compared(meta) {
        let detail = "may not update fields other than metadata.annotations";
        errors.push(FieldError::invalid("metadata", &Value::from(""), detail));
    }
    errors
}

/// The metadata that a client cannot change through a tag.
fn compared(meta: &ObjectMeta) -> ObjectMeta {
    ObjectMeta { annotations: BTreeMap::new(), managed_fields: Vec::new(), ..meta.clone() }
}

#[cfg(test)]
mod tests;
