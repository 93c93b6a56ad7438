//! One image among those that a stream makes pullable (image-api 12), found from the image's side.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use serde::Deserialize;
use weir_image_api::StreamRef;
use weir_image_api::stream_image::{self, Match};

use crate::{Engine, Error, StreamImageRecord, columns, image_ids, images, stream_views};

// In this order and by this index, or the planner may walk the whole history of the repository.
const SHOWN: &str = "SELECT 1 FROM tag_event e INDEXED BY tag_event_image \
     CROSS JOIN tag t ON t.repository = e.repository AND t.tag = e.tag AND e.version >= t.since \
     WHERE e.image = ?1 AND e.repository = ?2 AND e.until IS NULL LIMIT 1";

// Whatever ever named a manifest as an entry of an index, and what its record now says.
const INDEXES: &str = "SELECT n.id, n.name, i.record FROM child_reference c JOIN image i ON i.id = c.manifest \
     JOIN name n ON n.id = i.id WHERE c.child = ?1 \
     UNION ALL SELECT n.id, n.name, i.record FROM soft_reference s JOIN image i ON i.id = s.manifest \
     JOIN name n ON n.id = i.id WHERE s.named = ?1 AND s.kind = 'child'";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[SHOWN, INDEXES];

/// Indexes that are looked at for one id. Beyond it is as well to look at the whole stream.
const MOST_INDEXES: usize = 1000;

impl Engine {
    /// The image that an id means among those of a stream: those of its history, and what the indexes
    /// among them consist of. The same as a search in
    /// [`image_stream_layers`](Engine::image_stream_layers), whatever the size of the stream. None
    /// without the stream.
    pub fn stream_image(&self, stream: &StreamRef, id: &str) -> Result<Option<StreamImageRecord>, Error> {
        self.records().snapshot(|connection| {
            let Some(found) = stream_views::find(connection, stream)? else { return Ok(None) };
            let mut search = Search::new(connection, found.repository);
            let known = image_ids::find(connection, id, |number, name| search.has(number, name))?;
            let meant = if let Some(known) = known.filter(|_| !search.gave_up) {
                known
            } else {
                let layers = stream_views::layers(connection, &found, self.host())?;
                stream_image::find(layers.images.keys().map(String::as_str), id)
            };
            let image = match &meant {
                Match::One(name) => images::find(connection, name, self.host())?,
                Match::Missing | Match::Ambiguous(_) => None,
            };
            Ok(Some(StreamImageRecord { stream: found.stream.metadata, meant, image }))
        })
    }
}

/// Whether a tag of a repository shows an image in its history.
pub(crate) fn is_shown(connection: &Connection, repository: i64, image: i64) -> rusqlite::Result<bool> {
    connection.prepare_cached(SHOWN)?.exists(params![image, repository])
}

/// Looks from images to the indexes they are in, until one is in the history of a repository.
struct Search<'c> {
    connection: &'c Connection,
    repository: i64,
    /// Images that are in no index of the history, nor in the history itself.
    strangers: HashSet<i64>,
    indexes_left: usize,
    gave_up: bool,
}

/// What of an Image says what it consists of.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entries {
    #[serde(default)]
    docker_image_manifests: Vec<EntryDigest>,
}

#[derive(Deserialize)]
struct EntryDigest {
    #[serde(default)]
    digest: String,
}

impl<'c> Search<'c> {
    fn new(connection: &'c Connection, repository: i64) -> Search<'c> {
        let strangers = HashSet::new();
        Search { connection, repository, strangers, indexes_left: MOST_INDEXES, gave_up: false }
    }

    /// Whether the history has an image, or an index it is in at any depth. False as well where that
    /// would take too long to tell.
    fn has(&mut self, number: i64, name: &str) -> Result<bool, Error> {
        let mut seen = HashSet::from([number]);
        let mut waiting = vec![(number, name.to_owned())];
        while let Some((number, name)) = waiting.pop() {
            if self.strangers.contains(&number) {
                continue;
            }
            if is_shown(self.connection, self.repository, number)? {
                return Ok(true);
            }
            let mut statement = self.connection.prepare_cached(INDEXES)?;
            let mut rows = statement.query([number])?;
            while let Some(row) = rows.next()? {
                if self.indexes_left == 0 {
                    self.gave_up = true;
                    return Ok(false);
                }
                self.indexes_left -= 1;
                // The Image may have been deleted and made anew with other entries.
                let Entries { docker_image_manifests } = columns::json(row, 2)?;
                let index = row.get(0)?;
                if docker_image_manifests.iter().any(|entry| entry.digest == name) && seen.insert(index) {
                    waiting.push((index, row.get(1)?));
                }
            }
        }
        self.strangers.extend(seen);
        Ok(false)
    }
}
