//! What every store must do, whatever holds its bytes: run by the tests of each engine.
//!
//! Each function panics when its promise is broken. `open` opens the store again over the same
//! bytes, as the next process would; whatever was opened before has been dropped by then.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tokio::sync::{Mutex, Notify};
use weir_oci::{Algorithm, Digest, UploadId};

use crate::{AppendError, Content, Error, FinishError, SavedUpload, Store, Stored, Upload};

/// The time all of this happens at.
pub const NOW_MS: u64 = 1_767_225_600_000;

/// Runs every promise that needs no generated input.
pub async fn run(open: impl AsyncFn() -> Store) {
    for len in [0, 1, 65_535, 65_536, 65_537, 300_000, 3_000_000] {
        an_upload_is_what_can_be_read(&open().await, noise(len)).await;
    }
    for len in [0, 1, 70_000, 700_000] {
        a_put_is_what_can_be_read(&open().await, noise(len)).await;
        an_object_is_missing_once_deleted(&open().await, noise(len)).await;
    }
    for len in [10, 70_000, 700_000] {
        a_wrong_digest_is_refused_and_the_right_one_still_works(&open().await, noise(len)).await;
        a_session_ends_once(&open().await, noise(len)).await;
        one_digest_twice_gives_two_objects(&open().await, noise(len)).await;
        a_body_that_breaks_off_keeps_what_came(&open().await, noise(len)).await;
        growth_stops_at_the_limit(&open().await, noise(len)).await;
        sha512_unannounced_is_checked_too(&open().await, noise(len)).await;
    }
    open().await.probe().await.expect("the store is ready");
}

/// Bytes that repeat nowhere, the same for the same length.
pub fn noise(len: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ len as u64;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

/// `bytes` as frames that end at `cuts` (taken modulo the length).
pub fn frames(bytes: &Bytes, cuts: &[usize]) -> Vec<Bytes> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| bytes.slice(pair[0]..pair[1])).collect()
}

/// A fresh session.
pub fn session(store: &Store, announced: Option<Algorithm>) -> Arc<Mutex<Upload>> {
    Arc::new(Mutex::new(store.begin(UploadId::random(), announced, NOW_MS)))
}

/// Appends frames that all arrive.
pub async fn append(upload: &Arc<Mutex<Upload>>, frames: Vec<Bytes>) -> Result<u64, AppendError<Infallible>> {
    let body = stream::iter(frames).map(Ok);
    let (guard, result) = Upload::append(upload.clone().lock_owned().await, body, u64::MAX).await;
    if let Ok(offset) = &result {
        assert_eq!(*offset, guard.offset(), "the answer is the offset");
    }
    result
}

/// Finishes the session.
pub async fn finish(upload: &Arc<Mutex<Upload>>, digest: &Digest) -> Result<Stored, FinishError> {
    Upload::finish(upload.clone().lock_owned().await, digest, NOW_MS).await.1
}

/// Uploads `bytes` in one piece.
pub async fn upload(store: &Store, bytes: &Bytes) -> Stored {
    let upload = session(store, None);
    append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    finish(&upload, &Digest::sha256(bytes)).await.expect("the digest is right")
}

/// The object has these bytes, in every way of reading them.
pub async fn assert_stored(store: &Store, stored: &Stored, bytes: &Bytes) {
    assert_eq!(stored.size, bytes.len() as u64);
    assert_eq!(stored.key.time_ms(), NOW_MS);
    let content = store.open(&stored.key, stored.size).await.expect("it was just stored");
    assert_eq!(content.len(), stored.size);
    assert!(read(content.clone()).await == *bytes, "streamed bytes differ");
    assert!(content.clone().into_bytes().await.expect("it is readable") == *bytes, "whole bytes differ");
    let (from, to) = (bytes.len() / 3, bytes.len() - bytes.len() / 5);
    let part = content.slice(from as u64..to as u64);
    assert_eq!(part.len(), (to - from) as u64);
    assert!(read(part.clone()).await == bytes.slice(from..to), "a range differs");
    let inner = part.slice(0..part.len() / 2).into_bytes().await.expect("it is readable");
    assert!(inner == bytes.slice(from..from + (to - from) / 2), "a range of a range differs");
}

