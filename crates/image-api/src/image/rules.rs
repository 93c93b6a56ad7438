//! How the API takes in an image (image-api 5.2 to 5.6). What is pushed takes another way,
//! [`from_push`](super::from_push).

use serde_json::json;

use super::document::{self, Document};
use super::{Image, ImageManifest, LAYERS_ORDER, MANIFEST_BLOB_STORED, fill};
use crate::meta::rules::{self, Scope};
use crate::meta::{FieldError, FieldErrors};
use crate::{PullSpec, Timestamp, signature};

/// Annotation of signatures that is no longer in use.
const MANAGED_SIGNATURE: &str = "image.openshift.io/managed-signature";

/// Takes in a new image whose metadata has been prepared.
pub fn create(mut image: Image, now: Timestamp) -> Result<Image, FieldErrors> {
    fill::order_layers(&mut image);
    fill::fill(&mut image, now);
    fill::fill_children(&mut image);
    tidy(&mut image);
    let errors = validate(None, &image);
    if errors.is_empty() { Ok(image) } else { Err(errors) }
}

/// Takes in a new state of an image. The caller has compared the versions.
///
/// A client cannot change what follows from the manifest: such changes vanish without an error.
pub fn update(old: &Image, mut new: Image, now: Timestamp) -> Result<Image, FieldErrors> {
    rules::prepare_update(&old.metadata, &mut new.metadata);
    new.metadata.resource_version = old.metadata.resource_version;
    new.docker_image_metadata.clone_from(&old.docker_image_metadata);
    new.docker_image_metadata_version.clone_from(&old.docker_image_metadata_version);
    new.docker_image_layers.clone_from(&old.docker_image_layers);
    // It says how the layers are ordered, and those stay as they are.
    if let Some(order) = old.metadata.annotations.get(LAYERS_ORDER) {
        new.metadata.annotations.insert(LAYERS_ORDER.to_owned(), order.clone());
    }
    if !old.docker_image_signatures.is_empty() {
        new.docker_image_signatures.clone_from(&old.docker_image_signatures);
    }
    if !may_replace_manifest(old, &new) {
        new.docker_image_manifest.clone_from(&old.docker_image_manifest);
    }
    if !may_replace_config(old, &new) {
        new.docker_image_config.clone_from(&old.docker_image_config);
    }
    fill::fill(&mut new, now);
    tidy(&mut new);
    let mut errors = rules::validate_update(&old.metadata, &new.metadata);
    errors.extend(validate(Some(old), &new));
    if errors.is_empty() { Ok(new) } else { Err(errors) }
}

fn may_replace_manifest(old: &Image, new: &Image) -> bool {
    let manifest = &new.docker_image_manifest;
    manifest.is_empty()
        || document::is_named(manifest, &old.docker_image_manifest_media_type, &old.metadata.name)
}

fn may_replace_config(old: &Image, new: &Image) -> bool {
    let config = &new.docker_image_config;
    config.is_empty()
        || *config == old.docker_image_config
        || document::is_schema2(&new.docker_image_manifest_media_type)
            && Document::read(&new.docker_image_manifest)
                .is_some_and(|document| document::hashes_to(config.as_bytes(), &document.config.digest))
}

/// Drops what the record need not hold, and says of signatures what can be said.
fn tidy(image: &mut Image) {
    if image.metadata.annotations.get(MANIFEST_BLOB_STORED).is_some_and(|stored| stored == "true") {
        image.clear_documents();
    }
    for signature in &mut image.signatures {
        signature.metadata.annotations.remove(MANAGED_SIGNATURE);
        signature::rules::inform(signature);
    }
}

/// What is wrong with an image (image-api 5.5). What `old` has already is let pass: what was pushed
/// is held to other rules, and must not stand in the way of a label.
fn validate(old: Option<&Image>, image: &Image) -> FieldErrors {
    let mut errors = rules::validate(&image.metadata, Scope::Cluster, rules::path_segment);
    let reference = &image.docker_image_reference;
    if old.is_none_or(|old| old.docker_image_reference != *reference) {
        errors.extend(reference_error(reference));
    }
    for (i, signature) in image.signatures.iter().enumerate() {
        if old.is_none_or(|old| !old.signatures.contains(signature)) {
            let problems = signature::rules::validate(signature);
            errors.extend(problems.into_iter().map(|error| error.under(&format!("signatures[{i}]"))));
        }
    }
    if old.is_none_or(|old| old.docker_image_manifests != image.docker_image_manifests) {
        for (i, child) in image.docker_image_manifests.iter().enumerate() {
            let problems = validate_child(child);
            errors
                .extend(problems.into_iter().map(|error| error.under(&format!("dockerImageManifests[{i}]"))));
        }
    }
    if !image.docker_image_layers.is_empty() && !image.docker_image_manifests.is_empty() {
        let problem = "dockerImageLayers should not be set when dockerImageManifests is set";
        errors.push(FieldError::invalid_object("dockerImageLayers", &image.docker_image_layers, problem));
    }
    errors
}

fn reference_error(reference: &str) -> Option<FieldError> {
    const FIELD: &str = "dockerImageReference";
    if reference.is_empty() {
        return Some(FieldError::required(FIELD, ""));
    }
    let error = PullSpec::parse(reference).err()?;
    Some(FieldError::invalid(FIELD, &json!(reference), &error.to_string()))
}

fn validate_child(child: &ImageManifest) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if !holds_digest(&child.digest) {
        let problem = "digest does not conform with OCI image specification";
        errors.push(FieldError::invalid("digest", &json!(child.digest), problem));
    }
    if !is_media_type(&child.media_type) {
        let problem = "media type does not conform to RFC6838";
        errors.push(FieldError::invalid("mediaType", &json!(child.media_type), problem));
    }
    if child.architecture.is_empty() {
        errors.push(FieldError::required("architecture", ""));
    }
    if child.os.is_empty() {
        errors.push(FieldError::required("os", ""));
    }
    if child.manifest_size < 0 {
        let problem = "manifest size cannot be negative";
        errors.push(FieldError::invalid("size", &json!(child.manifest_size), problem));
    }
    errors
}

/// Whether there is something like a digest in the text (image-api 3.3), of whatever algorithm.
fn holds_digest(text: &str) -> bool {
    const MIN_HEX: usize = 32;
    text.match_indices(':').any(|(colon, _)| {
        let algorithm = text[..colon].bytes().rev().take_while(u8::is_ascii_alphanumeric);
        let hex = text[colon + 1..].bytes().take_while(u8::is_ascii_hexdigit);
        algorithm.into_iter().any(|b| b.is_ascii_alphabetic()) && hex.count() >= MIN_HEX
    })
}

/// Whether the text is a media type (RFC 6838, 4.2), with blanks around it or not.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str, more: &[u8]| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_-".contains(&b) || more.contains(&b);
        name.len() <= 127 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.bytes().all(legal)
    };
    let parts = text.trim_matches(' ').split_once('/');
    parts.is_some_and(|(top, sub)| is_name(top, b"") && is_name(sub, b".+"))
}

#[cfg(test)]
mod tests;
