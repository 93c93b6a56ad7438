use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use weir_image_api::core_v1::Secret;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Namespace, ResourceVersion, Timestamp};

use crate::changes::About;
use crate::listing::Section;
use crate::lookup::Present;
use crate::object_changes::Kept;
use crate::sqlite::Transaction;
use crate::streams::stored_metadata;
use crate::{
    Action, Change, Edited, Engine, Error, Listed, Lookup, ObjectEdit, Page, Resource, SecretKey, Wish,
    changes, columns, namespace_edit, namespaces,
};

const BY_NAME: &str = "SELECT namespace, name, uid, version, created, key, sealed FROM secret \
                       WHERE namespace = ?1 AND name = ?2";

const AFTER_EVERYWHERE: &str = "SELECT namespace, name, uid, version, created, key, sealed FROM secret \
     WHERE (namespace, name) > (?1, ?2) ORDER BY namespace, name LIMIT ?3";

const AFTER_IN_NAMESPACE: &str = "SELECT namespace, name, uid, version, created, key, sealed FROM secret \
     WHERE namespace = ?1 AND name > ?2 ORDER BY name LIMIT ?3";

const COUNT_EVERYWHERE: &str =
    "SELECT count(*) FROM (SELECT 1 FROM secret WHERE (namespace, name) > (?1, ?2) LIMIT ?3)";

const COUNT_IN_NAMESPACE: &str =
    "SELECT count(*) FROM (SELECT 1 FROM secret WHERE namespace = ?1 AND name > ?2 LIMIT ?3)";

const ANY: &str = "SELECT 1 FROM secret WHERE namespace = ?1 LIMIT 1";

const FREE: &str = "SELECT namespace, name, uid, version, created, key, sealed FROM secret \
                    WHERE namespace = ?1 AND held = 0";

#[cfg(test)]
pub(crate) const READS: &[&str] =
    &[BY_NAME, AFTER_EVERYWHERE, AFTER_IN_NAMESPACE, COUNT_EVERYWHERE, COUNT_IN_NAMESPACE, ANY, FREE];

/// A secret as it is stored.
#[derive(Clone, Debug)]
struct Sealed {
    namespace: String,
    name: String,
    uid: String,
    version: u64,
    created: i64,
    /// Id of the key.
    key: String,
    ciphertext: Vec<u8>,
}

/// What stands with a change of a secret: it as it was, still encrypted.
#[derive(Debug, Serialize, Deserialize)]
struct Previous {
    version: u64,
    created: i64,
    key: String,
    sealed: String,
}

impl Engine {
    /// A secret.
    pub fn secret(&self, namespace: &Namespace, name: &str) -> Result<Option<Secret>, Error> {
        let found = self.records().read(|connection| find(connection, namespace, name))?;
        found.map(|sealed| sealed.open(self.secret_key())).transpose()
    }

    /// The secrets of a namespace, or of all, by namespace and name in byte order.
    pub fn secrets(&self, namespace: Option<&Namespace>, page: &Page) -> Result<Listed<Secret>, Error> {
        let section = Section::of(page);
        self.records().snapshot(|connection| {
            let (sql, in_namespace) = match namespace {
                Some(namespace) => (AFTER_IN_NAMESPACE, namespace.as_str()),
                None => (AFTER_EVERYWHERE, section.after_namespace()),
            };
            let rows = connection
                .prepare_cached(sql)?
                .query_map(params![in_namespace, section.after_name(), section.rows()], read)?
                .collect::<Result<Vec<_>, _>>()?;
            let opened =
                rows.into_iter().map(|sealed| sealed.open(self.secret_key())).collect::<Result<_, _>>()?;
            section.list(
                connection,
                opened,
                |last: &Secret| (last.metadata.namespace.clone(), last.metadata.name.clone()),
                |last, most| {
                    let sql = if namespace.is_some() { COUNT_IN_NAMESPACE } else { COUNT_EVERYWHERE };
                    let mut statement = connection.prepare_cached(sql)?;
                    statement.query_row(params![last.0, last.1, most], |row| row.get(0))
                },
            )
        })
    }

