use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::connection::{self, Role, Synchronous};
use super::gauges::WriteGauges;
use super::transaction::Transaction;
use crate::Error;
use crate::cache::Stale;

/// Writes that may wait. More means that the disk has stopped, and clients had better hear of it.
const QUEUE: usize = 4096;

/// Writes per commit. Beyond this a larger group gains nothing and lets the first of it wait.
const GROUP: usize = 64;

/// Pages in the write-ahead log (64 MiB, the limit of its file) at which it is copied back. Pushes
/// touch the same pages again and again; copying less often copies each of them less often.
const CHECKPOINT_PAGES: u64 = 16_000;

/// Quiet time after which the log is copied back although it is short.
const IDLE: Duration = Duration::from_secs(1);

/// What happens between a commit and the answers to those who wait for it.
pub(crate) trait After: Send + 'static {
    /// The commit is durable.
    fn committed(&mut self, version: u64, stale: Vec<Stale>);
    /// The commit failed: what it would have written may be there or not.
    fn unknown(&mut self);
}

/// Whether a file numbers its writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    Kept,
    None,
}

/// The thread with the only connection that writes to a file.
///
/// It takes whatever is queued, gives each write a savepoint of its own, and commits once: the
/// flush is the cost. It never waits for company; while one group is flushed the next one gathers.
#[derive(Debug)]
pub(crate) struct Writer {
    sender: SyncSender<Message>,
    gauges: Arc<WriteGauges>,
}

enum Message {
    Write(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        path: &Path,
        synchronous: Synchronous,
        sequence: Sequence,
        after: impl After,
        gauges: Arc<WriteGauges>,
    ) -> Result<Writer, Error> {
        let (sender, receiver) = sync_channel(QUEUE);
        let mut thread = Thread {
            path: path.to_owned(),
            synchronous,
            sequence,
            connection: None,
            wal_pages: Arc::default(),
            checkpoint_at: CHECKPOINT_PAGES,
            after: Box::new(after),
            gauges: Arc::clone(&gauges),
        };
        thread.adopt(connection)?;
        std::thread::Builder::new()
            .name("weir-writer".to_owned())
            .spawn(move || thread.run(&receiver))
            .map_err(Error::file("start the thread that writes", path))?;
        Ok(Writer { sender, gauges })
    }

    /// Runs a write and returns once it is durable, or undone.
    pub(crate) async fn write<T, E>(
        &self,
        body: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write { body: Some(body), result: None, reply });
        self.gauges.queued.fetch_add(1, Ordering::Relaxed);
        if let Err(refused) = self.sender.try_send(Message::Write(job)) {
            self.gauges.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(match refused {
                TrySendError::Full(_) => Error::Busy.into(),
                TrySendError::Disconnected(_) => Error::Closed.into(),
            });
        }
        // A job is dropped without an answer only if it was queued behind the closing of the writer.
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    /// Finishes what is queued, copies the log back and closes the file. Blocks.
    pub(super) fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.sender.send(Message::Close(done)).is_ok() {
            // An error means that somebody else closed it first, and then it is closed as well.
            let _ = closed.blocking_recv();
        }
    }
}

trait Job: Send {
    /// Does the write, and says whether it may stay.
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Verdict;
    /// Tells whoever waits.
    fn reply(self: Box<Self>, fate: &Fate);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Keep,
    Undo,
}

/// What became of a group.
#[derive(Debug)]
enum Fate {
    Committed,
    /// It is not in the database.
    Lost(String),
    /// It is in the database entirely, or not at all.
    Unknown(String),
}

struct Write<F, T, E> {
    body: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Job for Write<F, T, E>
where
    F: FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn run(&mut self, transaction: &mut Transaction<'_>) -> Verdict {
        let body = self.body.take().expect("a job runs once");
        // A bug in one use case must not end the thread that all others need.
        let result = catch_unwind(AssertUnwindSafe(|| body(transaction))).unwrap_or_else(|_| {
            Err(Error::Unwritable("the write panicked, which is a bug".to_owned()).into())
        });
        let verdict = if result.is_ok() { Verdict::Keep } else { Verdict::Undo };
        self.result = Some(result);
        verdict
    }

    fn reply(self: Box<Self>, fate: &Fate) {
        let result = match (fate, self.result) {
            // What was refused was undone on its own, whatever became of the rest.
            (_, Some(Err(refused))) => Err(refused),
            (Fate::Committed, Some(done)) => done,
            (Fate::Unknown(problem), Some(Ok(_))) => Err(Error::UnknownOutcome(problem.clone()).into()),
            (Fate::Lost(problem) | Fate::Unknown(problem), _) => {
                Err(Error::Unwritable(problem.clone()).into())
            }
            (Fate::Committed, None) => unreachable!("a group commits after all of its writes have run"),
        };
        // Nobody listens if the request was dropped; the write counts all the same.
        let _ = self.reply.send(result);
    }
}

struct Thread {
    path: PathBuf,
    synchronous: Synchronous,
    sequence: Sequence,
    /// None after a failed commit, until the file has been opened again.
    connection: Option<Connection>,
    wal_pages: Arc<AtomicU64>,
    checkpoint_at: u64,
    after: Box<dyn After>,
    gauges: Arc<WriteGauges>,
}

