use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::OwnedMutexGuard;
use weir_access::{Permit, Pull, Push};
use weir_image_api::StreamRef;
use weir_metadata::{LinkBlob, UploadRow, UploadState};
use weir_oci::{Algorithm, Digest, UploadId};
use weir_store::{AppendError, FinishError, SavedUpload, Upload};

use crate::{BodyError, Error, Registry, Result};

/// How long a request waits for another one that writes to the same session. A closing PUT that is
/// repeated while the first still runs is answered when that one ends.
const TURN: Duration = Duration::from_secs(30);

/// What a request says of the bytes it brings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chunk {
    /// First byte, if it says so.
    pub first: Option<u64>,
    /// Number of bytes, if it says so.
    pub len: Option<u64>,
}

/// The sessions that some request has used since the start. The rest are rows.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<UploadId, Arc<Session>>>);

#[derive(Debug)]
struct Session {
    stream: StreamRef,
    started_ms: u64,
    used_ms: AtomicU64,
    offset: AtomicU64,
    upload: Arc<tokio::sync::Mutex<Upload>>,
}

type Turn = OwnedMutexGuard<Upload>;

impl Sessions {
    fn get(&self, id: UploadId) -> Option<Arc<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Keeps a session. If another request was faster, its one is the session.
    fn keep(&self, id: UploadId, session: Arc<Session>) -> Arc<Session> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id) {
            Entry::Occupied(first) => Arc::clone(first.get()),
            Entry::Vacant(free) => Arc::clone(free.insert(session)),
        }
    }

    fn forget(&self, id: UploadId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    /// Number of sessions in memory.
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn idle_since(&self, used_ms: u64, started_ms: u64) -> Vec<(UploadId, Arc<Session>)> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |s: &Session| s.used_ms.load(Ordering::Relaxed) < used_ms || s.started_ms < started_ms;
        sessions
            .iter()
            .filter(|(_, session)| idle(session))
            .map(|(id, session)| (*id, Arc::clone(session)))
            .collect()
    }
}

impl Registry {
    /// Number of upload sessions in use.
    pub fn uploads_open(&self) -> usize {
        self.sessions.len()
    }

    /// Opens an upload session.
    pub async fn start_upload(
        &self,
        permit: &Permit<Push>,
        algorithm: Option<Algorithm>,
    ) -> Result<UploadId> {
        self.check_writable()?;
        let id = UploadId::random();
        let now_ms = self.clock.now_ms();
        let stream = self.stream(permit.repository())?;
        let upload = self.store.begin(id, algorithm, now_ms);
        let session = Arc::new(Session::new(stream, now_ms, now_ms, upload));
        let turn = session.turn().await?;
        self.put_away(id, &session, &turn, permit).await?;
        drop(turn);
        self.sessions.keep(id, session);
        Ok(id)
    }

    /// Bytes a session has.
    pub async fn upload_offset(&self, permit: &Permit<Push>, id: UploadId) -> Result<u64> {
        let session = self.session(permit, id).await?;
        match session.upload.try_lock() {
            Ok(upload) if upload.is_gone() => Err(Error::UploadUnknown),
            Ok(upload) => Ok(upload.offset()),
            // Somebody is writing: what is there for certain is what was there before.
            Err(_) => Ok(session.offset.load(Ordering::Relaxed)),
        }
    }

    /// Appends bytes to a session, and says how many it has then.
    pub async fn append<S>(&self, permit: &Permit<Push>, id: UploadId, chunk: Chunk, body: S) -> Result<u64>
    where
        S: Stream<Item = std::result::Result<Bytes, BodyError>> + Send + Unpin,
    {
        self.check_writable()?;
        let session = self.session(permit, id).await?;
        let turn = session.turn().await?;
        let (turn, received) = self.receive(&session, turn, chunk, body).await;
        // Saved even if the body broke off: what arrived is part of the session.
        let offset = self.put_away(id, &session, &turn, permit).await?;
        received.map(|()| offset)
    }

    /// Appends the last bytes, compares the digest, and makes the session a blob of the repository.
    pub async fn finish_upload<S>(
        &self,
        permit: &Permit<Push>,
        id: UploadId,
        chunk: Chunk,
        body: S,
        digest: &Digest,
    ) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, BodyError>> + Send + Unpin,
    {
        self.check_writable()?;
        let session = match self.session(permit, id).await {
            Err(Error::UploadUnknown) => return self.finished_before(permit, id, digest),
            found => found?,
        };
        let turn = match session.turn().await {
            // The first of two closing requests has just ended.
            Err(Error::UploadUnknown) => return self.finished_before(permit, id, digest),
            turn => turn?,
        };
        let (turn, received) = self.receive(&session, turn, chunk, body).await;
        if let Err(error) = received {
            self.put_away(id, &session, &turn, permit).await?;
            return Err(error);
        }
        let outcome = self.publish(&session.stream, turn, digest).await;
        match outcome {
            Ok(()) => self.engine.complete_upload(id, *digest, self.clock.now_ms()).await?,
            // What was received is not what was promised, or can no longer be trusted to be on
            // disk: either way the client has to send it again.
            Err(_) => self.engine.remove_upload(id).await?,
        }
        self.sessions.forget(id);
        outcome
    }

