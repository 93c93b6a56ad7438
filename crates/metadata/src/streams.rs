use rusqlite::params;
use uuid::Uuid;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{StreamRef, TagReference, Timestamp};

use crate::sqlite::Transaction;
use crate::{Action, Change, Resource, changes, columns};

const HEAD: &str = "SELECT uid, version, generation FROM stream WHERE repository = ?1";

const FOLLOWERS: &str = "SELECT body FROM spec_tag WHERE repository = ?1 AND tracks = ?2 ORDER BY tag";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[HEAD, FOLLOWERS];

/// A stream while one write works on it. It takes one version however much changes.
#[derive(Debug)]
pub(crate) struct StreamWrite<'s> {
    stream: &'s StreamRef,
    repository: i64,
    uid: String,
    version: u64,
    generation: Generation,
    /// Nothing as long as nothing has changed.
    action: Option<Action>,
    now_ms: u64,
}

#[derive(Clone, Copy, Debug)]
enum Generation {
    Kept(i64),
    Raised(i64),
}

impl<'s> StreamWrite<'s> {
    /// The stream of a repository, if it has one.
    pub(crate) fn begin(
        transaction: &Transaction<'_>,
        repository: i64,
        stream: &'s StreamRef,
        now_ms: u64,
    ) -> rusqlite::Result<Option<StreamWrite<'s>>> {
        transaction.row(HEAD, [repository], |row| {
            Ok(StreamWrite {
                stream,
                repository,
                uid: row.get(0)?,
                version: columns::unsigned(row, 1)?,
                generation: Generation::Kept(row.get(2)?),
                action: None,
                now_ms,
            })
        })
    }

    /// The stream of a repository, made if it has none.
    pub(crate) fn begin_or_make(
        transaction: &mut Transaction<'_>,
        repository: i64,
        stream: &'s StreamRef,
        now_ms: u64,
    ) -> rusqlite::Result<StreamWrite<'s>> {
        if let Some(existing) = StreamWrite::begin(transaction, repository, stream, now_ms)? {
            return Ok(existing);
        }
        let fresh = StreamWrite {
            stream,
            repository,
            uid: Uuid::new_v4().to_string(),
            version: transaction.next_version(),
            generation: Generation::Kept(1),
            action: Some(Action::Added),
            now_ms,
        };
        transaction.execute(
            "INSERT INTO stream (repository, uid, version, generation, created, metadata, lookup_local) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
            params![
                repository,
                fresh.uid,
                fresh.version.cast_signed(),
                fresh.generation(),
                fresh.now().seconds(),
                columns::to_json(&ObjectMeta::default()),
            ],
        )?;
        Ok(fresh)
    }

    pub(crate) fn repository(&self) -> i64 {
        self.repository
    }

    pub(crate) fn generation(&self) -> i64 {
        let (Generation::Kept(generation) | Generation::Raised(generation)) = self.generation;
        generation
    }

    pub(crate) fn now(&self) -> Timestamp {
        columns::seconds(self.now_ms)
    }

    /// The version the stream will have after this write. To ask for it is to say that it changes.
    pub(crate) fn version(&mut self, transaction: &mut Transaction<'_>) -> u64 {
        if self.action.is_none() {
            self.action = Some(Action::Modified);
            self.version = transaction.next_version();
        }
        self.version
    }

    /// The spec changes. One write raises the generation once.
    pub(crate) fn raise_generation(&mut self, transaction: &mut Transaction<'_>) {
        self.version(transaction);
        if let Generation::Kept(generation) = self.generation {
            self.generation = Generation::Raised(generation + 1);
        }
    }

    /// Writes what changed, and the version of the stream from now on.
    pub(crate) fn finish(self, transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
        let Some(action) = self.action else { return Ok(self.version) };
        transaction.execute(
            "UPDATE stream SET version = ?2, generation = ?3 WHERE repository = ?1",
            params![self.repository, self.version.cast_signed(), self.generation()],
        )?;
        let change = Change {
            version: self.version,
            resource: Resource::ImageStream,
            namespace: Some(self.stream.namespace.as_str().to_owned()),
            name: self.stream.name.as_str().to_owned(),
            uid: self.uid,
            action,
        };
        changes::record(transaction, &change, self.now_ms)?;
        Ok(self.version)
    }
}

/// The spec tags that may follow `tag`. The rule itself is
/// [`tracking`](weir_image_api::tag_event::tracking); the column only narrows the search.
pub(crate) fn spec_tags_tracking(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &str,
) -> rusqlite::Result<Vec<TagReference>> {
    let mut statement = transaction.prepare(FOLLOWERS)?;
    statement.query_map(params![repository, tag], |row| columns::json(row, 0))?.collect()
}

/// Removes a tag from the spec. False if it was not there.
pub(crate) fn remove_spec_tag(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &str,
) -> rusqlite::Result<bool> {
    let removed = transaction
        .execute("DELETE FROM spec_tag WHERE repository = ?1 AND tag = ?2", params![repository, tag])?;
    Ok(removed == 1)
}
