use std::cell::Cell;

use futures_util::FutureExt as _;
use proptest::prelude::*;
use weir_image_api::ImageStream;

use super::*;

/// A log of changes at these versions, of which it counts the reads.
struct Log {
    versions: Vec<u64>,
    newest: u64,
    reads: Cell<usize>,
    padding: usize,
}

/// The outcome of something that nobody else holds up.
fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the lock is free")
}

impl Log {
    fn of(versions: impl IntoIterator<Item = u64>, newest: u64) -> Log {
        Log { versions: versions.into_iter().collect(), newest, reads: Cell::new(0), padding: 0 }
    }

    fn load(&self, after: u64, limit: usize) -> Loaded {
        self.reads.set(self.reads.get() + 1);
        let mut stream = ImageStream::default();
        stream.metadata.name = "x".repeat(self.padding);
        let mut changes: Vec<Arc<Change>> = Vec::new();
        let mut upto = self.newest;
        for version in self.versions.iter().filter(|version| **version > after) {
            // As the registry does: a version is never divided.
            if changes.len() >= limit && changes.last().is_some_and(|last| last.version != *version) {
                upto = changes.last().map_or(after, |last| last.version);
                break;
            }
            changes.push(Arc::new(Change::new(*version, None, Some(Box::new(stream.clone())))));
        }
        Loaded { changes, upto }
    }

    fn next(&self, ring: &Ring, version: u64) -> Next {
        now(ring.after(version, self.newest, |after, limit| Ok(self.load(after, limit)))).unwrap()
    }

    /// Everything after a version, as a watcher gets it. None if the ring has moved on.
    fn follow(&self, ring: &Ring, mut version: u64) -> Option<Vec<u64>> {
        let mut seen = Vec::new();
        while version < self.newest {
            match self.next(ring, version) {
                Next::Missed => return None,
                Next::Changes(loaded) => {
                    seen.extend(loaded.changes.iter().map(|change| change.version));
                    assert!(loaded.upto > version, "a watcher makes progress");
                    version = loaded.upto;
                }
            }
        }
        Some(seen)
    }
}

#[test]
fn many_watchers_cost_one_read() {
    // kubernetes-api 107
    let ring = Ring::default();
    let log = Log::of([5, 7, 9], 10);
    assert_eq!(log.follow(&ring, 4).unwrap(), [5, 7, 9]);
    let reads = log.reads.get();
    for _ in 0..1000 {
        assert_eq!(log.follow(&ring, 4).unwrap(), [5, 7, 9]);
    }
    assert_eq!(log.reads.get(), reads);
}

#[test]
fn a_watcher_that_is_too_far_behind_is_told() {
    let ring = Ring::default();
    let early = Log::of([2], 2);
    assert_eq!(early.follow(&ring, 1).unwrap(), [2]);
    let later = Log::of(3..6000, 6000);
    assert_eq!(later.follow(&ring, 2).unwrap().len(), 5997, "as long as it keeps up");
    assert!(matches!(later.next(&ring, 1), Next::Missed));
}

#[test]
fn the_ring_is_bounded_by_bytes_as_well() {
    let ring = Ring::default();
    let log = Log { padding: 4 * 1024 * 1024, ..Log::of(1..=64, 64) };
    assert_eq!(log.follow(&ring, 0).unwrap().len(), 64, "a watcher that keeps up misses nothing");
    let span = ring.span.try_lock().unwrap();
    assert!(span.weight <= MOST_BYTES, "{}", span.weight);
    assert!(log.reads.get() > 32, "large changes are read few at a time");
}

#[test]
fn a_ring_that_nobody_followed_begins_where_it_is_asked() {
    let ring = Ring::default();
    assert_eq!(Log::of([2], 2).follow(&ring, 1).unwrap(), [2]);
    // Much has happened since, and nobody was there to read it.
    let log = Log::of(3..100_000, 100_000);
    assert_eq!(log.follow(&ring, 99_990).unwrap(), (99_991..100_000).collect::<Vec<_>>());
    assert!(log.reads.get() < 10);
}

#[test]
fn a_watcher_is_not_lost_because_another_comes_later() {
    let ring = Ring::default();
    assert_eq!(Log::of([2], 2).follow(&ring, 1).unwrap(), [2]);
    // Before the first looks again, a second begins with what happens from now on.
    let log = Log::of(3..=40, 40);
    assert_eq!(log.follow(&ring, 30).unwrap(), (31..=40).collect::<Vec<_>>());
    assert_eq!(log.follow(&ring, 2).unwrap(), (3..=40).collect::<Vec<_>>());
}

#[test]
fn what_the_log_has_dropped_does_not_stop_a_watcher_that_begins_later() {
    let ring = Ring::default();
    assert_eq!(Log::of([2], 2).follow(&ring, 1).unwrap(), [2]);
    let log = Log::of(3..=40, 40);
    let load = |after, limit| match after {
        ..20 => Err(ViewError::Expired { oldest: 20 }),
        _ => Ok(log.load(after, limit)),
    };
    let Next::Changes(loaded) = now(ring.after(30, 40, load)).unwrap() else { panic!("it begins at 30") };
    assert_eq!(loaded.changes.first().map(|change| change.version), Some(31));
}

proptest! {
    // kubernetes-api 100: no gap, no duplicate, and no version in two pieces.
    #[test]
    fn a_watcher_sees_each_change_once_and_in_order(
        mut versions in proptest::collection::vec(1_u64..400, 0..600),
        starts in proptest::collection::vec(0_u64..400, 1..6),
    ) {
        versions.sort_unstable();
        let log = Log::of(versions.clone(), 400);
        let ring = Ring::default();
        for start in starts {
            if let Some(seen) = log.follow(&ring, start) {
                let expected: Vec<u64> = versions.iter().copied().filter(|v| *v > start).collect();
                prop_assert_eq!(seen, expected);
            }
        }
    }
}
