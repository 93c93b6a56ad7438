mod append;
mod batch;
mod beside;
mod finish;
mod hashes;
mod parts;
mod saved;
mod staged;
mod write_back;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedMutexGuard;
use weir_oci::{Algorithm, UploadId};

use crate::disk::Disk;
use crate::stats::Operation;
use crate::store::Store;
use crate::{Error, ObjectKey};
use batch::Batch;
use hashes::Hashes;
pub(crate) use parts::Parts;
use saved::SavedPlace;
pub use saved::SavedUpload;
use staged::Staged;

/// The state of one upload session: bytes, offset and running digests, which always agree.
///
/// It lives behind a `tokio::sync::Mutex`; whoever holds the guard moves the session. Work on
/// blocking threads takes the guard along, so a request that is dropped in the middle leaves the
/// session locked until that work is done, and consistent then.
#[derive(Debug)]
pub struct Upload {
    id: UploadId,
    announced: Option<Algorithm>,
    store: Store,
    state: State,
}

#[derive(Debug)]
enum State {
    Open(Box<Session>),
    /// Finished, discarded, or failed. A failed write or flush ends a session for good: what the
    /// disk then holds is anybody's guess.
    Gone,
}

#[derive(Debug)]
struct Session {
    hashes: Hashes,
    place: Place,
}

/// Where the bytes are.
#[derive(Debug)]
enum Place {
    /// In memory: too few for a file, which would cost more than they do.
    Tail(Vec<u8>),
    Staged(Staged),
    Parts(Box<Parts>),
}

/// Up to this many bytes wait in memory for the end of the upload, and are then created under
/// their final name at once.
const TAIL: usize = 64 * 1024;

/// What finishing an upload gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The object that now holds the bytes, durably.
    pub key: ObjectKey,
    /// Their number.
    pub size: u64,
}

impl Upload {
    pub(crate) fn begin(store: Store, id: UploadId, announced: Option<Algorithm>, now_ms: u64) -> Upload {
        let hashes = Hashes::new(announced);
        let place = match store.bucket() {
            Some(bucket) => {
                let key = ObjectKey::fresh(None, now_ms);
                Place::Parts(Box::new(Parts::new(key, bucket.part_size(), hashes.clone())))
            }
            None => Place::Tail(Vec::new()),
        };
        Upload { id, announced, store, state: State::Open(Box::new(Session { hashes, place })) }
    }

    /// Takes a saved session up, or fails with [`Error::UploadGone`] if its bytes did not survive.
    pub(crate) fn resume(store: Store, saved: &SavedUpload) -> Result<Upload, Error> {
        let announced = saved.announced;
        let restored = Hashes::restore(announced, &saved.hashes, saved.offset);
        let session = match (&saved.place, store.disk(), store.bucket()) {
            (SavedPlace::Tail(tail), Some(_), _) => {
                let hashes = restored.unwrap_or_else(|| {
                    let mut hashes = Hashes::new(announced);
                    hashes.update(tail);
                    hashes
                });
                Session { hashes, place: Place::Tail(tail.clone()) }
            }
            (SavedPlace::Staged { durable }, Some(disk), _) => {
                // Since the same start of the machine nothing that was written can have been lost.
                let offset = if saved.boot == store.boot() { saved.offset } else { *durable };
                if offset == 0 {
                    return Err(Error::UploadGone);
                }
                let staged = Staged::reopen(&store, disk, saved.id, offset, *durable)?;
                let hashes = match restored {
                    Some(hashes) if offset == saved.offset => hashes,
                    _ => staged.rehash(announced)?,
                };
                Session { hashes, place: Place::Staged(staged) }
            }
            (SavedPlace::Parts { key, tail, stored }, _, Some(bucket)) => {
                let mut hashes = restored.ok_or(Error::UploadGone)?;
                let mut parts = Parts::new(*key, bucket.part_size(), hashes.clone());
                if let Some((multipart, done)) = stored {
                    parts = parts.continued(multipart.clone(), done.clone());
                }
                parts.absorb(&mut hashes, &Batch::from_iter([Bytes::copy_from_slice(tail)]));
                Session { hashes, place: Place::Parts(Box::new(parts)) }
            }
            // The store was moved from a disk to a bucket or back.
            _ => return Err(Error::UploadGone),
        };
        Ok(Upload { id: saved.id, announced, store, state: State::Open(Box::new(session)) })
    }

    /// The session's name.
    pub fn id(&self) -> UploadId {
        self.id
    }

    /// Number of bytes taken in; 0 for a session that is gone.
    pub fn offset(&self) -> u64 {
        match &self.state {
            State::Open(session) => session.hashes.hashed(),
            State::Gone => 0,
        }
    }