    /// Stores a blob that arrives in one request.
    pub async fn put_blob<S>(
        &self,
        permit: &Permit<Push>,
        chunk: Chunk,
        body: S,
        digest: &Digest,
    ) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, BodyError>> + Send + Unpin,
    {
        self.check_room()?;
        let now_ms = self.clock.now_ms();
        let upload = self.store.begin(UploadId::random(), Some(digest.algorithm()), now_ms);
        let session = Session::new(self.stream(permit.repository())?, now_ms, now_ms, upload);
        let turn = session.turn().await?;
        let (turn, received) = self.receive(&session, turn, chunk, body).await;
        match received {
            Ok(()) => self.publish(&session.stream, turn, digest).await,
            Err(error) => {
                Upload::discard(turn).await;
                Err(error)
            }
        }
    }

    /// Ends a session and throws its bytes away.
    pub async fn cancel_upload(&self, permit: &Permit<Push>, id: UploadId) -> Result<()> {
        let session = self.session(permit, id).await?;
        let turn = session.turn().await?;
        self.engine.remove_upload(id).await?;
        self.sessions.forget(id);
        Upload::discard(turn).await;
        Ok(())
    }

    /// Links a blob that another repository has, without moving a byte. `source` is where the
    /// caller said it is and may pull from; without one, any repository will do.
    pub async fn mount(
        &self,
        permit: &Permit<Push>,
        digest: &Digest,
        source: Option<&Permit<Pull>>,
    ) -> Result<bool> {
        self.check_writable()?;
        if source.is_none() && !self.settings.automatic_mount {
            return Ok(false);
        }
        let target = self.stream(permit.repository())?;
        let source = source.map(|source| self.stream(source.repository())).transpose()?;
        Ok(self.engine.mount(target, source, *digest, self.clock.now_ms()).await?)
    }

    /// Ends sessions that nobody has used for too long, and forgets finished ones. Returns how many
    /// ended.
    pub async fn expire_uploads(&self) -> Result<usize> {
        let now_ms = self.clock.now_ms();
        let used_ms = now_ms.saturating_sub(self.settings.upload_idle_ms);
        let started_ms = now_ms.saturating_sub(self.settings.upload_life_ms);
        for (id, session) in self.sessions.idle_since(used_ms, started_ms) {
            // One that is being written to is in use, whatever its clock says.
            let Ok(turn) = Arc::clone(&session.upload).try_lock_owned() else { continue };
            self.engine.remove_upload(id).await?;
            self.sessions.forget(id);
            Upload::discard(turn).await;
        }
        let expired = self.engine.expired_uploads(used_ms, started_ms)?;
        for row in &expired {
            self.engine.remove_upload(row.id).await?;
            if let UploadState::Open(saved) = &row.state
                && let Some(saved) = SavedUpload::from_bytes(saved)
            {
                self.store.discard(&saved).await?;
            }
        }
        Ok(expired.len())
    }

    pub(crate) fn check_writable(&self) -> Result<()> {
        if self.settings.read_only { Err(Error::ReadOnly) } else { Ok(()) }
    }

    /// Nothing new begins on a disk that is nearly full: what has begun needs the rest, and so do
    /// the records, without which nothing could even be deleted.
    fn check_room(&self) -> Result<()> {
        self.check_writable()?;
        if self.store.is_low() {
            let source = "less than the reserve is free on the file system of the blobs".into();
            return Err(Error::Unavailable { what: "too little space is left to begin an upload", source });
        }
        Ok(())
    }

    async fn session(&self, permit: &Permit<Push>, id: UploadId) -> Result<Arc<Session>> {
        let stream = self.stream(permit.repository())?;
        let session = match self.sessions.get(id) {
            Some(session) => session,
            None => self.resume(id).await?,
        };
        // A session is of one repository; under another name it does not exist.
        if session.stream != stream {
            return Err(Error::UploadUnknown);
        }
        session.used_ms.store(self.clock.now_ms(), Ordering::Relaxed);
        Ok(session)
    }

