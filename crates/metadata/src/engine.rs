use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::cache::{Caches, Stale};
use crate::hosts::Hosts;
use crate::next_changes::NextChanges;
use crate::sqlite::{After, Database, RECORDS, ReadGauges, Setup, Synchronous, UPLOADS, WriteGauges};
use crate::watermark::{self, Acknowledge, Watermark};
use crate::{Error, SecretKey, columns};

const RECORDS_FILE: &str = "weir.sqlite";
const UPLOADS_FILE: &str = "uploads.sqlite";

/// How an engine is set.
#[derive(Clone, Debug)]
pub struct Options {
    /// Host, and port if need be, under which the registry is reached from inside. May be empty.
    pub host: String,
    /// The same for the outside world, if it has one.
    pub public_host: Option<String>,
    /// Which commits are flushed.
    pub synchronous: Synchronous,
    /// Most bytes of what recent reads found.
    pub cache_bytes: usize,
    /// What to do if the database is older than what was acknowledged.
    pub rollback: Rollback,
    /// What secrets are encrypted with. Without it there are none.
    pub secret_key: Option<SecretKey>,
}

impl Options {
    /// Every commit flushed, 64 MiB of cache, and no going back in time.
    pub fn new(host: impl Into<String>) -> Options {
        Options {
            host: host.into(),
            public_host: None,
            synchronous: Synchronous::Full,
            cache_bytes: 64 * 1024 * 1024,
            rollback: Rollback::Refuse,
            secret_key: None,
        }
    }
}

/// What to do if the database is older than what was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollback {
    /// Do not start.
    Refuse,
    /// Go on from what there is. Versions continue beyond any that somebody may have seen.
    Accept {
        /// The time.
        now_ms: u64,
    },
}

/// The records: what exists, under which name, since when.
///
/// Each write is one transaction, and what it returns is durable. Reads run on the calling thread;
/// one takes some ten microseconds, less if the cache has the answer.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    records: Database,
    uploads: Database,
    caches: Arc<Caches>,
    watermark: Watermark,
    feed: watch::Receiver<u64>,
    hosts: Arc<Hosts>,
    secret_key: Option<SecretKey>,
    next_changes: Mutex<NextChanges>,
}

impl Engine {
    /// Opens the databases in a folder, which are made if they do not exist. Blocks.
    pub fn open(dir: &Path, options: Options) -> Result<Engine, Error> {
        fs::create_dir_all(dir).map_err(Error::file("make the folder", dir))?;
        let records = Setup::open(&dir.join(RECORDS_FILE), &RECORDS, options.synchronous)?;
        let version = resume(&records, watermark::read(dir)?, options.rollback)?;
        let watermark = Watermark::start(dir, version)?;
        let caches = Arc::new(Caches::new(options.cache_bytes));
        let (publish, feed) = watch::channel(version);
        let after = Published { caches: Arc::clone(&caches), acknowledge: watermark.handle(), feed: publish };
        let records = records.start_numbered(after)?;
        // Sessions may be lost to a power cut, so a chunk need not wait for a flush.
        let uploads = Setup::open(&dir.join(UPLOADS_FILE), &UPLOADS, Synchronous::Normal)?;
        let uploads = uploads.start_unnumbered(Nothing)?;
        let Options { host, public_host, secret_key, .. } = options;
        let hosts = Arc::new(Hosts { internal: host, public: public_host });
        let next_changes = Mutex::default();
        Ok(Engine(Arc::new(Inner {
            records,
            uploads,
            caches,
            watermark,
            feed,
            hosts,
            secret_key,
            next_changes,
        })))
    }

    /// Finishes the writes that wait, copies the logs back and closes the files. What is asked
    /// afterwards, of any clone, is [`Error::Closed`] if it writes.
    pub async fn close(&self) {
        let inner = Arc::clone(&self.0);
        let closing = tokio::task::spawn_blocking(move || {
            inner.records.close();
            inner.uploads.close();
            inner.watermark.close();
        });
        closing.await.expect("closing does nothing that panics");
    }

