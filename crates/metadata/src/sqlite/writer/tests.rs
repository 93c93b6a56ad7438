use std::sync::Mutex;
use std::sync::mpsc;

use tokio::task::JoinSet;

use super::*;
use crate::sqlite::schema::RECORDS;
use crate::sqlite::{Database, Setup};

/// What the writer told about its commits.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Option<u64>>>>);

impl Told {
    fn all(&self) -> Vec<Option<u64>> {
        self.0.lock().unwrap().clone()
    }
}

impl After for Told {
    fn committed(&mut self, version: u64, _stale: Vec<Stale>) {
        self.0.lock().unwrap().push(Some(version));
    }

    fn unknown(&mut self) {
        self.0.lock().unwrap().push(None);
    }
}

struct Fixture {
    dir: tempfile::TempDir,
    database: Arc<Database>,
    told: Told,
}

impl Fixture {
    fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let setup = Setup::open(&dir.path().join("x.sqlite"), &RECORDS, Synchronous::Full).unwrap();
        let told = Told::default();
        let database = Arc::new(setup.start_numbered(told.clone()).unwrap());
        Fixture { dir, database, told }
    }

    fn quarantined(&self) -> Vec<String> {
        self.database
            .read(|connection| {
                let mut statement =
                    connection.prepare("SELECT object_key FROM quarantine ORDER BY since_ms, object_key")?;
                let keys = statement.query_map([], |row| row.get(0))?;
                Ok(keys.collect::<Result<_, _>>()?)
            })
            .unwrap()
    }

    async fn put(&self, key: &'static str) -> Result<u64, Error> {
        self.database.writer().write(move |transaction| put(transaction, key)).await
    }

    fn queued(&self) -> u64 {
        self.database.write_gauges().queued.load(Ordering::Relaxed)
    }

    /// Keeps the writer inside a write until told to go on, so that others queue up behind it.
    async fn hold(&self) -> Held {
        let (go, wait) = mpsc::channel::<()>();
        let (entered, inside) = mpsc::channel();
        let database = Arc::clone(&self.database);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let body = move |transaction: &mut Transaction<'_>| {
                entered.send(()).unwrap();
                // Told by dropping the other end, so that a failed test does not hang.
                let _ = wait.recv();
                put(transaction, "held")
            };
            database.writer().write(body).await
        });
        until(|| inside.try_recv().is_ok()).await;
        Held { go, task }
    }
}

struct Held {
    go: mpsc::Sender<()>,
    task: JoinSet<Result<u64, Error>>,
}

impl Held {
    async fn release(mut self) -> Result<u64, Error> {
        drop(self.go);
        self.task.join_next().await.unwrap().unwrap()
    }
}

async fn until(mut reached: impl FnMut() -> bool) {
    while !reached() {
        tokio::task::yield_now().await;
    }
}

fn put(transaction: &mut Transaction<'_>, key: &str) -> Result<u64, Error> {
    let version = transaction.next_version();
    transaction.execute(
        "INSERT INTO quarantine (object_key, digest, since_ms) VALUES (?1, 'd', ?2)",
        rusqlite::params![key, version.cast_signed()],
    )?;
    Ok(version)
}

fn violate(transaction: &mut Transaction<'_>) -> Result<u64, Error> {
    transaction.next_version();
    transaction
        .execute("INSERT INTO link (repository, blob, state, since_ms) VALUES (9, 9, 'live', 0)", [])?;
    Ok(0)
}

