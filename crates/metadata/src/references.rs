use std::collections::HashSet;

use rusqlite::params;
use weir_image_api::ImageManifest;
use weir_oci::{Content, Descriptor, Digest};

use crate::sqlite::Transaction;
use crate::{MissingPolicy, PushError, RecordPush, columns, names};

const BLOB_HERE: &str = "SELECT b.id, b.size, l.state = 'live' FROM blob b JOIN link l ON l.blob = b.id \
                         WHERE l.repository = ?1 AND b.digest = ?2 AND b.state = 'live' AND l.state <> 'deleted'";

const MANIFEST_HERE: &str = "SELECT m.id, m.size, r.state = 'live' FROM name n JOIN revision r ON r.manifest = n.id \
                             JOIN manifest m ON m.id = n.id \
                             WHERE r.repository = ?1 AND n.name = ?2 AND r.state <> 'deleted'";

const SOFT: &str =
    "INSERT INTO soft_reference (manifest, named, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BLOB_HERE, MANIFEST_HERE];

/// What a manifest names, sorted by what is there: in this repository, whatever others have.
#[derive(Debug, Default)]
pub(crate) struct References {
    blobs: Vec<(i64, &'static str)>,
    manifests: Vec<i64>,
    absent: Vec<(Digest, &'static str)>,
}

impl References {
    /// Looks for everything the manifest names. What is here and condemned is live again.
    pub(crate) fn resolve(
        transaction: &Transaction<'_>,
        repository: i64,
        push: &RecordPush,
    ) -> Result<References, PushError> {
        let here = Here { transaction, repository, now_ms: push.now_ms };
        let mut references = References::default();
        match push.manifest.content() {
            Content::Image { config, layers } => {
                let mut missing = Vec::new();
                references.take_blob(&here, config, "config", &mut missing)?;
                for layer in layers {
                    references.take_blob(&here, layer, "layer", &mut missing)?;
                }
                if push.missing_blobs == MissingPolicy::Reject && !missing.is_empty() {
                    return Err(PushError::BlobsUnknown(distinct(missing)));
                }
            }
            Content::Index { manifests } => {
                let mut missing = Vec::new();
                for child in manifests {
                    references.take_child(&here, child, &mut missing)?;
                }
                if push.missing_children == MissingPolicy::Reject && !missing.is_empty() {
                    return Err(PushError::ManifestsUnknown(distinct(missing)));
                }
            }
        }
        if let Some(subject) = push.manifest.subject() {
            // A subject may come later, or never.
            references.absent.push((subject.digest, "subject"));
        }
        Ok(references)
    }

    fn take_blob(
        &mut self,
        here: &Here<'_, '_>,
        descriptor: &Descriptor,
        kind: &'static str,
        missing: &mut Vec<Digest>,
    ) -> Result<(), PushError> {
        if let Some(blob) = here.blob(descriptor)? {
            self.blobs.push((blob, kind));
            return Ok(());
        }
        self.absent.push((descriptor.digest, "blob"));
        // Clients fetch these from elsewhere.
        let elsewhere = descriptor.is_foreign() && !descriptor.urls.is_empty();
        if !elsewhere {
            missing.push(descriptor.digest);
        }
        Ok(())
    }

    /// An entry of an index is a manifest, or, in a build cache, a blob.
    fn take_child(
        &mut self,
        here: &Here<'_, '_>,
        descriptor: &Descriptor,
        missing: &mut Vec<Digest>,
    ) -> Result<(), PushError> {
        if let Some(child) = here.manifest(descriptor)? {
            self.manifests.push(child);
        } else if let Some(blob) = here.blob(descriptor)? {
            self.blobs.push((blob, "child"));
            // The Image of the index names it as one of its manifests.
            self.absent.push((descriptor.digest, "child"));
        } else {
            self.absent.push((descriptor.digest, "child"));
            missing.push(descriptor.digest);
        }
        Ok(())
    }

    /// Writes the rows that keep what is there, and those that say what is not.
    pub(crate) fn record(&self, transaction: &Transaction<'_>, manifest: i64) -> rusqlite::Result<()> {
        for (blob, kind) in &self.blobs {
            transaction.execute(
                "INSERT INTO blob_reference (manifest, blob, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![manifest, blob, kind],
            )?;
        }
        for child in &self.manifests {
            transaction.execute(
                "INSERT INTO child_reference (manifest, child) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![manifest, child],
            )?;
        }
        for (digest, kind) in &self.absent {
            let named = names::intern(transaction, &digest.to_string())?;
            transaction.execute(SOFT, params![manifest, named.id, kind])?;
        }
        Ok(())
    }
}

/// Writes down what an Image consists of that nobody pushed, so that it is found from there. Its
/// manifest may come later, or never.
pub(crate) fn name_entries(
    transaction: &Transaction<'_>,
    image: i64,
    entries: &[ImageManifest],
) -> rusqlite::Result<()> {
    for entry in entries.iter().filter(|entry| !entry.digest.is_empty()) {
        let named = names::intern(transaction, &entry.digest)?;
        transaction.execute(SOFT, params![image, named.id, "child"])?;
    }
    Ok(())
}

/// Each once, in the order of the manifest. There may be thousands, and every other write waits.
fn distinct(mut digests: Vec<Digest>) -> Vec<Digest> {
    let mut seen = HashSet::new();
    digests.retain(|digest| seen.insert(*digest));
    digests
}

/// The repository a manifest is pushed into.
struct Here<'t, 'c> {
    transaction: &'t Transaction<'c>,
    repository: i64,
    now_ms: u64,
}

impl Here<'_, '_> {
    fn blob(&self, descriptor: &Descriptor) -> Result<Option<i64>, PushError> {
        self.find(
            descriptor,
            BLOB_HERE,
            "UPDATE link SET state = 'live', since_ms = ?3 WHERE repository = ?1 AND blob = ?2",
        )
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Option<i64>, PushError> {
        self.find(
            descriptor,
            MANIFEST_HERE,
            "UPDATE revision SET state = 'live', since_ms = ?3 WHERE repository = ?1 AND manifest = ?2",
        )
    }

    fn find(&self, descriptor: &Descriptor, find: &str, revive: &str) -> Result<Option<i64>, PushError> {
        let digest = descriptor.digest.to_string();
        let read = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, i64>(0)?, columns::unsigned(row, 1)?, row.get::<_, bool>(2)?))
        };
        let found = self.transaction.row(find, params![self.repository, digest], read)?;
        let Some((id, actual, live)) = found else { return Ok(None) };
        if actual != descriptor.size {
            let (digest, declared) = (descriptor.digest, descriptor.size);
            return Err(PushError::SizeMismatch { digest, actual, declared });
        }
        if !live {
            self.transaction.execute(revive, params![self.repository, id, columns::ms(self.now_ms)])?;
        }
        Ok(Some(id))
    }
}
