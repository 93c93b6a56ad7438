//! What becomes of an image stream that is made or changed (image-api 4.3 to 4.6, 7.2, 7.4, 7.5).
//!
//! The rules take a whole stream or a *sparse* one, which has only the tags that a request touches
//! and the spec tags that follow them, with no more of a history than its newest event. Old and new
//! have to be cut alike. A tag that neither of them has is looked up in [`Sources`].

use std::collections::BTreeSet;

pub use super::resolve::{add_event, follow};
pub use super::validate::{stream_name, tag_reference, too_long};

use super::{generations, resolve, validate};
use crate::meta::rules::{prepare_update, validate_update};
use crate::meta::{FieldError, FieldErrors};
use crate::{ImageStream, ImageStreamStatus, StreamRef, TagEvent, TagReferencePolicy, Timestamp};

/// What there is besides the stream that changes, as it was before the change.
pub trait Sources {
    /// The newest event of a tag. The outer `None`: there is no such stream; the inner: the tag has
    /// no event.
    fn tag_head(&self, stream: &StreamRef, tag: &str) -> Result<Option<Option<TagEvent>>, String>;

    /// The events of all tags of a stream that name the image `id` means, or one that it may mean
    /// (image-api 3.4); others do no harm. `None`: there is no such stream.
    fn images_of(&self, stream: &StreamRef, id: &str) -> Result<Option<Vec<TagEvent>>, String>;

    /// Whether the caller may pull from a stream; if not, why (the text may be empty).
    fn may_pull(&self, stream: &StreamRef) -> Result<(), String>;
}

/// What the rules need to know of the world.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// The name this registry goes by, with its port; empty if it has none.
    pub host: &'a str,
    /// How tags are imported that do not say it.
    pub default_import_mode: &'a str,
    /// Everything else.
    pub sources: &'a dyn Sources,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("now", &self.now).field("host", &self.host).finish_non_exhaustive()
    }
}

/// Which way a write comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// As a stream from a client, who has no say in the status.
    Main,
    /// From this server, which edited spec and status for a request about a tag, or for an import.
    Internal,
}

/// A stream as it is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The stream.
    pub stream: ImageStream,
    /// The tags that got an event because they follow another tag.
    pub tracked: BTreeSet<String>,
}

/// Settles a new stream, whose metadata [`prepare_create`](crate::meta::rules::prepare_create) has
/// seen.
pub fn create(mut new: ImageStream, path: Path, context: &Context<'_>) -> Result<Settled, FieldErrors> {
    if path == Path::Main {
        new.status = ImageStreamStatus::default();
    }
    fill_in(&mut new, context);
    generations::begin(&mut new);
    settle(None, new, path, context)
}

/// Settles a stream that takes the place of `old`. The caller has compared the versions.
pub fn update(
    old: &ImageStream,
    mut new: ImageStream,
    path: Path,
    context: &Context<'_>,
) -> Result<Settled, FieldErrors> {
    prepare_update(&old.metadata, &mut new.metadata);
    new.metadata.resource_version = old.metadata.resource_version;
    if path == Path::Main {
        new.status = old.status.clone();
    }
    fill_in(&mut new, context);
    generations::advance(old, &mut new, context.default_import_mode);
    settle(Some(old), new, path, context)
}

fn settle(
    old: Option<&ImageStream>,
    mut new: ImageStream,
    path: Path,
    context: &Context<'_>,
) -> Result<Settled, FieldErrors> {
    let judged = validate::stream(old, &new);
    let resolved = resolve::resolve(old, &mut new, context);
    let mut errors = FieldErrors::new();
    if let Err(refused) = &resolved {
        errors.push(wrapped(&new.metadata.name, refused));
    }
    if let Some(old) = old {
        errors.extend(validate_update(&old.metadata, &new.metadata));
    }
    errors.extend(judged);
    if !errors.is_empty() {
        return Err(errors);
    }
    if path == Path::Internal {
        new.status.tags.retain(|tag| !tag.items.is_empty() || !tag.conditions.is_empty());
    }
    let tracked = resolve::follow_changes(old, &mut new);
    Ok(Settled { stream: new, tracked })
}

/// Errors about the sources of tags reach the client as the text of another answer inside an
/// internal error, and clients print that text.
fn wrapped(stream: &str, errors: &[FieldError]) -> FieldError {
    let name = crate::meta::quoted(stream);
    let text = format!("imagestreams {name} is invalid: {}", crate::meta::summary(errors));
    FieldError::internal("[]", &text)
}

/// Settles a write to the status of `old`: the client's status, labels and annotations, and nothing
/// else of what it sent.
pub fn update_status(
    old: &ImageStream,
    new: ImageStream,
    _context: &Context<'_>,
) -> Result<Settled, FieldErrors> {
    let mut metadata = old.metadata.clone();
    metadata.labels = new.metadata.labels;
    metadata.annotations = new.metadata.annotations;
    metadata.managed_fields = new.metadata.managed_fields;
    let mut stream = ImageStream { metadata, spec: old.spec.clone(), status: new.status };
    stream.sort_tags();
    generations::settle_events(old, &mut stream);
    let errors = validate::status_update(old, &stream);
    if errors.is_empty() { Ok(Settled { stream, tracked: BTreeSet::new() }) } else { Err(errors) }
}

/// The defaults of image-api 7.1, and the order and spelling in which tags are kept.
fn fill_in(stream: &mut ImageStream, context: &Context<'_>) {
    for tag in &mut stream.spec.tags {
        tag.set_default_import_mode(context.default_import_mode);
        if tag.reference_policy.r#type.is_empty() {
            TagReferencePolicy::SOURCE.clone_into(&mut tag.reference_policy.r#type);
        }
        tag.annotations = tag.annotations.take().filter(|annotations| !annotations.is_empty());
    }
    stream.sort_tags();
}

#[cfg(test)]
mod tests;