    /// Edits a secret.
    pub async fn edit_secret<V, E>(
        &self,
        edit: ObjectEdit<(Namespace, String)>,
        rule: impl FnOnce(Option<Secret>, &dyn Lookup) -> Result<(Wish<Secret>, V), E> + Send + 'static,
    ) -> Result<(Option<Edited<Secret>>, V), E>
    where
        V: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (hosts, key) = (Arc::clone(self.hosts()), self.secret_key().cloned());
        let ObjectEdit { key: (namespace, name), dry_run, now_ms } = edit;
        let body = move |transaction: &mut Transaction<'_>| {
            let found = find(transaction.connection(), &namespace, &name)?;
            let old = found.clone().map(|sealed| sealed.open(key.as_ref())).transpose()?;
            let present = Present { connection: transaction.connection(), hosts: &hosts };
            let (wish, value) = rule(old.clone(), &present)?;
            let editing = Editing { namespace: &namespace, name: &name, key: key.as_ref(), now_ms };
            let version = old.as_ref().and_then(|old| old.metadata.resource_version);
            let mut edited = editing.fulfil(transaction, found, old, wish)?;
            if dry_run && let Some(edited) = &mut edited {
                edited.object.metadata.resource_version = version;
            }
            Ok::<_, E>((edited, value))
        };
        self.write_or_rehearse(dry_run, body).await
    }
}

struct Editing<'e> {
    namespace: &'e Namespace,
    name: &'e str,
    key: Option<&'e SecretKey>,
    now_ms: u64,
}

impl Editing<'_> {
    fn fulfil(
        &self,
        transaction: &mut Transaction<'_>,
        found: Option<Sealed>,
        old: Option<Secret>,
        wish: Wish<Secret>,
    ) -> Result<Option<Edited<Secret>>, Error> {
        match (wish, found, old) {
            (Wish::Write(wanted), found, old) => self.write(transaction, found.zip(old), &wanted).map(Some),
            (Wish::Delete, Some(found), Some(object)) => {
                remove(transaction, &found, self.now_ms)?;
                namespace_edit::finish(transaction, self.namespace, self.now_ms)?;
                Ok(Some(Edited { object, made: false, changed: true }))
            }
            (Wish::Keep | Wish::Delete, _, old) => {
                Ok(old.map(|object| Edited { object, made: false, changed: false }))
            }
        }
    }

    fn write(
        &self,
        transaction: &mut Transaction<'_>,
        old: Option<(Sealed, Secret)>,
        wanted: &Secret,
    ) -> Result<Edited<Secret>, Error> {
        let key = self.key.ok_or(Error::NoSecretKey)?;
        let stored = stored(wanted);
        if let Some((_, before)) = &old
            && self::stored(before) == stored
        {
            return Ok(Edited { object: before.clone(), made: false, changed: false });
        }
        if old.is_none() {
            namespaces::ensure(transaction, self.namespace, self.now_ms)?;
        }
        let version = transaction.next_version();
        let mut sealed = match &old {
            Some((found, _)) => found.clone(),
            None => Sealed {
                namespace: self.namespace.as_str().to_owned(),
                name: self.name.to_owned(),
                uid: match wanted.metadata.uid.as_str() {
                    "" => Uuid::new_v4().to_string(),
                    given => given.to_owned(),
                },
                version,
                created: wanted
                    .metadata
                    .creation_timestamp
                    .unwrap_or(columns::seconds(self.now_ms))
                    .seconds(),
                key: String::new(),
                ciphertext: Vec::new(),
            },
        };
        sealed.version = version;
        key.id().clone_into(&mut sealed.key);
        sealed.ciphertext = key.seal(columns::to_json(&stored).as_bytes(), &sealed.place());
        transaction.execute(
            "INSERT INTO secret (namespace, name, uid, version, created, held, key, sealed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
             ON CONFLICT (namespace, name) DO UPDATE SET version = excluded.version, held = excluded.held, \
             key = excluded.key, sealed = excluded.sealed",
            params![
                sealed.namespace,
                sealed.name,
                sealed.uid,
                sealed.version.cast_signed(),
                sealed.created,
                !wanted.metadata.finalizers.is_empty(),
                sealed.key,
                sealed.ciphertext,
            ],
        )?;
        let made = old.is_none();
        let action = if made { Action::Added } else { Action::Modified };
        let previous = old.map(|(found, _)| found);
        record(transaction, &sealed, previous.as_ref(), action, self.now_ms)?;
        Ok(Edited { object: sealed.open(self.key)?, made, changed: true })
    }
}

/// The object without what has columns of its own.
fn stored(secret: &Secret) -> Secret {
    let generation = secret.metadata.generation;
    let metadata = ObjectMeta { generation, ..stored_metadata(&secret.metadata) };
    Secret { metadata, ..secret.clone() }
}

