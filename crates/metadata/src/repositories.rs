use rusqlite::{Connection, OptionalExtension, params};
use weir_image_api::StreamRef;
use weir_oci::RepositoryName;

use crate::sqlite::Transaction;
use crate::{Engine, Error, columns, namespaces};

const BY_NAME: &str = "SELECT id FROM repository WHERE namespace = ?1 AND name = ?2";

// Only those with a visible stream: one that has got blobs and never a manifest is nobody's yet.
const PATHS: &str = "SELECT r.path FROM repository r JOIN stream s ON s.repository = r.id \
                     WHERE r.path > ?1 ORDER BY r.path LIMIT ?2";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_NAME, PATHS];

/// The repository, if it exists.
pub(crate) fn find(transaction: &Transaction<'_>, stream: &StreamRef) -> rusqlite::Result<Option<i64>> {
    transaction.row(BY_NAME, params![stream.namespace.as_str(), stream.name.as_str()], |row| row.get(0))
}

/// The repository, made with its namespace if it does not exist.
pub(crate) fn ensure(
    transaction: &mut Transaction<'_>,
    stream: &StreamRef,
    now_ms: u64,
) -> rusqlite::Result<i64> {
    if let Some(id) = find(transaction, stream)? {
        return Ok(id);
    }
    namespaces::ensure(transaction, &stream.namespace, now_ms)?;
    transaction.execute(
        "INSERT INTO repository (namespace, name, path) VALUES (?1, ?2, ?3)",
        params![stream.namespace.as_str(), stream.name.as_str(), stream.repository().as_str()],
    )?;
    Ok(transaction.connection().last_insert_rowid())
}

impl Engine {
    /// Whether anything was ever pushed into the repository.
    pub fn repository_exists(&self, stream: &StreamRef) -> Result<bool, Error> {
        Ok(self.repository(stream)?.is_some())
    }

    /// Repositories with a stream, in byte order of their spelling, those after `after`.
    pub fn repositories(&self, after: Option<&str>, limit: usize) -> Result<Vec<RepositoryName>, Error> {
        self.records().read(|connection| {
            let mut statement = connection.prepare_cached(PATHS)?;
            let paths = statement.query_map(params![after.unwrap_or(""), columns::limit(limit)], |row| {
                columns::parsed(row, 0, RepositoryName::parse)
            })?;
            Ok(paths.collect::<Result<_, _>>()?)
        })
    }

    /// The id behind a name. Ids are never used again, so one that is cached is right or gone.
    pub(crate) fn repository(&self, stream: &StreamRef) -> Result<Option<i64>, Error> {
        self.caches()
            .repositories
            .get_or_load(stream.clone(), || self.records().read(|connection| read_id(connection, stream)))
    }
}

pub(crate) fn read_id(connection: &Connection, stream: &StreamRef) -> Result<Option<i64>, Error> {
    let mut statement = connection.prepare_cached(BY_NAME)?;
    let id = statement
        .query_row(params![stream.namespace.as_str(), stream.name.as_str()], |row| row.get(0))
        .optional()?;
    Ok(id)
}
