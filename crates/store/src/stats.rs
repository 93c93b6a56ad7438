use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What the store counts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Opening an object for reading; for a small one that includes its bytes.
    Open,
    /// One read of a streamed object.
    Read,
    /// Storing a small object whole.
    Put,
    /// Hashing and writing one batch of an upload.
    Append,
    /// Verifying and publishing a finished upload, flushes included.
    Finish,
    /// Early write-back of an upload.
    WriteBack,
    /// Removing an object.
    Delete,
}

impl Operation {
    /// Every operation, in the order of declaration.
    pub const ALL: [Operation; 7] = [
        Operation::Open,
        Operation::Read,
        Operation::Put,
        Operation::Append,
        Operation::Finish,
        Operation::WriteBack,
        Operation::Delete,
    ];

    /// A stable name for a metric label.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Open => "open",
            Operation::Read => "read",
            Operation::Put => "put",
            Operation::Append => "append",
            Operation::Finish => "finish",
            Operation::WriteBack => "write_back",
            Operation::Delete => "delete",
        }
    }
}

/// How often something was done and how long that took in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Number of calls, failed ones included.
    pub count: u64,
    /// Sum of their durations.
    pub total_nanos: u64,
}

/// A reading of the counters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    measures: [Measure; Operation::ALL.len()],
    /// Opens answered from the memory cache of small objects.
    pub hot_hits: u64,
    /// Bytes that cache holds.
    pub hot_bytes: u64,
}

impl Stats {
    /// The figures of one operation.
    pub fn of(&self, operation: Operation) -> Measure {
        self.measures[operation as usize]
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    cells: [Cell; Operation::ALL.len()],
    hot_hits: AtomicU64,
}

#[derive(Debug, Default)]
struct Cell {
    count: AtomicU64,
    nanos: AtomicU64,
}

impl Counters {
    /// Counts from now until the returned value is dropped.
    pub(crate) fn time(&self, operation: Operation) -> Timer<'_> {
        Timer { cell: &self.cells[operation as usize], started: Instant::now() }
    }

    pub(crate) fn hot_hit(&self) {
        self.hot_hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, hot_bytes: u64) -> Stats {
        let measures = std::array::from_fn(|at| Measure {
            count: self.cells[at].count.load(Ordering::Relaxed),
            total_nanos: self.cells[at].nanos.load(Ordering::Relaxed),
        });
        Stats { measures, hot_hits: self.hot_hits.load(Ordering::Relaxed), hot_bytes }
    }
}

#[must_use]
pub(crate) struct Timer<'a> {
    cell: &'a Cell,
    started: Instant,
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        let nanos = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.cell.count.fetch_add(1, Ordering::Relaxed);
        self.cell.nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_counts_once_where_it_belongs() {
        let counters = Counters::default();
        drop(counters.time(Operation::Delete));
        drop(counters.time(Operation::Delete));
        let stats = counters.read(0);
        for operation in Operation::ALL {
            let expected = if operation == Operation::Delete { 2 } else { 0 };
            assert_eq!(stats.of(operation).count, expected, "{}", operation.as_str());
        }
    }
}