impl Thread {
    fn run(&mut self, receiver: &Receiver<Message>) {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            let first = if self.wal_pages.load(Ordering::Relaxed) == 0 {
                receiver.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                receiver.recv_timeout(IDLE)
            };
            let mut next = match first {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => {
                    self.checkpoint("PASSIVE");
                    self.wal_pages.store(0, Ordering::Relaxed);
                    continue;
                }
                // Dropped without being closed. SQLite tidies up with the connection.
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut closing = None;
            while let Some(message) = next {
                match message {
                    Message::Write(job) => group.push(job),
                    Message::Close(done) => {
                        closing = Some(done);
                        break;
                    }
                }
                next = if group.len() < GROUP { receiver.try_recv().ok() } else { None };
            }
            if !group.is_empty() {
                self.gauges.queued.fetch_sub(group.len() as u64, Ordering::Relaxed);
                self.commit(std::mem::take(&mut group));
            }
            if let Some(done) = closing {
                self.checkpoint("TRUNCATE");
                self.connection = None;
                // The closer may have gone; the file is closed all the same.
                let _ = done.send(());
                return;
            }
            self.checkpoint_if_due();
        }
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Job>>) {
        let fate = match self.try_commit(&mut group) {
            Ok(()) => Fate::Committed,
            Err(fate) => {
                // After a failure below, nothing this connection says can be relied on.
                self.connection = None;
                self.gauges.failures.fetch_add(1, Ordering::Relaxed);
                tracing::error!(path = %self.path.display(), outcome = ?fate, "a commit failed");
                if matches!(fate, Fate::Unknown(_)) {
                    self.after.unknown();
                }
                fate
            }
        };
        for job in group {
            job.reply(&fate);
        }
    }

    fn try_commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), Fate> {
        if self.connection.is_none() {
            let connection = connection::open(&self.path, Role::Writer, self.synchronous).map_err(lost)?;
            self.adopt(connection).map_err(lost)?;
        }
        let connection = self.connection.as_ref().expect("it has just been opened");
        run(connection, "BEGIN IMMEDIATE").map_err(lost)?;
        let first = self.read_version(connection).map_err(lost)?;
        let mut transaction = Transaction::new(connection, first);
        let mut kept = 0;
        for job in group {
            run(connection, "SAVEPOINT one_write").map_err(lost)?;
            let before = transaction.mark();
            let verdict = job.run(&mut transaction);
            // SQLite ends a transaction by itself when the disk is full or fails.
            if connection.is_autocommit() {
                return Err(Fate::Lost("the transaction was rolled back by the database".to_owned()));
            }
            match verdict {
                Verdict::Keep => kept += 1,
                Verdict::Undo => {
                    run(connection, "ROLLBACK TO one_write").map_err(lost)?;
                    transaction.forget_since(before);
                    self.gauges.refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            run(connection, "RELEASE one_write").map_err(lost)?;
        }
        if kept == 0 {
            return run(connection, "ROLLBACK").map_err(lost);
        }
        let version = transaction.version();
        if version != first {
            transaction
                .execute("UPDATE sequence SET version = ?1 WHERE id = 1", [version.cast_signed()])
                .map_err(lost)?;
        }
        let started = Instant::now();
        run(connection, "COMMIT").map_err(|error| Fate::Unknown(error.to_string()))?;
        self.gauges.committed(kept, started.elapsed());
        self.gauges.wal_pages.store(self.wal_pages.load(Ordering::Relaxed), Ordering::Relaxed);
        let stale = transaction.into_stale();
        self.after.committed(version, stale);
        Ok(())
    }

    fn read_version(&self, connection: &Connection) -> rusqlite::Result<u64> {
        match self.sequence {
            Sequence::None => Ok(0),
            Sequence::Kept => {
                let mut statement = connection.prepare_cached("SELECT version FROM sequence WHERE id = 1")?;
                statement.query_row([], |row| row.get(0).map(i64::cast_unsigned))
            }
        }
    }

    fn adopt(&mut self, mut connection: Connection) -> Result<(), Error> {
        let pages = Arc::clone(&self.wal_pages);
        connection
            .wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, in_log: i32| {
                pages.store(u64::try_from(in_log).unwrap_or(0), Ordering::Relaxed);
                Ok(())
            }))
            .map_err(Error::database("to be watched"))?;
        self.connection = Some(connection);
        Ok(())
    }

    fn checkpoint_if_due(&mut self) {
        let pages = self.wal_pages.load(Ordering::Relaxed);
        if pages + CHECKPOINT_PAGES <= self.checkpoint_at {
            // The log has started from its beginning again.
            self.checkpoint_at = CHECKPOINT_PAGES;
        }
        if pages >= self.checkpoint_at {
            self.checkpoint("PASSIVE");
            // A reader may hold a part of the log back; trying at each commit would not free it.
            self.checkpoint_at = pages + CHECKPOINT_PAGES;
        }
    }

    fn checkpoint(&mut self, mode: &str) {
        let Some(connection) = &self.connection else { return };
        self.gauges.checkpoints.fetch_add(1, Ordering::Relaxed);
        let result = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            let (in_log, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
            Ok((in_log, copied))
        });
        match result {
            Ok((in_log, copied)) => {
                let left = u64::try_from(in_log - copied).unwrap_or(0);
                self.gauges.wal_pages.store(left, Ordering::Relaxed);
            }
            // Nothing is lost: the log stays, and the next checkpoint tries again.
            Err(error) => tracing::warn!(path = %self.path.display(), %error, "a checkpoint failed"),
        }
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn lost(error: impl std::error::Error) -> Fate {
    match error.source() {
        Some(source) => Fate::Lost(format!("{error}: {source}")),
        None => Fate::Lost(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
