use rusqlite::params;
use serde::{Deserialize, Serialize};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Namespace, ResourceVersion, StreamRef, Timestamp};

use crate::changes::About;
use crate::lookup::Present;
use crate::object_changes::Kept;
use crate::sqlite::Transaction;
use crate::streams::stored_metadata;
use crate::{
    Action, Change, Edited, Engine, Error, EventSource, Lookup, NamespaceRecord, ObjectEdit, Wish, changes,
    columns, namespaces, repositories, secrets, stream_removal, stream_views,
};

const HAS_STREAM: &str = "SELECT 1 FROM repository r JOIN stream s ON s.repository = r.id \
                          WHERE r.namespace = ?1 AND r.deleted IS NULL LIMIT 1";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[HAS_STREAM];

/// Repositories looked at together while a namespace is emptied.
const BATCH: usize = 1000;

/// What stands with a change of a namespace: it as it was.
#[derive(Debug, Serialize, Deserialize)]
struct Previous {
    version: u64,
    created: i64,
    metadata: ObjectMeta,
    finalizers: Vec<String>,
}

impl Engine {
    /// Edits a namespace. One that is removed takes along its streams and secrets, except those that
    /// have finalizers: as long as there are any, it is on its way out and stays.
    pub async fn edit_namespace<V, E>(
        &self,
        edit: ObjectEdit<Namespace>,
        rule: impl FnOnce(Option<NamespaceRecord>, &dyn Lookup) -> Result<(Wish<NamespaceRecord>, V), E>
        + Send
        + 'static,
    ) -> Result<(Option<Edited<NamespaceRecord>>, V), E>
    where
        V: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let hosts = std::sync::Arc::clone(self.hosts());
        let ObjectEdit { key: name, dry_run, now_ms } = edit;
        let body = move |transaction: &mut Transaction<'_>| {
            let old = namespaces::find(transaction.connection(), &name)?;
            let present = Present { connection: transaction.connection(), hosts: &hosts };
            let (wish, value) = rule(old.clone(), &present)?;
            let (mut edited, ended) = fulfil(transaction, &name, old.clone(), wish, now_ms)?;
            if dry_run && let Some(edited) = &mut edited {
                edited.object.metadata.resource_version = old.and_then(|old| old.metadata.resource_version);
            }
            Ok::<_, E>((edited, ended, value))
        };
        let (edited, ended, value) = self.write_or_rehearse(dry_run, body).await?;
        if !dry_run && let Some(version) = ended.version {
            self.forget_uploads(ended.streams, version).await;
        }
        Ok((edited, value))
    }
}

/// Repositories that went with a namespace.
#[derive(Debug, Default)]
struct Ended {
    streams: Vec<StreamRef>,
    /// At the latest.
    version: Option<u64>,
}

fn fulfil(
    transaction: &mut Transaction<'_>,
    name: &Namespace,
    old: Option<NamespaceRecord>,
    wish: Wish<NamespaceRecord>,
    now_ms: u64,
) -> Result<(Option<Edited<NamespaceRecord>>, Ended), Error> {
    let unchanged = |object| Edited { object, made: false, changed: false };
    match (wish, old) {
        (Wish::Keep, old) => Ok((old.map(unchanged), Ended::default())),
        (Wish::Write(wanted), Some(old)) => {
            Ok((Some(update(transaction, old, &wanted, now_ms)?), Ended::default()))
        }
        (Wish::Write(wanted), None) => {
            let record = NamespaceRecord { name: name.clone(), ..*wanted };
            namespaces::insert(transaction, &record, now_ms)?;
            let object = namespaces::find(transaction.connection(), name)?.expect("it has just been made");
            Ok((Some(Edited { object, made: true, changed: true }), Ended::default()))
        }
        (Wish::Delete, None) => Ok((None, Ended::default())),
        (Wish::Delete, Some(old)) => {
            let (edited, ended) = remove(transaction, old, now_ms)?;
            Ok((Some(edited), ended))
        }
    }
}

fn update(
    transaction: &mut Transaction<'_>,
    old: NamespaceRecord,
    wanted: &NamespaceRecord,
    now_ms: u64,
) -> Result<Edited<NamespaceRecord>, Error> {
    let metadata = stored_metadata(&wanted.metadata);
    if metadata == stored_metadata(&old.metadata) && wanted.finalizers == old.finalizers {
        return Ok(Edited { object: old, made: false, changed: false });
    }
    let version = transaction.next_version();
    transaction.execute(
        "UPDATE namespace SET version = ?2, metadata = ?3, finalizers = ?4 WHERE name = ?1",
        params![
            old.name.as_str(),
            version.cast_signed(),
            columns::to_json(&metadata),
            columns::to_json(&wanted.finalizers),
        ],
    )?;
    record(transaction, &old, version, Action::Modified, now_ms)?;
    let object = namespaces::find(transaction.connection(), &old.name)?.expect("it has just been written");
    Ok(Edited { object, made: false, changed: true })
}

