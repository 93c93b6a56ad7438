//! The tags of a repository with the manifests they point to.

use rusqlite::{Connection, Row, params};
use weir_image_api::{StreamRef, Timestamp};
use weir_oci::{Digest, ManifestType};

use crate::{Engine, Error, columns};

const UPWARDS: &str = "SELECT t.tag, t.created, n.name, r.media_type, m.size FROM tag t \
     JOIN revision r ON r.repository = t.repository AND r.manifest = t.image AND r.state <> 'deleted' \
     JOIN manifest m ON m.id = t.image JOIN name n ON n.id = t.image \
     WHERE t.repository = ?1 AND t.tag > ?2 AND t.pullable = 1 ORDER BY t.tag LIMIT ?3";

const DOWNWARDS: &str = "SELECT t.tag, t.created, n.name, r.media_type, m.size FROM tag t \
     JOIN revision r ON r.repository = t.repository AND r.manifest = t.image AND r.state <> 'deleted' \
     JOIN manifest m ON m.id = t.image JOIN name n ON n.id = t.image \
     WHERE t.repository = ?1 AND t.tag < ?2 AND t.pullable = 1 ORDER BY t.tag DESC LIMIT ?3";

// No index has tags by time: it would cost every push. So these sort the tags of one repository, before
// they look at anything else of those that are shown.
const OLDEST: &str = "SELECT t.tag, t.created, n.name, r.media_type, m.size FROM \
     (SELECT tag, created, image FROM tag WHERE repository = ?1 AND pullable = 1 \
     AND (created, tag) > (?2, ?3) ORDER BY created, tag LIMIT ?4) t \
     JOIN revision r ON r.repository = ?1 AND r.manifest = t.image AND r.state <> 'deleted' \
     JOIN manifest m ON m.id = t.image JOIN name n ON n.id = t.image ORDER BY t.created, t.tag";

const LATEST: &str = "SELECT t.tag, t.created, n.name, r.media_type, m.size FROM \
     (SELECT tag, created, image FROM tag WHERE repository = ?1 AND pullable = 1 \
     AND (created, tag) < (?2, ?3) ORDER BY created DESC, tag DESC LIMIT ?4) t \
     JOIN revision r ON r.repository = ?1 AND r.manifest = t.image AND r.state <> 'deleted' \
     JOIN manifest m ON m.id = t.image JOIN name n ON n.id = t.image ORDER BY t.created DESC, t.tag DESC";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[UPWARDS, DOWNWARDS];

/// Greater than the name of any tag.
const LAST_NAME: &str = "\u{10ffff}";

/// A tag that can be pulled, and the manifest it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedTag {
    /// The tag.
    pub tag: String,
    /// Since when it points there.
    pub created: Timestamp,
    /// The manifest.
    pub digest: Digest,
    /// Its media type in this repository.
    pub media_type: ManifestType,
    /// Bytes it has.
    pub size: u64,
}

/// What a list of tags is sorted by, and after what it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagOrder {
    /// By name, after a name.
    Name(Option<String>),
    /// By the time since when they point where they do, and then by name: after a time, or among the
    /// tags of that time after a name.
    Created(Option<(Timestamp, Option<String>)>),
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The smallest.
    Ascending,
    /// The greatest.
    Descending,
}

impl Engine {
    /// The tags that can be pulled. None if the repository does not exist.
    pub fn tag_index(
        &self,
        stream: &StreamRef,
        order: &TagOrder,
        direction: Direction,
        limit: usize,
    ) -> Result<Option<Vec<IndexedTag>>, Error> {
        let Some(repository) = self.repository(stream)? else { return Ok(None) };
        self.records().read(|connection| read(connection, repository, order, direction, limit).map(Some))
    }
}

fn read(
    connection: &Connection,
    repository: i64,
    order: &TagOrder,
    direction: Direction,
    limit: usize,
) -> Result<Vec<IndexedTag>, Error> {
    let limit = columns::limit(limit);
    let upwards = direction == Direction::Ascending;
    let tags: rusqlite::Result<Vec<_>> = match order {
        TagOrder::Name(after) => {
            let (sql, start) = if upwards { (UPWARDS, "") } else { (DOWNWARDS, LAST_NAME) };
            let after = after.as_deref().unwrap_or(start);
            connection.prepare_cached(sql)?.query_map(params![repository, after, limit], tag)?.collect()
        }
        TagOrder::Created(after) => {
            let (sql, start) = if upwards { (OLDEST, i64::MIN) } else { (LATEST, i64::MAX) };
            // A time alone is past: none of its tags is shown again.
            let name = if upwards { LAST_NAME } else { "" };
            let (time, name) = match after {
                Some((time, tag)) => (time.seconds(), tag.as_deref().unwrap_or(name)),
                None => (start, name),
            };
            connection.prepare_cached(sql)?.query_map(params![repository, time, name, limit], tag)?.collect()
        }
    };
    Ok(tags?)
}

fn tag(row: &Row<'_>) -> rusqlite::Result<IndexedTag> {
    Ok(IndexedTag {
        tag: row.get(0)?,
        created: columns::timestamp(row, 1)?,
        digest: columns::digest(row, 2)?,
        media_type: columns::media_type(row, 3)?,
        size: columns::unsigned(row, 4)?,
    })
}
