use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;
use tokio_util::task::TaskTracker;
use weir_access::{Permit, Pull, Push};
use weir_image_api::{Namespace, StreamRef};
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
pub(crate) struct Sessions {
    used: Mutex<HashMap<UploadId, Arc<Session>>>,
    /// Held while a row becomes a session or is dropped, so that neither happens twice: a second
    /// one would cut off what the first has written.
    taking_up: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Session {
    stream: StreamRef,
    started_ms: u64,
    /// Version of the records when it was opened.
    since: u64,
    used_ms: AtomicU64,
    offset: AtomicU64,
    upload: Arc<tokio::sync::Mutex<Upload>>,
}

type Turn = OwnedMutexGuard<Upload>;

impl Sessions {
    fn get(&self, id: UploadId) -> Option<Arc<Session>> {
        self.used().get(&id).cloned()
    }

    fn keep(&self, id: UploadId, session: Arc<Session>) {
        self.used().insert(id, session);
    }

    fn forget(&self, id: UploadId) {
        self.used().remove(&id);
    }

    /// Number of sessions in memory.
    fn len(&self) -> usize {
        self.used().len()
    }

    fn idle_since(&self, used_ms: u64, started_ms: u64) -> Vec<(UploadId, Arc<Session>)> {
        self.used()
            .iter()
            .filter(|(_, session)| session.is_idle(used_ms, started_ms))
            .map(|(id, session)| (*id, Arc::clone(session)))
            .collect()
    }

    fn of_namespace(&self, namespace: &Namespace) -> Vec<(UploadId, Arc<Session>)> {
        self.used()
            .iter()
            .filter(|(_, session)| session.stream.namespace == *namespace)
            .map(|(id, session)| (*id, Arc::clone(session)))
            .collect()
    }

    fn used(&self) -> MutexGuard<'_, HashMap<UploadId, Arc<Session>>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.check_room()?;
        let id = UploadId::random();
        let now_ms = self.clock.now_ms();
        let stream = self.stream(permit.repository())?;
        let upload = self.store.begin(id, algorithm, now_ms);
        let session = Arc::new(Session::new(stream, self.engine.version(), now_ms, now_ms, upload));
        let turn = session.turn().await?;
        self.put_away(id, &session, &turn, permit).await?;
        drop(turn);
        self.sessions.keep(id, session);
        Ok(id)
    }

    /// Bytes a session has.
    pub async fn upload_offset(self: &Arc<Self>, permit: &Permit<Push>, id: UploadId) -> Result<u64> {
        let session = self.session(permit, id).await?;
        match session.upload.try_lock() {
            Ok(upload) if upload.is_gone() => Err(Error::UploadUnknown),
            Ok(upload) => Ok(upload.offset()),
            // Somebody is writing: what is there for certain is what was there before.
            Err(_) => Ok(session.offset.load(Ordering::Relaxed)),
        }
    }

    /// Appends bytes to a session, and says how many it has then.
    pub async fn append<S>(
        self: &Arc<Self>,
        permit: &Permit<Push>,
        id: UploadId,
        chunk: Chunk,
        body: S,
    ) -> Result<u64>
    where
        S: Stream<Item = std::result::Result<Bytes, BodyError>> + Send + Unpin,
    {
        self.check_writable()?;
        let session = self.session(permit, id).await?;
        let turn = session.turn().await?;
        let (turn, received) = self.receive(&session, turn, chunk, body).await;
        self.pause(id, &session, &turn, permit, received).await
    }

    /// Appends the last bytes, compares the digest, and makes the session a blob of the repository.
    pub async fn finish_upload<S>(
        self: &Arc<Self>,
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
        if received.is_err() {
            return self.pause(id, &session, &turn, permit, received).await.map(drop);
        }
        let (registry, digest) = (Arc::clone(self), *digest);
        self.to_the_end(async move { registry.close(id, &session, turn, &digest).await }).await
    }

