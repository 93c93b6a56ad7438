use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Row, params};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{
    ImageLookupPolicy, ImageStream, ImageStreamLayers, ImageStreamSpec, NamedTagEventList, Namespace,
    ResourceVersion, StreamRef, TagEventCondition, TagReference, layers,
};

use crate::hosts::Hosts;
use crate::listing::Section;
use crate::{Engine, Error, Listed, Page, columns};

const BY_NAME: &str = "SELECT r.id, r.namespace, r.name, s.uid, s.version, s.generation, s.created, s.metadata, \
     s.lookup_local, s.docker_image_repository FROM repository r JOIN stream s ON s.repository = r.id \
     WHERE r.namespace = ?1 AND r.name = ?2 AND r.deleted IS NULL";

const BY_REPOSITORY: &str = "SELECT r.id, r.namespace, r.name, s.uid, s.version, s.generation, s.created, s.metadata, \
     s.lookup_local, s.docker_image_repository FROM repository r JOIN stream s ON s.repository = r.id \
     WHERE r.id = ?1";

const AFTER_EVERYWHERE: &str = "SELECT r.id, r.namespace, r.name, s.uid, s.version, s.generation, s.created, \
     s.metadata, s.lookup_local, s.docker_image_repository FROM repository r JOIN stream s ON s.repository = r.id \
     WHERE (r.namespace, r.name) > (?1, ?2) AND r.deleted IS NULL ORDER BY r.namespace, r.name LIMIT ?3";

const AFTER_IN_NAMESPACE: &str = "SELECT r.id, r.namespace, r.name, s.uid, s.version, s.generation, s.created, \
     s.metadata, s.lookup_local, s.docker_image_repository FROM repository r JOIN stream s ON s.repository = r.id \
     WHERE r.namespace = ?1 AND r.name > ?2 AND r.deleted IS NULL ORDER BY r.name LIMIT ?3";

const COUNT_EVERYWHERE: &str = "SELECT count(*) FROM (SELECT 1 FROM repository r JOIN stream s ON s.repository = r.id \
     WHERE (r.namespace, r.name) > (?1, ?2) AND r.deleted IS NULL LIMIT ?3)";

const COUNT_IN_NAMESPACE: &str = "SELECT count(*) FROM (SELECT 1 FROM repository r JOIN stream s \
     ON s.repository = r.id WHERE r.namespace = ?1 AND r.name > ?2 AND r.deleted IS NULL LIMIT ?3)";

const SPEC_TAGS: &str = "SELECT body FROM spec_tag WHERE repository = ?1 AND tag >= ?2 ORDER BY tag LIMIT ?3";

// With what is known of how each event came about.
const HISTORY: &str = "SELECT e.tag, e.created, e.reference, (SELECT n.name FROM name n WHERE n.id = e.image), e.generation, \
     e.kind, e.actor, e.client, e.reason \
     FROM tag t \
     JOIN tag_event e ON e.repository = t.repository AND e.tag = t.tag AND e.version >= t.since AND e.until IS NULL \
     WHERE t.repository = ?1 AND t.tag >= ?2 ORDER BY t.tag, e.version DESC, e.position DESC";

const HEADS: &str = "SELECT t.tag, t.created, t.reference, n.name, t.generation FROM tag t JOIN name n ON n.id = t.image \
                     WHERE t.repository = ?1 AND t.tag >= ?2 ORDER BY t.tag LIMIT ?3";

const HISTORY_IMAGES: &str = "SELECT (SELECT n.name FROM name n WHERE n.id = e.image) FROM tag t \
     JOIN tag_event e ON e.repository = t.repository AND e.tag = t.tag AND e.version >= t.since AND e.until IS NULL \
     WHERE t.repository = ?1";

const CONDITIONS: &str =
    "SELECT tag, body FROM tag_condition WHERE repository = ?1 AND tag >= ?2 ORDER BY tag LIMIT ?3";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[
    BY_NAME,
    BY_REPOSITORY,
    AFTER_EVERYWHERE,
    AFTER_IN_NAMESPACE,
    COUNT_EVERYWHERE,
    COUNT_IN_NAMESPACE,
    SPEC_TAGS,
    HISTORY,
    HEADS,
    HISTORY_IMAGES,
    CONDITIONS,
];

