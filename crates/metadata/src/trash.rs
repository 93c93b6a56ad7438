use rusqlite::params;
use weir_oci::Digest;

use crate::sqlite::Transaction;
use crate::{Engine, Error, columns};

/// Time for which a key in the trash may still be read: longer than any single answer takes.
const MAX_READ_MS: u64 = 15 * 60 * 1000;

const DUE: &str = "SELECT object_key FROM trash WHERE not_before_ms <= ?1 ORDER BY not_before_ms LIMIT ?2";

const TAKEN: &str = "SELECT 1 FROM trash WHERE object_key = ?1 \
                     UNION ALL SELECT 1 FROM quarantine WHERE object_key = ?1 \
                     UNION ALL SELECT 1 FROM blob WHERE object_key = ?1 \
                     UNION ALL SELECT 1 FROM manifest WHERE object_key = ?1 LIMIT 1";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[DUE, TAKEN];

/// Puts a key that nothing refers to on its way out.
pub(crate) fn put(transaction: &Transaction<'_>, key: &str, now_ms: u64) -> Result<(), Error> {
    // A write that is repeated after its answer got lost finds its own key here.
    if transaction.row("SELECT 1 FROM trash WHERE object_key = ?1", [key], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    check_free(transaction, key)?;
    transaction.execute(
        "INSERT INTO trash (object_key, not_before_ms) VALUES (?1, ?2)",
        params![key, columns::ms(now_ms.saturating_add(MAX_READ_MS))],
    )?;
    Ok(())
}

/// Keeps a key whose bytes are damaged.
pub(crate) fn quarantine(
    transaction: &Transaction<'_>,
    key: &str,
    digest: &Digest,
    now_ms: u64,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO quarantine (object_key, digest, since_ms) VALUES (?1, ?2, ?3)",
        params![key, digest.to_string(), columns::ms(now_ms)],
    )?;
    Ok(())
}

/// A key is in exactly one place (reliability I17), and one in the trash is never published.
pub(crate) fn check_free(transaction: &Transaction<'_>, key: &str) -> Result<(), Error> {
    match transaction.row(TAKEN, [key], |_| Ok(()))? {
        None => Ok(()),
        Some(()) => Err(Error::KeyTaken { key: key.to_owned() }),
    }
}

impl Engine {
    /// Keys whose objects may be deleted now.
    pub fn trash_due(&self, now_ms: u64, limit: usize) -> Result<Vec<String>, Error> {
        self.records().read(|connection| {
            let mut statement = connection.prepare_cached(DUE)?;
            let keys =
                statement.query_map(params![columns::ms(now_ms), columns::limit(limit)], |row| row.get(0))?;
            Ok(keys.collect::<Result<_, _>>()?)
        })
    }

    /// Forgets keys whose objects have been deleted.
    pub async fn empty_trash(&self, keys: Vec<String>) -> Result<(), Error> {
        let empty = move |transaction: &mut Transaction<'_>| {
            for key in &keys {
                transaction.execute("DELETE FROM trash WHERE object_key = ?1", [key])?;
            }
            Ok(())
        };
        self.records().writer().write(empty).await
    }
}
