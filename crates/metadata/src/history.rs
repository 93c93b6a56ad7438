use rusqlite::params;
use weir_image_api::{ResourceVersion, StreamRef};

use crate::columns::{self, UnknownWord};
use crate::{Engine, Error, EventKind, EventSource, HistoryEntry};

const WHOLE: &str = "SELECT e.version, e.kind, e.created, e.reference, n.name, e.generation, e.actor, e.client, e.reason \
     FROM tag_event e JOIN name n ON n.id = e.image \
     WHERE e.repository = ?1 AND e.tag = ?2 AND e.version < ?3 ORDER BY e.version DESC LIMIT ?4";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[WHOLE];

impl EventKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            EventKind::Push => "push",
            EventKind::Tracked => "tracked",
            EventKind::Deleted => "deleted",
        }
    }

    fn of_word(word: &str) -> Result<EventKind, UnknownWord> {
        [EventKind::Push, EventKind::Tracked, EventKind::Deleted]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or(UnknownWord)
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
        let Some(repository) = self.repository(stream)? else { return Ok(Vec::new()) };
        let before = before.map_or(i64::MAX, |version| version.0.cast_signed());
        self.records().read(|connection| {
            let mut statement = connection.prepare_cached(WHOLE)?;
            let rows =
                statement.query_map(params![repository, tag, before, columns::limit(limit)], |row| {
                    Ok(HistoryEntry {
                        version: ResourceVersion(columns::unsigned(row, 0)?),
                        kind: columns::parsed(row, 1, EventKind::of_word)?,
                        event: columns::tag_event(row, 2)?,
                        source: EventSource { identity: row.get(6)?, client: row.get(7)? },
                        reason: row.get(8)?,
                    })
                })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