async fn read(content: Content) -> Bytes {
    let mut whole = Vec::new();
    let mut chunks = content.into_stream();
    while let Some(chunk) = chunks.try_next().await.expect("it is readable") {
        assert!(!chunk.is_empty(), "a body has no empty chunks");
        whole.extend_from_slice(&chunk);
    }
    whole.into()
}

/// What was uploaded can be read.
pub async fn an_upload_is_what_can_be_read(store: &Store, bytes: Bytes) {
    let stored = upload(store, &bytes).await;
    assert_stored(store, &stored, &bytes).await;
}

/// The frames of a body do not show in the result, nor does their spread over several requests.
pub async fn any_frames_give_the_same_object(
    store: &Store,
    requests: Vec<Vec<Bytes>>,
    announced: Option<Algorithm>,
    algorithm: Algorithm,
) {
    let bytes: Bytes = requests.iter().flatten().flat_map(|frame| frame.iter().copied()).collect();
    let upload = session(store, announced);
    let mut offset = 0;
    for request in requests {
        offset += request.iter().map(|frame| frame.len() as u64).sum::<u64>();
        assert_eq!(append(&upload, request).await.expect("the bytes are taken"), offset);
    }
    let stored = finish(&upload, &Digest::of(algorithm, &bytes)).await.expect("the digest is right");
    assert_stored(store, &stored, &bytes).await;
}

/// A session saved at any point goes on in the next process, from there or from a little before.
pub async fn a_saved_session_goes_on(open: impl AsyncFn() -> Store, bytes: Bytes, cuts: &[usize]) {
    let mut saved = None;
    let mut rest = bytes.clone();
    for frame in frames(&bytes, cuts) {
        let store = open().await;
        let upload = match &saved {
            None => session(&store, Some(Algorithm::Sha512)),
            Some(saved) => taken_up(&store, saved).await,
        };
        let offset = upload.lock().await.offset();
        let sent_to = bytes.len() as u64 - rest.len() as u64;
        assert!(offset <= sent_to, "a session never claims what was not sent");
        // A client that reads the offset sends from there.
        let from = usize::try_from(offset).expect("it is small");
        let to = bytes.len() - rest.len() + frame.len();
        append(&upload, vec![bytes.slice(from..to)]).await.expect("the bytes are taken");
        rest = bytes.slice(to..);
        let kept = upload.lock().await.save().expect("the session is open");
        assert!(kept.durable_offset() <= kept.offset() && kept.offset() <= to as u64);
        saved = SavedUpload::from_bytes(&kept.to_bytes());
        assert_eq!(saved.as_ref(), Some(&kept), "the saved form is complete");
    }
    let store = open().await;
    let upload = taken_up(&store, &saved.expect("there is at least one frame")).await;
    let from = usize::try_from(upload.lock().await.offset()).expect("it is small");
    append(&upload, vec![bytes.slice(from..)]).await.expect("the bytes are taken");
    let digest = Digest::of(Algorithm::Sha512, &bytes);
    let stored = finish(&upload, &digest).await.expect("the digest is right");
    assert_stored(&store, &stored, &bytes).await;
}

async fn taken_up(store: &Store, saved: &SavedUpload) -> Arc<Mutex<Upload>> {
    let upload = store.resume(saved).await.expect("the bytes are still there");
    assert_eq!(upload.id(), saved.id());
    assert_eq!(upload.offset(), saved.offset());
    Arc::new(Mutex::new(upload))
}

