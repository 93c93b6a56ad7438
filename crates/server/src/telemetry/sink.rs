use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Request lines that wait to be written. Above, they are dropped and counted: a slow disk or
/// terminal must not slow the registry down.
const MOST_REQUEST_LINES: usize = 1 << 20;
/// Everything that waits to be written. Above, even events are dropped, since memory is bounded.
const MOST: usize = 4 << 20;
/// How long the writer lets lines gather, so that a busy server writes many at a time.
const GATHER: Duration = Duration::from_millis(5);

/// Where log lines go: to a thread that writes them, so that nobody else waits for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sink(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Lines>,
    arrived: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Lines {
    waiting: Vec<u8>,
    closed: bool,
}

/// Ends the writer when it is dropped, once everything is written.
#[derive(Debug)]
pub(crate) struct SinkGuard {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts the thread that writes to `out`.
    pub(crate) fn start(out: impl Write + Send + 'static) -> io::Result<(Sink, SinkGuard)> {
        let sink = Sink::default();
        let shared = Arc::clone(&sink.0);
        let writer =
            std::thread::Builder::new().name("log".to_owned()).spawn(move || shared.write_all(out))?;
        Ok((sink.clone(), SinkGuard { shared: sink.0, writer: Some(writer) }))
    }

    /// Takes a line of a request, if there is room.
    pub(crate) fn offer(&self, line: &[u8]) {
        self.0.push(line, MOST_REQUEST_LINES);
    }

    /// Lines that were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

/// Events of `tracing`, each in one call.
impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line, MOST);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn push(&self, line: &[u8], most: usize) {
        let mut lines = self.lines();
        if lines.waiting.len() + line.len() > most {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let first = lines.waiting.is_empty();
        lines.waiting.extend_from_slice(line);
        drop(lines);
        if first {
            self.arrived.notify_one();
        }
    }

    fn write_all(&self, mut out: impl Write) {
        let mut writing = Vec::new();
        loop {
            let mut lines = self.lines();
            while lines.waiting.is_empty() && !lines.closed {
                lines = self.arrived.wait(lines).unwrap_or_else(PoisonError::into_inner);
            }
            if !lines.closed {
                let gather = self.arrived.wait_timeout_while(lines, GATHER, |lines| !lines.closed);
                lines = gather.unwrap_or_else(PoisonError::into_inner).0;
            }
            std::mem::swap(&mut writing, &mut lines.waiting);
            let last = lines.closed;
            drop(lines);
            // There is no place left to report that the log cannot be written.
            let _ = out.write_all(&writing).and_then(|()| out.flush());
            writing.clear();
            // One burst must not hold its memory for ever.
            writing.shrink_to(64 << 10);
            if last {
                return;
            }
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SinkGuard {
    fn drop(&mut self) {
        self.shared.lines().closed = true;
        self.shared.arrived.notify_one();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to write.
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_of_many_threads_come_out_whole_and_all() {
        let memory = Memory::default();
        let (sink, guard) = Sink::start(memory.clone()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let sink = sink.clone();
                scope.spawn(move || {
                    for line in 0..500 {
                        sink.offer(format!("{thread} {line}\n").as_bytes());
                    }
                });
            }
        });
        drop(guard);
        let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 2000);
        assert!(text.lines().all(|line| line.split(' ').count() == 2));
        assert_eq!(sink.dropped(), 0);
    }

    /// A place that takes nothing until it is allowed to.
    struct Stuck(mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_nobody_writes_is_bounded_and_counted() {
        let (allow, stuck) = mpsc::channel();
        let (sink, guard) = Sink::start(Stuck(stuck)).unwrap();
        let line = vec![b'x'; 1 << 10];
        for _ in 0..8 << 10 {
            sink.offer(&line);
        }
        assert!(sink.dropped() > 4 << 10, "{}", sink.dropped());
        assert!(sink.0.lines().waiting.capacity() <= 2 * MOST_REQUEST_LINES);
        drop(allow);
        drop(guard);
    }
}
