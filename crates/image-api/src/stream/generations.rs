//! When the generation of a stream, of its tags and of their events rises (image-api 4.3, 4.4, 7.5).

use std::collections::BTreeMap;

use crate::core_v1::ObjectReference;
use crate::{ImageStream, ImageStreamSpec, TagEvent, TagReference};

/// The generation that asks for another import.
const IMPORT_AGAIN: i64 = 0;

/// A new stream and all its tags are of the first generation, whatever the client sent.
pub(super) fn begin(new: &mut ImageStream) {
    new.metadata.generation = 1;
    for tag in &mut new.spec.tags {
        tag.generation = Some(1);
    }
}

/// Gives the stream and its changed tags the next generation. A client cannot choose one, only leave
/// the one of a tag or ask for another import of it.
pub(super) fn advance(old: &ImageStream, new: &mut ImageStream, default_mode: &str) {
    let before: BTreeMap<&str, &TagReference> =
        old.spec.tags.iter().map(|tag| (tag.name.as_str(), tag)).collect();
    for tag in &mut new.spec.tags {
        if tag.generation == Some(IMPORT_AGAIN) {
            continue;
        }
        if let Some(stored) = before.get(tag.name.as_str()) {
            tag.generation = stored.generation;
        }
    }
    let raised = old.metadata.generation == 0
        || !same_stream(&old.spec, &new.spec)
        || before.len() != new.spec.tags.len()
        || !new.spec.tags.iter().all(|tag| {
            before.get(tag.name.as_str()).is_some_and(|stored| same_tag(stored, tag, default_mode))
        });
    new.metadata.generation = old.metadata.generation + i64::from(raised);
    for tag in &mut new.spec.tags {
        let unset = tag.generation.unwrap_or_default() == 0;
        let stored = before.get(tag.name.as_str());
        if unset || is_changed(stored.copied(), tag, &old.metadata.namespace, default_mode) {
            tag.generation = Some(new.metadata.generation);
        }
    }
}

/// Whether two specs mean the same, but for their tags.
fn same_stream(old: &ImageStreamSpec, new: &ImageStreamSpec) -> bool {
    old.lookup_policy == new.lookup_policy && old.docker_image_repository == new.docker_image_repository
}

/// Whether two spec tags mean the same, defaults filled in.
fn same_tag(old: &TagReference, new: &TagReference, default_mode: &str) -> bool {
    let TagReference { name, annotations, from, reference, generation, import_policy, reference_policy } =
        old;
    *name == new.name
        && annotations.as_ref().filter(|map| !map.is_empty())
            == new.annotations.as_ref().filter(|map| !map.is_empty())
        && *from == new.from
        && *reference == new.reference
        && *generation == new.generation
        && import_policy.insecure == new.import_policy.insecure
        && import_policy.scheduled == new.import_policy.scheduled
        && mode(old, default_mode) == mode(new, default_mode)
        && *reference_policy == new.reference_policy
}

fn mode<'a>(tag: &'a TagReference, default: &'a str) -> &'a str {
    if tag.import_policy.import_mode.is_empty() { default } else { &tag.import_policy.import_mode }
}

/// Whether a spec tag is new, or wants something else than before (image-api 4.4).
///
/// The kind of the source counts, other than upstream (Q5): a tag that followed a tag and now names
/// an image means something else.
pub(super) fn is_changed(
    old: Option<&TagReference>,
    new: &TagReference,
    namespace: &str,
    default_mode: &str,
) -> bool {
    let Some(old) = old else { return true };
    let Some(from) = new.from.as_ref().filter(|from| !from.kind.is_empty() || !from.name.is_empty()) else {
        return false;
    };
    let nothing = ObjectReference::default();
    let before = old.from.as_ref().unwrap_or(&nothing);
    let asks_again = new.generation == Some(IMPORT_AGAIN)
        && old.generation.is_some_and(|generation| generation != IMPORT_AGAIN);
    before.kind != from.kind
        || before.name != from.name
        || own_unless_set(&before.namespace, namespace) != own_unless_set(&from.namespace, namespace)
        || old.reference != new.reference
        || mode(old, default_mode) != mode(new, default_mode)
        || asks_again
}

fn own_unless_set<'a>(namespace: &'a str, own: &'a str) -> &'a str {
    if namespace.is_empty() { own } else { namespace }
}

/// Gives the events that come without a generation the one they answer to (image-api 7.5).
pub(super) fn settle_events(old: &ImageStream, new: &mut ImageStream) {
    let before: BTreeMap<&str, &TagEvent> =
        old.status.tags.iter().filter_map(|tag| Some((tag.tag.as_str(), tag.items.first()?))).collect();
    let wanted: BTreeMap<&str, i64> =
        new.spec.tags.iter().filter_map(|tag| Some((tag.name.as_str(), tag.generation?))).collect();
    for tag in &mut new.status.tags {
        let Some(head) = tag.items.first_mut().filter(|head| head.generation == 0) else { continue };
        head.generation = match (before.get(tag.tag.as_str()), wanted.get(tag.tag.as_str())) {
            (Some(stored), Some(wanted)) if is_moved(stored, head) => *wanted,
            _ => new.metadata.generation,
        };
    }
}

fn is_moved(old: &TagEvent, new: &TagEvent) -> bool {
    old.image != new.image
        || old.docker_image_reference != new.docker_image_reference
        || old.generation > new.generation
}
