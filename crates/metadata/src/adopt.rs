//! Tags copied from one stream to another: what they name can then be pulled from both.

use std::collections::BTreeSet;

use bytes::Bytes;
use rusqlite::params;
use weir_oci::{Content, Digest, Manifest, ManifestType};

use crate::names::Name;
use crate::sqlite::Transaction;
use crate::{Error, blobs, columns, revisions};

const REVISION: &str = "SELECT n.name, r.media_type, m.body FROM revision r JOIN manifest m ON m.id = r.manifest \
     JOIN name n ON n.id = r.manifest WHERE r.repository = ?1 AND r.manifest = ?2 AND r.state <> 'deleted'";

const BLOB: &str = "SELECT b.id FROM blob b JOIN link l ON l.blob = b.id \
                    WHERE l.repository = ?1 AND b.digest = ?2 AND l.state <> 'deleted'";

const MANIFEST: &str = "SELECT id FROM name WHERE name = ?1";

// The bytes of a large manifest are not here. What it names and the source has is found from the side
// of the blobs.
const BLOBS_OF: &str = "SELECT b.id, b.digest FROM link l JOIN blob_reference f ON f.blob = l.blob AND f.manifest = ?2 \
                        JOIN blob b ON b.id = l.blob WHERE l.repository = ?1 AND l.state <> 'deleted'";

const CHILDREN_OF: &str = "SELECT f.child FROM revision r JOIN child_reference f ON f.child = r.manifest AND f.manifest = ?2 \
                           WHERE r.repository = ?1 AND r.state <> 'deleted'";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[REVISION, BLOB, MANIFEST, BLOBS_OF, CHILDREN_OF];

/// From where to where, at what time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copying {
    pub(crate) source: i64,
    pub(crate) target: i64,
    pub(crate) now_ms: u64,
}

/// Makes a manifest pullable through the target, with all it consists of that the source has. False
/// if the source does not have it.
pub(crate) fn adopt(
    transaction: &mut Transaction<'_>,
    copying: Copying,
    manifest: i64,
) -> Result<bool, Error> {
    let mut seen = BTreeSet::from([manifest]);
    let mut waiting = vec![manifest];
    let mut found = false;
    while let Some(manifest) = waiting.pop() {
        for child in adopt_one(transaction, copying, manifest, &mut found)? {
            if seen.insert(child) {
                waiting.push(child);
            }
        }
    }
    Ok(found)
}

/// Copies one manifest without its children, which are the answer.
fn adopt_one(
    transaction: &mut Transaction<'_>,
    copying: Copying,
    manifest: i64,
    found: &mut bool,
) -> Result<Vec<i64>, Error> {
    let row = transaction.row(REVISION, params![copying.source, manifest], |row| {
        Ok((columns::digest(row, 0)?, columns::media_type(row, 1)?, row.get::<_, Option<Vec<u8>>>(2)?))
    })?;
    let Some((digest, media_type, body)) = row else { return Ok(Vec::new()) };
    *found = true;
    let (blobs, children) = named(transaction, copying, manifest, (digest, media_type, body))?;
    for (blob, digest) in blobs {
        blobs::link(transaction, copying.target, blob, &digest, copying.now_ms)?;
    }
    let name = Name { id: manifest, fresh: false };
    revisions::copy(transaction, copying, name, &digest)?;
    Ok(children)
}

type Named = (Vec<(i64, Digest)>, Vec<i64>);

/// What a manifest names and the source has: blobs and manifests.
fn named(
    transaction: &Transaction<'_>,
    copying: Copying,
    manifest: i64,
    (digest, media_type, body): (Digest, ManifestType, Option<Vec<u8>>),
) -> Result<Named, Error> {
    let parsed = body.and_then(|body| Manifest::stored(media_type, digest, Bytes::from(body)).ok());
    let Some(parsed) = parsed else { return named_by_rows(transaction, copying, manifest) };
    let descriptors: Vec<_> = match parsed.content() {
        Content::Image { config, layers } => std::iter::once(&**config).chain(layers).collect(),
        Content::Index { manifests } => manifests.iter().collect(),
    };
    let is_index = matches!(parsed.content(), Content::Index { .. });
    let (mut blobs, mut children) = (Vec::new(), Vec::new());
    for descriptor in descriptors {
        let text = descriptor.digest.to_string();
        // An entry of an index may be a blob as well.
        if is_index && let Some(child) = transaction.row(MANIFEST, [&text], |row| row.get(0))? {
            children.push(child);
        }
        if let Some(blob) = transaction.row(BLOB, params![copying.source, text], |row| row.get(0))? {
            blobs.push((blob, descriptor.digest));
        }
    }
    Ok((blobs, children))
}

fn named_by_rows(transaction: &Transaction<'_>, copying: Copying, manifest: i64) -> Result<Named, Error> {
    let blobs = transaction
        .prepare(BLOBS_OF)?
        .query_map(params![copying.source, manifest], |row| Ok((row.get(0)?, columns::digest(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    let children = transaction
        .prepare(CHILDREN_OF)?
        .query_map(params![copying.source, manifest], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok((blobs, children))
}