/// A request that is dropped while bytes arrive leaves a session that knows what it has.
pub async fn a_dropped_request_leaves_a_consistent_session(
    store: &Store,
    frames: Vec<Bytes>,
    drop_after: usize,
) {
    let bytes: Bytes = frames.iter().flat_map(|frame| frame.iter().copied()).collect();
    let drop_after = drop_after % (frames.len() + 1);
    let sent: usize = frames[..drop_after].iter().map(Bytes::len).sum();
    let upload = session(store, None);
    let stalled = Arc::new(Notify::new());
    let body = Stalling { frames: frames.into_iter().take(drop_after).collect(), stalled: stalled.clone() };
    {
        let append = pin!(Upload::append(upload.clone().lock_owned().await, body, u64::MAX));
        let dropped = pin!(stalled.notified());
        futures_util::future::select(append, dropped).await;
    }
    // Whoever comes next gets the lock when the work that was under way is done.
    let offset = usize::try_from(upload.clone().lock_owned().await.offset()).expect("it is small");
    assert!(offset <= sent, "a session never claims what was not sent");
    append(&upload, vec![bytes.slice(offset..)]).await.expect("the bytes are taken");
    let stored = finish(&upload, &Digest::sha256(&bytes)).await.expect("nothing was torn or lost");
    assert_stored(store, &stored, &bytes).await;
}

/// A client that sends some frames and then nothing.
struct Stalling {
    frames: VecDeque<Bytes>,
    stalled: Arc<Notify>,
}

impl Stream for Stalling {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(frame) = self.frames.pop_front() else {
            self.stalled.notify_one();
            return Poll::Pending;
        };
        Poll::Ready(Some(Ok(frame)))
    }
}

/// What was put can be read.
pub async fn a_put_is_what_can_be_read(store: &Store, bytes: Bytes) {
    let digest = Digest::sha256(&bytes);
    let key = store.put(&digest, bytes.clone(), NOW_MS).await.expect("it is stored");
    let again = store.put(&digest, bytes.clone(), NOW_MS).await.expect("it is stored");
    assert_ne!(key, again, "each copy has its own key");
    for key in [key, again] {
        assert_stored(store, &Stored { key, size: bytes.len() as u64 }, &bytes).await;
    }
}

/// A deleted object is missing, deleting it again succeeds, and a wrong length is noticed.
pub async fn an_object_is_missing_once_deleted(store: &Store, bytes: Bytes) {
    let stored = upload(store, &bytes).await;
    for _ in 0..2 {
        // The second time round it may come from a cache.
        for wrong in [stored.size + 1, stored.size.saturating_sub(1)] {
            if wrong != stored.size {
                let opened = store.open(&stored.key, wrong).await;
                assert!(matches!(opened, Err(Error::Corrupt { .. })), "{opened:?}");
            }
        }
        assert_stored(store, &stored, &bytes).await;
    }
    store.delete(&stored.key).await.expect("it is deleted");
    let gone = store.open(&stored.key, stored.size).await;
    assert!(matches!(gone, Err(Error::Missing(key)) if key == stored.key), "{gone:?}");
    store.delete(&stored.key).await.expect("it is gone already");
}

/// A wrong digest names the right one and publishes nothing.
pub async fn a_wrong_digest_is_refused_and_the_right_one_still_works(store: &Store, bytes: Bytes) {
    let upload = session(store, None);
    append(&upload, vec![bytes.clone()]).await.expect("the bytes are taken");
    let digest = Digest::sha256(&bytes);
    let refused = finish(&upload, &Digest::sha256(b"something else")).await;
    let Err(FinishError::DigestMismatch { computed }) = refused else { panic!("{refused:?}") };
    assert_eq!(computed, digest);
    let stored = finish(&upload, &digest).await.expect("the digest is right");
    assert_stored(store, &stored, &bytes).await;
}

