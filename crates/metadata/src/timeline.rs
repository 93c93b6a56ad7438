//! What happened to a tag, by the time it happened at.

use rusqlite::{Connection, Row, params};
use weir_image_api::{StreamRef, Timestamp};
use weir_oci::{Digest, ManifestType};

use crate::columns;
use crate::{Engine, Error, EventKind, repositories};

// The history stands in the order of its versions, and times need not grow with them: a clock may go
// back, and a status that is written brings its own. So this sorts the events of one tag, before it
// looks at anything else of those that are shown. The type a manifest had is still known where it was
// deleted; one that came from another repository has the type it had there.
const OF_TAG: &str = "SELECT e.version, e.position, e.kind, e.created, n.name, m.size, coalesce(r.media_type, \
     (SELECT o.media_type FROM revision o WHERE o.manifest = e.image LIMIT 1)) \
     FROM (SELECT version, position, kind, created, image FROM tag_event \
     WHERE repository = ?1 AND tag = ?2 AND replaced = 0 AND created > ?3 AND created < ?4 \
     AND (created, version, position) < (?5, ?6, ?7) \
     AND (?8 IS NULL OR image = (SELECT id FROM name WHERE name = ?8)) \
     AND image IN (SELECT manifest FROM revision) \
     ORDER BY created DESC, version DESC, position DESC LIMIT ?9) e \
     JOIN name n ON n.id = e.image JOIN manifest m ON m.id = e.image \
     LEFT JOIN revision r ON r.repository = ?1 AND r.manifest = e.image";

/// Place of an entry among what happened to a tag. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When it happened.
    pub created: Timestamp,
    /// Version of the stream that first showed it.
    pub version: u64,
    /// Its place among the entries that one write gave the tag.
    pub position: u32,
}

/// A part of what happened to a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Only what happened after this time.
    pub since: Option<Timestamp>,
    /// Only what happened before this time.
    pub before: Option<Timestamp>,
    /// Only what happened before this entry.
    pub older_than: Option<Moment>,
    /// Only what happened to this manifest.
    pub digest: Option<Digest>,
}

/// One thing that happened to a tag, and the manifest it happened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When, and where it stands among the rest.
    pub moment: Moment,
    /// Whether the tag was removed from the manifest, or given to it.
    pub deleted: bool,
    /// The manifest.
    pub digest: Digest,
    /// Its media type in this repository.
    pub media_type: ManifestType,
    /// Bytes it has.
    pub size: u64,
}

impl Engine {
    /// What happened to a tag, latest first. It outlives the tag, the manifests and the stream, and
    /// goes back to earlier streams of the name.
    ///
    /// What never was a manifest of this registry is left out: an event may name an image that was
    /// only written down, or none.
    pub fn tag_timeline(
        &self,
        stream: &StreamRef,
        tag: &str,
        span: &Span,
        limit: usize,
    ) -> Result<Vec<TimelineEntry>, Error> {
        self.records().snapshot(|connection| {
            let mut entries = Vec::new();
            for repository in repositories::incarnations(connection, stream)? {
                read(connection, repository, tag, span, limit, &mut entries)?;
                entries.sort_unstable_by_key(|entry: &TimelineEntry| std::cmp::Reverse(entry.moment));
                entries.truncate(limit);
            }
            Ok(entries)
        })
    }
}

fn read(
    connection: &Connection,
    repository: i64,
    tag: &str,
    span: &Span,
    limit: usize,
    entries: &mut Vec<TimelineEntry>,
) -> Result<(), Error> {
    let since = span.since.map_or(i64::MIN, Timestamp::seconds);
    let before = span.before.map_or(i64::MAX, Timestamp::seconds);
    let (created, version, position) = match span.older_than {
        Some(moment) => (moment.created.seconds(), moment.version.cast_signed(), i64::from(moment.position)),
        None => (i64::MAX, i64::MAX, i64::MAX),
    };
    let digest = span.digest.map(|digest| digest.to_string());
    let limit = columns::limit(limit);
    let mut statement = connection.prepare_cached(OF_TAG)?;
    let rows = statement.query_map(
        params![repository, tag, since, before, created, version, position, digest, limit],
        entry,
    )?;
    for entry in rows {
        entries.push(entry?);
    }
    Ok(())
}

fn entry(row: &Row<'_>) -> rusqlite::Result<TimelineEntry> {
    let kind = columns::parsed(row, 2, EventKind::of_word)?;
    Ok(TimelineEntry {
        moment: Moment {
            version: columns::unsigned(row, 0)?,
            position: row.get(1)?,
            created: columns::timestamp(row, 3)?,
        },
        deleted: kind == EventKind::Deleted,
        digest: columns::digest(row, 4)?,
        size: columns::unsigned(row, 5)?,
        media_type: columns::media_type(row, 6)?,
    })
}
