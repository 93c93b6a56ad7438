use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::hashes::Hashes;
use crate::Error;

/// Hashing of one batch on a second thread while the first one writes it.
///
/// The second thread may come late or, with a full thread pool, never. So the work lies where both
/// find it, and whoever comes first does it: nobody waits for a thread that has not begun.
pub(super) struct Beside {
    work: Arc<Mutex<Option<Work>>>,
    result: Receiver<Hashes>,
}

struct Work {
    hashes: Hashes,
    pieces: Arc<[Bytes]>,
}

impl Beside {
    pub(super) fn start(hashes: Hashes, pieces: Arc<[Bytes]>) -> Beside {
        let work = Arc::new(Mutex::new(Some(Work { hashes, pieces })));
        let (send, result) = sync_channel(1);
        let offered = work.clone();
        tokio::task::spawn_blocking(move || {
            if let Some(work) = take(&offered) {
                // Nobody listens any more when the write failed.
                let _ = send.send(work.run());
            }
        });
        Beside { work, result }
    }

    pub(super) fn finish(self) -> Result<Hashes, Error> {
        match take(&self.work) {
            Some(work) => Ok(work.run()),
            None => self.result.recv().map_err(|error| Error::io("hash an upload", io::Error::other(error))),
        }
    }
}

impl Work {
    fn run(mut self) -> Hashes {
        self.hashes.update_all(&self.pieces);
        self.hashes
    }
}

fn take(work: &Mutex<Option<Work>>) -> Option<Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner).take()
}
