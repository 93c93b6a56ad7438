use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::deadlines::{Deadlines, Expired, Patience};
use super::send_queue::{Next, SendQueue};
use super::{Activity, Region, page_cache};

/// Most bytes that one call hands to the kernel, and that are looked for on disk at a time.
const WINDOW: u64 = 1 << 20;
/// A client as fast as the page cache would keep its worker for itself; after so many bytes the
/// others have their turn.
const TURN: u64 = 4 << 20;
const HEAD_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// How a connection is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WireSettings {
    /// How long it may be without a request.
    pub(crate) idle: Duration,
    /// How long a request head may take.
    pub(crate) head: Duration,
    /// How long the client may take no byte.
    pub(crate) response: Duration,
}

/// The socket of one connection.
#[derive(Debug)]
pub(crate) struct Wire {
    tcp: TokioIo<TcpStream>,
    /// Read already, to tell the protocol.
    prefix: Bytes,
    deadlines: Deadlines,
    files: Option<Files>,
}

/// The side of a connection that sends files. Only HTTP/1.1 has one: HTTP/2 cuts bodies into frames.
#[derive(Debug)]
struct Files {
    region: &'static Region,
    queue: Arc<SendQueue>,
    /// A blocking thread that reads a window into memory, and the length of that window.
    reading: Option<(JoinHandle<io::Result<()>>, u64)>,
    /// Bytes sent since others last had a turn.
    turn: u64,
}

impl Wire {
    /// An HTTP/1 connection. It sends files by itself if the region could be had.
    pub(crate) fn http1(
        tcp: TcpStream,
        prefix: Bytes,
        settings: &WireSettings,
        activity: Arc<Activity>,
    ) -> (Wire, Option<Arc<SendQueue>>) {
        let queue = Region::get().map(|region| (region, Arc::new(SendQueue::default())));
        let files = queue.as_ref().map(|(region, queue)| Files {
            region,
            queue: Arc::clone(queue),
            reading: None,
            turn: 0,
        });
        let wire = Wire::new(tcp, prefix, settings, Some(settings.head), activity, files);
        (wire, queue.map(|(_, queue)| queue))
    }

    /// An HTTP/2 connection.
    pub(crate) fn http2(
        tcp: TcpStream,
        prefix: Bytes,
        settings: &WireSettings,
        activity: Arc<Activity>,
    ) -> Wire {
        Wire::new(tcp, prefix, settings, None, activity, None)
    }

    fn new(
        tcp: TcpStream,
        prefix: Bytes,
        settings: &WireSettings,
        head: Option<Duration>,
        activity: Arc<Activity>,
        files: Option<Files>,
    ) -> Wire {
        let patience = Patience { idle: settings.idle, head, response: settings.response };
        let deadlines = Deadlines::new(patience, activity, Some(Instant::now()));
        Wire { tcp: TokioIo::new(tcp), prefix, deadlines, files }
    }

