use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::disk::open_nofollow;
use crate::layout::flush_folder;
use crate::stats::Operation;
use crate::store::Store;

/// Flushes a staging file now and then while it grows, so that the flush at the end finds little
/// left to do. One at a time for each upload.
///
/// A flush that fails reports the loss once to each open file. This one has an open file of its
/// own, and keeps what it was told: a later flush that succeeds must not be believed.
#[derive(Debug, Default)]
pub(super) struct WriteBack {
    phase: Mutex<Phase>,
    settled: Condvar,
}

#[derive(Debug, Default)]
struct Phase {
    state: State,
    /// Where the last flush was asked for.
    asked: u64,
    /// Everything before this offset has been flushed.
    durable: u64,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    Queued,
    Running,
    Failed(io::ErrorKind),
}

/// Bytes between two flushes: enough that each is one long write, little enough that the disk is
/// busy most of the time. Measured, uploads of 100 MiB: 1.4 to 1.6 times as fast as with one flush
/// at the end; 16 MiB do nearly as well, 32 MiB worse.
const STRIDE: u64 = 8 * 1024 * 1024;

impl WriteBack {
    /// A write-back of a file whose first bytes, up to `durable`, are known to be flushed.
    pub(super) fn from(durable: u64) -> WriteBack {
        let phase = Phase { state: State::Idle, asked: durable, durable };
        WriteBack { phase: Mutex::new(phase), settled: Condvar::new() }
    }

    /// Everything before this offset survives a power cut.
    pub(super) fn durable(&self) -> u64 {
        self.phase().durable
    }

    /// Starts a flush on a blocking thread if enough was written since the last one. Fails if an
    /// earlier flush failed.
    pub(super) fn advance(self: &Arc<Self>, store: &Store, path: &Path, written: u64) -> io::Result<()> {
        let mut phase = self.phase();
        match phase.state {
            State::Failed(kind) => return Err(kind.into()),
            State::Queued | State::Running => return Ok(()),
            State::Idle if written - phase.asked < STRIDE => return Ok(()),
            State::Idle => {}
        }
        // With too many under way this one waits for the next batch.
        let Some(turn) = store.begin_write_back() else { return Ok(()) };
        phase.state = State::Queued;
        phase.asked = written;
        drop(phase);
        let (this, store, path) = (self.clone(), store.clone(), path.to_path_buf());
        tokio::task::spawn_blocking(move || {
            this.run(&store, &path, written);
            drop(turn);
        });
        Ok(())
    }

    fn run(&self, store: &Store, path: &Path, written: u64) {
        let first = {
            let mut phase = self.phase();
            if !matches!(phase.state, State::Queued) {
                return;
            }
            phase.state = State::Running;
            phase.durable == 0
        };
        let _timer = store.counters().time(Operation::WriteBack);
        let flushed = open_nofollow(OpenOptions::new().write(true), path).and_then(|file| {
            file.sync_data()?;
            match path.parent() {
                // The file's own entry, without which its bytes are not found again.
                Some(folder) if first => flush_folder(folder),
                _ => Ok(()),
            }
        });
        let mut phase = self.phase();
        match flushed {
            Ok(()) => {
                phase.state = State::Idle;
                phase.durable = written;
            }
            Err(error) => phase.state = State::Failed(error.kind()),
        }
        self.settled.notify_all();
    }

    /// Waits until nothing runs and nothing will: a flush that has not begun is called off.
    pub(super) fn settle(&self) -> io::Result<()> {
        let mut phase = self.phase();
        while matches!(phase.state, State::Running) {
            phase = self.settled.wait(phase).unwrap_or_else(PoisonError::into_inner);
        }
        match phase.state {
            State::Failed(kind) => Err(kind.into()),
            State::Idle | State::Queued | State::Running => {
                phase.state = State::Idle;
                Ok(())
            }
        }
    }

    /// Makes it as if a flush had failed.
    #[cfg(test)]
    pub(super) fn fail(&self) {
        self.phase().state = State::Failed(io::ErrorKind::Other);
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_never_forgotten() {
        let write_back = Arc::new(WriteBack::from(0));
        let store = Store::in_memory();
        write_back.phase().state = State::Queued;
        write_back.run(&store, Path::new("/nowhere/at/all"), 5);
        assert!(write_back.settle().is_err());
        assert!(write_back.advance(&store, Path::new(""), 6).is_err());
        assert!(write_back.settle().is_err());
        assert_eq!(write_back.durable(), 0);
    }

    #[test]
    fn a_flush_that_was_called_off_does_nothing() {
        let write_back = WriteBack::from(0);
        let store = Store::in_memory();
        write_back.phase().state = State::Queued;
        write_back.settle().expect("nothing has failed");
        write_back.run(&store, Path::new("/nowhere/at/all"), 5);
        write_back.settle().expect("it did not run");
    }
}
