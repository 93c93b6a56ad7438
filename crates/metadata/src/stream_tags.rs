use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use weir_image_api::{
    ImageStream, NamedTagEventList, Namespace, StreamRef, TagEvent, TagEventCondition, TagParts, TagReference,
};

use crate::listing::{self, Section};
use crate::stream_views::{self, Found, Provenances};
use crate::{Depth, Engine, Error, Listed, Page, StreamTagRecord, columns, images, sparse};

const SPEC_TAG: &str = "SELECT body FROM spec_tag WHERE repository = ?1 AND tag = ?2";

const HISTORY: &str = "SELECT e.created, e.reference, (SELECT n.name FROM name n WHERE n.id = e.image), e.generation, \
     e.kind, e.actor, e.client, e.reason FROM tag t \
     JOIN tag_event e ON e.repository = t.repository AND e.tag = t.tag AND e.version >= t.since AND e.until IS NULL \
     WHERE t.repository = ?1 AND t.tag = ?2 ORDER BY e.version DESC, e.position DESC";

const CONDITIONS: &str = "SELECT body FROM tag_condition WHERE repository = ?1 AND tag = ?2";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[SPEC_TAG, HISTORY, CONDITIONS];

/// Streams read at a time while a page of tags is filled.
const STREAMS: i64 = 100;

impl Engine {
    /// One tag of a stream, whether the stream has it or not. None without the stream.
    pub fn stream_tag(
        &self,
        stream: &StreamRef,
        tag: &str,
        depth: Depth,
    ) -> Result<Option<StreamTagRecord>, Error> {
        self.records().snapshot(|connection| {
            let Some(Found { repository, mut stream }) = stream_views::find(connection, stream)? else {
                return Ok(None);
            };
            stream.spec.tags.extend(spec_tag(connection, repository, tag)?);
            stream.status.tags.extend(status(connection, repository, tag, depth)?);
            self.hosts().render(&mut stream);
            let parts = TagParts::of(&stream, tag);
            let image = match parts.current() {
                Some(event) => images::find(connection, &event.image, self.host())?,
                None => None,
            };
            Ok(Some(StreamTagRecord { parts, image }))
        })
    }

    /// Every tag that the streams of a namespace, or of all, want or have: by namespace, stream and
    /// tag. The key of an entry is its namespace and `<stream>:<tag>`.
    pub fn stream_tags(
        &self,
        namespace: Option<&Namespace>,
        page: &Page,
        depth: Depth,
    ) -> Result<Listed<TagParts>, Error> {
        let limit = page.limit.unwrap_or(usize::MAX);
        self.records().snapshot(|connection| {
            let mut parts = self.rest_of_stream(connection, namespace, page, depth)?;
            let mut after = page.after.as_ref().map(|(namespace, name)| (namespace.clone(), stream_of(name)));
            while parts.len() <= limit {
                let streams = Page { limit: None, after: after.take() };
                let found = stream_views::after(connection, namespace, &Section::of(&streams), STREAMS)?;
                let Some(last) = found.last() else { break };
                after = Some((last.stream.metadata.namespace.clone(), last.stream.metadata.name.clone()));
                for stream in found {
                    if parts.len() > limit {
                        break;
                    }
                    let wanted = limit.saturating_add(1) - parts.len();
                    parts.extend(self.tags_of(connection, stream, "", wanted, depth)?);
                }
            }
            let more = parts.len() > limit;
            parts.truncate(limit);
            let next = if more {
                parts.last().map(|last| (last.stream.namespace.clone(), last.name()))
            } else {
                None
            };
            Ok(Listed { items: parts, version: listing::version(connection)?, next, remaining: None })
        })
    }

