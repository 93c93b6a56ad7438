use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Namespace, ResourceVersion};

use crate::listing::Section;
use crate::sqlite::Transaction;
use crate::{Action, Change, Engine, Error, Listed, NamespaceRecord, Page, Resource, changes, columns};

const BY_NAME: &str = "SELECT name, uid, version, created, metadata FROM namespace WHERE name = ?1";

const AFTER: &str = "SELECT name, uid, version, created, metadata FROM namespace \
                     WHERE name > ?1 ORDER BY name LIMIT ?2";

const COUNT_AFTER: &str = "SELECT count(*) FROM (SELECT 1 FROM namespace WHERE name > ?1 LIMIT ?2)";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_NAME, AFTER, COUNT_AFTER];

/// Makes a namespace that does not exist.
pub(crate) fn ensure(
    transaction: &mut Transaction<'_>,
    namespace: &Namespace,
    now_ms: u64,
) -> rusqlite::Result<()> {
    if transaction.row(BY_NAME, [namespace.as_str()], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    let uid = Uuid::new_v4().to_string();
    let version = transaction.next_version();
    transaction.execute(
        "INSERT INTO namespace (name, uid, version, created, metadata) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            namespace.as_str(),
            uid,
            version.cast_signed(),
            columns::seconds(now_ms).seconds(),
            columns::to_json(&ObjectMeta::default()),
        ],
    )?;
    let change = Change {
        version,
        resource: Resource::Namespace,
        namespace: None,
        name: namespace.as_str().to_owned(),
        uid,
        action: Action::Added,
    };
    changes::record(transaction, &change, now_ms)
}

impl Engine {
    /// A namespace.
    pub fn namespace(&self, name: &Namespace) -> Result<Option<NamespaceRecord>, Error> {
        self.records().read(|connection| {
            let mut statement = connection.prepare_cached(BY_NAME)?;
            Ok(statement.query_row([name.as_str()], read).optional()?)
        })
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

fn read(row: &Row<'_>) -> rusqlite::Result<NamespaceRecord> {
    let name = columns::parsed(row, 0, Namespace::parse)?;
    let metadata = ObjectMeta {
        name: name.as_str().to_owned(),
        uid: row.get(1)?,
        resource_version: Some(ResourceVersion(columns::unsigned(row, 2)?)),
        creation_timestamp: Some(columns::timestamp(row, 3)?),
        ..columns::json(row, 4)?
    };
    Ok(NamespaceRecord { name, metadata })
}
