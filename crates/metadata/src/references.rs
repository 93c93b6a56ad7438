use std::collections::HashSet;

use rusqlite::params;
use weir_oci::{Content, Descriptor, Digest};

use crate::sqlite::Transaction;
use crate::{MissingPolicy, PushError, RecordPush, columns};

const BLOB_HERE: &str = "SELECT b.size, l.state = 'live' FROM link l JOIN blob b ON b.digest = l.digest \
                         WHERE l.repository = ?1 AND l.digest = ?2 AND b.state = 'live'";

const MANIFEST_HERE: &str = "SELECT m.size, r.state = 'live' FROM revision r JOIN manifest m ON m.digest = r.digest \
                             WHERE r.repository = ?1 AND r.digest = ?2 AND r.state <> 'deleted'";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[BLOB_HERE, MANIFEST_HERE];

/// What a manifest names, sorted by what is there: in this repository, whatever others have.
#[derive(Debug, Default)]
pub(crate) struct References {
    blobs: Vec<(Digest, &'static str)>,
    manifests: Vec<Digest>,
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
        if here.has_blob(descriptor)? {
            self.blobs.push((descriptor.digest, kind));
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
        if here.has_manifest(descriptor)? {
            self.manifests.push(descriptor.digest);
        } else if here.has_blob(descriptor)? {
            self.blobs.push((descriptor.digest, "child"));
        } else {
            self.absent.push((descriptor.digest, "child"));
            missing.push(descriptor.digest);
        }
        Ok(())
    }

    /// Writes the rows that keep what is there, and those that say what is not.
    pub(crate) fn record(&self, transaction: &Transaction<'_>, manifest: &Digest) -> rusqlite::Result<()> {
        let manifest = manifest.to_string();
        for (digest, kind) in &self.blobs {
            transaction.execute(
                "INSERT INTO blob_reference (manifest, digest, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![manifest, digest.to_string(), kind],
            )?;
        }
        for digest in &self.manifests {
            transaction.execute(
                "INSERT INTO child_reference (manifest, digest) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![manifest, digest.to_string()],
            )?;
        }
        for (digest, kind) in &self.absent {
            transaction.execute(
                "INSERT INTO soft_reference (manifest, digest, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![manifest, digest.to_string(), kind],
            )?;
        }
        Ok(())
    }
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
    fn has_blob(&self, descriptor: &Descriptor) -> Result<bool, PushError> {
        self.has(
            descriptor,
            BLOB_HERE,
            "UPDATE link SET state = 'live', since_ms = ?3 WHERE repository = ?1 AND digest = ?2",
        )
    }

    fn has_manifest(&self, descriptor: &Descriptor) -> Result<bool, PushError> {
        self.has(
            descriptor,
            MANIFEST_HERE,
            "UPDATE revision SET state = 'live', since_ms = ?3 WHERE repository = ?1 AND digest = ?2",
        )
    }

    fn has(&self, descriptor: &Descriptor, find: &str, revive: &str) -> Result<bool, PushError> {
        let digest = descriptor.digest.to_string();
        let read = |row: &rusqlite::Row<'_>| Ok((columns::unsigned(row, 0)?, row.get::<_, bool>(1)?));
        let Some((actual, live)) = self.transaction.row(find, params![self.repository, digest], read)? else {
            return Ok(false);
        };
        if actual != descriptor.size {
            let (digest, declared) = (descriptor.digest, descriptor.size);
            return Err(PushError::SizeMismatch { digest, actual, declared });
        }
        if !live {
            self.transaction.execute(revive, params![self.repository, digest, columns::ms(self.now_ms)])?;
        }
        Ok(true)
    }
}
