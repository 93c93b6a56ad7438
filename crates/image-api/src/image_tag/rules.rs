//! What requests about image tags make of their stream (image-api 11.3 to 11.5).

use serde_json::Value;

pub use crate::stream_tag::rules::{Edit, Refusal, delete, split_created_name};

use super::view;
use crate::meta::rules::{Scope, path_segment, prepare_update, validate, validate_update};
use crate::meta::{FieldError, FieldErrors, ObjectMeta};
use crate::stream::rules::tag_reference;
use crate::stream_tag::{check_version, set_spec_tag, split_name, stream_or_new};
use crate::{ImageStream, ImageTag, NamedTagEventList, TagEvent, TagParts};

/// Makes a spec tag, in a stream that may have to be made too.
pub fn create(
    current: Option<&ImageStream>,
    namespace: &str,
    mut submitted: ImageTag,
) -> Result<Edit, Refusal> {
    namespace.clone_into(&mut submitted.metadata.namespace);
    let name = submitted.metadata.name.clone();
    let parts = split_created_name(&name);
    if let (Ok((_, tag)), Some(spec)) = (&parts, &mut submitted.spec)
        && spec.name.is_empty()
    {
        (*tag).clone_into(&mut spec.name);
    }
    let errors = created_errors(&submitted, parts.as_ref().ok().map(|(_, tag)| *tag));
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    let (stream, tag) = parts.map_err(Refusal::Name)?;
    let mut edited = stream_or_new(current, namespace, stream);
    if edited.spec.tag(tag).is_some() {
        return Err(Refusal::AlreadyExists);
    }
    let makes_tag = submitted.spec.is_some();
    if let Some(wanted) = submitted.spec {
        set_spec_tag(&mut edited, wanted);
    }
    Ok(Edit { stream: edited, makes_tag })
}

/// What a patch starts from: the view of the tag, whether there is one or not.
pub fn before_update(
    current: Option<&ImageStream>,
    namespace: &str,
    name: &str,
) -> Result<ImageTag, Refusal> {
    let (stream, tag) = parts_of(name)?;
    Ok(view(TagParts::of(&stream_or_new(current, namespace, stream), tag), None))
}

/// Replaces, makes or removes a spec tag.
pub fn update(
    current: Option<&ImageStream>,
    namespace: &str,
    name: &str,
    mut submitted: ImageTag,
) -> Result<Edit, Refusal> {
    let (stream, tag) = parts_of(name)?;
    name.clone_into(&mut submitted.metadata.name);
    check_version(current, &submitted.metadata)?;
    if current.is_none() {
        return create(None, namespace, submitted);
    }
    let mut edited = stream_or_new(current, namespace, stream);
    let errors = updated_errors(&view(TagParts::of(&edited, tag), None), &mut submitted, tag);
    if !errors.is_empty() {
        return Err(Refusal::Invalid(errors));
    }
    let makes_tag = submitted.spec.is_some() && edited.spec.tag(tag).is_none();
    match submitted.spec {
        Some(wanted) => set_spec_tag(&mut edited, wanted),
        None => edited.spec.tags.retain(|stored| stored.name != tag),
    }
    Ok(Edit { stream: edited, makes_tag })
}

fn parts_of(name: &str) -> Result<(&str, &str), Refusal> {
    split_name(name).ok_or_else(|| Refusal::Name("ImageTags must be retrieved with <name>:<tag>".to_owned()))
}

fn created_errors(submitted: &ImageTag, tag: Option<&str>) -> FieldErrors {
    let mut errors = validate(&submitted.metadata, Scope::Namespaced, path_segment);
    if submitted.spec.is_none() {
        errors.push(FieldError::required("spec", "spec is a required field during creation"));
    }
    errors.extend(spec_errors(submitted, tag));
    errors
}

fn spec_errors(submitted: &ImageTag, tag: Option<&str>) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let Some(spec) = &submitted.spec else { return errors };
    if tag != Some(spec.name.as_str()) {
        let name = Value::from(spec.name.as_str());
        errors.push(FieldError::invalid("spec.name", &name, "must match image tag name"));
    }
    errors.extend(tag_reference(spec, "spec"));
    errors
}

fn updated_errors(old: &ImageTag, submitted: &mut ImageTag, tag: &str) -> FieldErrors {
    const DETAIL: &str = "may not update fields other than spec";
    let meta = &mut submitted.metadata;
    prepare_update(&old.metadata, meta);
    meta.resource_version = old.metadata.resource_version;
    let mut errors = validate_update(&old.metadata, meta);
    errors.extend(validate(meta, Scope::Namespaced, path_segment));
    errors.extend(spec_errors(submitted, Some(tag)));
    let nothing = Value::from("");
    if compared(&old.metadata) != compared(&submitted.metadata) {
        errors.push(FieldError::invalid("metadata", &nothing, DETAIL));
    }
    if !is_same_history(old.status.as_ref(), submitted.status.as_ref()) {
        errors.push(FieldError::invalid("status", &nothing, DETAIL));
    }
    errors
}

fn compared(meta: &ObjectMeta) -> ObjectMeta {
    ObjectMeta { managed_fields: Vec::new(), ..meta.clone() }
}

/// Whether a client sent back the history as it was shown. Of a sparse stream only the newest event
/// is there to compare. Where events came from is no part of the history that others know.
fn is_same_history(stored: Option<&NamedTagEventList>, submitted: Option<&NamedTagEventList>) -> bool {
    let (Some(stored), Some(submitted)) = (stored, submitted) else { return stored == submitted };
    let is_cut = stored.items.len() == 1;
    let is_complete = stored.items.len() == submitted.items.len();
    let known = |event: &TagEvent| TagEvent { provenance: None, ..event.clone() };
    stored.tag == submitted.tag
        && stored.conditions == submitted.conditions
        && (is_complete || (is_cut && !submitted.items.is_empty()))
        && stored.items.iter().zip(&submitted.items).all(|(a, b)| known(a) == known(b))
}

#[cfg(test)]
mod tests;
