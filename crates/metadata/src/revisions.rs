use rusqlite::params;
use weir_oci::{Digest, Manifest};

use crate::cache::Stale;
use crate::sqlite::Transaction;
use crate::{columns, tags};

const PULLABLE: &str = "SELECT 1 FROM revision WHERE repository = ?1 AND digest = ?2 AND state <> 'deleted'";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[PULLABLE];

/// Whether the manifest can be pulled by digest.
pub(crate) fn is_pullable(
    transaction: &Transaction<'_>,
    repository: i64,
    digest: &Digest,
) -> rusqlite::Result<bool> {
    Ok(transaction.row(PULLABLE, params![repository, digest.to_string()], |_| Ok(()))?.is_some())
}

/// Makes a manifest pullable by digest. One that was deleted comes back: somebody wants it.
pub(crate) fn revive(
    transaction: &mut Transaction<'_>,
    repository: i64,
    manifest: &Manifest,
    now_ms: u64,
) -> rusqlite::Result<()> {
    let digest = manifest.digest();
    let changed = transaction.execute(
        "INSERT INTO revision (repository, digest, media_type, subject, state, since_ms) \
         VALUES (?1, ?2, ?3, ?4, 'live', ?5) \
         ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type, state = 'live', \
         since_ms = excluded.since_ms WHERE state <> 'live' OR media_type <> excluded.media_type",
        params![
            repository,
            digest.to_string(),
            manifest.media_type().as_str(),
            manifest.subject().map(|subject| subject.digest.to_string()),
            columns::ms(now_ms),
        ],
    )?;
    if changed == 1 {
        stale(transaction, repository, &digest)?;
    }
    Ok(())
}

/// Makes a manifest invisible. False if it was not visible.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    repository: i64,
    digest: &Digest,
    now_ms: u64,
) -> rusqlite::Result<bool> {
    let deleted = transaction.execute(
        "UPDATE revision SET state = 'deleted', since_ms = ?3 \
         WHERE repository = ?1 AND digest = ?2 AND state <> 'deleted'",
        params![repository, digest.to_string(), columns::ms(now_ms)],
    )?;
    stale(transaction, repository, digest)?;
    Ok(deleted == 1)
}

fn stale(transaction: &mut Transaction<'_>, repository: i64, digest: &Digest) -> rusqlite::Result<()> {
    transaction.invalidate(Stale::Manifest(repository, *digest));
    for tag in tags::with_head(transaction, repository, &digest.to_string())? {
        tags::invalidate(transaction, repository, &tag);
    }
    Ok(())
}
