use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use super::connection::{self, Role, Synchronous};
use super::gauges::{ReadGauges, WriteGauges};
use super::readers::Readers;
use super::schema::Schema;
use super::writer::{After, Sequence, Writer};
use crate::Error;

/// A file that is open for writing and has the newest schema, before anybody uses it.
pub(crate) struct Setup {
    connection: Connection,
    path: PathBuf,
    synchronous: Synchronous,
}

impl Setup {
    pub(crate) fn open(path: &Path, schema: &Schema, synchronous: Synchronous) -> Result<Setup, Error> {
        connection::refuse_old_sqlite()?;
        let mut connection = connection::open(path, Role::Writer, synchronous)?;
        schema.apply(&mut connection, path)?;
        Ok(Setup { connection, path: path.to_owned(), synchronous })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Starts the writer of a file whose writes take versions.
    pub(crate) fn start_numbered(self, after: impl After) -> Result<Database, Error> {
        self.start(Sequence::Kept, after)
    }

    /// Starts the writer of a file whose writes take none.
    pub(crate) fn start_unnumbered(self, after: impl After) -> Result<Database, Error> {
        self.start(Sequence::None, after)
    }

    fn start(self, sequence: Sequence, after: impl After) -> Result<Database, Error> {
        let Setup { connection, path, synchronous } = self;
        let write_gauges = Arc::new(WriteGauges::default());
        let read_gauges = Arc::new(ReadGauges::default());
        let readers = Readers::new(path.clone(), synchronous, Arc::clone(&read_gauges));
        let writer =
            Writer::start(connection, &path, synchronous, sequence, after, Arc::clone(&write_gauges))?;
        Ok(Database { writer, readers, write_gauges, read_gauges })
    }
}

/// One file in use: its writer and its readers.
#[derive(Debug)]
pub(crate) struct Database {
    writer: Writer,
    readers: Readers,
    write_gauges: Arc<WriteGauges>,
    read_gauges: Arc<ReadGauges>,
}

impl Database {
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Runs one statement.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.readers.read(read)
    }

    /// Runs several statements that see the same state.
    pub(crate) fn snapshot<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.readers.snapshot(read)
    }

    /// Blocks until what is queued is written and the file is closed.
    pub(crate) fn close(&self) {
        self.writer.close();
    }

    pub(crate) fn write_gauges(&self) -> &WriteGauges {
        &self.write_gauges
    }

    pub(crate) fn read_gauges(&self) -> &ReadGauges {
        &self.read_gauges
    }
}
