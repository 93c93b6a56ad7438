//! "This image now is that tag": how whoever stored an image elsewhere tags it (image-api 13).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::image::MANAGED;
use crate::meta::rules::{self, Scope};
use crate::meta::{FieldError, FieldErrors, Kind, ObjectMeta, Resource};
use crate::wire::nullable;
use crate::{Image, ImageStream, PullSpec, TagEvent, Timestamp, image, stream};

/// The request that makes an image the newest one of a tag. Nothing is stored under its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStreamMapping {
    /// The name is that of the stream.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The image.
    #[serde(deserialize_with = "nullable")]
    pub image: Image,
    /// The tag.
    #[serde(deserialize_with = "nullable")]
    pub tag: String,
}

impl Kind for ImageStreamMapping {
    const KIND: &'static str = "ImageStreamMapping";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageStreamMapping {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

/// Takes in a mapping whose own metadata has been prepared, and its image as one to be made.
///
/// `host` is the name this registry goes by; the image is served there unless it says otherwise.
pub fn accept(
    mut mapping: ImageStreamMapping,
    host: &str,
    now: Timestamp,
) -> Result<ImageStreamMapping, FieldErrors> {
    if mapping.image.docker_image_reference.is_empty() && !host.is_empty() {
        let ObjectMeta { namespace, name, .. } = &mapping.metadata;
        let repository = format!("{host}/{namespace}/{}", name.replace('~', "/"));
        mapping.image.docker_image_reference = match PullSpec::parse(&repository) {
            Ok(spec) => spec.with_id(&mapping.image.metadata.name).to_string(),
            // Its name is found fault with below.
            Err(_) => repository,
        };
    }
    mapping.image.signatures.clear();
    // A namespace is left to be found fault with; the identity is given by whoever makes the image.
    let in_namespace = mapping.image.metadata.namespace.clone();
    rules::prepare_create(&mut mapping.image.metadata, &in_namespace, String::new(), now);

    let mut errors = validate(&mapping);
    match image::rules::create(std::mem::take(&mut mapping.image), now) {
        Ok(image) if errors.is_empty() => Ok(ImageStreamMapping { image, ..mapping }),
        Ok(_) => Err(errors),
        Err(of_image) => {
            errors.extend(of_image.into_iter().map(|error| error.under("image")));
            Err(errors)
        }
    }
}

/// What is wrong with a mapping, but for its image.
fn validate(mapping: &ImageStreamMapping) -> FieldErrors {
    let mut errors = rules::validate(&mapping.metadata, Scope::Namespaced, rules::path_segment);
    if mapping.metadata.name.is_empty() {
        errors.push(FieldError::required("name", ""));
        errors.push(FieldError::required("dockerImageRepository", ""));
    }
    let namespace = &mapping.metadata.namespace;
    errors.extend(
        rules::namespace_name(namespace)
            .into_iter()
            .map(|problem| FieldError::invalid("metadata.namespace", &json!(namespace), &problem)),
    );
    if mapping.tag.is_empty() {
        errors.push(FieldError::required("tag", ""));
    }
    errors
}

/// Whether the image of a mapping was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is new.
    New,
    /// It was, and stays as it was.
    Before,
}

/// The event of an accepted mapping in its stream, which is shown as clients see it.
pub fn event(mapping: &ImageStreamMapping, stream: &ImageStream, known: Known, now: Timestamp) -> TagEvent {
    let Image { metadata, docker_image_reference: submitted, .. } = &mapping.image;
    let is_managed = metadata.annotations.get(MANAGED).is_some_and(|managed| managed == "true");
    let here = match known {
        // An image first pushed elsewhere becomes one of this stream.
        Known::Before if is_managed => {
            repository(stream).map(|spec| spec.with_id(&metadata.name).to_string())
        }
        _ => None,
    };
    TagEvent {
        created: now,
        docker_image_reference: here.unwrap_or_else(|| submitted.clone()),
        image: metadata.name.clone(),
        generation: stream.metadata.generation,
        ..TagEvent::default()
    }
}

fn repository(stream: &ImageStream) -> Option<PullSpec> {
    let repositories = [&stream.status.docker_image_repository, &stream.spec.docker_image_repository];
    repositories.into_iter().find(|repository| !repository.is_empty()).and_then(|r| PullSpec::parse(r).ok())
}

/// A stream after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The stream.
    pub stream: ImageStream,
    /// The tags that moved because they follow the tag.
    pub tracked: BTreeSet<String>,
}

/// The stream after an event of a tag and of those that follow it; `None` if it changes nothing. A
/// stream of which only these tags and the newest events were read will do.
pub fn apply(stream: &ImageStream, tag: &str, event: &TagEvent) -> Option<Mapped> {
    let mut stream = stream.clone();
    if !stream::rules::add_event(&mut stream, tag, event.clone()) {
        return None;
    }
    let tracked = stream::rules::follow(&mut stream, tag);
    Some(Mapped { stream, tracked })
}

#[cfg(test)]
mod tests;
