use weir_image_api::tag_event::{self, TagChange};
use weir_image_api::{PullSpec, ResourceVersion, TagEvent};
use weir_oci::Tag;

use crate::references::References;
use crate::sqlite::Transaction;
use crate::streams::StreamChange;
use crate::tags::Entry;
use crate::{
    Engine, EventKind, PushError, PushOutcome, RecordPush, TagCondition, columns, images, manifests, names,
    repositories, revisions, streams, tags,
};

impl Engine {
    /// Makes a manifest pullable through a repository and does, in the same transaction, everything
    /// that follows: the namespace, the repository, the stream and the Image where they are missing,
    /// the rows that keep what it names, the events of its tags and of the tags that follow those,
    /// and the change feed.
    ///
    /// A manifest that is already known takes the same path: it may be known from elsewhere, and its
    /// blobs may have gone from this repository.
    pub async fn record_push(&self, push: RecordPush) -> Result<PushOutcome, PushError> {
        let texts = Texts::of(&push);
        self.records().writer().write(move |transaction| record_push(transaction, &push, &texts)).await
    }
}

/// What a push writes as text, made before its turn: the one thread that writes has enough to do.
#[derive(Debug)]
struct Texts {
    digest: String,
    image: String,
    annotations: String,
}

impl Texts {
    fn of(push: &RecordPush) -> Texts {
        Texts {
            digest: push.manifest.digest().to_string(),
            image: columns::to_json(&push.image),
            annotations: columns::to_json(push.manifest.annotations()),
        }
    }
}

fn record_push(
    transaction: &mut Transaction<'_>,
    push: &RecordPush,
    texts: &Texts,
) -> Result<PushOutcome, PushError> {
    let manifest = &push.manifest;
    let repository = repositories::ensure(transaction, &push.stream, push.now_ms)?;
    check_condition(transaction, repository, push, &texts.digest)?;
    let references = References::resolve(transaction, repository, push)?;
    let name = names::intern(transaction, &texts.digest)?;
    let object = manifests::keep(transaction, name, manifest, &texts.annotations, &push.bytes, push.now_ms)?;
    references.record(transaction, name.id)?;
    images::ensure(transaction, name, &texts.digest, &texts.image, push.now_ms)?;
    let mut stream = StreamChange::begin_or_make(transaction, repository, &push.stream, push.now_ms)?;
    revisions::revive(transaction, repository, name, manifest, push.now_ms)?;

    let target = Target {
        push,
        image: name.id,
        event: TagEvent {
            created: columns::seconds(push.now_ms),
            docker_image_reference: PullSpec::own(&push.stream, &manifest.digest()),
            image: texts.digest.clone(),
            generation: stream.generation(),
            provenance: None,
        },
    };
    let mut moved = Vec::new();
    for tag in &push.tags {
        move_tag(transaction, &mut stream, &target, tag, &mut moved)?;
    }
    let version = ResourceVersion(stream.finish(transaction)?);
    Ok(PushOutcome { version, moved, object })
}

fn check_condition(
    transaction: &Transaction<'_>,
    repository: i64,
    push: &RecordPush,
    digest: &str,
) -> Result<(), PushError> {
    let Some(condition) = &push.condition else { return Ok(()) };
    let holds = if push.tags.is_empty() {
        let known = revisions::is_pullable(transaction, repository, digest)?;
        condition.holds(known.then_some(digest))
    } else {
        let mut all = true;
        for tag in &push.tags {
            all &= tag_is(transaction, repository, tag, condition)?;
        }
        all
    };
    if holds { Ok(()) } else { Err(PushError::PreconditionFailed) }
}

/// Whether a tag is where a caller thinks it is.
pub(crate) fn tag_is(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &Tag,
    condition: &TagCondition,
) -> rusqlite::Result<bool> {
    let head = tags::head(transaction, repository, tag.as_str())?.filter(|head| head.pullable);
    Ok(condition.holds(head.as_ref().map(|head| head.event.image.as_str())))
}

impl TagCondition {
    fn holds(&self, current: Option<&str>) -> bool {
        match self {
            TagCondition::At(digests) => digests.iter().any(|digest| current == Some(&digest.to_string())),
            TagCondition::Exists => current.is_some(),
            TagCondition::Absent => current.is_none(),
        }
    }
}

/// What tags move to.
#[derive(Debug)]
struct Target<'p> {
    push: &'p RecordPush,
    event: TagEvent,
    /// Number of the image that the event names.
    image: i64,
}

/// Moves a tag to the manifest, and with it the tags that follow it (image-api 4.1, 4.2).
fn move_tag(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamChange<'_>,
    target: &Target<'_>,
    tag: &Tag,
    moved: &mut Vec<String>,
) -> rusqlite::Result<()> {
    if !add_event(transaction, stream, target, tag.as_str(), EventKind::Push)? {
        return Ok(());
    }
    moved.push(tag.as_str().to_owned());
    let followers = streams::spec_tags_tracking(transaction.connection(), stream.repository(), tag.as_str())?;
    for follower in tag_event::tracking(&target.push.stream, &followers, tag.as_str()) {
        if add_event(transaction, stream, target, &follower, EventKind::Tracked)? {
            moved.push(follower);
        }
    }
    Ok(())
}

fn add_event(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamChange<'_>,
    target: &Target<'_>,
    tag: &str,
    kind: EventKind,
) -> rusqlite::Result<bool> {
    let head = tags::head(transaction, stream.repository(), tag)?;
    let entry = Entry { kind, source: &target.push.source, image: target.image };
    match (tag_event::apply(head.as_ref().map(|head| &head.event), target.event.clone()), &head) {
        (TagChange::Unchanged, _) => return Ok(false),
        (TagChange::Amend(event), Some(head)) => {
            tags::amend(transaction, stream, tag, head, &event, &entry)?;
        }
        (TagChange::Amend(event) | TagChange::Prepend(event), head) => {
            tags::prepend(transaction, stream, tag, head.as_ref(), &event, &entry)?;
        }
    }
    stream.clear_conditions(transaction, tag)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