/// A session that was finished or discarded takes nothing any more.
pub async fn a_session_ends_once(store: &Store, bytes: Bytes) {
    let digest = Digest::sha256(&bytes);
    let finished = session(store, None);
    append(&finished, vec![bytes.clone()]).await.expect("the bytes are taken");
    finish(&finished, &digest).await.expect("the digest is right");
    let discarded = session(store, None);
    append(&discarded, vec![bytes.clone()]).await.expect("the bytes are taken");
    Upload::discard(discarded.clone().lock_owned().await).await;
    for ended in [&finished, &discarded] {
        assert!(ended.lock().await.is_gone());
        let appended = append(ended, vec![bytes.clone()]).await;
        assert!(matches!(appended, Err(AppendError::Store(Error::UploadGone))), "{appended:?}");
        let again = finish(ended, &digest).await;
        assert!(matches!(again, Err(FinishError::Store(Error::UploadGone))), "{again:?}");
        let kept = ended.lock().await.save();
        assert!(matches!(kept, Err(Error::UploadGone)), "{kept:?}");
        Upload::discard(ended.clone().lock_owned().await).await;
    }
    let left = session(store, None);
    append(&left, vec![bytes]).await.expect("the bytes are taken");
    let saved = left.lock().await.save().expect("it is open");
    drop(left);
    store.discard(&saved).await.expect("a session can be given up by its record");
    if saved.durable_offset() < saved.offset() {
        let resumed = store.resume(&saved).await;
        assert!(matches!(resumed, Err(Error::UploadGone)), "{resumed:?}");
    }
}

/// Two uploads of the same bytes at the same time are two objects; removing one leaves the other.
pub async fn one_digest_twice_gives_two_objects(store: &Store, bytes: Bytes) {
    let (first, second) = futures_util::future::join(upload(store, &bytes), upload(store, &bytes)).await;
    assert_ne!(first.key, second.key);
    store.delete(&first.key).await.expect("it is deleted");
    assert_stored(store, &second, &bytes).await;
}

/// When the client goes away the session keeps everything that had come.
pub async fn a_body_that_breaks_off_keeps_what_came(store: &Store, bytes: Bytes) {
    let upload = session(store, None);
    let half = bytes.len() / 2;
    let body = stream::iter([Ok(bytes.slice(..half)), Err("connection reset")]);
    let (guard, result) = Upload::append(upload.clone().lock_owned().await, body, u64::MAX).await;
    assert!(matches!(result, Err(AppendError::Body("connection reset"))), "{result:?}");
    assert_eq!(guard.offset(), half as u64);
    drop(guard);
    append(&upload, vec![bytes.slice(half..)]).await.expect("the bytes are taken");
    let stored = finish(&upload, &Digest::sha256(&bytes)).await.expect("the digest is right");
    assert_stored(store, &stored, &bytes).await;
}

/// An upload does not grow past the limit, and is whole up to some frame before it.
pub async fn growth_stops_at_the_limit(store: &Store, bytes: Bytes) {
    let upload = session(store, None);
    let half = bytes.len() / 2;
    let body = || stream::iter([Ok::<_, Infallible>(bytes.slice(..half)), Ok(bytes.slice(half..))]);
    let limit = bytes.len() as u64 - 1;
    let (guard, result) = Upload::append(upload.clone().lock_owned().await, body(), limit).await;
    assert!(matches!(result, Err(AppendError::TooLarge { limit: told }) if told == limit), "{result:?}");
    assert_eq!(guard.offset(), half as u64);
    let rest = stream::iter([Ok::<_, Infallible>(bytes.slice(half..))]);
    let (_, result) = Upload::append(guard, rest, limit + 1).await;
    assert_eq!(result.expect("it fits exactly"), limit + 1);
}

/// SHA-512 that nobody announced is checked by reading once more.
pub async fn sha512_unannounced_is_checked_too(store: &Store, bytes: Bytes) {
    let wrong = session(store, None);
    append(&wrong, vec![bytes.clone()]).await.expect("the bytes are taken");
    let refused = finish(&wrong, &Digest::of(Algorithm::Sha512, b"something else")).await;
    assert!(matches!(refused, Err(FinishError::DigestMismatch { .. })), "{refused:?}");
    let right = session(store, None);
    append(&right, vec![bytes.clone()]).await.expect("the bytes are taken");
    let digest = Digest::of(Algorithm::Sha512, &bytes);
    let stored = finish(&right, &digest).await.expect("the digest is right");
    assert_stored(store, &stored, &bytes).await;
}