/// Removes a namespace with what is in it, or only the latter if some of it has to stay.
fn remove(
    transaction: &mut Transaction<'_>,
    old: NamespaceRecord,
    now_ms: u64,
) -> Result<(Edited<NamespaceRecord>, Ended), Error> {
    let mut ended = Ended::default();
    let source =
        EventSource { identity: String::new(), client: None, reason: Some("namespace deleted".to_owned()) };
    let mut after = String::new();
    loop {
        let found = repositories::of_namespace(transaction.connection(), &old.name, &after, BATCH)?;
        let Some((last, _)) = found.last() else { break };
        last.as_str().clone_into(&mut after);
        for (name, repository) in found {
            let Ok(stream) = StreamRef::new(old.name.clone(), name) else { continue };
            let present = stream_views::find_by_repository(transaction.connection(), repository)?;
            if present.is_some_and(|found| found.stream.metadata.finalizers.is_empty()) {
                ended.version = stream_removal::remove_alone(transaction, &stream, &source, now_ms)?;
                ended.streams.push(stream);
            }
        }
    }
    secrets::remove_free(transaction, &old.name, now_ms)?;
    if is_empty(transaction, &old.name)? {
        let (streams, version) = drop_empty(transaction, &old, now_ms)?;
        ended.streams.extend(streams);
        ended.version = Some(version);
        return Ok((Edited { object: old, made: false, changed: true }, ended));
    }
    let mut wanted = old.clone();
    wanted.metadata.deletion_timestamp.get_or_insert(columns::seconds(now_ms));
    Ok((update(transaction, old, &wanted, now_ms)?, ended))
}

/// Removes a namespace that waited only for what was in it.
pub(crate) fn finish(transaction: &mut Transaction<'_>, name: &Namespace, now_ms: u64) -> Result<(), Error> {
    let Some(record) = namespaces::find(transaction.connection(), name)? else { return Ok(()) };
    let waits = record.metadata.deletion_timestamp.is_some()
        && record.metadata.finalizers.is_empty()
        && record.finalizers.iter().all(|finalizer| finalizer == namespaces::KUBERNETES);
    if waits && is_empty(transaction, name)? {
        drop_empty(transaction, &record, now_ms)?;
    }
    Ok(())
}

fn is_empty(transaction: &Transaction<'_>, name: &Namespace) -> Result<bool, Error> {
    let has_stream = transaction.row(HAS_STREAM, [name.as_str()], |_| Ok(()))?.is_some();
    Ok(!has_stream && !secrets::any(transaction, name)?)
}

/// Removes a namespace, and the repositories in it that nobody ever pushed a manifest into: which,
/// and at what version.
fn drop_empty(
    transaction: &mut Transaction<'_>,
    record: &NamespaceRecord,
    now_ms: u64,
) -> Result<(Vec<StreamRef>, u64), Error> {
    let mut dropped = Vec::new();
    let version = transaction.next_version();
    loop {
        let bare = repositories::of_namespace(transaction.connection(), &record.name, "", BATCH)?;
        if bare.is_empty() {
            break;
        }
        for (name, repository) in bare {
            let stream = StreamRef::new(record.name.clone(), name)
                .expect("the names of a repository were those of a stream when it was made");
            repositories::delete(transaction, repository, &stream, version)?;
            dropped.push(stream);
        }
    }
    transaction.execute("DELETE FROM namespace WHERE name = ?1", [record.name.as_str()])?;
    self::record(transaction, record, version, Action::Deleted, now_ms)?;
    Ok((dropped, version))
}

fn record(
    transaction: &Transaction<'_>,
    old: &NamespaceRecord,
    version: u64,
    action: Action,
    now_ms: u64,
) -> rusqlite::Result<()> {
    let previous = Previous {
        version: old.metadata.resource_version.map_or(0, |version| version.0),
        created: old.metadata.creation_timestamp.map_or(0, Timestamp::seconds),
        metadata: stored_metadata(&old.metadata),
        finalizers: old.finalizers.clone(),
    };
    let change = namespaces::change_of(&old.name, old.metadata.uid.clone(), version, action);
    let about = About { repository: None, detail: Some(columns::to_json(&previous)) };
    changes::record(transaction, &change, &about, now_ms)
}

impl Kept for NamespaceRecord {
    type Context = ();

    fn current(
        connection: &rusqlite::Connection,
        change: &Change,
        (): &(),
    ) -> Result<Option<NamespaceRecord>, Error> {
        match Namespace::parse(&change.name) {
            Ok(name) => namespaces::find(connection, &name),
            Err(_) => Ok(None),
        }
    }

    fn previous(change: &Change, detail: &str, (): &()) -> Result<Option<NamespaceRecord>, Error> {
        let Ok(name) = Namespace::parse(&change.name) else { return Ok(None) };
        let Previous { version, created, metadata, finalizers } = columns::detail(detail)?;
        let metadata = ObjectMeta {
            name: change.name.clone(),
            uid: change.uid.clone(),
            resource_version: Some(ResourceVersion(version)),
            creation_timestamp: Some(Timestamp::from_seconds(created)),
            ..metadata
        };
        Ok(Some(NamespaceRecord { name, metadata, finalizers }))
    }
}