/// Removes the secrets of a namespace that nobody holds. They need not be read for it.
pub(crate) fn remove_free(
    transaction: &mut Transaction<'_>,
    namespace: &Namespace,
    now_ms: u64,
) -> Result<(), Error> {
    let free: Vec<Sealed> =
        transaction.prepare(FREE)?.query_map([namespace.as_str()], read)?.collect::<Result<_, _>>()?;
    for sealed in free {
        remove(transaction, &sealed, now_ms)?;
    }
    Ok(())
}

/// Whether a namespace has any secret.
pub(crate) fn any(transaction: &Transaction<'_>, namespace: &Namespace) -> Result<bool, Error> {
    Ok(transaction.row(ANY, [namespace.as_str()], |_| Ok(()))?.is_some())
}

fn remove(transaction: &mut Transaction<'_>, found: &Sealed, now_ms: u64) -> Result<(), Error> {
    transaction.execute(
        "DELETE FROM secret WHERE namespace = ?1 AND name = ?2",
        params![found.namespace, found.name],
    )?;
    let gone = Sealed { version: transaction.next_version(), ..found.clone() };
    record(transaction, &gone, Some(found), Action::Deleted, now_ms)?;
    Ok(())
}

fn record(
    transaction: &Transaction<'_>,
    sealed: &Sealed,
    previous: Option<&Sealed>,
    action: Action,
    now_ms: u64,
) -> rusqlite::Result<()> {
    let change = Change {
        version: sealed.version,
        resource: Resource::Secret,
        namespace: Some(sealed.namespace.clone()),
        name: sealed.name.clone(),
        uid: sealed.uid.clone(),
        action,
    };
    let detail = previous.map(|previous| {
        columns::to_json(&Previous {
            version: previous.version,
            created: previous.created,
            key: previous.key.clone(),
            sealed: BASE64_STANDARD.encode(&previous.ciphertext),
        })
    });
    changes::record(transaction, &change, &About { repository: None, detail }, now_ms)
}

fn find(connection: &Connection, namespace: &Namespace, name: &str) -> Result<Option<Sealed>, Error> {
    let mut statement = connection.prepare_cached(BY_NAME)?;
    Ok(statement.query_row(params![namespace.as_str(), name], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    Ok(Sealed {
        namespace: row.get(0)?,
        name: row.get(1)?,
        uid: row.get(2)?,
        version: columns::unsigned(row, 3)?,
        created: row.get(4)?,
        key: row.get(5)?,
        ciphertext: row.get(6)?,
    })
}

impl Sealed {
    /// What it is bound to: under another name or for another incarnation it does not open.
    fn place(&self) -> String {
        format!("secret {}/{} ({})", self.namespace, self.name, self.uid)
    }

    fn open(self, key: Option<&SecretKey>) -> Result<Secret, Error> {
        let key = key.ok_or(Error::NoSecretKey)?;
        let plain = key.open(&self.ciphertext, &self.key, &self.place())?;
        let mut secret: Secret =
            serde_json::from_slice(&plain).map_err(|_| Error::DamagedSecret(self.place()))?;
        secret.metadata.namespace = self.namespace;
        secret.metadata.name = self.name;
        secret.metadata.uid = self.uid;
        secret.metadata.resource_version = Some(ResourceVersion(self.version));
        secret.metadata.creation_timestamp = Some(Timestamp::from_seconds(self.created));
        Ok(secret)
    }
}

impl Kept for Secret {
    type Context = Option<SecretKey>;

    fn current(
        connection: &Connection,
        change: &Change,
        key: &Option<SecretKey>,
    ) -> Result<Option<Secret>, Error> {
        let namespace = change.namespace.as_deref().and_then(|name| Namespace::parse(name).ok());
        let Some(namespace) = namespace else { return Ok(None) };
        let found = find(connection, &namespace, &change.name)?;
        found.map(|sealed| sealed.open(key.as_ref())).transpose()
    }

    fn previous(change: &Change, detail: &str, key: &Option<SecretKey>) -> Result<Option<Secret>, Error> {
        let Previous { version, created, key: sealed_with, sealed } = columns::detail(detail)?;
        let sealed = Sealed {
            namespace: change.namespace.clone().unwrap_or_default(),
            name: change.name.clone(),
            uid: change.uid.clone(),
            version,
            created,
            key: sealed_with,
            ciphertext: BASE64_STANDARD.decode(sealed).unwrap_or_default(),
        };
        sealed.open(key.as_ref()).map(Some)
    }
}
