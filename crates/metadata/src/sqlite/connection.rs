use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// Statements kept prepared per connection; more than the crate has.
const PREPARED_STATEMENTS: usize = 128;

/// Longest row. A manifest of 4 MiB is in the store, so the longest rows are Image records and a
/// stream's spec tags.
const ROW_BYTES: i32 = 16 * 1024 * 1024;

/// First `SQLite` without the race between a checkpoint and a write that could corrupt a database.
const OLDEST_SQLITE: (i32, &str) = (3_051_003, "3.51.3");

/// Which commits are flushed to the disk before they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// Every one. What was acknowledged survives a power cut.
    Full,
    /// None but those at a checkpoint. A power cut takes back what came since. Right for what may
    /// be lost, and for showing that a test of durability can fail.
    Normal,
}

impl Synchronous {
    fn level(self) -> i64 {
        match self {
            Synchronous::Full => 2,
            Synchronous::Normal => 1,
        }
    }
}

/// Memory for pages, in KiB. Names and digests scatter over their indexes, and tags over theirs; what
/// the writer does not hold it reads back from the log.
const WRITER_PAGES_KIB: i64 = 16 * 1024;
/// What readers look for often is in the caches above.
const READER_PAGES_KIB: i64 = 1024;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Writer,
    Reader,
}

pub(super) fn refuse_old_sqlite() -> Result<(), Error> {
    if rusqlite::version_number() < OLDEST_SQLITE.0 {
        return Err(Error::OldSqlite { found: rusqlite::version(), required: OLDEST_SQLITE.1 });
    }
    Ok(())
}

pub(super) fn open(path: &Path, role: Role, synchronous: Synchronous) -> Result<Connection, Error> {
    let access = match role {
        Role::Writer => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Role::Reader => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(Error::database("to be opened"))?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    harden(&connection).map_err(Error::database("its protective settings"))?;
    for (setting, wanted) in settings(role, synchronous) {
        set(&connection, path, setting, &wanted)?;
    }
    Ok(connection)
}

fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, ROW_BYTES)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A misspelt column must be an error, not a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // The bundled build looks at the values that are bound to a statement when it plans, and so
    // prepares it anew for other values: a tenth of the writer's time. Ours are looked up by key.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Every setting that matters is set, whatever the library was built with, and read back.
pub(super) fn settings(role: Role, synchronous: Synchronous) -> Vec<(&'static str, Value)> {
    let mut settings = vec![
        ("busy_timeout", Value::Integer(5000)),
        ("synchronous", Value::Integer(synchronous.level())),
        ("foreign_keys", Value::Integer(1)),
        ("fullfsync", Value::Integer(1)),
        ("checkpoint_fullfsync", Value::Integer(1)),
        ("trusted_schema", Value::Integer(0)),
        ("cell_size_check", Value::Integer(1)),
        ("mmap_size", Value::Integer(0)),
        ("journal_size_limit", Value::Integer(67_108_864)),
        // 2 is MEMORY.
        ("temp_store", Value::Integer(2)),
    ];
    // Negative is KiB, positive would be pages.
    match role {
        Role::Writer => settings.extend([
            ("cache_size", Value::Integer(-WRITER_PAGES_KIB)),
            ("journal_mode", Value::Text("wal".to_owned())),
        ]),
        Role::Reader => settings
            .extend([("cache_size", Value::Integer(-READER_PAGES_KIB)), ("query_only", Value::Integer(1))]),
    }
    // Last: the writer checkpoints by itself, and changing the journal mode must not bring it back.
    settings.push(("wal_autocheckpoint", Value::Integer(0)));
    settings
}

fn set(connection: &Connection, path: &Path, setting: &'static str, wanted: &Value) -> Result<(), Error> {
    // Some pragmas answer with a row when they are set and some do not.
    connection.pragma_update(None, setting, wanted).map_err(Error::database(setting))?;
    let found = value(connection, setting)?;
    if found == *wanted {
        Ok(())
    } else {
        let (wanted, found) = (format!("{wanted:?}"), format!("{found:?}"));
        Err(Error::Setting { path: path.to_owned(), setting, wanted, found })
    }
}

pub(super) fn value(connection: &Connection, setting: &'static str) -> Result<Value, Error> {
    match connection.pragma_query_value(None, setting, |row| row.get(0)) {
        Ok(value) => Ok(value),
        // `mmap_size` has no row where the build leaves it out, which is what is wanted of it.
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(Value::Integer(0)),
        Err(source) => Err(Error::Database { what: setting, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(role: Role, synchronous: Synchronous) -> Vec<(&'static str, Value)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.sqlite");
        let writer = open(&path, Role::Writer, synchronous).unwrap();
        let connection = match role {
            Role::Writer => writer,
            Role::Reader => open(&path, role, synchronous).unwrap(),
        };
        settings(role, synchronous)
            .into_iter()
            .map(|(name, _)| (name, value(&connection, name).unwrap()))
            .collect()
    }

    #[test]
    fn a_commit_is_flushed_before_it_counts() {
        // reliability SQ-2 and 104a, written out so that neither list can be wrong alone.
        let writer = read_back(Role::Writer, Synchronous::Full);
        for (setting, wanted) in [
            ("journal_mode", Value::Text("wal".to_owned())),
            ("synchronous", Value::Integer(2)),
            ("foreign_keys", Value::Integer(1)),
            ("fullfsync", Value::Integer(1)),
            ("checkpoint_fullfsync", Value::Integer(1)),
            ("busy_timeout", Value::Integer(5000)),
            ("trusted_schema", Value::Integer(0)),
            ("cell_size_check", Value::Integer(1)),
            ("mmap_size", Value::Integer(0)),
            ("wal_autocheckpoint", Value::Integer(0)),
            ("journal_size_limit", Value::Integer(67_108_864)),
            ("temp_store", Value::Integer(2)),
        ] {
            assert!(writer.contains(&(setting, wanted)), "{setting}: {writer:?}");
        }
        let relaxed = read_back(Role::Writer, Synchronous::Normal);
        assert!(relaxed.contains(&("synchronous", Value::Integer(1))));
    }

    #[test]
    fn a_reader_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.sqlite");
        let writer = open(&path, Role::Writer, Synchronous::Full).unwrap();
        writer.execute_batch("CREATE TABLE t (x INTEGER) STRICT").unwrap();
        let reader = open(&path, Role::Reader, Synchronous::Full).unwrap();
        assert!(reader.execute("INSERT INTO t VALUES (1)", []).is_err());
        assert_eq!(value(&reader, "query_only").unwrap(), Value::Integer(1));
    }

    #[test]
    fn the_library_is_new_enough() {
        assert!(rusqlite::version_number() >= OLDEST_SQLITE.0);
        refuse_old_sqlite().unwrap();
    }
}
