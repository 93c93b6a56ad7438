//! How objects end: at once, or marked until everybody who has a say agrees (kubernetes-api 6.3).

use weir_image_api::core_v1::Secret;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Image, ImageStream, Timestamp};
use weir_metadata::{StreamWish, StreamWrite, Wish};

/// An object that finalizers may hold.
pub(super) trait Held {
    fn metadata_mut(&mut self) -> &mut ObjectMeta;
}

impl Held for Image {
    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Held for ImageStream {
    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

impl Held for Secret {
    fn metadata_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// What asking for its deletion makes of an object, and whether finalizers hold it. Nothing here owns
/// others by reference, so a way of propagation makes no difference.
pub(super) fn wish<T: Held>(mut object: T, now: Timestamp) -> (Wish<T>, bool) {
    let metadata = object.metadata_mut();
    if metadata.finalizers.is_empty() {
        return (Wish::Delete, false);
    }
    if metadata.deletion_timestamp.is_some() {
        return (Wish::Keep, true);
    }
    *metadata = marked(metadata, now);
    (Wish::Write(Box::new(object)), true)
}

/// [`wish`] for a stream.
pub(super) fn stream_wish(stream: ImageStream, now: Timestamp) -> (StreamWish, bool) {
    let (wish, held) = wish(stream, now);
    let wish = match wish {
        Wish::Keep => StreamWish::Keep,
        Wish::Delete => StreamWish::Delete,
        Wish::Write(stream) => StreamWish::Write(Box::new(StreamWrite::of(*stream))),
    };
    (wish, held)
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