    /// Looks whether the connection has run out of time, because it could not move on.
    fn poll_deadlines(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let text = match ready!(self.deadlines.poll(cx)) {
            Expired::Head => {
                // Nothing else is being written between two requests. A client that is not there
                // misses nothing.
                let _ = self.tcp.inner().try_write(HEAD_TIMEOUT);
                "the request head took too long"
            }
            Expired::Response => {
                // What is queued in the kernel would otherwise be kept for a client that is gone.
                let _ = rustix::net::sockopt::set_socket_linger(self.tcp.inner(), Some(Duration::ZERO));
                "the client took no byte of the response for too long"
            }
        };
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, text))
    }

    /// Keeps account of a write.
    fn written(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Ready(result) => {
                self.deadlines.response_moved();
                Poll::Ready(result)
            }
            Poll::Pending => {
                self.deadlines.response_blocked();
                self.poll_deadlines(cx).map(Err)
            }
        }
    }

    /// Index of the first slice that stands for a file.
    fn first_stand_in(&self, slices: &[IoSlice<'_>]) -> Option<usize> {
        let region = self.files.as_ref()?.region;
        slices.iter().position(|slice| region.holds(slice))
    }

    /// Sends a head in front of a file. The kernel is told that more follows, so that both go out in
    /// one segment.
    fn poll_send_before_file(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            let tcp = self.tcp.inner();
            let ready = tcp.poll_write_ready(cx);
            if ready.is_pending() {
                return self.written(cx, Poll::Pending);
            }
            ready!(ready)?;
            let send = || {
                let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
                Ok(rustix::net::sendmsg(tcp, slices, &mut SendAncillaryBuffer::default(), flags)?)
            };
            match tcp.try_io(Interest::WRITABLE, send) {
                Err(error) if would_repeat(&error) => {}
                result => return self.written(cx, Poll::Ready(result)),
            }
        }
    }

    /// Sends from the front range in place of a slice of `len` bytes.
    fn poll_send_file(&mut self, cx: &mut Context<'_>, len: usize) -> Poll<io::Result<usize>> {
        let result = self.poll_send_window(cx, len as u64);
        if let (Poll::Ready(Err(error)), Some(files)) = (&result, &self.files)
            && !is_of_client(error)
        {
            files.queue.broke(error);
        }
        result
    }

    fn poll_send_window(&mut self, cx: &mut Context<'_>, len: u64) -> Poll<io::Result<usize>> {
        loop {
            let files = self.files.as_mut().expect("a slice of the region was recognised");
            ready!(files.poll_reading(cx))?;
            if files.turn >= TURN {
                files.turn = 0;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let next = files.next(len)?;
            let Some(warm) = files.warm(&next) else { continue };
            let tcp = self.tcp.inner();
            let ready = tcp.poll_write_ready(cx);
            if ready.is_pending() {
                files.turn = 0;
                return self.written(cx, Poll::Pending);
            }
            ready!(ready)?;
            let mut offset = next.slice.offset;
            let count = usize::try_from(warm).expect("a window fits into memory");
            let from_file = || Ok(rustix::fs::sendfile(tcp, &*next.slice.file, Some(&mut offset), count)?);
            match tcp.try_io(Interest::WRITABLE, from_file) {
                Ok(0) => return Poll::Ready(Err(ended_at(next.slice.offset))),
                Ok(sent) => {
                    files.turn += sent as u64;
                    files.queue.sent(sent as u64);
                    return self.written(cx, Poll::Ready(Ok(sent)));
                }
                Err(error) if would_repeat(&error) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Files {
    /// Waits for the thread that reads the next window, if there is one.
    fn poll_reading(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some((reading, len)) = &mut self.reading {
            let done = ready!(Pin::new(reading).poll(cx));
            self.queue.set_warm(*len);
            self.reading = None;
            done.map_err(io::Error::other)??;
        }
        Poll::Ready(Ok(()))
    }

    fn next(&self, len: u64) -> io::Result<Next> {
        match self.queue.next() {
            Some(next) if next.slice.len == len => Ok(next),
            // Sending on would give a client the bytes of another range.
            _ => Err(io::Error::other("a body and the files it stands for are out of step")),
        }
    }

    /// Bytes that can be sent now without waiting for the disk; nothing if a thread has to read them
    /// first.
    fn warm(&mut self, next: &Next) -> Option<u64> {
        if next.warm > 0 {
            return Some(next.warm.min(next.slice.len));
        }
        let len = next.slice.len.min(WINDOW);
        let offset = next.slice.offset;
        if page_cache::holds(&next.slice.file, offset, len) {
            self.queue.set_warm(len);
            return Some(len);
        }
        let file = Arc::clone(&next.slice.file);
        let reading = tokio::task::spawn_blocking(move || page_cache::fill(&file, offset, len));
        self.reading = Some((reading, len));
        None
    }
}

/// Whether the client went away, which many do as soon as they have what they need.
fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut)
}

fn would_repeat(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn ended_at(offset: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("the file of a stored object ends at byte {offset}, too early"),
    )
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.prefix.is_empty() {
            let len = self.prefix.len().min(buf.remaining());
            buf.put_slice(&self.prefix[..len]);
            self.prefix.advance(len);
            if self.prefix.is_empty() {
                // Its memory would else be kept as long as the connection.
                self.prefix = Bytes::new();
            }
            return Poll::Ready(Ok(()));
        }
        match Pin::new(&mut self.tcp).poll_read(cx, buf) {
            Poll::Ready(result) => {
                self.deadlines.received();
                Poll::Ready(result)
            }
            Poll::Pending => {
                self.deadlines.waits_for_client();
                self.poll_deadlines(cx).map(Err)
            }
        }
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(files) = &self.files {
            assert!(!files.region.holds(buf), "a slice that stands for a file is never sent as it is");
        }
        let result = Pin::new(&mut self.tcp).poll_write(cx, buf);
        self.written(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.first_stand_in(bufs) {
            None => {
                let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs);
                self.written(cx, result)
            }
            Some(0) => self.poll_send_file(cx, bufs[0].len()),
            Some(at) => {
                let before: usize = bufs[..at].iter().map(|slice| slice.len()).sum();
                let sent = ready!(self.poll_send_before_file(cx, &bufs[..at]))?;
                if sent < before {
                    return Poll::Ready(Ok(sent));
                }
                match self.poll_send_file(cx, bufs[at].len()) {
                    Poll::Ready(more) => Poll::Ready(more.map(|more| sent + more)),
                    Poll::Pending => Poll::Ready(Ok(sent)),
                }
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
