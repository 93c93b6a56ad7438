use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Image, ResourceVersion, Timestamp};

use crate::changes::About;
use crate::hosts::Hosts;
use crate::listing::Section;
use crate::names::Name;
use crate::sqlite::Transaction;
use crate::{Action, Change, Engine, Error, Listed, Page, Resource, changes, columns, streams, tags};

const BY_NAME: &str = "SELECT n.name, i.uid, i.version, i.created, i.record FROM name n JOIN image i ON i.id = n.id \
                       WHERE n.name = ?1";

// CROSS JOIN keeps this order: a walk along the names, nearly all of which are those of Images.
const AFTER: &str = "SELECT n.name, i.uid, i.version, i.created, i.record \
                     FROM name n CROSS JOIN image i ON i.id = n.id \
                     WHERE n.name > ?1 ORDER BY n.name LIMIT ?2";

const COUNT_AFTER: &str = "SELECT count(*) FROM (SELECT 1 FROM name n CROSS JOIN image i ON i.id = n.id \
                           WHERE n.name > ?1 LIMIT ?2)";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_NAME, AFTER, COUNT_AFTER];

/// Keeps the Image record of a manifest. One that exists stays as it is (image-api 13).
pub(crate) fn ensure(
    transaction: &mut Transaction<'_>,
    name: Name,
    text: &str,
    record: &str,
    now_ms: u64,
) -> rusqlite::Result<()> {
    if !name.fresh && transaction.row("SELECT 1 FROM image WHERE id = ?1", [name.id], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    let fresh = Fresh { uid: Uuid::new_v4().to_string(), created: columns::seconds(now_ms) };
    insert(transaction, name, text, fresh, record, now_ms)?;
    Ok(())
}

/// What a new Image does not share with its record.
#[derive(Debug)]
pub(crate) struct Fresh {
    pub(crate) uid: String,
    pub(crate) created: Timestamp,
}

/// Makes the Image record of a name that has none.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    name: Name,
    text: &str,
    fresh: Fresh,
    record: &str,
    now_ms: u64,
) -> rusqlite::Result<u64> {
    let Fresh { uid, created } = fresh;
    let version = transaction.next_version();
    transaction.execute(
        "INSERT INTO image (id, uid, version, created, record) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![name.id, uid, version.cast_signed(), created.seconds(), record],
    )?;
    // An Image that was deleted while tags pointed to it: they can be pulled again (reliability I2).
    if !name.fresh {
        tags::come_back(transaction, name.id, None)?;
    }
    let change = Change {
        version,
        resource: Resource::Image,
        namespace: None,
        name: text.to_owned(),
        uid,
        action: Action::Added,
    };
    changes::record(transaction, &change, &About::default(), now_ms)?;
    Ok(version)
}

impl Engine {
    /// An Image.
    pub fn image(&self, name: &str) -> Result<Option<Image>, Error> {
        self.records().read(|connection| find(connection, name, self.host()))
    }

    /// The Images, in byte order of their names.
    pub fn images(&self, page: &Page) -> Result<Listed<Image>, Error> {
        let section = Section::of(page);
        self.records().snapshot(|connection| {
            let rows = connection
                .prepare_cached(AFTER)?
                .query_map(params![section.after_name(), section.rows()], |row| read(row, self.host()))?
                .collect::<Result<Vec<_>, _>>()?;
            section.list(
                connection,
                rows,
                |image| (String::new(), image.metadata.name.clone()),
                |last, most| {
                    let mut statement = connection.prepare_cached(COUNT_AFTER)?;
                    statement.query_row(params![last.1, most], |row| row.get(0))
                },
            )
        })
    }
}

pub(crate) fn find(connection: &Connection, name: &str, host: &str) -> Result<Option<Image>, Error> {
    let mut statement = connection.prepare_cached(BY_NAME)?;
    Ok(statement.query_row([name], |row| read(row, host)).optional()?)
}

fn read(row: &Row<'_>, host: &str) -> rusqlite::Result<Image> {
    let mut image: Image = columns::json(row, 4)?;
    image.metadata.name = row.get(0)?;
    image.metadata.uid = row.get(1)?;
    image.metadata.resource_version = Some(ResourceVersion(columns::unsigned(row, 2)?));
    image.metadata.creation_timestamp = Some(columns::timestamp(row, 3)?);
    image.render(host);
    Ok(image)
}

/// The record of an Image as text: without what has columns of its own, and in the stored form.
pub(crate) fn stored(image: &Image, hosts: &Hosts) -> String {
    let mut image = image.clone();
    let generation = image.metadata.generation;
    image.metadata = ObjectMeta { generation, ..streams::stored_metadata(&image.metadata) };
    image.docker_image_reference = hosts.store(&image.docker_image_reference);
    columns::to_json(&image)
}
