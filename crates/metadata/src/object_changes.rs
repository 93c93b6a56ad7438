//! Changes of objects with what they were before and after, read backwards from what they are now.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};
use weir_image_api::Image;
use weir_image_api::core_v1::Secret;

use crate::next_changes::{NextChanges, Part};
use crate::{
    Action, Change, ChangeScope, Changes, Engine, Error, NamespaceRecord, ObjectChange, Resource, changes,
    columns, listing,
};

const AFTER: &str = "SELECT version, namespace, name, uid, action, repository, detail FROM change \
     WHERE version > ?1 AND resource = ?2 AND (?3 IS NULL OR namespace = ?3) AND (?4 IS NULL OR name = ?4) \
     ORDER BY version LIMIT ?5";

const AT: &str =
    "SELECT version, namespace, name, uid, action, repository, detail FROM change WHERE version = ?1";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[AFTER, AT];

/// The rest of a feed that is looked through for each page rather than remembered.
const SHORT: u64 = 16;

/// Changes that are looked at for one of an object. The hash of another one's would have to be the same.
const COLLISIONS: usize = 4;

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
            kept_changes(
                connection,
                Resource::Image,
                &scope,
                (after, limit),
                &**self.hosts(),
                self.next_changes(),
            )
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
        self.records().snapshot(|connection| {
            kept_changes(connection, Resource::Namespace, &scope, (after, limit), &(), self.next_changes())
        })
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
            kept_changes(connection, Resource::Secret, scope, (after, limit), &key, self.next_changes())
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

/// How to find what comes after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// By a look at all of it.
    Short,
    /// By what [`NextChanges`] knows of it.
    Known,
}

/// Prepares for looking at the changes after a version.
pub(crate) fn rest(connection: &Connection, after: u64, next: &Mutex<NextChanges>) -> Result<Rest, Error> {
    let newest = listing::version(connection)?.0;
    let mut next = lock(next);
    if newest.saturating_sub(after) <= SHORT {
        next.nothing_to_find();
        return Ok(Rest::Short);
    }
    Ok(if next.cover(connection, after)? { Rest::Known } else { Rest::Short })
}

/// What is known stays right whatever happened to those who looked something up.
pub(crate) fn lock(next: &Mutex<NextChanges>) -> MutexGuard<'_, NextChanges> {
    next.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The row of a version, if it is in the feed.
pub(crate) fn at<T>(
    connection: &Connection,
    version: u64,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    connection.prepare_cached(AT)?.query_row([version.cast_signed()], read).optional()
}

/// Calls back with each row of the kind beyond a version, before its detail is read, until it has
/// enough.
pub(crate) fn later(
    connection: &Connection,
    resource: Resource,
    scope: &ChangeScope,
    after: u64,
    mut each: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(AFTER)?;
    let parameters = params![after.cast_signed(), resource.word(), scope.namespace, scope.name, i64::MAX];
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        if each(row)?.is_break() {
            break;
        }
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
    next: &Mutex<NextChanges>,
) -> Result<Changes<T>, Error> {
    let Feed { rows, upto } = feed(connection, resource, scope, after, limit)?;
    let mut states = beyond::<T>(connection, resource, scope, &rows, context, next)?;
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
    next: &Mutex<NextChanges>,
) -> Result<BTreeMap<Key, Option<T>>, Error> {
    let Some(last) = page.last() else { return Ok(BTreeMap::new()) };
    let mut open: BTreeSet<Key> = page.iter().map(|row| key(&row.change)).collect();
    let mut states = BTreeMap::new();
    if rest(connection, last.change.version, next)? == Rest::Known {
        for key in open {
            let found = next_of(connection, resource, &key, last.change.version, next)?;
            if let Some((change, detail)) = found {
                states.insert(key, before(&change, detail.as_deref(), context)?);
            }
        }
        return Ok(states);
    }
    later(connection, resource, scope, last.change.version, |row| {
        let change = change(row, resource)?;
        let key = key(&change);
        if open.remove(&key) {
            let detail: Option<String> = row.get(6)?;
            states.insert(key, before(&change, detail.as_deref(), context)?);
        }
        Ok(if open.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(states)
}

/// The first change of an object after a version, with what it keeps.
fn next_of(
    connection: &Connection,
    resource: Resource,
    (namespace, name): &Key,
    after: u64,
    next: &Mutex<NextChanges>,
) -> Result<Option<(Change, Option<String>)>, Error> {
    let versions: Vec<u64> = {
        let mut next = lock(next);
        next.cover(connection, after)?;
        next.of(Part::Object(resource, namespace.as_deref(), name), after).take(COLLISIONS).collect()
    };
    for version in versions {
        let row = at(connection, version, |row| Ok((change(row, resource)?, row.get(6)?)))?;
        let row = row.filter(|(change, _)| change.namespace == *namespace && change.name == *name);
        if row.is_some() {
            return Ok(row);
        }
    }
    Ok(None)
}
