use rusqlite::params;
use weir_image_api::{StreamRef, TagEvent};
use weir_oci::Tag;

use crate::cache::Stale;
use crate::sqlite::Transaction;
use crate::{Engine, Error, EventKind, EventSource, columns};

const PULLABLE: &str = "SELECT tag FROM tag WHERE repository = ?1 AND tag > ?2 AND pullable = 1 \
                        ORDER BY tag LIMIT ?3";

const HEAD: &str = "SELECT t.head, t.created, t.reference, n.name, t.generation, t.pullable, t.image \
                    FROM tag t JOIN name n ON n.id = t.image WHERE t.repository = ?1 AND t.tag = ?2";

const WITH_HEAD: &str = "SELECT tag FROM tag WHERE image = ?1 AND repository = ?2 ORDER BY tag";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[PULLABLE, HEAD, WITH_HEAD];

impl Engine {
    /// Tags that can be pulled, in byte order, those after `after`. None if the repository does not
    /// exist.
    pub fn tags(
        &self,
        stream: &StreamRef,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Option<Vec<String>>, Error> {
        let Some(repository) = self.repository(stream)? else { return Ok(None) };
        self.records().read(|connection| {
            let mut statement = connection.prepare_cached(PULLABLE)?;
            let tags = statement
                .query_map(params![repository, after.unwrap_or(""), columns::limit(limit)], |row| {
                    row.get(0)
                })?;
            Ok(Some(tags.collect::<Result<_, _>>()?))
        })
    }
}

/// The newest event of a tag.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Version of the event.
    version: i64,
    pub(crate) event: TagEvent,
    /// Number of the image that the event names.
    pub(crate) image: i64,
    pub(crate) pullable: bool,
}

pub(crate) fn head(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &str,
) -> rusqlite::Result<Option<Head>> {
    transaction.row(HEAD, params![repository, tag], |row| {
        Ok(Head {
            version: row.get(0)?,
            event: columns::tag_event(row, 1)?,
            image: row.get(6)?,
            pullable: row.get(5)?,
        })
    })
}

/// Tags whose newest event names an image.
pub(crate) fn with_head(
    transaction: &Transaction<'_>,
    repository: i64,
    image: i64,
) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction.prepare(WITH_HEAD)?;
    statement.query_map(params![image, repository], |row| row.get(0))?.collect()
}

/// What an entry of the history says beside its event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'e> {
    pub(crate) kind: EventKind,
    pub(crate) source: &'e EventSource,
    pub(crate) reason: Option<&'e str>,
    /// Version of the stream that shows it.
    pub(crate) version: u64,
    /// Number of the image that the event names.
    pub(crate) image: i64,
}

/// Puts an event on top of a tag's history. A tag without status begins a new one.
pub(crate) fn prepend(
    transaction: &mut Transaction<'_>,
    repository: i64,
    tag: &str,
    event: &TagEvent,
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    insert_event(transaction, repository, tag, event, entry)?;
    transaction.execute(
        "INSERT INTO tag (repository, tag, since, head, created, reference, image, generation, pullable) \
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, 1) \
         ON CONFLICT (repository, tag) DO UPDATE SET head = excluded.head, created = excluded.created, \
         reference = excluded.reference, image = excluded.image, generation = excluded.generation, pullable = 1",
        params![
            repository,
            tag,
            entry.version.cast_signed(),
            event.created.seconds(),
            event.docker_image_reference,
            entry.image,
            event.generation,
        ],
    )?;
    invalidate(transaction, repository, tag);
    Ok(())
}

/// Edits the newest event in place (image-api 4.1).
pub(crate) fn amend(
    transaction: &mut Transaction<'_>,
    repository: i64,
    tag: &str,
    head: &Head,
    event: &TagEvent,
    image: i64,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE tag_event SET created = ?4, reference = ?5, image = ?6, generation = ?7 \
         WHERE repository = ?1 AND tag = ?2 AND version = ?3",
        params![
            repository,
            tag,
            head.version,
            event.created.seconds(),
            event.docker_image_reference,
            image,
            event.generation
        ],
    )?;
    transaction.execute(
        "UPDATE tag SET created = ?3, reference = ?4, image = ?5, generation = ?6, pullable = 1 \
         WHERE repository = ?1 AND tag = ?2",
        params![
            repository,
            tag,
            event.created.seconds(),
            event.docker_image_reference,
            image,
            event.generation
        ],
    )?;
    invalidate(transaction, repository, tag);
    Ok(())
}

/// Removes the status of a tag. The removal is the last entry of its history.
pub(crate) fn remove(
    transaction: &mut Transaction<'_>,
    repository: i64,
    tag: &str,
    last: &TagEvent,
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    insert_event(transaction, repository, tag, last, entry)?;
    transaction.execute("DELETE FROM tag WHERE repository = ?1 AND tag = ?2", params![repository, tag])?;
    invalidate(transaction, repository, tag);
    Ok(())
}

fn insert_event(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &str,
    event: &TagEvent,
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO tag_event (repository, tag, version, kind, created, reference, image, generation, actor, client, reason) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            repository,
            tag,
            entry.version.cast_signed(),
            entry.kind.word(),
            event.created.seconds(),
            event.docker_image_reference,
            entry.image,
            event.generation,
            entry.source.identity,
            entry.source.client,
            entry.reason,
        ],
    )?;
    Ok(())
}

/// The API lets any text name a tag; only what the protocol can ask for is ever cached.
pub(crate) fn invalidate(transaction: &mut Transaction<'_>, repository: i64, tag: &str) {
    if let Ok(tag) = Tag::parse(tag) {
        transaction.invalidate(Stale::Tag(repository, tag));
    }
}
