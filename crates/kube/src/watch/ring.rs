use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::MutexGuard;
use weir_registry::view::ViewError;

use crate::watch::event::{Change, Loaded};

/// Most changes a ring holds, and about how many bytes. Whoever is further behind starts anew.
const MOST_CHANGES: usize = 4096;
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Bytes to aim for when the log is read, and most changes at once. How large the changes of a
/// resource are shows as they are read: a stream of a hundred thousand tags is a large one.
const READ_BYTES: usize = 4 * 1024 * 1024;
const MOST_READ: usize = 256;

/// Changes handed out at once.
const BATCH: usize = 64;

/// The rings of all resources, by plural and group.
#[derive(Debug, Default)]
pub(crate) struct Rings(Mutex<BTreeMap<(&'static str, &'static str), Arc<Ring>>>);

impl Rings {
    /// The ring of a resource.
    pub(crate) fn of(&self, group: &'static str, plural: &'static str) -> Arc<Ring> {
        let mut rings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(rings.entry((group, plural)).or_default())
    }
}

/// The newest changes of one resource, read once for all who watch it.
///
/// Its locks are held while the log is read, so those who wait for them leave their threads to others.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    span: tokio::sync::Mutex<Span>,
    /// Those who are too far behind read the log one at a time: it is long, and others want to read
    /// and write meanwhile.
    turn: tokio::sync::Mutex<()>,
}

/// All changes after one version and up to another.
#[derive(Debug, Default)]
struct Span {
    after: u64,
    upto: u64,
    changes: VecDeque<Arc<Change>>,
    weight: usize,
    /// How many changes to read next; none is known to be few.
    read: usize,
}

/// What a ring has for a watcher.
#[derive(Debug)]
pub(super) enum Next {
    /// The next changes, perhaps none, and the version up to which there are no others.
    Changes(Loaded),
    /// The ring has moved on without the watcher.
    Missed,
}

impl Ring {
    /// The changes after a version, of a log that has reached the version `newest`. `load` reads the
    /// log.
    pub(super) async fn after(
        &self,
        version: u64,
        newest: u64,
        load: impl Fn(u64, usize) -> Result<Loaded, ViewError>,
    ) -> Result<Next, ViewError> {
        if version >= newest {
            return Ok(Next::Changes(Loaded { changes: Vec::new(), upto: version }));
        }
        let mut span = self.span.lock().await;
        if version.saturating_sub(span.upto) > MOST_CHANGES as u64 {
            // Nobody has watched for a while.
            span.begin_at(version);
        }
        if version < span.after {
            return Ok(Next::Missed);
        }
        // Read on only for the foremost: whoever is behind has enough to do, and the ring would run
        // away from it.
        while newest > span.upto && span.changes.back().is_none_or(|last| last.version <= version) {
            // What lies between is read too: others may be on their way through it.
            let loaded = match load(span.upto, span.read.max(1)) {
                Err(ViewError::Expired { .. }) if version > span.upto => {
                    span.begin_at(version);
                    load(version, span.read.max(1))
                }
                loaded => loaded,
            };
            span.extend(loaded?);
            // The ring has no room for what is behind the newest.
            if version < span.after {
                return Ok(Next::Missed);
            }
            if span.upto > version {
                break;
            }
        }
        Ok(Next::Changes(span.following(version)))
    }

    /// Waits for a turn at the log, which ends when it is dropped.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

impl Span {
    fn begin_at(&mut self, version: u64) {
        *self = Span { after: version, upto: version, read: self.read, ..Span::default() };
    }

    fn extend(&mut self, loaded: Loaded) {
        self.upto = self.upto.max(loaded.upto);
        self.read = next_read(self.read, &loaded);
        for change in loaded.changes {
            self.weight += change.weight;
            self.changes.push_back(change);
        }
        while self.is_full() {
            self.drop_oldest();
        }
    }

    fn is_full(&self) -> bool {
        let several =
            self.changes.front().map(|first| first.version) != self.changes.back().map(|last| last.version);
        several && (self.changes.len() > MOST_CHANGES || self.weight > MOST_BYTES)
    }

    /// Drops the changes of the oldest version.
    fn drop_oldest(&mut self) {
        let Some(oldest) = self.changes.front().map(|change| change.version) else { return };
        while let Some(first) = self.changes.front().filter(|first| first.version == oldest) {
            self.weight = self.weight.saturating_sub(first.weight);
            self.changes.pop_front();
        }
        self.after = oldest;
    }

    /// A batch of changes after a version. A version is never divided: a client that stops in the
    /// middle of one would not see the rest.
    fn following(&self, version: u64) -> Loaded {
        let start = self.changes.partition_point(|change| change.version <= version);
        let mut end = (start + BATCH).min(self.changes.len());
        while end > start
            && self.changes.get(end).is_some_and(|next| next.version == self.changes[end - 1].version)
        {
            end += 1;
        }
        let changes: Vec<_> = self.changes.range(start..end).cloned().collect();
        let upto = match changes.last() {
            Some(last) if end < self.changes.len() => last.version,
            _ => self.upto,
        };
        Loaded { changes, upto }
    }
}

/// How many changes to read next, by the size of those just read. The number only doubles, so that
/// the first large one is not one of many.
pub(super) fn next_read(read: usize, loaded: &Loaded) -> usize {
    let Some(count) = std::num::NonZero::new(loaded.changes.len()) else { return read.max(1) };
    let weight: usize = loaded.changes.iter().map(|change| change.weight).sum();
    let each = (weight / count).max(1);
    (READ_BYTES / each).clamp(1, MOST_READ).min(read.max(1) * 2)
}

#[cfg(test)]
mod tests;
