use std::fmt;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use object_store::memory::InMemory;
use weir_oci::{Algorithm, Digest, UploadId};

use crate::blocking::blocking;
use crate::boot::BootId;
use crate::bucket::{Bucket, Reads};
use crate::content::SMALL;
use crate::disk::Disk;
use crate::fault::{Faults, Faulty};
use crate::hot::Hot;
use crate::stats::{Counters, Operation, Stats};
use crate::upload::Parts;
use crate::{Content, Error, ObjectKey, SavedUpload, Upload};

/// How a store in a local folder behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalOptions {
    /// Whether acknowledged bytes are flushed to the medium. Off only in tests that show what is
    /// lost without it.
    pub fsync: bool,
    /// Whether a folder on a network file system or FUSE is accepted, on the operator's word that
    /// its locks and flushes work.
    pub allow_network: bool,
    /// Memory for small objects that are read often, in bytes.
    pub cache_bytes: u64,
}

impl Default for LocalOptions {
    fn default() -> LocalOptions {
        LocalOptions { fsync: true, allow_network: false, cache_bytes: CACHE_BYTES }
    }
}

/// Thousands of configs and small layers; what is larger the page cache serves well.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// What an entry of that cache costs beside its bytes.
const CACHE_ENTRY: u64 = 256;

/// Early flushes at a time, about: a quarter of a small pool of blocking threads.
const WRITE_BACKS: usize = 8;

/// Above the 5 MiB that buckets ask for; 10 000 parts of it, as many as they take, are 80 GB.
const PART_SIZE: usize = 8 * 1024 * 1024;

/// The bytes of the registry. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    hot: Hot<Bytes>,
    counters: Counters,
    boot: BootId,
    /// Appends under way that write more than a tail.
    uploads: Arc<AtomicUsize>,
    write_backs: Arc<AtomicUsize>,
    processors: usize,
}

enum Engine {
    Disk(Disk),
    Bucket(Bucket),
}

impl Store {
    /// Opens a folder for this process alone, and creates what is missing in it.
    pub async fn open_local(root: &Path, options: LocalOptions) -> Result<Store, Error> {
        let root = root.to_owned();
        let cache_bytes = options.cache_bytes;
        let disk = blocking("open the store", move || Disk::open(&root, &options)).await?;
        Ok(Store::new(Engine::Disk(disk), cache_bytes))
    }

    /// A store in memory, for tests and for trying things out. It works the way a bucket in a
    /// cloud does: uploads go to their final place in parts.
    pub fn in_memory() -> Store {
        Store::over(Bucket::new(Arc::new(InMemory::new()), PART_SIZE, Reads::Whole))
    }

    /// A store in memory that fails as it is told to: test support.
    pub fn in_memory_with_faults() -> (Store, Faults) {
        let faults = Faults::default();
        let objects = Faulty::new(InMemory::new(), faults.clone());
        (Store::over(Bucket::new(Arc::new(objects), PART_SIZE, Reads::Whole)), faults)
    }

    pub(crate) fn over(bucket: Bucket) -> Store {
        Store::new(Engine::Bucket(bucket), CACHE_BYTES)
    }

    fn new(engine: Engine, cache_bytes: u64) -> Store {
        let inner = Inner {
            engine,
            hot: Hot::new(cache_bytes),
            counters: Counters::default(),
            boot: BootId::current(),
            uploads: Arc::default(),
            write_backs: Arc::default(),
            processors: std::thread::available_parallelism().map_or(1, NonZero::get),
        };
        Store { inner: Arc::new(inner) }
    }

    /// Removes staging files of sessions that `keep` does not know, and what a killed process left
    /// half written. Answers with the number of files. Walks every folder: for the background.
    pub async fn sweep_staging(
        &self,
        now_ms: u64,
        keep: impl Fn(&UploadId) -> bool + Send + 'static,
    ) -> Result<u64, Error> {
        let store = self.clone();
        blocking("sweep the staging files", move || match &store.inner.engine {
            Engine::Disk(disk) => disk.sweep(now_ms, keep),
            // Buckets do not list unfinished uploads; a lifecycle rule removes them.
            Engine::Bucket(_) => Ok(0),
        })
        .await
    }

    /// Begins an upload. Does no I/O: a session is nothing but memory until bytes outgrow that.
    /// `announced` is the algorithm the client says its digest will have, if it says so.
    pub fn begin(&self, id: UploadId, announced: Option<Algorithm>, now_ms: u64) -> Upload {
        Upload::begin(self.clone(), id, announced, now_ms)
    }

    /// Takes a session up that an earlier process, or this one, saved.
    /// [`Error::UploadGone`] if its bytes did not survive.
    pub async fn resume(&self, saved: &SavedUpload) -> Result<Upload, Error> {
        let (store, saved) = (self.clone(), saved.clone());
        blocking("continue an upload", move || Upload::resume(store, &saved)).await
    }

    /// Stores a small object whole and makes it durable.
    pub async fn put(&self, digest: &Digest, bytes: Bytes, now_ms: u64) -> Result<ObjectKey, Error> {
        let _timer = self.counters().time(Operation::Put);
        let key = match &self.inner.engine {
            Engine::Disk(disk) => {
                let key = ObjectKey::fresh(Some(*digest), now_ms);
                disk.put(&key, bytes.clone()).await?;
                key
            }
            Engine::Bucket(bucket) => {
                let key = ObjectKey::fresh(None, now_ms);
                bucket.put(&key, bytes.clone().into()).await?;
                key
            }
        };
        self.keep_hot(key, bytes);
        Ok(key)
    }

