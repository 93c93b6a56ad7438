use rusqlite::{OptionalExtension, params};
use weir_image_api::StreamRef;
use weir_oci::Digest;

use crate::cache::Stale;
use crate::sqlite::Transaction;
use crate::{BlobRecord, Engine, Error, LinkBlob, Linked, columns, repositories, trash};

const READ: &str = "SELECT b.object_key, b.size, b.state FROM blob b JOIN link l ON l.blob = b.id \
                    WHERE l.repository = ?1 AND b.digest = ?2 AND l.state <> 'deleted'";

const LINKED_HERE: &str = "SELECT b.id FROM blob b JOIN link l ON l.blob = b.id \
                           WHERE l.repository = ?1 AND b.digest = ?2 AND b.state = 'live' \
                           AND l.state <> 'deleted'";

const LINKED_ANYWHERE: &str = "SELECT b.id FROM blob b JOIN link l ON l.blob = b.id \
                               JOIN repository r ON r.id = l.repository AND r.deleted IS NULL \
                               WHERE b.digest = ?1 AND b.state = 'live' AND l.state <> 'deleted' LIMIT 1";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[READ, LINKED_HERE, LINKED_ANYWHERE];

impl Engine {
    /// A blob that is readable through a repository.
    ///
    /// One whose bytes are known to be damaged is [`Error::Corrupt`].
    pub fn blob(&self, stream: &StreamRef, digest: &Digest) -> Result<Option<BlobRecord>, Error> {
        let Some(repository) = self.repository(stream)? else { return Ok(None) };
        self.caches().blobs.get_or_load((repository, *digest), || {
            let found = self.records().read(|connection| {
                let mut statement = connection.prepare_cached(READ)?;
                let row = statement.query_row(params![repository, digest.to_string()], |row| {
                    let record = BlobRecord { key: row.get(0)?, size: columns::unsigned(row, 1)? };
                    Ok((record, row.get::<_, String>(2)? == "live"))
                });
                Ok(row.optional()?)
            })?;
            match found {
                Some((_, false)) => Err(Error::Corrupt(*digest)),
                Some((record, true)) => Ok(Some(record)),
                None => Ok(None),
            }
        })
    }

    /// Makes a stored blob readable through a repository, which is made if it does not exist.
    ///
    /// The first good copy of a blob stays its object. A copy of a blob that is known to be damaged
    /// replaces it everywhere.
    pub async fn link_blob(&self, blob: LinkBlob) -> Result<Linked, Error> {
        self.records().writer().write(move |transaction| link_blob(transaction, &blob)).await
    }

    /// Makes a blob of another repository readable through `target`, without moving a byte. Without
    /// a source, a blob of any repository will do. False if it is not there, or known to be damaged.
    pub async fn mount(
        &self,
        target: StreamRef,
        source: Option<StreamRef>,
        digest: Digest,
        now_ms: u64,
    ) -> Result<bool, Error> {
        let mount = move |transaction: &mut Transaction<'_>| {
            let Some(blob) = mountable(transaction, &target, source.as_ref(), &digest)? else {
                return Ok(false);
            };
            let repository = repositories::ensure(transaction, &target, now_ms)?;
            link(transaction, repository, blob, &digest, now_ms)?;
            Ok(true)
        };
        self.records().writer().write(mount).await
    }

    /// Removes a blob from a repository. Other repositories keep it, and so do manifests that name
    /// it. False if it was not there.
    pub async fn unlink_blob(&self, stream: StreamRef, digest: Digest) -> Result<bool, Error> {
        let unlink = move |transaction: &mut Transaction<'_>| {
            let Some(repository) = repositories::find(transaction, &stream)? else { return Ok(false) };
            let removed = transaction.execute(
                "DELETE FROM link WHERE repository = ?1 AND blob = (SELECT id FROM blob WHERE digest = ?2)",
                params![repository, digest.to_string()],
            )?;
            transaction.invalidate(Stale::Blob(repository, digest));
            Ok(removed == 1)
        };
        self.records().writer().write(unlink).await
    }

    /// Records that the bytes under `key` are damaged or gone. False if the blob has another object
    /// by now, or none.
    pub async fn mark_corrupt(&self, digest: Digest, key: String) -> Result<bool, Error> {
        let mark = move |transaction: &mut Transaction<'_>| {
            let marked = transaction.execute(
                "UPDATE blob SET state = 'corrupt' WHERE digest = ?1 AND object_key = ?2",
                params![digest.to_string(), key],
            )?;
            transaction.invalidate(Stale::Blobs);
            Ok(marked == 1)
        };
        self.records().writer().write(mark).await
    }
}

