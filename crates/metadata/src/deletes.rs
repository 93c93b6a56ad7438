use weir_image_api::StreamRef;
use weir_oci::{Digest, Tag};

use crate::sqlite::Transaction;
use crate::streams::StreamWrite;
use crate::tags::Entry;
use crate::{
    DeleteError, Engine, EventKind, EventSource, TagCondition, names, push, repositories, revisions, streams,
    tags,
};

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
        let delete = move |transaction: &mut Transaction<'_>| {
            let Some(repository) = repositories::find(transaction, &stream)? else { return Ok(false) };
            let Some(mut write) = StreamWrite::begin(transaction, repository, &stream, now_ms)? else {
                return Ok(false);
            };
            if let Some(condition) = condition
                && !push::tag_is(transaction, repository, &tag, condition)?
            {
                return Err(DeleteError::PreconditionFailed);
            }
            let removal = Removal { source: &source, reason: "tag deleted" };
            let removed = remove_tag(transaction, &mut write, tag.as_str(), removal)?;
            write.finish(transaction)?;
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
        let delete = move |transaction: &mut Transaction<'_>| {
            let Some(repository) = repositories::find(transaction, &stream)? else { return Ok(false) };
            let Some(mut write) = StreamWrite::begin(transaction, repository, &stream, now_ms)? else {
                return Ok(false);
            };
            let Some(image) = names::find(transaction, &digest.to_string())? else { return Ok(false) };
            if !revisions::delete(transaction, repository, image, &digest, now_ms)? {
                return Ok(false);
            }
            let removal = Removal { source: &source, reason: "manifest deleted" };
            for tag in tags::with_head(transaction, repository, image)? {
                remove_tag(transaction, &mut write, &tag, removal)?;
            }
            // What can be pulled has changed, whether or not a tag showed it.
            write.version(transaction);
            write.finish(transaction)?;
            Ok(true)
        };
        self.records().writer().write(delete).await
    }
}

#[derive(Clone, Copy)]
struct Removal<'r> {
    source: &'r EventSource,
    reason: &'static str,
}

fn remove_tag(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamWrite<'_>,
    tag: &str,
    removal: Removal<'_>,
) -> rusqlite::Result<bool> {
    let repository = stream.repository();
    let had_spec = streams::remove_spec_tag(transaction, repository, tag)?;
    if had_spec {
        stream.raise_generation(transaction);
    }
    let Some(head) = tags::head(transaction, repository, tag)? else { return Ok(had_spec) };
    let mut last = head.event;
    last.created = stream.now();
    let entry = Entry {
        kind: EventKind::Deleted,
        source: removal.source,
        reason: Some(removal.reason),
        version: stream.version(transaction),
        image: head.image,
    };
    tags::remove(transaction, repository, tag, &last, &entry)?;
    Ok(true)
}