#[tokio::test]
async fn what_queues_up_during_a_commit_is_committed_together() {
    let fixture = Fixture::new();
    let held = fixture.hold().await;
    let mut writes = JoinSet::new();
    for _ in 0..GROUP + 6 {
        let database = Arc::clone(&fixture.database);
        writes.spawn(async move {
            database.writer().write(|transaction| Ok::<_, Error>(transaction.next_version())).await
        });
    }
    until(|| fixture.queued() == GROUP as u64 + 6).await;
    held.release().await.unwrap();
    let mut versions = Vec::new();
    while let Some(version) = writes.join_next().await {
        versions.push(version.unwrap().unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (2..=GROUP as u64 + 7).collect::<Vec<_>>());
    // One for the write that held the others up, one full group, one for the rest.
    assert_eq!(fixture.told.all(), [Some(1), Some(GROUP as u64 + 1), Some(GROUP as u64 + 7)]);
    let gauges = fixture.database.write_gauges();
    assert_eq!(gauges.commits.load(Ordering::Relaxed), 3);
    assert_eq!(gauges.writes.load(Ordering::Relaxed), GROUP as u64 + 7);
    let groups: Vec<u64> = gauges.groups.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
    assert_eq!(groups, [1, 0, 0, 1, 0, 0, 1]);
}

#[tokio::test]
async fn a_refused_write_leaves_the_rest_of_its_group_and_gives_its_version_back() {
    // reliability 104a
    let fixture = Fixture::new();
    let held = fixture.hold().await;
    let (first, refused, last, ()) = tokio::join!(
        fixture.put("first"),
        async { fixture.database.writer().write(violate).await },
        fixture.put("last"),
        async {
            until(|| fixture.queued() == 3).await;
            held.release().await.unwrap();
        },
    );
    assert!(matches!(refused, Err(Error::Database { .. })));
    assert_eq!((first.unwrap(), last.unwrap()), (2, 3));
    assert_eq!(fixture.quarantined(), ["held", "first", "last"]);
    assert_eq!(fixture.told.all(), [Some(1), Some(3)]);
}

#[tokio::test]
async fn a_group_of_refused_writes_commits_nothing() {
    let fixture = Fixture::new();
    fixture.database.writer().write(violate).await.unwrap_err();
    assert_eq!(fixture.told.all(), []);
    assert_eq!(fixture.database.write_gauges().commits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_failed_commit_is_an_unknown_outcome_and_the_next_write_goes_on() {
    // reliability SQ-6
    let fixture = Fixture::new();
    fixture.put("before").await.unwrap();
    let failing = |transaction: &mut Transaction<'_>| {
        // A constraint that is checked at COMMIT only is the one way to make that fail at will.
        transaction.connection().pragma_update(None, "defer_foreign_keys", true)?;
        violate(transaction)
    };
    let outcome: Result<u64, Error> = fixture.database.writer().write(failing).await;
    assert!(matches!(outcome, Err(Error::UnknownOutcome(_))), "{outcome:?}");
    assert_eq!(fixture.put("after").await.unwrap(), 2);
    assert_eq!(fixture.quarantined(), ["before", "after"]);
    assert_eq!(fixture.told.all(), [Some(1), None, Some(2)]);
    assert_eq!(fixture.database.write_gauges().failures.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_transaction_that_the_database_ends_by_itself_is_reported_as_lost() {
    let fixture = Fixture::new();
    let ending = |transaction: &mut Transaction<'_>| {
        put(transaction, "lost")?;
        transaction.connection().execute_batch("ROLLBACK")?;
        Ok(())
    };
    let outcome: Result<(), Error> = fixture.database.writer().write(ending).await;
    assert!(matches!(outcome, Err(Error::Unwritable(_))), "{outcome:?}");
    assert_eq!(fixture.put("after").await.unwrap(), 1);
    assert_eq!(fixture.quarantined(), ["after"]);
}

#[tokio::test]
async fn a_panic_in_one_write_is_undone_and_stops_nobody() {
    let fixture = Fixture::new();
    let panicking = |transaction: &mut Transaction<'_>| {
        put(transaction, "lost").unwrap();
        panic!("this panic is part of the test");
    };
    let outcome: Result<(), Error> = fixture.database.writer().write(panicking).await;
    assert!(matches!(outcome, Err(Error::Unwritable(_))), "{outcome:?}");
    assert_eq!(fixture.put("after").await.unwrap(), 1);
    assert_eq!(fixture.quarantined(), ["after"]);
}

#[tokio::test]
async fn a_full_queue_refuses_and_a_freed_one_takes_again() {
    let fixture = Fixture::new();
    let held = fixture.hold().await;
    let mut writes = JoinSet::new();
    for _ in 0..=QUEUE {
        let database = Arc::clone(&fixture.database);
        writes.spawn(async move { database.writer().write(|_| Ok::<_, Error>(())).await });
    }
    let refused = writes.join_next().await.unwrap().unwrap();
    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    held.release().await.unwrap();
    while let Some(done) = writes.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(fixture.queued(), 0);
    fixture.put("after").await.unwrap();
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_copies_the_log_back() {
    let fixture = Fixture::new();
    let held = fixture.hold().await;
    let mut waiting = Box::pin(fixture.put("queued"));
    // Polled once, so that it is in the queue.
    assert!(futures_poll(waiting.as_mut()).await.is_none());
    let closing = {
        let database = Arc::clone(&fixture.database);
        std::thread::spawn(move || database.close())
    };
    held.release().await.unwrap();
    waiting.await.unwrap();
    closing.join().unwrap();
    let wal = fixture.dir.path().join("x.sqlite-wal");
    // The readers of this test may keep the file; what is in it counts.
    assert_eq!(std::fs::metadata(wal).map_or(0, |wal| wal.len()), 0);
    assert_eq!(fixture.quarantined(), ["held", "queued"]);
    assert!(matches!(fixture.put("late").await, Err(Error::Closed)));
}

/// The output of a future if it is ready at once.
async fn futures_poll<F: Future + Unpin>(future: F) -> Option<F::Output> {
    let mut future = Some(future);
    std::future::poll_fn(move |context| {
        let mut future = future.take().expect("polled once");
        match std::pin::Pin::new(&mut future).poll(context) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        }
    })
    .await
}

#[tokio::test]
async fn a_long_log_is_copied_back_between_commits() {
    let fixture = Fixture::new();
    let gauges = fixture.database.write_gauges();
    let filling = |transaction: &mut Transaction<'_>| {
        // 8 MiB of text: some 2050 pages of the log, so that the eighth crosses the line.
        let key = transaction.next_version().to_string();
        transaction.execute(
            "INSERT INTO quarantine (object_key, digest, since_ms) VALUES (?1, ?2, 0)",
            rusqlite::params![key, "x".repeat(8 << 20)],
        )?;
        Ok::<_, Error>(())
    };
    for _ in 0..6 {
        fixture.database.writer().write(filling).await.unwrap();
    }
    let before = gauges.checkpoints.load(Ordering::Relaxed);
    for _ in 0..2 {
        fixture.database.writer().write(filling).await.unwrap();
    }
    // The checkpoint follows the answer to the commit that made it due; one more write comes after it.
    fixture.put("after").await.unwrap();
    assert!(gauges.checkpoints.load(Ordering::Relaxed) > before);
}
