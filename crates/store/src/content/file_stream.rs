use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::task::JoinHandle;

use super::{FileRange, read_exact_at};
use crate::Error;
use crate::blocking::{blocking, outcome};

/// One read of a stream: large enough that the hop to a blocking thread is small beside it.
const READ: u64 = 256 * 1024;
/// What each stream reads once there are many.
const READ_CROWDED: u64 = 64 * 1024;
/// From here on streams read less at a time and not ahead, so that memory does not follow the
/// number of clients: 64 × 2 × 256 KiB are 32 MiB, and a thousand more streams add 64 MiB.
const MANY: usize = 64;

/// Streams of the process: memory is the process's, whichever store a stream belongs to.
static STREAMS: AtomicUsize = AtomicUsize::new(0);

/// Reads a file range on blocking threads, one read ahead of its consumer.
pub(super) struct FileStream {
    /// What no read was started for yet.
    rest: FileRange,
    reading: Option<JoinHandle<Result<Bytes, Error>>>,
}

impl FileStream {
    pub(super) fn new(range: FileRange) -> FileStream {
        STREAMS.fetch_add(1, Ordering::Relaxed);
        FileStream { rest: range, reading: None }
    }

    fn start(&mut self) {
        let most = if crowded() { READ_CROWDED } else { READ };
        let len = self.rest.len.min(most);
        if len == 0 {
            return;
        }
        let piece = self.rest.slice(0..len);
        self.rest = self.rest.slice(len..self.rest.len);
        self.reading = Some(tokio::task::spawn_blocking(move || read(&piece)));
    }
}

fn crowded() -> bool {
    STREAMS.load(Ordering::Relaxed) > MANY
}

fn read(range: &FileRange) -> Result<Bytes, Error> {
    let len = usize::try_from(range.len)
        .map_err(|_| Error::io("read an object", std::io::ErrorKind::OutOfMemory.into()))?;
    read_exact_at(&range.file, &range.key, range.size, range.offset, len)
}

pub(super) async fn read_whole(range: FileRange) -> Result<Bytes, Error> {
    blocking("read an object", move || read(&range)).await
}

impl Stream for FileStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.reading.is_none() {
            self.start();
        }
        let Some(reading) = &mut self.reading else { return Poll::Ready(None) };
        let result = outcome("read an object", ready!(Pin::new(reading).poll(cx)));
        self.reading = None;
        match &result {
            Ok(_) if !crowded() => self.start(),
            Ok(_) => {}
            Err(_) => self.rest.len = 0,
        }
        Poll::Ready(Some(result))
    }
}

impl Drop for FileStream {
    fn drop(&mut self) {
        STREAMS.fetch_sub(1, Ordering::Relaxed);
    }
}
