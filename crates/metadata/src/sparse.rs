//! Streams with only some of their tags.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use weir_image_api::{ImageStream, NamedTagEventList, StreamRef, TagEvent, tag_event};

use crate::hosts::Hosts;
use crate::stream_views::Found;
use crate::{Error, columns, stream_tags, streams};

const HEAD: &str = "SELECT t.created, t.reference, n.name, t.generation FROM tag t JOIN name n ON n.id = t.image \
                    WHERE t.repository = ?1 AND t.tag = ?2";

// In this order and by this index, or the planner may walk the whole history of the repository.
const OF_IMAGE: &str = "SELECT e.created, e.reference, n.name, e.generation FROM name n \
     CROSS JOIN tag_event e INDEXED BY tag_event_image ON e.image = n.id AND e.repository = ?1 AND e.until IS NULL \
     CROSS JOIN tag t ON t.repository = e.repository AND t.tag = e.tag AND e.version >= t.since WHERE n.name = ?2";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[HEAD, OF_IMAGE];

/// These tags and those that follow them.
pub(crate) fn names(
    connection: &Connection,
    repository: i64,
    stream: &StreamRef,
    tags: &[String],
) -> Result<BTreeSet<String>, Error> {
    let mut names: BTreeSet<String> = tags.iter().cloned().collect();
    for tag in tags {
        let followers = streams::spec_tags_tracking(connection, repository, tag)?;
        names.extend(tag_event::tracking(stream, &followers, tag));
    }
    Ok(names)
}

/// Names of the tags in spec and status.
pub(crate) fn names_of(stream: &ImageStream) -> impl Iterator<Item = &String> {
    let spec = stream.spec.tags.iter().map(|tag| &tag.name);
    spec.chain(stream.status.tags.iter().map(|list| &list.tag))
}

/// The stream with these tags and of their histories the newest item.
pub(crate) fn read(
    connection: &Connection,
    found: Found,
    names: &BTreeSet<String>,
    hosts: &Hosts,
) -> Result<ImageStream, Error> {
    let Found { repository, mut stream } = found;
    for tag in names {
        stream.spec.tags.extend(stream_tags::spec_tag(connection, repository, tag)?);
        let items: Vec<_> = newest(connection, repository, tag)?.into_iter().collect();
        let conditions = stream_tags::conditions(connection, repository, tag)?;
        if !items.is_empty() || !conditions.is_empty() {
            stream.status.tags.push(NamedTagEventList { tag: tag.clone(), items, conditions });
        }
    }
    hosts.render(&mut stream);
    Ok(stream)
}

/// The newest event of a tag.
pub(crate) fn newest(
    connection: &Connection,
    repository: i64,
    tag: &str,
) -> rusqlite::Result<Option<TagEvent>> {
    let mut statement = connection.prepare_cached(HEAD)?;
    statement.query_row(params![repository, tag], |row| columns::tag_event(row, 0)).optional()
}

/// The events that name an image, of all tags.
pub(crate) fn of_image(
    connection: &Connection,
    repository: i64,
    image: &str,
) -> rusqlite::Result<Vec<TagEvent>> {
    let mut statement = connection.prepare_cached(OF_IMAGE)?;
    statement.query_map(params![repository, image], |row| columns::tag_event(row, 0))?.collect()
}
