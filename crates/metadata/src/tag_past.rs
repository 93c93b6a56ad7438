use rusqlite::{Connection, params};
use weir_image_api::TagEvent;

use crate::hosts::Hosts;
use crate::stream_views::Provenances;
use crate::{Error, EventKind, columns};

const EVENTS: &str = "SELECT e.version, e.until, e.created, e.reference, n.name, e.generation, \
     e.kind, e.actor, e.client, e.reason FROM tag_event e JOIN name n ON n.id = e.image \
     WHERE e.repository = ?1 AND e.tag = ?2 ORDER BY e.version, e.position";

const UP_TO: &str = "SELECT e.until, e.kind, e.created, e.reference, n.name, e.generation \
     FROM tag_event e JOIN name n ON n.id = e.image \
     WHERE e.repository = ?1 AND e.tag = ?2 AND e.version <= ?3 ORDER BY e.version DESC, e.position DESC";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[EVENTS, UP_TO];

/// The newest event that a tag showed at a version, in the form that is stored.
pub(crate) fn newest_at(
    connection: &Connection,
    repository: i64,
    tag: &str,
    version: u64,
) -> Result<Option<TagEvent>, Error> {
    let mut statement = connection.prepare_cached(UP_TO)?;
    let mut rows = statement.query(params![repository, tag, version.cast_signed()])?;
    while let Some(row) = rows.next()? {
        if columns::parsed(row, 1, EventKind::of_word)? == EventKind::Deleted {
            return Ok(None);
        }
        let until: Option<i64> = row.get(0)?;
        if until.is_none_or(|until| until.cast_unsigned() > version) {
            return Ok(Some(columns::tag_event(row, 2)?));
        }
    }
    Ok(None)
}

/// Everything that ever happened to one tag, to be shown as of any version.
#[derive(Debug)]
pub(crate) struct TagPast {
    /// Oldest first.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    version: u64,
    until: Option<u64>,
    /// The event. None for a removal.
    event: Option<TagEvent>,
}

impl TagPast {
    pub(crate) fn read(
        connection: &Connection,
        repository: i64,
        tag: &str,
        hosts: &Hosts,
        provenances: Provenances,
    ) -> Result<TagPast, Error> {
        let mut statement = connection.prepare_cached(EVENTS)?;
        let entries = statement.query_map(params![repository, tag], |row| {
            let kind = columns::parsed(row, 6, EventKind::of_word)?;
            let event = if kind == EventKind::Deleted {
                None
            } else {
                let mut event = columns::tag_event(row, 2)?;
                hosts.render_event(&mut event);
                if provenances == Provenances::Shown {
                    event.provenance = Some(columns::provenance(row, 6)?);
                }
                Some(event)
            };
            let until: Option<i64> = row.get(1)?;
            Ok(Entry { version: columns::unsigned(row, 0)?, until: until.map(i64::cast_unsigned), event })
        })?;
        Ok(TagPast { entries: entries.collect::<Result<_, _>>()? })
    }

    /// What the tag showed at a version, newest first.
    pub(crate) fn at(&self, version: u64) -> Vec<TagEvent> {
        let end = self.entries.partition_point(|entry| entry.version <= version);
        self.entries[..end]
            .iter()
            .rev()
            .take_while(|entry| entry.event.is_some())
            .filter(|entry| entry.until.is_none_or(|until| until > version))
            .filter_map(|entry| entry.event.clone())
            .collect()
    }
}
