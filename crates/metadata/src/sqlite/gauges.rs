use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of [`WriteGauges::groups`].
pub const GROUP_BOUNDS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What a writer has done. Plain counters, for `/metrics`.
#[derive(Debug, Default)]
pub struct WriteGauges {
    /// Transactions committed.
    pub commits: AtomicU64,
    /// Writes in them.
    pub writes: AtomicU64,
    /// Writes that were refused and left nothing behind.
    pub refused: AtomicU64,
    /// Transactions whose commit failed.
    pub failures: AtomicU64,
    /// Time spent in COMMIT, in nanoseconds. Most of it is the flush.
    pub commit_nanos: AtomicU64,
    /// Commits by number of writes, in the buckets of [`GROUP_BOUNDS`].
    pub groups: [AtomicU64; GROUP_BOUNDS.len()],
    /// Writes that wait.
    pub queued: AtomicU64,
    /// Pages in the write-ahead log.
    pub wal_pages: AtomicU64,
    /// Checkpoints run.
    pub checkpoints: AtomicU64,
}

impl WriteGauges {
    pub(super) fn committed(&self, writes: usize, took: Duration) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(writes as u64, Ordering::Relaxed);
        self.commit_nanos.fetch_add(nanos(took), Ordering::Relaxed);
        let bucket = GROUP_BOUNDS.iter().position(|bound| writes <= *bound).unwrap_or(GROUP_BOUNDS.len() - 1);
        self.groups[bucket].fetch_add(1, Ordering::Relaxed);
    }
}

/// What readers have done. Plain counters, for `/metrics`.
#[derive(Debug, Default)]
pub struct ReadGauges {
    /// Reads that went to the database.
    pub reads: AtomicU64,
    /// Time spent in them, in nanoseconds.
    pub read_nanos: AtomicU64,
    /// Read connections opened.
    pub connections: AtomicU64,
}

impl ReadGauges {
    pub(super) fn read(&self, took: Duration) {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.read_nanos.fetch_add(nanos(took), Ordering::Relaxed);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