    /// Opens an object whose record states `size` bytes. [`Error::Missing`] if there is none under
    /// the key, [`Error::Corrupt`] if it has another length.
    pub async fn open(&self, key: &ObjectKey, size: u64) -> Result<Content, Error> {
        if size <= SMALL
            && let Some(bytes) = self.inner.hot.get(key)
        {
            self.counters().hot_hit();
            if bytes.len() as u64 != size {
                return Err(Error::Corrupt { key: *key, expected: size, found: bytes.len() as u64 });
            }
            return Ok(Content::Bytes(bytes));
        }
        let _timer = self.counters().time(Operation::Open);
        let content = match &self.inner.engine {
            Engine::Disk(disk) => disk.open_object(key, size)?,
            Engine::Bucket(bucket) => bucket.open_object(key, size).await?,
        };
        if let Content::Bytes(bytes) = &content {
            self.keep_hot(*key, bytes.clone());
        }
        Ok(content)
    }

    /// Removes an object; one that is not there is removed already.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        self.inner.hot.remove(key);
        let (store, key) = (self.clone(), *key);
        if let Engine::Bucket(bucket) = &self.inner.engine {
            let _timer = self.counters().time(Operation::Delete);
            return bucket.delete(&key).await;
        }
        blocking("remove an object", move || {
            let _timer = store.counters().time(Operation::Delete);
            store.disk().map_or(Ok(()), |disk| disk.delete(&key))
        })
        .await
    }

    /// Gives up a session that nobody holds and only a record names.
    pub async fn discard(&self, saved: &SavedUpload) -> Result<(), Error> {
        match (&self.inner.engine, saved.stored_parts()) {
            (Engine::Bucket(bucket), Some((key, multipart))) => bucket.abort(key, multipart).await,
            (Engine::Bucket(_), None) => Ok(()),
            (Engine::Disk(_), _) => {
                let (store, id) = (self.clone(), saved.id());
                blocking("discard an upload", move || {
                    store.disk().map_or(Ok(()), |disk| disk.remove_staging(id))
                })
                .await
            }
        }
    }

    /// Bytes that still fit, where that is known.
    pub fn free_bytes(&self) -> Option<u64> {
        // A local file system answers from memory; handing that to a thread would cost more.
        self.disk().and_then(Disk::free_bytes)
    }

    /// Whether the space that is left is for what is under way, so that nothing new should begin.
    pub fn is_low(&self) -> bool {
        self.disk().is_some_and(Disk::is_low)
    }

    /// Whether the store still takes writes.
    pub async fn probe(&self) -> Result<(), Error> {
        if let Engine::Bucket(bucket) = &self.inner.engine {
            return bucket.probe().await;
        }
        let store = self.clone();
        blocking("probe the store", move || store.disk().map_or(Ok(()), Disk::probe)).await
    }

    /// What was done so far and how long it took.
    pub fn stats(&self) -> Stats {
        self.inner.counters.read(self.inner.hot.weight())
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.inner.counters
    }

    pub(crate) fn boot(&self) -> BootId {
        self.inner.boot
    }

    pub(crate) fn disk(&self) -> Option<&Disk> {
        match &self.inner.engine {
            Engine::Disk(disk) => Some(disk),
            Engine::Bucket(_) => None,
        }
    }

    pub(crate) fn bucket(&self) -> Option<&Bucket> {
        match &self.inner.engine {
            Engine::Disk(_) => None,
            Engine::Bucket(bucket) => Some(bucket),
        }
    }

    pub(crate) fn keep_hot(&self, key: ObjectKey, bytes: Bytes) {
        let len = bytes.len() as u64;
        if len <= SMALL {
            self.inner.hot.insert(key, bytes, len + CACHE_ENTRY);
        }
    }

    /// Lets the parts of an upload go. Failing at that only wastes space until the bucket's own
    /// rule removes them.
    pub(crate) async fn give_up(&self, parts: &Parts) {
        if let Some(bucket) = self.bucket()
            && let Err(error) = parts.abort(bucket).await
        {
            tracing::warn!(%error, "parts of an upload stay behind");
        }
    }

    /// Counts an append as one that writes, until the returned value is dropped.
    pub(crate) fn join_uploads(&self) -> Counted {
        Counted::new(&self.inner.uploads)
    }

    /// A turn for an early flush, unless so many run that they would keep the blocking threads from
    /// the uploads themselves.
    pub(crate) fn begin_write_back(&self) -> Option<Counted> {
        let running = self.inner.write_backs.load(Ordering::Relaxed);
        (running < WRITE_BACKS).then(|| Counted::new(&self.inner.write_backs))
    }

    pub(crate) fn uploads(&self) -> usize {
        self.inner.uploads.load(Ordering::Relaxed)
    }

    /// Whether each upload may keep two threads busy.
    pub(crate) fn processors_to_spare(&self) -> bool {
        2 * self.uploads() <= self.inner.processors
    }
}

/// One of a number, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Counted {
        count.fetch_add(1, Ordering::Relaxed);
        Counted(count.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.engine {
            Engine::Disk(disk) => write!(f, "Store({})", disk.layout.root().display()),
            Engine::Bucket(bucket) => write!(f, "Store({bucket:?})"),
        }
    }
}
