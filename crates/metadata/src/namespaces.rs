use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Namespace, ResourceVersion};

use crate::changes::About;
use crate::listing::Section;
use crate::sqlite::Transaction;
use crate::{
    Action, Change, Engine, Error, Listed, NamespaceRecord, Page, Resource, changes, columns, streams,
};

const BY_NAME: &str =
    "SELECT name, uid, version, created, metadata, finalizers FROM namespace WHERE name = ?1";

const AFTER: &str = "SELECT name, uid, version, created, metadata, finalizers FROM namespace \
                     WHERE name > ?1 ORDER BY name LIMIT ?2";

const COUNT_AFTER: &str = "SELECT count(*) FROM (SELECT 1 FROM namespace WHERE name > ?1 LIMIT ?2)";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_NAME, AFTER, COUNT_AFTER];

/// Who holds every namespace, as everywhere.
pub(crate) const KUBERNETES: &str = "kubernetes";

/// Makes a namespace that does not exist. One that is on its way out takes nothing new.
pub(crate) fn ensure(
    transaction: &mut Transaction<'_>,
    namespace: &Namespace,
    now_ms: u64,
) -> Result<(), Error> {
    match find(transaction.connection(), namespace)? {
        Some(found) if found.metadata.deletion_timestamp.is_some() => {
            return Err(Error::Terminating(namespace.clone()));
        }
        Some(_) => return Ok(()),
        None => {}
    }
    let record = NamespaceRecord {
        name: namespace.clone(),
        metadata: ObjectMeta::default(),
        finalizers: vec![KUBERNETES.to_owned()],
    };
    insert(transaction, &record, now_ms)?;
    Ok(())
}

/// Makes a namespace.
pub(crate) fn insert(
    transaction: &mut Transaction<'_>,
    record: &NamespaceRecord,
    now_ms: u64,
) -> rusqlite::Result<u64> {
    let NamespaceRecord { name, metadata, finalizers } = record;
    let uid = if metadata.uid.is_empty() { Uuid::new_v4().to_string() } else { metadata.uid.clone() };
    let version = transaction.next_version();
    transaction.execute(
        "INSERT INTO namespace (name, uid, version, created, metadata, finalizers) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            name.as_str(),
            uid,
            version.cast_signed(),
            metadata.creation_timestamp.unwrap_or(columns::seconds(now_ms)).seconds(),
            columns::to_json(&streams::stored_metadata(metadata)),
            columns::to_json(finalizers),
        ],
    )?;
    let change = change_of(name, uid, version, Action::Added);
    changes::record(transaction, &change, &About::default(), now_ms)?;
    Ok(version)
}

/// What the feed says of a namespace.
pub(crate) fn change_of(name: &Namespace, uid: String, version: u64, action: Action) -> Change {
    Change {
        version,
        resource: Resource::Namespace,
        namespace: None,
        name: name.as_str().to_owned(),
        uid,
        action,
    }
}

impl Engine {
    /// A namespace.
    pub fn namespace(&self, name: &Namespace) -> Result<Option<NamespaceRecord>, Error> {
        self.records().read(|connection| find(connection, name))
    }

    /// The namespaces, in byte order.
    pub fn namespaces(&self, page: &Page) -> Result<Listed<NamespaceRecord>, Error> {
        let section = Section::of(page);
        self.records().snapshot(|connection| {
            let rows = connection
                .prepare_cached(AFTER)?
                .query_map(params![section.after_name(), section.rows()], read)?
                .collect::<Result<Vec<_>, _>>()?;
            section.list(
                connection,
                rows,
                |record| (String::new(), record.name.as_str().to_owned()),
                |last, most| {
                    let mut statement = connection.prepare_cached(COUNT_AFTER)?;
                    statement.query_row(params![last.1, most], |row| row.get(0))
                },
            )
        })
    }
}

pub(crate) fn find(connection: &Connection, name: &Namespace) -> Result<Option<NamespaceRecord>, Error> {
    let mut statement = connection.prepare_cached(BY_NAME)?;
    Ok(statement.query_row([name.as_str()], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<NamespaceRecord> {
    let name = columns::parsed(row, 0, Namespace::parse)?;
    let metadata = ObjectMeta {
        name: name.as_str().to_owned(),
        uid: row.get(1)?,
        resource_version: Some(ResourceVersion(columns::unsigned(row, 2)?)),
        creation_timestamp: Some(columns::timestamp(row, 3)?),
        ..columns::json(row, 4)?
    };
    Ok(NamespaceRecord { name, metadata, finalizers: columns::json(row, 5)? })
}
