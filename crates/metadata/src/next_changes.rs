//! Which change comes next, of an object or a part of a stream.
//!
//! What an object was after the last change of a page is what its next change keeps. Whoever reads a
//! long feed page by page would look through all of the rest for each page; so what one page has seen
//! of the rest is remembered for the next.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, params};

use crate::stream_detail::StreamDetail;
use crate::{Action, Error, Resource, columns, listing};

const BETWEEN: &str = "SELECT version, resource, namespace, name, repository, detail, action FROM change \
                       WHERE version > ?1 AND version <= ?2 ORDER BY version";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BETWEEN];

/// Most versions of the feed that are remembered, some 100 bytes each. Whoever is further behind looks
/// through the rest each time until it is not.
const MOST: u64 = 200_000;

/// Pages without anything to look up, after which nobody seems to be behind.
const IDLE: u32 = 256;

/// What changes by itself.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Part<'p> {
    /// An object of which each change keeps all.
    Object(Resource, Option<&'p str>, &'p str),
    /// Anything of the stream of a repository.
    Stream(i64),
    Generation(i64),
    Head(i64),
    Spec(i64, &'p str),
    Conditions(i64, &'p str),
    Items(i64, &'p str),
}

/// The changes of a stretch of the feed by what they are about.
#[derive(Debug, Default)]
pub(crate) struct NextChanges {
    /// It knows the changes after this version
    start: u64,
    /// and up to this one.
    end: u64,
    /// Parts by their hashes, and the versions that changed them. A hash may be that of two parts, so
    /// the change has to be looked at.
    places: BTreeSet<(u64, u64)>,
    /// Tags by repository that some change is about.
    tags: BTreeMap<i64, BTreeSet<String>>,
    hashes: RandomState,
    idle: u32,
}

impl NextChanges {
    /// Sees to it that everything after a version is known. False if that is too much.
    pub(crate) fn cover(&mut self, connection: &Connection, after: u64) -> Result<bool, Error> {
        let newest = listing::version(connection)?.0;
        self.idle = 0;
        if after < self.start || after > self.end || newest.saturating_sub(self.start) > MOST {
            // Between an old end and this there may be changes that are no longer kept.
            self.forget(after);
        }
        if newest.saturating_sub(after) > MOST {
            return Ok(false);
        }
        if newest > self.end {
            if let Err(error) = self.extend(connection, newest) {
                self.forget(after);
                return Err(error);
            }
            self.end = newest;
        }
        Ok(true)
    }

    fn forget(&mut self, at: u64) {
        (self.start, self.end) = (at, at);
        self.places.clear();
        self.tags.clear();
    }

    /// Says that a reader has arrived at the end of the feed.
    pub(crate) fn nothing_to_find(&mut self) {
        self.idle = self.idle.saturating_add(1);
        if self.idle == IDLE {
            self.forget(self.end);
        }
    }

    fn extend(&mut self, connection: &Connection, newest: u64) -> Result<(), Error> {
        let mut statement = connection.prepare_cached(BETWEEN)?;
        let mut rows = statement.query(params![self.end.cast_signed(), newest.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let version = columns::unsigned(row, 0)?;
            let resource = columns::parsed(row, 1, Resource::of_word)?;
            let repository: Option<i64> = row.get(4)?;
            match (resource, repository) {
                (Resource::ImageStream, Some(repository)) => {
                    let action = columns::parsed(row, 6, Action::of_word)?;
                    let detail = if action == Action::Added {
                        StreamDetail::default()
                    } else {
                        columns::json(row, 5)?
                    };
                    self.add_stream(version, repository, &detail);
                }
                (Resource::ImageStream, None) => {}
                (resource, _) => {
                    let namespace: Option<String> = row.get(2)?;
                    let name: String = row.get(3)?;
                    self.add(version, Part::Object(resource, namespace.as_deref(), &name));
                }
            }
        }
        Ok(())
    }

    fn add_stream(&mut self, version: u64, repository: i64, detail: &StreamDetail) {
        self.add(version, Part::Stream(repository));
        if detail.generation.is_some() {
            self.add(version, Part::Generation(repository));
        }
        if detail.head.is_some() {
            self.add(version, Part::Head(repository));
        }
        for tag in detail.spec.keys() {
            self.add(version, Part::Spec(repository, tag));
        }
        for tag in detail.conditions.keys() {
            self.add(version, Part::Conditions(repository, tag));
        }
        for tag in &detail.tags {
            self.add(version, Part::Items(repository, tag));
        }
        let tags = self.tags.entry(repository).or_default();
        for tag in detail.touched() {
            if !tags.contains(tag) {
                tags.insert(tag.clone());
            }
        }
    }

    fn add(&mut self, version: u64, part: Part<'_>) {
        let hash = self.hashes.hash_one(part);
        self.places.insert((hash, version));
    }

    /// Versions after one that may have changed a part, in order.
    pub(crate) fn of(&self, part: Part<'_>, after: u64) -> impl Iterator<Item = u64> {
        let hash = self.hashes.hash_one(part);
        self.places.range((hash, after + 1)..=(hash, u64::MAX)).map(|(_, version)| *version)
    }

    /// Tags of a repository that some change is about.
    pub(crate) fn tags(&self, repository: i64) -> impl Iterator<Item = &String> {
        self.tags.get(&repository).into_iter().flatten()
    }
}
