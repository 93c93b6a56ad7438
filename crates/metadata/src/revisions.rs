use rusqlite::params;
use weir_oci::{Digest, Manifest};

use crate::adopt::Copying;
use crate::cache::Stale;
use crate::names::{self, Name};
use crate::sqlite::Transaction;
use crate::{columns, tags};

const PULLABLE: &str = "SELECT 1 FROM name n JOIN revision r ON r.manifest = n.id \
                        WHERE r.repository = ?1 AND n.name = ?2 AND r.state <> 'deleted'";

const HELD: &str = "SELECT 1 FROM revision r JOIN image i ON i.id = r.manifest \
                    WHERE r.repository = ?1 AND r.manifest = ?2 AND r.state <> 'deleted'";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[PULLABLE, HELD];

/// Whether the manifest can be pulled by digest.
pub(crate) fn is_pullable(
    transaction: &Transaction<'_>,
    repository: i64,
    digest: &str,
) -> rusqlite::Result<bool> {
    Ok(transaction.row(PULLABLE, params![repository, digest], |_| Ok(()))?.is_some())
}

/// Makes a manifest pullable by digest. One that was deleted comes back: somebody wants it.
pub(crate) fn revive(
    transaction: &mut Transaction<'_>,
    repository: i64,
    name: Name,
    manifest: &Manifest,
    now_ms: u64,
) -> rusqlite::Result<()> {
    let digest = manifest.digest();
    let subject = match manifest.subject() {
        Some(subject) => Some(names::intern(transaction, &subject.digest.to_string())?.id),
        None => None,
    };
    let changed = transaction.execute(
        "INSERT INTO revision (repository, manifest, media_type, subject, referrer, state, since_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5, 'live', ?6) \
         ON CONFLICT (repository, manifest) DO UPDATE SET media_type = excluded.media_type, state = 'live', \
         since_ms = excluded.since_ms WHERE state <> 'live' OR media_type <> excluded.media_type",
        params![
            repository,
            name.id,
            manifest.media_type().as_str(),
            subject,
            subject.map(|_| digest.to_string()),
            columns::ms(now_ms),
        ],
    )?;
    if changed == 1 {
        became_pullable(transaction, repository, name, &digest)?;
    }
    Ok(())
}

/// A manifest can be pulled here from now on, and tags that named it before with it.
fn became_pullable(
    transaction: &mut Transaction<'_>,
    repository: i64,
    name: Name,
    digest: &Digest,
) -> rusqlite::Result<()> {
    stale(transaction, repository, name, digest)?;
    if !name.fresh {
        tags::come_back(transaction, name.id, Some(repository))?;
    }
    Ok(())
}

/// Whether a tag whose newest event names an image can be pulled: it is a revision of the repository
/// and has a record.
pub(crate) fn makes_pullable(
    transaction: &Transaction<'_>,
    repository: i64,
    image: i64,
) -> rusqlite::Result<bool> {
    Ok(transaction.row(HELD, params![repository, image], |_| Ok(()))?.is_some())
}

/// Makes a manifest of another repository pullable by digest, under the type it has there.
pub(crate) fn copy(
    transaction: &mut Transaction<'_>,
    copying: Copying,
    name: Name,
    digest: &Digest,
) -> rusqlite::Result<()> {
    let changed = transaction.execute(
        "INSERT INTO revision (repository, manifest, media_type, subject, referrer, state, since_ms) \
         SELECT ?2, manifest, media_type, subject, referrer, 'live', ?4 FROM revision \
         WHERE repository = ?1 AND manifest = ?3 \
         ON CONFLICT (repository, manifest) DO UPDATE SET state = 'live', since_ms = excluded.since_ms \
         WHERE state <> 'live'",
        params![copying.source, copying.target, name.id, columns::ms(copying.now_ms)],
    )?;
    if changed == 1 {
        became_pullable(transaction, copying.target, name, digest)?;
    }
    Ok(())
}

/// Makes a manifest invisible. False if it was not visible.
pub(crate) fn delete(
    transaction: &mut Transaction<'_>,
    repository: i64,
    id: i64,
    digest: &Digest,
    now_ms: u64,
) -> rusqlite::Result<bool> {
    let deleted = transaction.execute(
        "UPDATE revision SET state = 'deleted', since_ms = ?3 \
         WHERE repository = ?1 AND manifest = ?2 AND state <> 'deleted'",
        params![repository, id, columns::ms(now_ms)],
    )?;
    stale(transaction, repository, Name { id, fresh: false }, digest)?;
    Ok(deleted == 1)
}

fn stale(
    transaction: &mut Transaction<'_>,
    repository: i64,
    name: Name,
    digest: &Digest,
) -> rusqlite::Result<()> {
    transaction.invalidate(Stale::Manifest(repository, *digest));
    if name.fresh {
        return Ok(());
    }
    for tag in tags::with_head(transaction, repository, name.id)? {
        tags::invalidate(transaction, repository, &tag);
    }
    Ok(())
}
