use rusqlite::params;
use weir_image_api::{StreamRef, TagEvent};
use weir_oci::Tag;

use crate::cache::Stale;
use crate::sqlite::Transaction;
use crate::streams::StreamChange;
use crate::{Engine, Error, EventKind, EventSource, columns};

const PULLABLE: &str = "SELECT tag FROM tag WHERE repository = ?1 AND tag > ?2 AND pullable = 1 \
                        ORDER BY tag LIMIT ?3";

const HEAD: &str = "SELECT t.head, t.position, t.image, t.pullable, t.created, t.reference, n.name, t.generation \
                    FROM tag t JOIN name n ON n.id = t.image WHERE t.repository = ?1 AND t.tag = ?2";

const WITH_HEAD: &str = "SELECT tag FROM tag WHERE image = ?1 AND repository = ?2 ORDER BY tag";

const HIDDEN: &str = "SELECT t.repository, t.tag FROM tag t INDEXED BY tag_image JOIN image i ON i.id = t.image \
                      JOIN revision r ON r.repository = t.repository AND r.manifest = t.image \
                      AND r.state <> 'deleted' \
                      WHERE t.image = ?1 AND t.repository BETWEEN ?2 AND ?3 AND t.pullable = 0";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[PULLABLE, HEAD, WITH_HEAD, HIDDEN];

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

/// Which event of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) version: i64,
    pub(crate) position: i64,
}

/// The newest event of a tag.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) place: Place,
    /// In the form that is stored.
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
            place: Place { version: row.get(0)?, position: row.get(1)? },
            image: row.get(2)?,
            pullable: row.get(3)?,
            event: columns::tag_event(row, 4)?,
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

/// Shows again the tags that name an image which can be pulled again: in one repository, or wherever
/// it can be.
pub(crate) fn come_back(
    transaction: &Transaction<'_>,
    image: i64,
    repository: Option<i64>,
) -> rusqlite::Result<()> {
    let (first, last) = repository.map_or((i64::MIN, i64::MAX), |repository| (repository, repository));
    let hidden = transaction
        .prepare(HIDDEN)?
        .query_map([image, first, last], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
    for (repository, tag) in hidden.iter().filter(|(_, tag)| is_name(tag)) {
        transaction.execute(
            "UPDATE tag SET pullable = 1 WHERE repository = ?1 AND tag = ?2",
            params![repository, tag],
        )?;
    }
    Ok(())
}

/// Whether the protocol can ask for a tag. The API lets any text name one.
fn is_name(tag: &str) -> bool {
    Tag::parse(tag).is_ok()
}

/// What an entry of the history says beside its event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'e> {
    pub(crate) kind: EventKind,
    pub(crate) source: &'e EventSource,
    /// Number of the image that the event names.
    pub(crate) image: i64,
}

/// Puts an event, which is of an image that can be pulled here, on top of a tag's history.
pub(crate) fn prepend(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamChange<'_>,
    tag: &str,
    head: Option<&Head>,
    event: &TagEvent,
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    let place = next_place(transaction, stream, head.map(|head| head.place));
    insert_event(transaction, stream.repository(), tag, place, event, entry)?;
    stream.touch(tag);
    let top = Head { place, event: event.clone(), image: entry.image, pullable: true };
    set_head(transaction, stream.repository(), tag, &top)
}

/// Edits the newest event (image-api 4.1). The entry of the history stays the same one, unless the
/// image is another.
pub(crate) fn amend(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamChange<'_>,
    tag: &str,
    head: &Head,
    event: &TagEvent,
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    let place = next_place(transaction, stream, Some(head.place));
    let repository = stream.repository();
    if is_same_entry(&head.event, event) {
        continue_event(transaction, repository, tag, head.place, place, event)?;
    } else {
        insert_event(transaction, repository, tag, place, event, entry)?;
        close(transaction, repository, tag, head.place, place.version, Closing::Gone)?;
    }
    stream.touch(tag);
    set_head(
        transaction,
        repository,
        tag,
        &Head { place, event: event.clone(), image: entry.image, pullable: true },
    )
}

/// Whether an event is another one in other words. One that names no image is what it refers to.
pub(crate) fn is_same_entry(old: &TagEvent, new: &TagEvent) -> bool {
    let same_reference = old.docker_image_reference == new.docker_image_reference;
    old.created == new.created && old.image == new.image && (same_reference || !new.image.is_empty())
}

