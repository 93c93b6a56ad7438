//! How objects end: at once, or marked until everybody who has a say agrees (kubernetes-api 6.3).

use weir_image_api::Timestamp;
use weir_image_api::meta::ObjectMeta;

/// What asking for its deletion does to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It goes.
    Now,
    /// Finalizers hold it, and it is marked so already.
    Marked,
    /// Finalizers hold it, and this is its metadata from now on.
    Mark(Box<ObjectMeta>),
}

/// Nothing here owns others by reference, so a way of propagation makes no difference.
pub(super) fn of(metadata: &ObjectMeta, now: Timestamp) -> Ending {
    if metadata.finalizers.is_empty() {
        Ending::Now
    } else if metadata.deletion_timestamp.is_some() {
        Ending::Marked
    } else {
        Ending::Mark(Box::new(marked(metadata, now)))
    }
}

/// The metadata of an object from the time its deletion was asked for.
pub(super) fn marked(metadata: &ObjectMeta, now: Timestamp) -> ObjectMeta {
    ObjectMeta {
        deletion_timestamp: Some(now),
        deletion_grace_period_seconds: Some(0),
        generation: metadata.generation + 1,
        ..metadata.clone()
    }
}

/// Whether an update was the last thing a marked object waited for.
pub(super) fn is_released(metadata: &ObjectMeta) -> bool {
    metadata.deletion_timestamp.is_some() && metadata.finalizers.is_empty()
}
