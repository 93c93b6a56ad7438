use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Error;

/// Least time between two writes of the file, and so the most it is behind.
const PAUSE: Duration = Duration::from_secs(1);

const FILE: &str = "weir.watermark";

/// The highest version somebody has been told of, in a small file of its own.
///
/// A damaged write-ahead log or a restored copy makes a database go back in time without any error.
/// The file, which does not go back with it, is how that is noticed.
#[derive(Debug)]
pub(crate) struct Watermark {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    dir: PathBuf,
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Debug)]
struct State {
    acknowledged: u64,
    written: u64,
    /// Whether the thread waits for something to write, rather than for the pause to end.
    idle: bool,
    stopped: bool,
}

/// The version in the file; 0 if there is none.
pub(crate) fn read(dir: &Path) -> Result<u64, Error> {
    let path = dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => text.trim_end().parse().map_err(|_| {
            let problem = std::io::Error::new(ErrorKind::InvalidData, "not a version number");
            Error::File { what: "understand", path, source: problem }
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(Error::file("read", &path)(error)),
    }
}

fn write(dir: &Path, version: u64) -> Result<(), Error> {
    let path = dir.join(FILE);
    let fresh = dir.join("weir.watermark.new");
    let written = File::create(&fresh).and_then(|mut file| {
        writeln!(file, "{version}")?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(dir)?.sync_all()
    });
    written.map_err(Error::file("write", &path))
}

impl Watermark {
    /// Starts the thread that writes the file.
    pub(crate) fn start(dir: &Path, acknowledged: u64) -> Result<Watermark, Error> {
        let state = State { acknowledged, written: acknowledged, idle: false, stopped: false };
        let shared =
            Arc::new(Shared { dir: dir.to_owned(), state: Mutex::new(state), woken: Condvar::new() });
        let thread = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name("weir-watermark".to_owned())
                .spawn(move || shared.run())
                .map_err(Error::file("start the thread that writes", &dir.join(FILE)))?
        };
        Ok(Watermark { shared, thread: Mutex::new(Some(thread)) })
    }

    /// To be told once a version is durable.
    pub(crate) fn handle(&self) -> Acknowledge {
        Acknowledge(Arc::clone(&self.shared))
    }

    /// Writes the file a last time. Blocks.
    pub(crate) fn close(&self) {
        self.shared.lock().stopped = true;
        self.shared.woken.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            thread.join().expect("the thread does nothing that panics");
        }
    }
}

impl Drop for Watermark {
    fn drop(&mut self) {
        // The thread writes what is missing by itself; nobody has to wait for it.
        self.shared.lock().stopped = true;
        self.shared.woken.notify_all();
    }
}

#[derive(Debug)]
pub(crate) struct Acknowledge(Arc<Shared>);

impl Acknowledge {
    pub(crate) fn version(&self, version: u64) {
        let mut state = self.0.lock();
        state.acknowledged = state.acknowledged.max(version);
        if state.idle && state.acknowledged != state.written {
            self.0.woken.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            state.idle = true;
            let waiting = |state: &mut State| !state.stopped && state.acknowledged == state.written;
            state = self.woken.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner);
            state.idle = false;
            let version = state.acknowledged;
            if version != state.written {
                drop(state);
                if let Err(error) = write(&self.dir, version) {
                    // The commit itself is durable; only the alarm for its loss is late.
                    tracing::warn!(%error, version, "the watermark is behind");
                }
                state = self.lock();
                state.written = version;
            }
            if state.stopped {
                return;
            }
            let running = |state: &mut State| !state.stopped;
            let (woken, _) =
                self.woken.wait_timeout_while(state, PAUSE, running).unwrap_or_else(PoisonError::into_inner);
            state = woken;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_acknowledged_is_in_the_file_after_closing() {
        // reliability I8
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), 0);
        let watermark = Watermark::start(dir.path(), 0).unwrap();
        let handle = watermark.handle();
        for version in [1, 2, 700] {
            handle.version(version);
        }
        watermark.close();
        assert_eq!(read(dir.path()).unwrap(), 700);
    }

    #[test]
    fn it_never_goes_back() {
        let dir = tempfile::tempdir().unwrap();
        let watermark = Watermark::start(dir.path(), 0).unwrap();
        watermark.handle().version(9);
        watermark.handle().version(3);
        watermark.close();
        assert_eq!(read(dir.path()).unwrap(), 9);
    }

    #[test]
    fn a_file_that_holds_no_number_is_an_error_and_not_zero() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "12x\n").unwrap();
        assert!(matches!(read(dir.path()), Err(Error::File { what: "understand", .. })));
    }
}