/// Where the next event of a tag goes.
pub(crate) fn next_place(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamChange<'_>,
    newest: Option<Place>,
) -> Place {
    let version = stream.version(transaction).cast_signed();
    match newest {
        Some(newest) if newest.version == version => Place { version, position: newest.position + 1 },
        _ => Place { version, position: 0 },
    }
}

/// Makes an event the newest of its tag.
pub(crate) fn set_head(
    transaction: &mut Transaction<'_>,
    repository: i64,
    tag: &str,
    head: &Head,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO tag (repository, tag, since, head, position, created, reference, image, generation, pullable) \
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
         ON CONFLICT (repository, tag) DO UPDATE SET head = excluded.head, position = excluded.position, \
         created = excluded.created, reference = excluded.reference, image = excluded.image, \
         generation = excluded.generation, pullable = excluded.pullable",
        params![
            repository,
            tag,
            head.place.version,
            head.place.position,
            head.event.created.seconds(),
            head.event.docker_image_reference,
            head.image,
            head.event.generation,
            head.pullable && is_name(tag),
        ],
    )?;
    invalidate(transaction, repository, tag);
    Ok(())
}

/// Removes the status of a tag. The removal is the last entry of its history.
pub(crate) fn remove(
    transaction: &mut Transaction<'_>,
    stream: &mut StreamChange<'_>,
    tag: &str,
    head: &Head,
    source: &EventSource,
) -> rusqlite::Result<()> {
    let place = next_place(transaction, stream, Some(head.place));
    let repository = stream.repository();
    let last = TagEvent { created: stream.now(), ..head.event.clone() };
    let entry = Entry { kind: EventKind::Deleted, source, image: head.image };
    insert_event(transaction, repository, tag, place, &last, &entry)?;
    transaction.execute("DELETE FROM tag WHERE repository = ?1 AND tag = ?2", params![repository, tag])?;
    stream.touch(tag);
    invalidate(transaction, repository, tag);
    Ok(())
}

pub(crate) fn insert_event(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &str,
    place: Place,
    event: &TagEvent,
    entry: &Entry<'_>,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO tag_event (repository, tag, version, position, kind, created, reference, image, generation, \
         actor, client, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            repository,
            tag,
            place.version,
            place.position,
            entry.kind.word(),
            event.created.seconds(),
            event.docker_image_reference,
            entry.image,
            event.generation,
            entry.source.identity,
            entry.source.client,
            entry.source.reason,
        ],
    )?;
    Ok(())
}

/// Shows an event in other words from now on, at another place of the list if need be. How it came
/// about stays.
pub(crate) fn continue_event(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &str,
    old: Place,
    new: Place,
    event: &TagEvent,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO tag_event (repository, tag, version, position, kind, created, reference, image, generation, \
         actor, client, reason) \
         SELECT repository, tag, ?5, ?6, kind, ?7, ?8, image, ?9, actor, client, reason FROM tag_event \
         WHERE repository = ?1 AND tag = ?2 AND version = ?3 AND position = ?4",
        params![
            repository,
            tag,
            old.version,
            old.position,
            new.version,
            new.position,
            event.created.seconds(),
            event.docker_image_reference,
            event.generation,
        ],
    )?;
    close(transaction, repository, tag, old, new.version, Closing::Replaced)
}

/// What becomes of an event that is no longer shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// It stays an entry of the history.
    Gone,
    /// Another event tells the same in other words.
    Replaced,
}

/// Stops showing an event from a version on.
pub(crate) fn close(
    transaction: &Transaction<'_>,
    repository: i64,
    tag: &str,
    place: Place,
    until: i64,
    closing: Closing,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE tag_event SET until = ?5, replaced = ?6 \
         WHERE repository = ?1 AND tag = ?2 AND version = ?3 AND position = ?4",
        params![repository, tag, place.version, place.position, until, closing == Closing::Replaced],
    )?;
    Ok(())
}

/// Only what the protocol can ask for is ever cached.
pub(crate) fn invalidate(transaction: &mut Transaction<'_>, repository: i64, tag: &str) {
    if let Ok(tag) = Tag::parse(tag) {
        transaction.invalidate(Stale::Tag(repository, tag));
    }
}
