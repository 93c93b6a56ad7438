use rusqlite::{Connection, Row, params};
use weir_image_api::{ResourceVersion, StreamRef};

use crate::columns::{self, UnknownWord};
use crate::hosts::Hosts;
use crate::{Engine, Error, EventKind, EventSource, HistoryEntry, HistoryKey, repositories};

const OF_TAG: &str = "SELECT e.version, e.position, e.kind, e.created, e.reference, n.name, e.generation, e.actor, e.client, \
     e.reason, EXISTS (SELECT 1 FROM tag t WHERE t.repository = e.repository AND t.tag = e.tag \
     AND t.head = e.version AND t.position = e.position) \
     FROM tag_event e JOIN name n ON n.id = e.image \
     WHERE e.repository = ?1 AND e.tag = ?2 AND (e.version, e.position) < (?3, ?4) AND e.replaced = 0 \
     ORDER BY e.version DESC, e.position DESC LIMIT ?5";

const EXACTLY: &str = "SELECT e.version, e.position, e.kind, e.created, e.reference, n.name, e.generation, e.actor, e.client, \
     e.reason, EXISTS (SELECT 1 FROM tag t WHERE t.repository = e.repository AND t.tag = e.tag \
     AND t.head = e.version AND t.position = e.position) \
     FROM tag_event e JOIN name n ON n.id = e.image \
     WHERE e.repository = ?1 AND e.tag = ?2 AND e.version = ?3 AND e.position = ?4";

const KEYS: &str =
    "SELECT e.version, e.tag, e.position FROM tag_event e WHERE e.repository = ?1 AND e.replaced = 0";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[OF_TAG, EXACTLY, KEYS];

impl EventKind {
    /// How it is spelled, here and in the provenance of an event.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Push => "push",
            EventKind::Tracked => "tracked",
            EventKind::Tag => "tag",
            EventKind::Import => "import",
            EventKind::Mapping => "mapping",
            EventKind::Rollback => "rollback",
            EventKind::Status => "status",
            EventKind::Deleted => "deleted",
        }
    }

    pub(crate) fn of_word(word: &str) -> Result<EventKind, UnknownWord> {
        const ALL: [EventKind; 8] = [
            EventKind::Push,
            EventKind::Tracked,
            EventKind::Tag,
            EventKind::Import,
            EventKind::Mapping,
            EventKind::Rollback,
            EventKind::Status,
            EventKind::Deleted,
        ];
        ALL.into_iter().find(|kind| kind.word() == word).ok_or(UnknownWord)
    }
}

impl Engine {
    /// Everything that ever happened to a tag, newest first, those entries before a version.
    /// `status.tags` of the stream shows only what came after the last removal.
    pub fn tag_history(
        &self,
        stream: &StreamRef,
        tag: &str,
        before: Option<ResourceVersion>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        let before = before.map(|version| HistoryKey { version: version.0, tag: String::new(), position: 0 });
        self.stream_history(stream, Some(tag), before.as_ref(), limit)
    }

    /// Everything that ever happened to the tags of a stream, or to one of them, newest first: the
    /// entries before one. It outlives the stream, and goes back to earlier streams of the name.
    pub fn stream_history(
        &self,
        stream: &StreamRef,
        tag: Option<&str>,
        before: Option<&HistoryKey>,
        limit: usize,
    ) -> Result<Vec<HistoryEntry>, Error> {
        self.records().snapshot(|connection| {
            let mut entries = Vec::new();
            for repository in repositories::incarnations(connection, stream)? {
                let left = limit - entries.len();
                if left == 0 {
                    break;
                }
                let past = Past { connection, repository, hosts: self.hosts() };
                match tag {
                    Some(tag) => past.of_tag(tag, before, left, &mut entries)?,
                    None => past.of_all(before, left, &mut entries)?,
                }
            }
            Ok(entries)
        })
    }
}

/// The history of one repository.
struct Past<'c> {
    connection: &'c Connection,
    repository: i64,
    hosts: &'c Hosts,
}

impl Past<'_> {
    fn of_tag(
        &self,
        tag: &str,
        before: Option<&HistoryKey>,
        limit: usize,
        entries: &mut Vec<HistoryEntry>,
    ) -> Result<(), Error> {
        // A key of another tag stands between the entries of this one at its version.
        let (version, position) = match before {
            None => (i64::MAX, 0),
            Some(key) => {
                let position = match tag.cmp(&key.tag) {
                    std::cmp::Ordering::Less => i64::MAX,
                    std::cmp::Ordering::Equal => i64::from(key.position),
                    std::cmp::Ordering::Greater => 0,
                };
                (key.version.cast_signed(), position)
            }
        };
        let mut statement = self.connection.prepare_cached(OF_TAG)?;
        let rows = statement
            .query_map(params![self.repository, tag, version, position, columns::limit(limit)], |row| {
                self.read(row, tag)
            })?;
        for entry in rows {
            entries.push(entry?);
        }
        Ok(())
    }

    /// No index has the events of all tags in this order: it would cost every push, and hardly
    /// anybody asks. So it walks over the keys and reads the rows it needs.
    fn of_all(
        &self,
        before: Option<&HistoryKey>,
        limit: usize,
        entries: &mut Vec<HistoryEntry>,
    ) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(KEYS)?;
        let mut rows = statement.query([self.repository])?;
        let mut keys = Vec::new();
        while let Some(row) = rows.next()? {
            let key =
                HistoryKey { version: columns::unsigned(row, 0)?, tag: row.get(1)?, position: row.get(2)? };
            if before.is_none_or(|before| key < *before) {
                keys.push(key);
            }
        }
        keys.sort_unstable_by(|one, other| other.cmp(one));
        keys.truncate(limit);
        let mut statement = self.connection.prepare_cached(EXACTLY)?;
        for HistoryKey { version, tag, position } in keys {
            let place = params![self.repository, tag, version.cast_signed(), position];
            entries.push(statement.query_row(place, |row| self.read(row, &tag))?);
        }
        Ok(())
    }

    fn read(&self, row: &Row<'_>, tag: &str) -> rusqlite::Result<HistoryEntry> {
        let version = columns::unsigned(row, 0)?;
        let mut event = columns::tag_event(row, 3)?;
        self.hosts.render_event(&mut event);
        Ok(HistoryEntry {
            key: HistoryKey { version, tag: tag.to_owned(), position: row.get(1)? },
            version: ResourceVersion(version),
            kind: columns::parsed(row, 2, EventKind::of_word)?,
            event,
            source: EventSource { identity: row.get(7)?, client: row.get(8)?, reason: row.get(9)? },
            current: row.get(10)?,
        })
    }
}