    /// The version of the newest commit, and whenever there is a newer one.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.feed.clone()
    }

    /// The version of the newest commit.
    pub fn version(&self) -> u64 {
        *self.0.feed.borrow()
    }

    /// What the engine has done so far.
    pub fn stats(&self) -> Stats<'_> {
        let caches = &self.0.caches;
        Stats {
            records: self.0.records.write_gauges(),
            uploads: self.0.uploads.write_gauges(),
            reads: self.0.records.read_gauges(),
            cache_hits: caches.manifests.hits() + caches.blobs.hits(),
            cache_misses: caches.manifests.misses() + caches.blobs.misses(),
        }
    }

    pub(crate) fn records(&self) -> &Database {
        &self.0.records
    }

    pub(crate) fn uploads(&self) -> &Database {
        &self.0.uploads
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.0.caches
    }

    pub(crate) fn hosts(&self) -> &Arc<Hosts> {
        &self.0.hosts
    }

    /// Host, and port if need be, under which the registry is reached from inside. May be empty.
    pub fn host(&self) -> &str {
        &self.0.hosts.internal
    }

    /// Host, and port if need be, under which the outside world reaches the registry, if it does.
    pub fn public_host(&self) -> Option<&str> {
        self.0.hosts.public.as_deref()
    }

    pub(crate) fn next_changes(&self) -> &Mutex<NextChanges> {
        &self.0.next_changes
    }

    pub(crate) fn secret_key(&self) -> Option<&SecretKey> {
        self.0.secret_key.as_ref()
    }
}

/// Counters of an engine, for `/metrics`.
#[derive(Clone, Copy, Debug)]
pub struct Stats<'e> {
    /// Writes of everything but upload sessions.
    pub records: &'e WriteGauges,
    /// Writes of upload sessions.
    pub uploads: &'e WriteGauges,
    /// Reads of everything but upload sessions.
    pub reads: &'e ReadGauges,
    /// Manifests and blobs found without asking the database.
    pub cache_hits: u64,
    /// Manifests and blobs looked up in the database.
    pub cache_misses: u64,
}

/// The version to go on from.
fn resume(records: &Setup, acknowledged: u64, rollback: Rollback) -> Result<u64, Error> {
    let connection = records.connection();
    let database = connection
        .query_row("SELECT version FROM sequence WHERE id = 1", [], |row| columns::unsigned(row, 0))?;
    if database >= acknowledged {
        return Ok(database);
    }
    match rollback {
        Rollback::Refuse => Err(Error::BehindWatermark { database, acknowledged }),
        Rollback::Accept { now_ms } => {
            // The file may be a second behind what was acknowledged; the clock is beyond both, since
            // no registry commits a change per millisecond for years.
            let version = acknowledged.max(now_ms);
            connection.execute(
                "UPDATE sequence SET version = ?1, compacted = ?1 WHERE id = 1",
                [version.cast_signed()],
            )?;
            Ok(version)
        }
    }
}

/// After a commit: caches first, then those who follow the feed, then those who wait for the write.
#[derive(Debug)]
struct Published {
    caches: Arc<Caches>,
    acknowledge: Acknowledge,
    feed: watch::Sender<u64>,
}

impl After for Published {
    fn committed(&mut self, version: u64, stale: Vec<Stale>) {
        for stale in stale {
            self.caches.remove(stale);
        }
        self.acknowledge.version(version);
        self.feed.send_if_modified(|newest| {
            let newer = version > *newest;
            *newest = version.max(*newest);
            newer
        });
    }

    fn unknown(&mut self) {
        self.caches.clear();
    }
}

/// Nobody follows upload sessions.
#[derive(Debug)]
struct Nothing;

impl After for Nothing {
    fn committed(&mut self, _version: u64, _stale: Vec<Stale>) {}

    fn unknown(&mut self) {}
}
