use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use rusqlite::Connection;

use super::connection::{self, Role, Synchronous};
use super::gauges::ReadGauges;
use crate::Error;

/// Most read connections of a file. Reads run on the threads that ask, so this is the number of
/// threads that read at one moment; each connection holds a page cache of up to 1 MiB.
const MAX_READERS: usize = 32;

/// Read-only connections, opened as they are needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    synchronous: Synchronous,
    pool: Mutex<Pool>,
    returned: Condvar,
    gauges: Arc<ReadGauges>,
}

#[derive(Debug)]
struct Pool {
    idle: Vec<Connection>,
    open: usize,
}

impl Readers {
    pub(super) fn new(path: PathBuf, synchronous: Synchronous, gauges: Arc<ReadGauges>) -> Readers {
        let pool = Mutex::new(Pool { idle: Vec::new(), open: 0 });
        Readers { path, synchronous, pool, returned: Condvar::new(), gauges }
    }

    /// Runs one statement, which is a snapshot by itself.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let started = Instant::now();
        let lease = self.lease()?;
        let result = read(lease.connection());
        self.gauges.read(started.elapsed());
        result
    }

    /// Runs several statements on one snapshot.
    pub(super) fn snapshot<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.read(|connection| {
            run(connection, "BEGIN")?;
            let result = read(connection);
            run(connection, "COMMIT")?;
            result
        })
    }

    fn lease(&self) -> Result<Lease<'_>, Error> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(connection) = pool.idle.pop() {
                return Ok(Lease { readers: self, connection: Some(connection) });
            }
            if pool.open < MAX_READERS {
                pool.open += 1;
                break;
            }
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        drop(pool);
        // From here the lease gives the place back, whatever happens.
        let mut lease = Lease { readers: self, connection: None };
        lease.connection = Some(connection::open(&self.path, Role::Reader, self.synchronous)?);
        self.gauges.connections.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(lease)
    }
}

fn run(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

struct Lease<'r> {
    readers: &'r Readers,
    connection: Option<Connection>,
}

impl Lease<'_> {
    fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("a lease is handed out with its connection")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // One that a failure left inside a transaction would show an old snapshot for ever.
        let reusable = self.connection.take().filter(Connection::is_autocommit);
        let mut pool = self.readers.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match reusable {
            Some(connection) => pool.idle.push(connection),
            None => pool.open -= 1,
        }
        drop(pool);
        self.readers.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers() -> (tempfile::TempDir, Connection, Arc<Readers>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.sqlite");
        let writer = connection::open(&path, Role::Writer, Synchronous::Full).unwrap();
        writer.execute_batch("CREATE TABLE t (x INTEGER) STRICT; INSERT INTO t VALUES (1)").unwrap();
        let readers = Readers::new(path, Synchronous::Full, Arc::default());
        (dir, writer, Arc::new(readers))
    }

    fn count(connection: &Connection) -> Result<i64, Error> {
        Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
    }

    #[test]
    fn a_snapshot_does_not_see_what_is_written_meanwhile() {
        let (_dir, writer, readers) = readers();
        readers
            .snapshot(|connection| {
                assert_eq!(count(connection)?, 1);
                writer.execute("INSERT INTO t VALUES (2)", [])?;
                assert_eq!(count(connection)?, 1);
                Ok(())
            })
            .unwrap();
        assert_eq!(readers.read(count).unwrap(), 2);
    }

    #[test]
    fn a_failed_read_leaves_no_snapshot_behind() {
        let (_dir, writer, readers) = readers();
        let failed: Result<(), Error> = readers.snapshot(|connection| {
            count(connection)?;
            Err(Error::Closed)
        });
        assert!(matches!(failed, Err(Error::Closed)));
        writer.execute("INSERT INTO t VALUES (2)", []).unwrap();
        assert_eq!(readers.read(count).unwrap(), 2);
    }

    #[test]
    fn readers_beyond_the_limit_wait_for_a_connection() {
        let (_dir, _writer, readers) = readers();
        let leases: Vec<_> = (0..MAX_READERS).map(|_| readers.lease().unwrap()).collect();
        let waiting = {
            let readers = Arc::clone(&readers);
            std::thread::spawn(move || readers.read(count).unwrap())
        };
        drop(leases);
        assert_eq!(waiting.join().unwrap(), 1);
        let opened = readers.gauges.connections.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(opened, MAX_READERS as u64);
    }
}
