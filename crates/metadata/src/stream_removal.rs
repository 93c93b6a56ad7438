use weir_image_api::StreamRef;

use crate::sqlite::Transaction;
use crate::stream_views::{self, Found};
use crate::streams::StreamChange;
use crate::{Error, EventSource, namespace_edit, repositories};

/// Removes a stream as [`remove_alone`] does, and its namespace if that waited for it.
pub(crate) fn remove(
    transaction: &mut Transaction<'_>,
    stream: &StreamRef,
    source: &EventSource,
    now_ms: u64,
) -> Result<Option<u64>, Error> {
    let version = remove_alone(transaction, stream, source, now_ms)?;
    namespace_edit::finish(transaction, &stream.namespace, now_ms)?;
    Ok(version)
}

/// Removes a stream with its repository (image-api 7.6). The history of its tags stays, each with its
/// removal as the last entry. The version it happened at, or None if there is no such stream.
pub(crate) fn remove_alone(
    transaction: &mut Transaction<'_>,
    stream: &StreamRef,
    source: &EventSource,
    now_ms: u64,
) -> Result<Option<u64>, Error> {
    let Some(Found { repository, stream: last }) = stream_views::find(transaction.connection(), stream)?
    else {
        return Ok(None);
    };
    let Some(change) = StreamChange::begin(transaction, repository, stream, now_ms)? else {
        return Ok(None);
    };
    let source = EventSource {
        reason: source.reason.clone().or_else(|| Some("stream deleted".to_owned())),
        ..source.clone()
    };
    let version = change.remove(transaction, &last, &source)?;
    repositories::delete(transaction, repository, stream, version)?;
    Ok(Some(version))
}
