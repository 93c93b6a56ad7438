//! Many connections that only listen: each a watch, all read by one thread, so that what the harness costs stays small beside a
//! thousand deliveries.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use crate::failure::{Doing as _, Failure};

/// Between two looks at whether the crowd is to leave.
const POLL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// Sockets taken from the kernel at once.
const AT_ONCE: usize = 1024;
const BUFFER: usize = 256 * 1024;
/// A watch says so soon that it has begun.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a watch and reads the head of its answer: whatever the connection brings from then on are events.
pub(crate) fn begin(address: SocketAddr, target: &str) -> Result<TcpStream, Failure> {
    await_head(ask(address, target)?, target)
}

fn ask(address: SocketAddr, target: &str) -> Result<TcpStream, Failure> {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
        Ok(stream)
    };
    ask().doing(|| format!("GET {target}"))
}

fn await_head(mut stream: TcpStream, target: &str) -> Result<TcpStream, Failure> {
    let mut head = Vec::new();
    // Byte by byte: what follows the head belongs to whoever counts events.
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).doing(|| format!("GET {target}: the head of a watch"))?;
        head.extend(byte);
    }
    if head.starts_with(b"HTTP/1.1 200 ") {
        return Ok(stream);
    }
    let text = String::from_utf8_lossy(&head);
    let status = text.lines().next().unwrap_or_default().to_owned();
    Err(Failure::Answer { request: format!("GET {target}"), got: status })
}

/// Counts the events in what a watch sends: its lines. The line ends of the transfer encoding are of two bytes and do not count.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    last: u8,
    pub(crate) events: u64,
}

impl Counter {
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.events += u64::from(*byte == b'\n' && self.last != b'\r');
            self.last = *byte;
        }
    }
}

/// What the crowd tells.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// Each watcher that is still there has had at least so many events.
    events: u64,
    at: Instant,
}

/// How a crowd ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Left {
    /// Watches that the server had ended before.
    pub(crate) ended: usize,
    /// The most events that one of the others has had.
    pub(crate) most: u64,
}

#[derive(Debug)]
pub(crate) struct Crowd {
    reader: JoinHandle<io::Result<Left>>,
    over: Arc<AtomicBool>,
    levels: Receiver<Level>,
}

impl Crowd {
    /// Opens a watch per target; each has begun when this returns.
    pub(crate) fn gather(address: SocketAddr, targets: &[String]) -> Result<Self, Failure> {
        let asked: Vec<TcpStream> =
            targets.iter().map(|target| ask(address, target)).collect::<Result<_, _>>()?;
        let watches: Vec<TcpStream> = asked
            .into_iter()
            .zip(targets)
            .map(|(stream, target)| await_head(stream, target))
            .collect::<Result<_, _>>()?;
        let over = Arc::new(AtomicBool::new(false));
        let (sender, levels) = mpsc::channel();
        let stop = Arc::clone(&over);
        let reader = thread::spawn(move || listen(&watches, &stop, &sender));
        Ok(Self { reader, over, levels })
    }

    /// When the last watcher had so many events; `None` if it has not after `patience`.
    pub(crate) fn arrival(&self, events: u64, patience: Duration) -> Option<Instant> {
        let until = Instant::now() + patience;
        loop {
            match self.levels.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(level) if level.events >= events => return Some(level.at),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Ends all watches.
    pub(crate) fn leave(self) -> Result<Left, Failure> {
        self.over.store(true, Ordering::Release);
        self.reader.join().expect("the reader does not panic").doing(|| "read from watches".to_owned())
    }
}

fn listen(watches: &[TcpStream], over: &AtomicBool, levels: &Sender<Level>) -> io::Result<Left> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (at, stream) in watches.iter().enumerate() {
        stream.set_nonblocking(true)?;
        epoll::add(&poll, stream, epoll::EventData::new_u64(at as u64), epoll::EventFlags::IN)?;
    }
    let mut counters: Vec<Option<Counter>> = watches.iter().map(|_| Some(Counter::default())).collect();
    let mut ready = Vec::with_capacity(AT_ONCE);
    let mut buffer = vec![0; BUFFER];
    let mut level = 0;
    while !over.load(Ordering::Acquire) {
        ready.clear();
        match epoll::wait(&poll, spare_capacity(&mut ready), Some(&POLL)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        for event in &ready {
            let at = usize::try_from(event.data.u64()).expect("the position of a watch");
            let mut stream = &watches[at];
            match stream.read(&mut buffer) {
                Ok(0) => {
                    epoll::delete(&poll, stream)?;
                    counters[at] = None;
                }
                Ok(read) => {
                    if let Some(counter) = &mut counters[at] {
                        counter.take(&buffer[..read]);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    epoll::delete(&poll, stream)?;
                    counters[at] = None;
                }
            }
        }
        let least = counters.iter().flatten().map(|counter| counter.events).min().unwrap_or_default();
        if least > level {
            level = least;
            // Nobody may be waiting.
            let _ = levels.send(Level { events: level, at: Instant::now() });
        }
    }
    Ok(Left {
        ended: counters.iter().filter(|counter| counter.is_none()).count(),
        most: counters.iter().flatten().map(|counter| counter.events).max().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn events_are_lines_however_they_are_cut() {
        let bytes = b"1a\r\n{\"type\":\"ADDED\"}\n{\"a\":1}\n\r\n9\r\n{\"b\":22}\n\r\n0\r\n\r\n";
        for size in 1..bytes.len() {
            let mut counter = Counter::default();
            for piece in bytes.chunks(size) {
                counter.take(piece);
            }
            assert_eq!(counter.events, 3, "in pieces of {size}");
        }
    }

    #[test]
    fn a_crowd_is_as_far_as_its_last() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = thread::spawn(move || {
            let mut open = Vec::new();
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{}\n").unwrap();
                open.push(stream);
            }
            open[0].write_all(b"{}\n").unwrap();
            open
        });
        let crowd = Crowd::gather(address, &["/a".to_owned(), "/b".to_owned()]).unwrap();
        let mut open = served.join().unwrap();
        assert!(crowd.arrival(1, PATIENCE).is_some());
        open[1].write_all(b"{}\n").unwrap();
        assert!(crowd.arrival(2, PATIENCE).is_some());
        // Of those that are left.
        drop(open.remove(0));
        open[0].write_all(b"{}\n").unwrap();
        assert!(crowd.arrival(3, PATIENCE).is_some());
        assert_eq!(crowd.leave().unwrap(), Left { ended: 1, most: 3 });
    }
}