impl Engine {
    /// An image stream, with every tag and its history.
    pub fn image_stream(&self, stream: &StreamRef) -> Result<Option<ImageStream>, Error> {
        self.records().snapshot(|connection| {
            let Some(found) = find(connection, stream)? else { return Ok(None) };
            complete(connection, found, self.hosts()).map(Some)
        })
    }

    /// The image streams of a namespace, or of all, by namespace and name in byte order.
    pub fn image_streams(
        &self,
        namespace: Option<&Namespace>,
        page: &Page,
    ) -> Result<Listed<ImageStream>, Error> {
        let section = Section::of(page);
        self.records().snapshot(|connection| {
            let streams = after(connection, namespace, &section, section.rows())?
                .into_iter()
                .map(|found| complete(connection, found, self.hosts()))
                .collect::<Result<Vec<_>, _>>()?;
            section.list(
                connection,
                streams,
                |last| (last.metadata.namespace.clone(), last.metadata.name.clone()),
                |last, most| {
                    let sql = if namespace.is_some() { COUNT_IN_NAMESPACE } else { COUNT_EVERYWHERE };
                    let mut statement = connection.prepare_cached(sql)?;
                    statement.query_row(params![last.0, last.1, most], |row| row.get(0))
                },
            )
        })
    }

    /// Everything a stream makes pullable (image-api 8).
    pub fn image_stream_layers(&self, stream: &StreamRef) -> Result<Option<ImageStreamLayers>, Error> {
        self.records().snapshot(|connection| {
            let Some(found) = find(connection, stream)? else { return Ok(None) };
            layers(connection, &found, self.host()).map(Some)
        })
    }
}

/// The images in the history of a repository of which `wanted` says so, each once.
pub(crate) fn images(
    connection: &Connection,
    repository: i64,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeSet<String>, Error> {
    let mut statement = connection.prepare_cached(HISTORY_IMAGES)?;
    let mut rows = statement.query([repository])?;
    let mut names = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let name = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        if wanted(name) && !names.contains(name) {
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}

/// Everything a stream makes pullable.
pub(crate) fn layers(connection: &Connection, found: &Found, host: &str) -> Result<ImageStreamLayers, Error> {
    let history = images(connection, found.repository, |_| true)?;
    // The builder wants an answer for each name; a failure is kept for after it.
    let failure = std::cell::RefCell::new(None);
    let image = |name: &str| {
        crate::images::find(connection, name, host).unwrap_or_else(|error| {
            failure.borrow_mut().get_or_insert(error);
            None
        })
    };
    let built = layers::build(image, history.into_iter(), found.stream.metadata.clone());
    failure.into_inner().map_or(Ok(built), Err)
}

/// Fills in the tags, and the names this registry goes by.
pub(crate) fn complete(connection: &Connection, found: Found, hosts: &Hosts) -> Result<ImageStream, Error> {
    let mut stream = found.stream;
    stream.spec.tags = spec_tags(connection, found.repository, "", usize::MAX)?;
    stream.status.tags = histories(connection, found.repository, "", usize::MAX, Provenances::Hidden)?;
    hosts.render(&mut stream);
    Ok(stream)
}

/// Whether events say how they came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provenances {
    Shown,
    Hidden,
}

/// A stream without its tags.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) repository: i64,
    pub(crate) stream: ImageStream,
}

pub(crate) fn find(connection: &Connection, stream: &StreamRef) -> Result<Option<Found>, Error> {
    let mut statement = connection.prepare_cached(BY_NAME)?;
    let found = statement.query_row(params![stream.namespace.as_str(), stream.name.as_str()], read);
    Ok(found.optional()?)
}

/// The stream of a repository, while it has one.
pub(crate) fn find_by_repository(connection: &Connection, repository: i64) -> Result<Option<Found>, Error> {
    let mut statement = connection.prepare_cached(BY_REPOSITORY)?;
    Ok(statement.query_row([repository], read).optional()?)
}