    /// Stores a blob that arrives in one request.
    pub async fn put_blob<S>(
        self: &Arc<Self>,
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
        let session =
            Session::new(self.stream(permit.repository())?, self.engine.version(), now_ms, now_ms, upload);
        let _unnamed = Unnamed { upload: Arc::clone(&session.upload), tasks: self.tasks().clone() };
        let turn = session.turn().await?;
        let (turn, received) = self.receive(&session, turn, chunk, body).await;
        received?;
        let (registry, digest) = (Arc::clone(self), *digest);
        self.to_the_end(async move { registry.publish(&session, turn, &digest).await.1 }).await
    }

    /// Ends a session and throws its bytes away.
    pub async fn cancel_upload(self: &Arc<Self>, permit: &Permit<Push>, id: UploadId) -> Result<()> {
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
        let Ok(source) = source.map(|source| self.stream(source.repository())).transpose() else {
            // A name that cannot be a stream's has no blobs.
            return Ok(false);
        };
        Ok(self.engine.mount(target, source, *digest, self.clock.now_ms()).await?)
    }

    /// Ends sessions that nobody has used for too long, and forgets finished ones. Returns how many
    /// ended.
    pub async fn expire_uploads(&self) -> Result<usize> {
        let now_ms = self.clock.now_ms();
        let used_ms = now_ms.saturating_sub(self.settings.upload_idle_ms);
        let started_ms = now_ms.saturating_sub(self.settings.upload_life_ms);
        let mut ended = 0;
        for (id, session) in self.sessions.idle_since(used_ms, started_ms) {
            // One that is being written to is in use, whatever its clock says.
            let Ok(turn) = Arc::clone(&session.upload).try_lock_owned() else { continue };
            // Somebody may have used it just now.
            if !session.is_idle(used_ms, started_ms) {
                continue;
            }
            // The row of one that failed or was finished is judged below, by its own times.
            if !turn.is_gone() {
                self.engine.remove_upload(id).await?;
                ended += 1;
            }
            self.sessions.forget(id);
            Upload::discard(turn).await;
        }
        for row in self.engine.expired_uploads(used_ms, started_ms)? {
            let _taking_up = self.sessions.taking_up.lock().await;
            // The row of a session in memory is as old as its last request, not as its last byte.
            if self.sessions.get(row.id).is_some() {
                continue;
            }
            self.engine.remove_upload(row.id).await?;
            if let UploadState::Open(saved) = &row.state
                && let Some(saved) = SavedUpload::from_bytes(saved)
            {
                self.store.discard(&saved).await?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Ends the sessions of a namespace whose repositories are gone. They have no rows any more, and
    /// could not be finished.
    pub(crate) async fn end_uploads(&self, namespace: &Namespace) {
        for (id, session) in self.sessions.of_namespace(namespace) {
            // What cannot be read now is told when the session is to be finished.
            if !self.engine.repository_deleted_since(&session.stream, session.since).unwrap_or(false) {
                continue;
            }
            self.sessions.forget(id);
            // A request that is writing has the session for itself, and it expires after that.
            if let Ok(turn) = Arc::clone(&session.upload).try_lock_owned() {
                Upload::discard(turn).await;
            }
        }
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

    async fn session(self: &Arc<Self>, permit: &Permit<Push>, id: UploadId) -> Result<Arc<Session>> {
        let stream = self.stream(permit.repository())?;
        let session = if let Some(session) = self.sessions.get(id) {
            session
        } else {
            let registry = Arc::clone(self);
            self.to_the_end(async move { registry.resume(id).await }).await?
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
        let _taking_up = self.sessions.taking_up.lock().await;
        if let Some(session) = self.sessions.get(id) {
            return Ok(session);
        }
        let row = self.engine.upload(id)?.ok_or(Error::UploadUnknown)?;
        let UploadState::Open(saved) = &row.state else { return Err(Error::UploadUnknown) };
        let resumed = match SavedUpload::from_bytes(saved) {
            Some(saved) => self.store.resume(&saved).await,
            None => Err(weir_store::Error::UploadGone),
        };
        match resumed {
            Ok(upload) => {
                let session =
                    Arc::new(Session::new(row.stream, row.since, row.started_ms, row.used_ms, upload));
                self.sessions.keep(id, Arc::clone(&session));
                Ok(session)
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

    /// Ends a request to a session that stays open. What arrived is part of the session even if the
    /// body broke off.
    async fn pause(
        &self,
        id: UploadId,
        session: &Session,
        turn: &Turn,
        permit: &Permit<Push>,
        received: Result<()>,
    ) -> Result<u64> {
        if turn.is_gone()
            && let Err(error) = received
        {
            // A failed write has ended the session. Why it failed matters more to the client than
            // whether its row could be removed; one that is left expires.
            let _ = self.engine.remove_upload(id).await;
            self.sessions.forget(id);
            return Err(error);
        }
        let offset = self.put_away(id, session, turn, permit).await?;
        received.map(|()| offset)
    }

    /// Makes a session that has all its bytes a blob. Its turn ends when its record says so, since
    /// that is what a repeated closing request looks at.
    async fn close(&self, id: UploadId, session: &Session, turn: Turn, digest: &Digest) -> Result<()> {
        let (turn, outcome) = self.publish(session, turn, digest).await;
        let recorded = match outcome {
            Ok(()) => self.engine.complete_upload(id, *digest, self.clock.now_ms()).await,
            // What was received is not what was promised, or can no longer be trusted to be on
            // disk: either way the client has to send it again.
            Err(_) => self.engine.remove_upload(id).await,
        };
        self.sessions.forget(id);
        Upload::discard(turn).await;
        outcome.and(recorded.map_err(Error::from))
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
                since: session.since,
                used_ms: session.used_ms.load(Ordering::Relaxed),
                state: UploadState::Open(saved.to_bytes().into()),
            })
            .await?;
        Ok(turn.offset())
    }

    /// Bytes first, then the record, then whoever waits is told.
    async fn publish(&self, session: &Session, turn: Turn, digest: &Digest) -> (Turn, Result<()>) {
        let (turn, finished) = Upload::finish(turn, digest, self.clock.now_ms()).await;
        let stored = match finished {
            Ok(stored) => stored,
            Err(FinishError::DigestMismatch { .. }) => {
                return (turn, Err(Error::DigestMismatch { expected: *digest }));
            }
            Err(FinishError::Store(error)) => return (turn, Err(error.into())),
        };
        let link = LinkBlob {
            stream: session.stream.clone(),
            digest: *digest,
            key: stored.key.to_string(),
            size: stored.size,
            since: session.since,
            now_ms: self.clock.now_ms(),
        };
        let linked = self.engine.link_blob(link).await;
        (turn, linked.map(drop).map_err(Error::from))
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
    fn new(stream: StreamRef, since: u64, started_ms: u64, used_ms: u64, upload: Upload) -> Session {
        Session {
            stream,
            started_ms,
            since,
            used_ms: AtomicU64::new(used_ms),
            offset: AtomicU64::new(upload.offset()),
            upload: Arc::new(tokio::sync::Mutex::new(upload)),
        }
    }

    /// Whether it was last used before one time or started before another.
    fn is_idle(&self, used_ms: u64, started_ms: u64) -> bool {
        self.used_ms.load(Ordering::Relaxed) < used_ms || self.started_ms < started_ms
    }

    /// Waits until no other request writes to the session.
    async fn turn(&self) -> Result<Turn> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.upload).lock_owned())
            .await
            .map_err(|_| Error::UploadBusy { offset: self.offset.load(Ordering::Relaxed) })?;
        if turn.is_gone() { Err(Error::UploadUnknown) } else { Ok(turn) }
    }
}

/// An upload that no record names. What is left of it goes when the request is over, however it
/// ended.
struct Unnamed {
    upload: Arc<tokio::sync::Mutex<Upload>>,
    tasks: TaskTracker,
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        let upload = Arc::clone(&self.upload);
        if upload.try_lock().is_ok_and(|upload| upload.is_gone()) {
            return;
        }
        // Without a runtime the process is going down, and the next one sweeps.
        if let Ok(runtime) = Handle::try_current() {
            let discard = async move { Upload::discard(upload.lock_owned().await).await };
            self.tasks.spawn_on(discard, &runtime);
        }
    }
}
