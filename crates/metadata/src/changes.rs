use rusqlite::{Connection, params};

use crate::columns::{self, UnknownWord};
use crate::sqlite::Transaction;
use crate::{Action, Change, Engine, Error, Resource};

const AFTER: &str = "SELECT version, resource, namespace, name, uid, action FROM change \
                     WHERE version > ?1 ORDER BY version LIMIT ?2";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[AFTER];

impl Resource {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Resource::Namespace => "namespaces",
            Resource::ImageStream => "imagestreams",
            Resource::Image => "images",
            Resource::Secret => "secrets",
        }
    }

    pub(crate) fn of_word(word: &str) -> Result<Resource, UnknownWord> {
        [Resource::Namespace, Resource::ImageStream, Resource::Image, Resource::Secret]
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

    pub(crate) fn of_word(word: &str) -> Result<Action, UnknownWord> {
        [Action::Added, Action::Modified, Action::Deleted]
            .into_iter()
            .find(|action| action.word() == word)
            .ok_or(UnknownWord)
    }
}

/// Changes that are kept however old they are, so that a watcher of a quiet registry can go on where
/// it stopped.
const KEPT: u64 = 30_000;

/// Time for which changes are kept however many there are: twice what watchers need to come back.
const KEPT_MS: u64 = 10 * 60 * 1000;

/// After so many changes old ones are dropped, at most twice as many at a time.
const BATCH: u64 = 512;

// The oldest rows by version are the oldest by time as well, but for a clock that was set back.
const OLD: &str = "SELECT max(version) FROM \
     (SELECT version, at_ms FROM change ORDER BY version LIMIT ?3) WHERE version <= ?1 AND at_ms < ?2";

/// What a row of the feed keeps for those who ask for the object before and after the change.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// The repository, of streams.
    pub(crate) repository: Option<i64>,
    /// What can be read nowhere else.
    pub(crate) detail: Option<String>,
}

/// Adds a row to the feed. Its version is also that of the record it is about.
pub(crate) fn record(
    transaction: &Transaction<'_>,
    change: &Change,
    about: &About,
    now_ms: u64,
) -> rusqlite::Result<()> {
    insert(transaction, change, about, now_ms)?;
    if change.version.is_multiple_of(BATCH) {
        compact(transaction, change.version.saturating_sub(KEPT), now_ms)?;
    }
    Ok(())
}

/// Drops old changes up to a version.
fn compact(transaction: &Transaction<'_>, last: u64, now_ms: u64) -> rusqlite::Result<()> {
    let before_ms = columns::ms(now_ms.saturating_sub(KEPT_MS));
    let parameters = params![last.cast_signed(), before_ms, (BATCH * 2).cast_signed()];
    let Some(old) = transaction.row(OLD, parameters, |row| row.get::<_, Option<i64>>(0))?.flatten() else {
        return Ok(());
    };
    transaction.execute("DELETE FROM change WHERE version <= ?1", [old])?;
    transaction.execute("UPDATE sequence SET compacted = max(compacted, ?1) WHERE id = 1", [old])?;
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    change: &Change,
    about: &About,
    now_ms: u64,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO change (version, resource, namespace, name, uid, action, at_ms, repository, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            change.version.cast_signed(),
            change.resource.word(),
            change.namespace,
            change.name,
            change.uid,
            change.action.word(),
            columns::ms(now_ms),
            about.repository,
            about.detail,
        ],
    )?;
    Ok(())
}

/// Refuses to tell what came after a version whose followers are no longer all kept.
pub(crate) fn check_kept(connection: &Connection, version: u64) -> Result<(), Error> {
    let oldest = connection
        .prepare_cached("SELECT compacted FROM sequence WHERE id = 1")?
        .query_row([], |row| columns::unsigned(row, 0))?;
    if version < oldest { Err(Error::Compacted { oldest }) } else { Ok(()) }
}

impl Engine {
    /// The first changes after a version, in the order of their commits.
    pub fn changes_after(&self, version: u64, limit: usize) -> Result<Vec<Change>, Error> {
        self.records().snapshot(|connection| {
            check_kept(connection, version)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    async fn write(
        engine: &Engine,
        body: impl FnOnce(&mut Transaction<'_>) -> rusqlite::Result<()> + Send + 'static,
    ) {
        engine.records().writer().write(move |transaction| Ok::<_, Error>(body(transaction)?)).await.unwrap();
    }

    fn change(transaction: &mut Transaction<'_>) -> Change {
        Change {
            version: transaction.next_version(),
            resource: Resource::Image,
            namespace: None,
            name: "x".to_owned(),
            uid: "u".to_owned(),
            action: Action::Modified,
        }
    }

    fn versions(engine: &Engine, after: u64) -> Result<Vec<u64>, Error> {
        Ok(engine.changes_after(after, usize::MAX)?.iter().map(|change| change.version).collect())
    }

    // kubernetes-api 4.10: neither too many nor too young changes are dropped, and watchers that
    // come too late are told so.
    #[tokio::test]
    async fn old_changes_go_and_late_watchers_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(dir.path(), Options::new("")).unwrap();
        write(&engine, |transaction| {
            for at_ms in [1, 2, 3, 1000, 1001] {
                let change = change(transaction);
                insert(transaction, &change, &About::default(), at_ms)?;
            }
            Ok(())
        })
        .await;
        write(&engine, |transaction| compact(transaction, 5, 3 + KEPT_MS)).await;
        assert_eq!(versions(&engine, 2).unwrap(), [3, 4, 5], "those before 3 are old enough");
        assert!(matches!(versions(&engine, 1), Err(Error::Compacted { oldest: 2 })));
        let scope = crate::ChangeScope::default();
        assert!(matches!(engine.image_changes(&scope, 1, 9), Err(Error::Compacted { oldest: 2 })));
        assert!(matches!(engine.stream_changes(&scope, 1, 9), Err(Error::Compacted { oldest: 2 })));
        assert!(matches!(
            engine.stream_tag_changes(&scope, 1, 9, crate::Depth::Whole),
            Err(Error::Compacted { oldest: 2 })
        ));
        assert_eq!(engine.image_changes(&scope, 2, 9).unwrap().items.len(), 3);
        write(&engine, |transaction| compact(transaction, 4, 2000 + KEPT_MS)).await;
        assert_eq!(versions(&engine, 4).unwrap(), [5], "the newest are kept however old they are");
        write(&engine, |transaction| compact(transaction, 4, 2000 + KEPT_MS)).await;
        assert!(matches!(versions(&engine, 3), Err(Error::Compacted { oldest: 4 })));
    }

    #[tokio::test]
    async fn the_feed_stays_bounded_while_it_grows() {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(dir.path(), Options::new("")).unwrap();
        let newest = (KEPT / BATCH + 10) * BATCH;
        write(&engine, move |transaction| {
            for at_ms in 0..newest {
                // A second apart: all but the last six hundred are old.
                let change = change(transaction);
                record(transaction, &change, &About::default(), at_ms * 1000)?;
            }
            Ok(())
        })
        .await;
        let kept = versions(&engine, newest - KEPT).unwrap();
        assert_eq!(kept.len() as u64, KEPT);
        assert_eq!(kept.last(), Some(&newest));
        assert!(matches!(versions(&engine, newest - KEPT - 1), Err(Error::Compacted { .. })));
    }
}