/// The first streams of a section.
pub(crate) fn after(
    connection: &Connection,
    namespace: Option<&Namespace>,
    section: &Section<'_>,
    rows: i64,
) -> Result<Vec<Found>, Error> {
    let (sql, namespace) = match namespace {
        Some(namespace) => (AFTER_IN_NAMESPACE, namespace.as_str()),
        None => (AFTER_EVERYWHERE, section.after_namespace()),
    };
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![namespace, section.after_name(), rows], read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
    let metadata = ObjectMeta {
        namespace: row.get(1)?,
        name: row.get(2)?,
        uid: row.get(3)?,
        resource_version: Some(ResourceVersion(columns::unsigned(row, 4)?)),
        generation: row.get(5)?,
        creation_timestamp: Some(columns::timestamp(row, 6)?),
        ..columns::json(row, 7)?
    };
    let spec = ImageStreamSpec {
        lookup_policy: ImageLookupPolicy { local: row.get(8)? },
        docker_image_repository: row.get::<_, Option<String>>(9)?.unwrap_or_default(),
        ..ImageStreamSpec::default()
    };
    Ok(Found { repository: row.get(0)?, stream: ImageStream { metadata, spec, ..ImageStream::default() } })
}

/// Spec tags from a name on, by name. The first name of all is the empty one.
pub(crate) fn spec_tags(
    connection: &Connection,
    repository: i64,
    from: &str,
    limit: usize,
) -> Result<Vec<TagReference>, Error> {
    let mut statement = connection.prepare_cached(SPEC_TAGS)?;
    let tags =
        statement.query_map(params![repository, from, columns::limit(limit)], |row| columns::json(row, 0))?;
    Ok(tags.collect::<Result<_, _>>()?)
}

/// Tags from a name on with their histories and conditions, by name, newest event first.
pub(crate) fn histories(
    connection: &Connection,
    repository: i64,
    from: &str,
    limit: usize,
    provenances: Provenances,
) -> Result<Vec<NamedTagEventList>, Error> {
    let tags = events(connection, repository, from, limit, provenances)?;
    with_conditions(connection, repository, from, limit, tags)
}

/// The same with the newest event of each tag.
pub(crate) fn heads(
    connection: &Connection,
    repository: i64,
    from: &str,
    limit: usize,
) -> Result<Vec<NamedTagEventList>, Error> {
    let tags = connection
        .prepare_cached(HEADS)?
        .query_map(params![repository, from, columns::limit(limit)], |row| {
            let items = vec![columns::tag_event(row, 1)?];
            Ok(NamedTagEventList { tag: row.get(0)?, items, conditions: Vec::new() })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    with_conditions(connection, repository, from, limit, tags)
}

fn with_conditions(
    connection: &Connection,
    repository: i64,
    from: &str,
    limit: usize,
    mut tags: Vec<NamedTagEventList>,
) -> Result<Vec<NamedTagEventList>, Error> {
    let conditions = connection
        .prepare_cached(CONDITIONS)?
        .query_map(params![repository, from, columns::limit(limit)], |row| {
            Ok((row.get(0)?, columns::json(row, 1)?))
        })?
        .collect::<Result<Vec<(String, Vec<TagEventCondition>)>, _>>()?;
    if conditions.is_empty() {
        return Ok(tags);
    }
    for (tag, conditions) in conditions {
        match tags.binary_search_by(|list| list.tag.as_str().cmp(&tag)) {
            Ok(place) => tags[place].conditions = conditions,
            Err(place) => tags.insert(place, NamedTagEventList { tag, items: Vec::new(), conditions }),
        }
    }
    tags.truncate(limit);
    Ok(tags)
}

fn events(
    connection: &Connection,
    repository: i64,
    from: &str,
    limit: usize,
    provenances: Provenances,
) -> Result<Vec<NamedTagEventList>, Error> {
    let mut statement = connection.prepare_cached(HISTORY)?;
    let mut rows = statement.query(params![repository, from])?;
    let mut tags: Vec<NamedTagEventList> = Vec::new();
    while let Some(row) = rows.next()? {
        let tag = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let known = tags.last().is_some_and(|last| last.tag == tag);
        if !known {
            if tags.len() == limit {
                break;
            }
            tags.push(NamedTagEventList { tag: tag.to_owned(), ..NamedTagEventList::default() });
        }
        let mut event = columns::tag_event(row, 1)?;
        if provenances == Provenances::Shown {
            event.provenance = Some(columns::provenance(row, 5)?);
        }
        tags.last_mut().expect("it has just been pushed").items.push(event);
    }
    Ok(tags)
}
