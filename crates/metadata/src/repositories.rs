use rusqlite::{Connection, OptionalExtension, params};
use weir_image_api::{Namespace, StreamName, StreamRef};
use weir_oci::RepositoryName;

use crate::cache::Stale;
use crate::sqlite::Transaction;
use crate::{Engine, Error, columns, namespaces};

const BY_NAME: &str = "SELECT id FROM repository WHERE namespace = ?1 AND name = ?2 AND deleted IS NULL";

// The earlier ones of a name, newest first.
const FORMER: &str = "SELECT id FROM repository WHERE namespace = ?1 AND name = ?2 AND deleted IS NOT NULL \
                      ORDER BY deleted DESC";

const DELETED_SINCE: &str = "SELECT 1 FROM repository WHERE namespace = ?1 AND name = ?2 AND deleted IS NOT NULL \
                             AND deleted > ?3 LIMIT 1";

const NAMES_AFTER: &str = "SELECT name, id FROM repository WHERE namespace = ?1 AND deleted IS NULL AND name > ?2 \
                           ORDER BY name LIMIT ?3";

// Only those with a visible stream: one that has got blobs and never a manifest is nobody's yet.
const PATHS: &str = "SELECT r.path FROM repository r JOIN stream s ON s.repository = r.id \
                     WHERE r.path > ?1 AND r.deleted IS NULL ORDER BY r.path LIMIT ?2";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_NAME, FORMER, DELETED_SINCE, NAMES_AFTER, PATHS];

/// The repository, if it exists.
pub(crate) fn find(transaction: &Transaction<'_>, stream: &StreamRef) -> rusqlite::Result<Option<i64>> {
    transaction.row(BY_NAME, params![stream.namespace.as_str(), stream.name.as_str()], |row| row.get(0))
}

/// The repository for something new in it, made with its namespace if it does not exist. What is on
/// its way out with its namespace takes nothing new.
pub(crate) fn ensure(
    transaction: &mut Transaction<'_>,
    stream: &StreamRef,
    now_ms: u64,
) -> Result<i64, Error> {
    namespaces::ensure(transaction, &stream.namespace, now_ms)?;
    find_or_make(transaction, stream, now_ms)
}

/// The repository for a change of what is in it, made with its namespace if it does not exist.
pub(crate) fn find_or_make(
    transaction: &mut Transaction<'_>,
    stream: &StreamRef,
    now_ms: u64,
) -> Result<i64, Error> {
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

/// Refuses what was begun before the repository of that name was deleted.
pub(crate) fn check_not_deleted_since(
    transaction: &Transaction<'_>,
    stream: &StreamRef,
    version: u64,
) -> Result<(), Error> {
    let name = params![stream.namespace.as_str(), stream.name.as_str(), version.cast_signed()];
    match transaction.row(DELETED_SINCE, name, |_| Ok(()))? {
        Some(()) => Err(Error::RepositoryDeleted),
        None => Ok(()),
    }
}

/// Makes a repository one that was. What it holds stays as it is for the collector and for whoever
/// wants it back, and can no longer be read: whoever reads starts from a live repository.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    repository: i64,
    stream: &StreamRef,
    version: u64,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE repository SET deleted = ?2 WHERE id = ?1",
        params![repository, version.cast_signed()],
    )?;
    transaction.invalidate(Stale::Repository(stream.clone()));
    Ok(())
}

/// Live repositories of a namespace after one, with their ids: those without a stream as well.
pub(crate) fn of_namespace(
    connection: &Connection,
    namespace: &Namespace,
    after: &str,
    limit: usize,
) -> rusqlite::Result<Vec<(StreamName, i64)>> {
    connection
        .prepare_cached(NAMES_AFTER)?
        .query_map(params![namespace.as_str(), after, columns::limit(limit)], |row| {
            Ok((columns::parsed(row, 0, StreamName::parse)?, row.get(1)?))
        })?
        .collect()
}

/// The repositories that a name ever meant, the present one first and then from new to old.
pub(crate) fn incarnations(connection: &Connection, stream: &StreamRef) -> Result<Vec<i64>, Error> {
    let mut ids: Vec<i64> = read_id(connection, stream)?.into_iter().collect();
    let mut statement = connection.prepare_cached(FORMER)?;
    let former = statement
        .query_map(params![stream.namespace.as_str(), stream.name.as_str()], |row| row.get::<_, i64>(0))?;
    for id in former {
        ids.push(id?);
    }
    Ok(ids)
}

impl Engine {
    /// Whether anything was ever pushed into the repository.
    pub fn repository_exists(&self, stream: &StreamRef) -> Result<bool, Error> {
        Ok(self.repository(stream)?.is_some())
    }

    /// Whether a repository of the name was deleted after a version.
    pub fn repository_deleted_since(&self, stream: &StreamRef, version: u64) -> Result<bool, Error> {
        self.records().read(|connection| {
            let name = params![stream.namespace.as_str(), stream.name.as_str(), version.cast_signed()];
            Ok(connection.prepare_cached(DELETED_SINCE)?.exists(name)?)
        })
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
