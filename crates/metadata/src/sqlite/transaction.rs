use rusqlite::{CachedStatement, Connection, Params, Row};

use crate::cache::Stale;

/// What one write works on: a savepoint of its own in the transaction of its group.
///
/// If the write fails, everything it did is undone, the versions it took included: nobody has seen
/// them.
#[derive(Debug)]
pub(crate) struct Transaction<'c> {
    connection: &'c Connection,
    version: u64,
    stale: Vec<Stale>,
}

impl<'c> Transaction<'c> {
    pub(super) fn new(connection: &'c Connection, version: u64) -> Transaction<'c> {
        Transaction { connection, version, stale: Vec::new() }
    }

    /// A version nobody has had.
    pub(crate) fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    /// What readers may hold that will be wrong after the commit.
    pub(crate) fn invalidate(&mut self, stale: Stale) {
        self.stale.push(stale);
    }

    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }

    pub(crate) fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'c>> {
        self.connection.prepare_cached(sql)
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.prepare(sql)?.execute(params)
    }

    /// The one row a statement has, or none.
    pub(crate) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { version: self.version, stale: self.stale.len() }
    }

    pub(super) fn forget_since(&mut self, mark: Mark) {
        self.version = mark.version;
        self.stale.truncate(mark.stale);
    }

    pub(super) fn into_stale(self) -> Vec<Stale> {
        self.stale
    }
}

/// How far a transaction was before a write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    version: u64,
    stale: usize,
}
