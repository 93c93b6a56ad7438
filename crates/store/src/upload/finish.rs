use futures_util::TryStreamExt;
use tokio::sync::OwnedMutexGuard;
use weir_oci::{Algorithm, Digest, Hasher};

use super::parts::Parts;
use super::{Place, Session, State, Stored, Upload, lost_job};
use crate::bucket::Bucket;
use crate::stats::Operation;
use crate::{Error, FinishError, ObjectKey};

impl Upload {
    /// Checks the digest and makes the bytes a durable object under a fresh key. Afterwards the
    /// session is gone, except that a wrong digest leaves one on disk as it was.
    ///
    /// If the future is dropped, the work goes on; an object nobody hears of is left to the sweep.
    pub async fn finish(
        upload: OwnedMutexGuard<Upload>,
        digest: &Digest,
        now_ms: u64,
    ) -> (OwnedMutexGuard<Upload>, Result<Stored, FinishError>) {
        let digest = *digest;
        let mut upload = upload;
        if upload.store.bucket().is_some() {
            let result = upload.finish_in_bucket(&digest).await;
            return (upload, result);
        }
        let session = OwnedMutexGuard::mutex(&upload).clone();
        let job = tokio::task::spawn_blocking(move || {
            let result = upload.finish_on_disk(&digest, now_ms);
            (upload, result)
        });
        match job.await {
            Ok(done) => done,
            Err(error) => (session.lock_owned().await, Err(lost_job(error).into())),
        }
    }

    fn finish_on_disk(&mut self, digest: &Digest, now_ms: u64) -> Result<Stored, FinishError> {
        let store = self.store.clone();
        let _timer = store.counters().time(Operation::Finish);
        let session = self.take().ok_or(Error::UploadGone)?;
        let computed = session.digest_on_disk(digest.algorithm())?;
        if computed != *digest {
            self.state = State::Open(session);
            return Err(FinishError::DigestMismatch { computed });
        }
        let stored = Stored { key: ObjectKey::fresh(Some(*digest), now_ms), size: session.hashes.hashed() };
        let disk = store.disk().expect("there is no bucket");
        match session.place {
            Place::Tail(tail) => {
                disk.create(&stored.key, digest, &tail)?;
                // Without what the tail was allowed to grow into.
                store.keep_hot(stored.key, tail.into_boxed_slice().into());
            }
            Place::Staged(staged) => staged.publish(&stored.key, digest)?,
            Place::Parts(_) => return Err(Error::UploadGone.into()),
        }
        Ok(stored)
    }

    async fn finish_in_bucket(&mut self, digest: &Digest) -> Result<Stored, FinishError> {
        let store = self.store.clone();
        let _timer = store.counters().time(Operation::Finish);
        let (State::Open(session), Some(bucket)) = (&self.state, store.bucket()) else {
            return Err(Error::UploadGone.into());
        };
        let computed = session.digest_in_memory(digest.algorithm());
        if let Some(computed) = computed.filter(|computed| computed != digest) {
            return Err(FinishError::DigestMismatch { computed });
        }
        // From here on a dropped future leaves an unknown outcome, which nothing may build on.
        let session = *self.take().ok_or(Error::UploadGone)?;
        let Session { hashes, place: Place::Parts(mut parts) } = session else {
            return Err(Error::UploadGone.into());
        };
        let stored = Stored { key: *parts.key(), size: hashes.hashed() };
        if let Err(error) = parts.publish(bucket, stored.size).await {
            store.give_up(&parts).await;
            return Err(error.into());
        }
        if computed.is_none() {
            check_stored(bucket, &stored, digest).await?;
        }
        Ok(stored)
    }
}

impl Session {
    fn digest_on_disk(&self, algorithm: Algorithm) -> Result<Digest, Error> {
        if let Some(digest) = self.hashes.digest(algorithm) {
            return Ok(digest);
        }
        match &self.place {
            Place::Tail(tail) => Ok(Digest::of(algorithm, tail)),
            Place::Staged(staged) => staged.digest(algorithm),
            Place::Parts(_) => Err(Error::UploadGone),
        }
    }

    /// The digest, unless it takes reading bytes back from a bucket.
    fn digest_in_memory(&self, algorithm: Algorithm) -> Option<Digest> {
        self.hashes.digest(algorithm).or_else(|| match &self.place {
            Place::Tail(tail) => Some(Digest::of(algorithm, tail)),
            Place::Staged(_) => None,
            Place::Parts(parts) => Parts::tail_digest(parts, algorithm),
        })
    }
}

/// Reads the finished object once more for an algorithm that was not announced; one with another
/// digest is removed again.
async fn check_stored(bucket: &Bucket, stored: &Stored, digest: &Digest) -> Result<(), FinishError> {
    let mut hasher = Hasher::new(digest.algorithm());
    let mut chunks = bucket.open_object(&stored.key, stored.size).await?.into_stream();
    while let Some(chunk) = chunks.try_next().await? {
        hasher.update(&chunk);
    }
    let computed = hasher.finish();
    if computed == *digest {
        return Ok(());
    }
    bucket.delete(&stored.key).await?;
    Err(FinishError::DigestMismatch { computed })
}