    /// Takes up a session that was put away before a restart.
    async fn resume(&self, id: UploadId) -> Result<Arc<Session>> {
        let row = self.engine.upload(id)?.ok_or(Error::UploadUnknown)?;
        let UploadState::Open(saved) = &row.state else { return Err(Error::UploadUnknown) };
        let resumed = match SavedUpload::from_bytes(saved) {
            Some(saved) => self.store.resume(&saved).await,
            None => Err(weir_store::Error::UploadGone),
        };
        match resumed {
            Ok(upload) => {
                let session = Session::new(row.stream, row.started_ms, row.used_ms, upload);
                Ok(self.sessions.keep(id, Arc::new(session)))
            }
            Err(weir_store::Error::UploadGone) => {
                self.engine.remove_upload(id).await?;
                Err(Error::UploadUnknown)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn receive<S>(&self, session: &Session, turn: Turn, chunk: Chunk, body: S) -> (Turn, Result<()>)
    where
        S: Stream<Item = std::result::Result<Bytes, BodyError>> + Send + Unpin,
    {
        let offset = turn.offset();
        if chunk.first.is_some_and(|first| first != offset) {
            return (turn, Err(Error::OutOfOrder { offset }));
        }
        let limit = self.settings.blob_limit;
        if chunk.len.is_some_and(|len| len > limit.saturating_sub(offset)) {
            return (turn, Err(Error::BlobTooLarge { limit }));
        }
        let end = chunk.len.map_or(limit, |len| offset + len);
        let (turn, appended) = Upload::append(turn, body, end).await;
        session.offset.store(turn.offset(), Ordering::Relaxed);
        let received = match (appended, chunk.len) {
            (Ok(reached), Some(announced)) if reached - offset != announced => {
                Err(Error::LengthMismatch { announced, received: reached - offset })
            }
            (Ok(_), _) => Ok(()),
            (Err(AppendError::TooLarge { .. }), Some(announced)) => {
                Err(Error::LengthMismatch { announced, received: announced + 1 })
            }
            (Err(AppendError::TooLarge { .. }), None) => Err(Error::BlobTooLarge { limit }),
            (Err(AppendError::Body(error)), _) => Err(Error::Body(error)),
            (Err(AppendError::Store(error)), _) => Err(error.into()),
        };
        (turn, received)
    }

    /// Saves where a session stands, so that it can be taken up after a restart.
    async fn put_away(
        &self,
        id: UploadId,
        session: &Session,
        turn: &Turn,
        permit: &Permit<Push>,
    ) -> Result<u64> {
        let saved = turn.save()?;
        self.engine
            .save_upload(UploadRow {
                id,
                stream: session.stream.clone(),
                identity: permit.identity().name().to_owned(),
                started_ms: session.started_ms,
                used_ms: session.used_ms.load(Ordering::Relaxed),
                state: UploadState::Open(saved.to_bytes().into()),
            })
            .await?;
        Ok(turn.offset())
    }

    /// Bytes first, then the record, then whoever waits is told.
    async fn publish(&self, stream: &StreamRef, turn: Turn, digest: &Digest) -> Result<()> {
        let (turn, finished) = Upload::finish(turn, digest, self.clock.now_ms()).await;
        let stored = match finished {
            Ok(stored) => stored,
            Err(FinishError::DigestMismatch { .. }) => {
                Upload::discard(turn).await;
                return Err(Error::DigestMismatch { expected: *digest });
            }
            Err(FinishError::Store(error)) => return Err(error.into()),
        };
        let link = LinkBlob {
            stream: stream.clone(),
            digest: *digest,
            key: stored.key.to_string(),
            size: stored.size,
            now_ms: self.clock.now_ms(),
        };
        self.engine.link_blob(link).await?;
        Ok(())
    }

    /// Answers a closing request that comes a second time, because the first answer got lost.
    fn finished_before(&self, permit: &Permit<Push>, id: UploadId, digest: &Digest) -> Result<()> {
        let stream = self.stream(permit.repository())?;
        match self.engine.upload(id)? {
            Some(UploadRow { stream: of, state: UploadState::Complete(done), .. })
                if of == stream && done == *digest =>
            {
                Ok(())
            }
            _ => Err(Error::UploadUnknown),
        }
    }
}

impl Session {
    fn new(stream: StreamRef, started_ms: u64, used_ms: u64, upload: Upload) -> Session {
        Session {
            stream,
            started_ms,
            used_ms: AtomicU64::new(used_ms),
            offset: AtomicU64::new(upload.offset()),
            upload: Arc::new(tokio::sync::Mutex::new(upload)),
        }
    }

    /// Waits until no other request writes to the session.
    async fn turn(&self) -> Result<Turn> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.upload).lock_owned())
            .await
            .map_err(|_| Error::UploadBusy { offset: self.offset.load(Ordering::Relaxed) })?;
        if turn.is_gone() { Err(Error::UploadUnknown) } else { Ok(turn) }
    }
}