    /// Whether the session was finished, discarded, or has failed.
    pub fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone)
    }

    /// The final key, where it is chosen before the bytes arrive: in a bucket. The session's record
    /// must name it before the first part is stored.
    pub fn key(&self) -> Option<&ObjectKey> {
        match &self.state {
            State::Open(session) => match &session.place {
                Place::Parts(parts) => Some(parts.key()),
                Place::Tail(_) | Place::Staged(_) => None,
            },
            State::Gone => None,
        }
    }

    /// What a later process needs to go on from here, or from a little before.
    pub fn save(&self) -> Result<SavedUpload, Error> {
        let State::Open(session) = &self.state else { return Err(Error::UploadGone) };
        let (hashes, place) = match &session.place {
            Place::Tail(tail) => (&session.hashes, SavedPlace::Tail(tail.clone())),
            Place::Staged(staged) => (&session.hashes, SavedPlace::Staged { durable: staged.durable() }),
            Place::Parts(parts) => {
                // A tail the size of a part is no load for a record; such a session goes back to
                // its last part.
                let tail = if parts.tail_len() <= TAIL { parts.tail().to_vec() } else { Vec::new() };
                let stored = parts.stored().map(|(multipart, done)| (multipart.clone(), done.to_vec()));
                (parts.checkpoint(), SavedPlace::Parts { key: *parts.key(), tail, stored })
            }
        };
        Ok(SavedUpload {
            id: self.id,
            announced: self.announced,
            boot: self.store.boot(),
            offset: hashes.hashed(),
            hashes: hashes.save(),
            place,
        })
    }

    /// Gives the session and its bytes up. What cannot be removed now is left to the sweep.
    pub async fn discard(mut upload: OwnedMutexGuard<Upload>) {
        let Some(session) = upload.take() else { return };
        match session.place {
            Place::Tail(_) => {}
            Place::Staged(staged) => {
                // The guard goes along: nobody sees the lock free while the file is still there.
                let removed = tokio::task::spawn_blocking(move || {
                    staged.remove();
                    drop(upload);
                });
                // A job that never ran leaves the file to the sweep.
                let _ = removed.await;
            }
            Place::Parts(parts) => upload.store.give_up(&parts).await,
        }
    }

    /// Leaves the session gone; whoever goes on with it puts it back.
    fn take(&mut self) -> Option<Box<Session>> {
        match std::mem::replace(&mut self.state, State::Gone) {
            State::Open(session) => Some(session),
            State::Gone => None,
        }
    }

    /// Whether the batch is so small that it is taken in on the calling thread.
    fn takes_inline(&self, batch: &Batch) -> bool {
        match &self.state {
            State::Open(session) => match &session.place {
                Place::Tail(tail) => tail.len() + batch.len() <= TAIL,
                Place::Staged(_) => false,
                Place::Parts(_) => batch.len() <= TAIL,
            },
            State::Gone => true,
        }
    }

    /// Hashes and keeps the batch, all of it or none. On failure the session is gone, and so it is
    /// if this panics.
    fn take_in(&mut self, batch: Batch) -> Result<(), Error> {
        let store = self.store.clone();
        let _timer = store.counters().time(Operation::Append);
        let mut session = self.take().ok_or(Error::UploadGone)?;
        session.place = match session.place {
            Place::Tail(mut tail) if tail.len() + batch.len() <= TAIL => {
                session.hashes.update_all(batch.pieces());
                batch.pieces().iter().for_each(|piece| tail.extend_from_slice(piece));
                Place::Tail(tail)
            }
            Place::Tail(tail) => {
                let disk = store.disk().expect("tails without parts exist only on disk");
                Place::Staged(stage(&store, disk, self.id, tail, &mut session.hashes, &batch)?)
            }
            Place::Staged(mut staged) => {
                let pieces: Arc<[Bytes]> = batch.into_pieces().into();
                match staged.absorb(&mut session.hashes, &pieces) {
                    Ok(()) => Place::Staged(staged),
                    Err(error) => {
                        staged.remove();
                        return Err(error);
                    }
                }
            }
            Place::Parts(mut parts) => {
                parts.absorb(&mut session.hashes, &batch);
                Place::Parts(parts)
            }
        };
        self.state = State::Open(session);
        Ok(())
    }

    /// Hands complete parts to the bucket.
    async fn ship(&mut self) -> Result<(), Error> {
        let store = self.store.clone();
        let (State::Open(session), Some(bucket)) = (&mut self.state, store.bucket()) else { return Ok(()) };
        let Place::Parts(parts) = &mut session.place else { return Ok(()) };
        let Err(error) = parts.ship(bucket).await else { return Ok(()) };
        if let Some(Session { place: Place::Parts(parts), .. }) = self.take().map(|session| *session) {
            store.give_up(&parts).await;
        }
        Err(error)
    }
}

#[cfg(test)]
impl Upload {
    /// Makes it as if an early flush had failed.
    pub(crate) fn fail_write_back(&self) {
        let State::Open(session) = &self.state else { panic!("the session is gone") };
        let Place::Staged(staged) = &session.place else { panic!("nothing is staged") };
        staged.fail_write_back();
    }
}

/// Moves an upload that outgrew its tail into a staging file.
fn stage(
    store: &Store,
    disk: &Disk,
    id: UploadId,
    tail: Vec<u8>,
    hashes: &mut Hashes,
    batch: &Batch,
) -> Result<Staged, Error> {
    let mut staged = Staged::create(store, disk, id)?;
    // The tail is in the hashes already.
    let written = staged.write_tail(tail).map_err(|error| Error::io("write an upload", error));
    let pieces: Arc<[Bytes]> = batch.pieces().into();
    match written.and_then(|()| staged.absorb(hashes, &pieces)) {
        Ok(()) => Ok(staged),
        Err(error) => {
            staged.remove();
            Err(error)
        }
    }
}

/// A job of a session that panicked, or never ran because the runtime is going down.
fn lost_job(error: tokio::task::JoinError) -> Error {
    Error::io("work on an upload", io::Error::other(error))
}
