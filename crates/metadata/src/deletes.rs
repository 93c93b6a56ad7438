use weir_image_api::StreamRef;
use weir_oci::{Digest, Tag};

use crate::sqlite::Transaction;
use crate::streams::StreamChange;
use crate::{DeleteError, Engine, EventSource, TagCondition, names, push, repositories, revisions, tags};

impl Engine {
    /// Removes a tag from spec and status. The manifest stays pullable by digest. False if there is
    /// no such tag.
    pub async fn delete_tag(
        &self,
        stream: StreamRef,
        tag: Tag,
        condition: Option<TagCondition>,
        source: EventSource,
        now_ms: u64,
    ) -> Result<bool, DeleteError> {
        let source = or_reason(source, "tag deleted");
        let delete = move |transaction: &mut Transaction<'_>| {
            let Some(repository) = repositories::find(transaction, &stream)? else { return Ok(false) };
            let Some(mut change) = StreamChange::begin(transaction, repository, &stream, now_ms)? else {
                return Ok(false);
            };
            if let Some(condition) = &condition
                && !push::tag_is(transaction, repository, &tag, condition)?
            {
                return Err(DeleteError::PreconditionFailed);
            }
            let removed = remove_tag(transaction, &mut change, tag.as_str(), &source)?;
            change.finish(transaction)?;
            Ok(removed)
        };
        self.records().writer().write(delete).await
    }

    /// Removes a manifest from a repository, with every tag that points to it. A push brings it
    /// back. False if it was not there.
    pub async fn delete_revision(
        &self,
        stream: StreamRef,
        digest: Digest,
        source: EventSource,
        now_ms: u64,
    ) -> Result<bool, DeleteError> {
        let source = or_reason(source, "manifest deleted");
        let delete = move |transaction: &mut Transaction<'_>| {
            let Some(repository) = repositories::find(transaction, &stream)? else { return Ok(false) };
            let Some(mut change) = StreamChange::begin(transaction, repository, &stream, now_ms)? else {
                return Ok(false);
            };
            let Some(image) = names::find(transaction, &digest.to_string())? else { return Ok(false) };
            if !revisions::delete(transaction, repository, image, &digest, now_ms)? {
                return Ok(false);
            }
            for tag in tags::with_head(transaction, repository, image)? {
                remove_tag(transaction, &mut change, &tag, &source)?;
            }
            // What can be pulled has changed, whether or not a tag showed it.
            change.version(transaction);
            change.finish(transaction)?;
            Ok(true)
        };
        self.records().writer().write(delete).await
    }
}

/// What the history says if the caller gives no reason.
fn or_reason(source: EventSource, reason: &str) -> EventSource {
    EventSource { reason: source.reason.or_else(|| Some(reason.to_owned())), ..source }
}

fn remove_tag(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamChange<'_>,
    tag: &str,
    source: &EventSource,
) -> rusqlite::Result<bool> {
    let had_spec = stream.remove_spec_tag(transaction, tag)?;
    let had_conditions = stream.clear_conditions(transaction, tag)?;
    let Some(head) = tags::head(transaction, stream.repository(), tag)? else {
        return Ok(had_spec || had_conditions);
    };
    tags::remove(transaction, stream, tag, &head, source)?;
    Ok(true)
}
