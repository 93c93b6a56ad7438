//! Changes of objects with what they were before and after, read backwards from what they are now.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row, params};
use weir_image_api::Image;
use weir_image_api::core_v1::Secret;

use crate::{
    Action, Change, ChangeScope, Changes, Engine, Error, NamespaceRecord, ObjectChange, Resource, changes,
    columns, listing,
};

const AFTER: &str = "SELECT version, namespace, name, uid, action, repository, detail FROM change \
     WHERE version > ?1 AND resource = ?2 AND (?3 IS NULL OR namespace = ?3) AND (?4 IS NULL OR name = ?4) \
     ORDER BY version LIMIT ?5";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[AFTER];

/// A kind of object of which each change keeps the whole object before it.
pub(crate) trait Kept: Clone + Sized {
    type Context;

    /// The object of that name as it is now.
    fn current(
        connection: &Connection,
        change: &Change,
        context: &Self::Context,
    ) -> Result<Option<Self>, Error>;

    /// The object before a change, from what stands with it.
    fn previous(change: &Change, detail: &str, context: &Self::Context) -> Result<Option<Self>, Error>;
}

/// A row of the feed with what it keeps.
#[derive(Debug)]
pub(crate) struct FeedRow {
    pub(crate) change: Change,
    pub(crate) repository: Option<i64>,
    pub(crate) detail: Option<String>,
}

/// A page of the feed of one kind.
#[derive(Debug)]
pub(crate) struct Feed {
    pub(crate) rows: Vec<FeedRow>,
    pub(crate) upto: u64,
}

impl Engine {
    /// The first changes of Images after a version.
    pub fn image_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<Image>, Error> {
        let scope = ChangeScope { namespace: None, ..scope.clone() };
        self.records().snapshot(|connection| {
            kept_changes(connection, Resource::Image, &scope, (after, limit), &**self.hosts())
        })
    }

    /// The first changes of namespaces after a version.
    pub fn namespace_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<NamespaceRecord>, Error> {
        let scope = ChangeScope { namespace: None, ..scope.clone() };
        self.records()
            .snapshot(|connection| kept_changes(connection, Resource::Namespace, &scope, (after, limit), &()))
    }

    /// The first changes of secrets after a version.
    pub fn secret_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<Secret>, Error> {
        self.records().snapshot(|connection| {
            let key = self.secret_key().cloned();
            kept_changes(connection, Resource::Secret, scope, (after, limit), &key)
        })
    }
}

/// The first rows of one kind after a version.
pub(crate) fn feed(
    connection: &Connection,
    resource: Resource,
    scope: &ChangeScope,
    after: u64,
    limit: usize,
) -> Result<Feed, Error> {
    changes::check_kept(connection, after)?;
    let mut statement = connection.prepare_cached(AFTER)?;
    let parameters =
        params![after.cast_signed(), resource.word(), scope.namespace, scope.name, columns::limit(limit)];
    let rows = statement
        .query_map(parameters, |row| {
            Ok(FeedRow { change: change(row, resource)?, repository: row.get(5)?, detail: row.get(6)? })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let upto = match rows.last() {
        Some(last) if rows.len() == limit => last.change.version,
        _ if limit == 0 => after,
        _ => listing::version(connection)?.0.max(after),
    };
    Ok(Feed { rows, upto })
}

/// Calls back with each row of the kind beyond a version, before its detail is read.
pub(crate) fn later(
    connection: &Connection,
    resource: Resource,
    scope: &ChangeScope,
    after: u64,
    mut each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(AFTER)?;
    let parameters = params![after.cast_signed(), resource.word(), scope.namespace, scope.name, i64::MAX];
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        each(row)?;
    }
    Ok(())
}

pub(crate) fn change(row: &Row<'_>, resource: Resource) -> rusqlite::Result<Change> {
    Ok(Change {
        version: columns::unsigned(row, 0)?,
        resource,
        namespace: row.get(1)?,
        name: row.get(2)?,
        uid: row.get(3)?,
        action: columns::parsed(row, 4, Action::of_word)?,
    })
}

/// A page of changes. What an object was after the last of them is what the first change beyond the
/// page keeps, or what there is now.
fn kept_changes<T: Kept>(
    connection: &Connection,
    resource: Resource,
    scope: &ChangeScope,
    (after, limit): (u64, usize),
    context: &T::Context,
) -> Result<Changes<T>, Error> {
    let Feed { rows, upto } = feed(connection, resource, scope, after, limit)?;
    let mut states = beyond::<T>(connection, resource, scope, &rows, context)?;
    let mut items = Vec::with_capacity(rows.len());
    for FeedRow { change, detail, .. } in rows.into_iter().rev() {
        let after = match states.remove(&key(&change)) {
            Some(known) => known,
            None => T::current(connection, &change, context)?,
        };
        let before = before(&change, detail.as_deref(), context)?;
        states.insert(key(&change), before.clone());
        items.push(ObjectChange { version: change.version, action: change.action, before, after });
    }
    items.reverse();
    Ok(Changes { items, upto })
}

type Key = (Option<String>, String);

fn key(change: &Change) -> Key {
    (change.namespace.clone(), change.name.clone())
}

fn before<T: Kept>(change: &Change, detail: Option<&str>, context: &T::Context) -> Result<Option<T>, Error> {
    match (change.action, detail) {
        (Action::Added, _) | (_, None) => Ok(None),
        (Action::Modified | Action::Deleted, Some(detail)) => T::previous(change, detail, context),
    }
}

/// What the objects of a page were at its end, of those that have changed since.
fn beyond<T: Kept>(
    connection: &Connection,
    resource: Resource,
    scope: &ChangeScope,
    page: &[FeedRow],
    context: &T::Context,
) -> Result<BTreeMap<Key, Option<T>>, Error> {
    let Some(last) = page.last() else { return Ok(BTreeMap::new()) };
    let mut open: BTreeSet<Key> = page.iter().map(|row| key(&row.change)).collect();
    let mut states = BTreeMap::new();
    later(connection, resource, scope, last.change.version, |row| {
        let change = change(row, resource)?;
        let key = key(&change);
        if open.remove(&key) {
            let detail: Option<String> = row.get(6)?;
            states.insert(key, before(&change, detail.as_deref(), context)?);
        }
        Ok(())
    })?;
    Ok(states)
}
