use bytes::Bytes;
use rusqlite::{OptionalExtension, Row, params};
use weir_image_api::StreamRef;
use weir_oci::{Manifest, Reference};

use crate::names::Name;
use crate::sqlite::Transaction;
use crate::{Engine, Error, Linked, ManifestRecord, StoredBytes, columns, trash};

// A manifest can be pulled while its Image exists: deleting the Image through the API hides it.
const BY_DIGEST: &str = "SELECT n.name, r.media_type, m.size, m.object_key, m.body \
     FROM name n JOIN revision r ON r.manifest = n.id JOIN manifest m ON m.id = n.id JOIN image i ON i.id = n.id \
     WHERE r.repository = ?1 AND n.name = ?2 AND r.state <> 'deleted'";

const BY_TAG: &str = "SELECT n.name, r.media_type, m.size, m.object_key, m.body \
     FROM tag t JOIN revision r ON r.repository = t.repository AND r.manifest = t.image \
     JOIN manifest m ON m.id = t.image JOIN name n ON n.id = t.image \
     WHERE t.repository = ?1 AND t.tag = ?2 AND t.pullable = 1 AND r.state <> 'deleted'";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BY_DIGEST, BY_TAG];

impl Engine {
    /// The manifest a tag or digest names in a repository.
    pub fn manifest(
        &self,
        stream: &StreamRef,
        reference: &Reference,
    ) -> Result<Option<ManifestRecord>, Error> {
        let Some(repository) = self.repository(stream)? else { return Ok(None) };
        self.caches().manifests.get_or_load((repository, reference.clone()), || {
            self.records().read(|connection| {
                let found = match reference {
                    Reference::Tag(tag) => connection
                        .prepare_cached(BY_TAG)?
                        .query_row(params![repository, tag.as_str()], read)
                        .optional(),
                    Reference::Digest(digest) => connection
                        .prepare_cached(BY_DIGEST)?
                        .query_row(params![repository, digest.to_string()], read)
                        .optional(),
                };
                Ok(found?)
            })
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ManifestRecord> {
    let bytes = match row.get(3)? {
        Some(key) => StoredBytes::Object(key),
        None => StoredBytes::Inline(Bytes::from(row.get::<_, Vec<u8>>(4)?)),
    };
    Ok(ManifestRecord {
        digest: columns::digest(row, 0)?,
        media_type: columns::media_type(row, 1)?,
        size: columns::unsigned(row, 2)?,
        bytes,
    })
}

/// Keeps the bytes and facts of a manifest. The first copy of its bytes stays; what became of an
/// object that came with this one is the answer.
pub(crate) fn keep(
    transaction: &Transaction<'_>,
    name: Name,
    manifest: &Manifest,
    annotations: &str,
    bytes: &StoredBytes,
    now_ms: u64,
) -> Result<Option<Linked>, Error> {
    let present: Option<Option<String>> = if name.fresh {
        None
    } else {
        transaction.row("SELECT object_key FROM manifest WHERE id = ?1", [name.id], |row| row.get(0))?
    };
    let (body, key) = match bytes {
        StoredBytes::Inline(body) => (Some(body.as_ref()), None),
        StoredBytes::Object(key) => (None, Some(key)),
    };
    if let Some(first) = present {
        let Some(key) = key else { return Ok(None) };
        if first.as_ref() == Some(key) {
            return Ok(Some(Linked::Used));
        }
        trash::put(transaction, key, now_ms)?;
        return Ok(Some(Linked::Trashed));
    }
    if let Some(key) = key {
        trash::check_free(transaction, key)?;
    }
    transaction.execute(
        "INSERT INTO manifest (id, size, object_key, artifact_type, annotations, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            name.id,
            i64::try_from(manifest.raw().len()).expect("a manifest fits in memory"),
            key,
            manifest.artifact_type(),
            annotations,
            body,
        ],
    )?;
    Ok(key.map(|_| Linked::Used))
}
