use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::exchange::Exchange;

/// Part of a file that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct FileSlice {
    pub(crate) file: Arc<File>,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// The file ranges one connection has promised to its client and not yet sent, in order.
///
/// A body puts a range in when it yields the slice that stands for it; the socket takes it out as it
/// sends. HTTP/1.1 sends responses one after the other, so the front range always belongs to the
/// first stand-in slice. What is left when a request is aborted goes with the connection.
#[derive(Debug, Default)]
pub(crate) struct SendQueue(Mutex<VecDeque<Pending>>);

/// What is left of a range.
#[derive(Debug)]
struct Pending {
    slice: FileSlice,
    /// Bytes at its front that need not be looked for on disk.
    warm: u64,
    exchange: Arc<Exchange>,
}

/// The next bytes to send.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) slice: FileSlice,
    pub(super) warm: u64,
}

impl SendQueue {
    /// Promises a range on behalf of a request.
    pub(crate) fn push(&self, slice: FileSlice, exchange: Arc<Exchange>) {
        self.pending().push_back(Pending { slice, warm: 0, exchange });
    }

    pub(super) fn next(&self) -> Option<Next> {
        self.pending().front().map(|front| Next { slice: front.slice.clone(), warm: front.warm })
    }

    pub(super) fn set_warm(&self, warm: u64) {
        if let Some(front) = self.pending().front_mut() {
            front.warm = warm;
        }
    }

    /// Notes that bytes of the front range were sent.
    pub(super) fn sent(&self, bytes: u64) {
        let mut pending = self.pending();
        let Some(front) = pending.front_mut() else { return };
        front.exchange.sent(bytes);
        front.slice.offset += bytes;
        front.slice.len -= bytes;
        front.warm = front.warm.saturating_sub(bytes);
        let done = if front.slice.len == 0 { pending.pop_front() } else { None };
        // The end of a request writes its log line, which is no work for under the lock.
        drop(pending);
        drop(done);
    }

    /// Notes why the front range cannot be sent.
    pub(super) fn broke(&self, cause: &dyn std::fmt::Display) {
        if let Some(front) = self.pending().front() {
            front.exchange.broke(cause);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.pending().len()
    }

    fn pending(&self) -> MutexGuard<'_, VecDeque<Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