    /// The tags of the stream in the middle of which the page before has ended.
    fn rest_of_stream(
        &self,
        connection: &Connection,
        namespace: Option<&Namespace>,
        page: &Page,
        depth: Depth,
    ) -> Result<Vec<TagParts>, Error> {
        let limit = page.limit.unwrap_or(usize::MAX);
        let Some((of, name)) = &page.after else { return Ok(Vec::new()) };
        let Some((stream, tag)) = name.split_once(':') else { return Ok(Vec::new()) };
        let Some(stream) = stream_ref(of, stream).filter(|s| namespace.is_none_or(|n| *n == s.namespace))
        else {
            return Ok(Vec::new());
        };
        match stream_views::find(connection, &stream)? {
            // No text stands between one and the same with this at its end.
            Some(found) => {
                self.tags_of(connection, found, &format!("{tag}\0"), limit.saturating_add(1), depth)
            }
            None => Ok(Vec::new()),
        }
    }

    /// At most `limit` tags of a stream, those from a name on.
    fn tags_of(
        &self,
        connection: &Connection,
        found: Found,
        from: &str,
        limit: usize,
        depth: Depth,
    ) -> Result<Vec<TagParts>, Error> {
        let mut stream: ImageStream = found.stream;
        stream.spec.tags = stream_views::spec_tags(connection, found.repository, from, limit)?;
        stream.status.tags = match depth {
            Depth::Newest => stream_views::heads(connection, found.repository, from, limit)?,
            Depth::Whole => {
                stream_views::histories(connection, found.repository, from, limit, Provenances::Shown)?
            }
        };
        self.hosts().render(&mut stream);
        let mut parts = TagParts::all(&stream);
        parts.truncate(limit);
        Ok(parts)
    }
}

fn stream_of(name: &str) -> String {
    name.split_once(':').map_or(name, |(stream, _)| stream).to_owned()
}

fn stream_ref(namespace: &str, name: &str) -> Option<StreamRef> {
    StreamRef::new(namespace.parse().ok()?, name.parse().ok()?).ok()
}

/// What the user wants of a tag.
pub(crate) fn spec_tag(
    connection: &Connection,
    repository: i64,
    tag: &str,
) -> Result<Option<TagReference>, Error> {
    let mut statement = connection.prepare_cached(SPEC_TAG)?;
    Ok(statement.query_row(params![repository, tag], |row| columns::json(row, 0)).optional()?)
}

/// Some tags in spec and status.
pub(crate) fn some(
    connection: &Connection,
    repository: i64,
    tags: &BTreeSet<String>,
    depth: Depth,
) -> Result<(Vec<TagReference>, Vec<NamedTagEventList>), Error> {
    let (mut spec, mut status) = (Vec::new(), Vec::new());
    for tag in tags {
        spec.extend(spec_tag(connection, repository, tag)?);
        status.extend(self::status(connection, repository, tag, depth)?);
    }
    Ok((spec, status))
}

/// What went wrong with a tag.
pub(crate) fn conditions(
    connection: &Connection,
    repository: i64,
    tag: &str,
) -> Result<Vec<TagEventCondition>, Error> {
    let mut statement = connection.prepare_cached(CONDITIONS)?;
    let found = statement.query_row(params![repository, tag], |row| columns::json(row, 0)).optional()?;
    Ok(found.unwrap_or_default())
}

/// The status of a tag, if it has one.
fn status(
    connection: &Connection,
    repository: i64,
    tag: &str,
    depth: Depth,
) -> Result<Option<NamedTagEventList>, Error> {
    let items = match depth {
        Depth::Newest => sparse::newest(connection, repository, tag)?.into_iter().collect(),
        Depth::Whole => history(connection, repository, tag)?,
    };
    let conditions = conditions(connection, repository, tag)?;
    let list = NamedTagEventList { tag: tag.to_owned(), items, conditions };
    Ok(if list.items.is_empty() && list.conditions.is_empty() { None } else { Some(list) })
}

fn history(connection: &Connection, repository: i64, tag: &str) -> rusqlite::Result<Vec<TagEvent>> {
    let mut statement = connection.prepare_cached(HISTORY)?;
    let items = statement.query_map(params![repository, tag], |row| {
        let provenance = Some(columns::provenance(row, 4)?);
        Ok(TagEvent { provenance, ..columns::tag_event(row, 0)? })
    })?;
    items.collect()
}
