use rusqlite::params;

use crate::columns::{self, UnknownWord};
use crate::sqlite::Transaction;
use crate::{Action, Change, Engine, Error, Resource};

const AFTER: &str = "SELECT version, resource, namespace, name, uid, action FROM change \
                     WHERE version > ?1 ORDER BY version LIMIT ?2";

pub(crate) const READS: &[&str] = &[AFTER];

impl Resource {
    fn word(self) -> &'static str {
        match self {
            Resource::Namespace => "namespaces",
            Resource::ImageStream => "imagestreams",
            Resource::Image => "images",
        }
    }

    fn of_word(word: &str) -> Result<Resource, UnknownWord> {
        [Resource::Namespace, Resource::ImageStream, Resource::Image]
            .into_iter()
            .find(|resource| resource.word() == word)
            .ok_or(UnknownWord)
    }
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Action::Added => "added",
            Action::Modified => "modified",
            Action::Deleted => "deleted",
        }
    }

    fn of_word(word: &str) -> Result<Action, UnknownWord> {
        [Action::Added, Action::Modified, Action::Deleted]
            .into_iter()
            .find(|action| action.word() == word)
            .ok_or(UnknownWord)
    }
}

/// Adds a row to the feed. Its version is also that of the record it is about.
pub(crate) fn record(transaction: &Transaction<'_>, change: &Change, now_ms: u64) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO change (version, resource, namespace, name, uid, action, at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            change.version.cast_signed(),
            change.resource.word(),
            change.namespace,
            change.name,
            change.uid,
            change.action.word(),
            columns::ms(now_ms),
        ],
    )?;
    Ok(())
}

impl Engine {
    /// The first changes after a version, in the order of their commits.
    pub fn changes_after(&self, version: u64, limit: usize) -> Result<Vec<Change>, Error> {
        self.records().snapshot(|connection| {
            let oldest = connection
                .prepare_cached("SELECT compacted FROM sequence WHERE id = 1")?
                .query_row([], |row| columns::unsigned(row, 0))?;
            if version < oldest {
                return Err(Error::Compacted { oldest });
            }
            let mut statement = connection.prepare_cached(AFTER)?;
            let rows = statement.query_map(params![version.cast_signed(), columns::limit(limit)], |row| {
                Ok(Change {
                    version: columns::unsigned(row, 0)?,
                    resource: columns::parsed(row, 1, Resource::of_word)?,
                    namespace: row.get(2)?,
                    name: row.get(3)?,
                    uid: row.get(4)?,
                    action: columns::parsed(row, 5, Action::of_word)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