fn link_blob(transaction: &mut Transaction<'_>, blob: &LinkBlob) -> Result<Linked, Error> {
    repositories::check_not_deleted_since(transaction, &blob.stream, blob.since)?;
    let repository = repositories::ensure(transaction, &blob.stream, blob.now_ms)?;
    let digest = blob.digest.to_string();
    let present: Option<(i64, String, bool)> = transaction.row(
        "SELECT id, object_key, state = 'live' FROM blob WHERE digest = ?1",
        [&digest],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let (id, linked) = match present {
        // The same write a second time, after its first answer got lost.
        Some((id, key, true)) if key == blob.key => (id, Linked::Used),
        Some((id, _, true)) => {
            trash::put(transaction, &blob.key, blob.now_ms)?;
            (id, Linked::Trashed)
        }
        Some((id, damaged, false)) => {
            trash::check_free(transaction, &blob.key)?;
            trash::quarantine(transaction, &damaged, &blob.digest, blob.now_ms)?;
            transaction.execute(
                "UPDATE blob SET object_key = ?2, size = ?3, state = 'live', created_ms = ?4 WHERE id = ?1",
                params![id, blob.key, blob.size.cast_signed(), columns::ms(blob.now_ms)],
            )?;
            transaction.invalidate(Stale::Blobs);
            (id, Linked::Used)
        }
        None => {
            trash::check_free(transaction, &blob.key)?;
            transaction.execute(
                "INSERT INTO blob (digest, object_key, size, state, created_ms) VALUES (?1, ?2, ?3, 'live', ?4)",
                params![digest, blob.key, blob.size.cast_signed(), columns::ms(blob.now_ms)],
            )?;
            (transaction.connection().last_insert_rowid(), Linked::Used)
        }
    };
    link(transaction, repository, id, &blob.digest, blob.now_ms)?;
    Ok(linked)
}

/// Makes a blob readable through a repository.
pub(crate) fn link(
    transaction: &mut Transaction<'_>,
    repository: i64,
    blob: i64,
    digest: &Digest,
    now_ms: u64,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO link (repository, blob, state, since_ms) VALUES (?1, ?2, 'live', ?3) \
         ON CONFLICT (repository, blob) DO UPDATE SET state = 'live', since_ms = excluded.since_ms",
        params![repository, blob, columns::ms(now_ms)],
    )?;
    transaction.invalidate(Stale::Blob(repository, *digest));
    Ok(())
}

/// The blob, if it can be mounted into `target`.
fn mountable(
    transaction: &Transaction<'_>,
    target: &StreamRef,
    source: Option<&StreamRef>,
    digest: &Digest,
) -> rusqlite::Result<Option<i64>> {
    let digest = digest.to_string();
    let linked_in = |stream: &StreamRef| {
        let Some(repository) = repositories::find(transaction, stream)? else { return Ok(None) };
        transaction.row(LINKED_HERE, params![repository, digest], |row| row.get(0))
    };
    if let Some(blob) = linked_in(target)? {
        return Ok(Some(blob));
    }
    match source {
        Some(source) => linked_in(source),
        None => transaction.row(LINKED_ANYWHERE, [&digest], |row| row.get(0)),
    }
}
