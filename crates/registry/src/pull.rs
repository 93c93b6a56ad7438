use bytes::Bytes;
use weir_access::{Permit, Pull};
use weir_metadata::{BlobRecord, ManifestRecord, StoredBytes};
use weir_oci::{Digest, ManifestType, Reference};
use weir_store::{Content, ObjectKey};

use crate::{Error, Registry, Result};

/// A manifest that may be served.
#[derive(Debug)]
pub struct PulledManifest {
    /// The digest it was pushed with.
    pub digest: Digest,
    /// The type it was pushed as.
    pub media_type: ManifestType,
    /// Its bytes, as they were pushed.
    pub raw: Bytes,
}

/// A blob that may be served.
#[derive(Debug)]
pub struct Blob {
    /// Bytes it has.
    pub size: u64,
    /// Its bytes.
    pub content: Content,
}

impl Registry {
    /// The manifest a tag or digest names in a repository.
    pub async fn manifest(&self, permit: &Permit<Pull>, reference: &Reference) -> Result<PulledManifest> {
        let record = self.manifest_record(permit, reference)?;
        let raw = match record.bytes {
            StoredBytes::Inline(raw) => raw,
            StoredBytes::Object(at) => {
                let content = self.store.open(&key(&at)?, record.size).await.map_err(lost)?;
                content.into_bytes().await.map_err(lost)?
            }
        };
        Ok(PulledManifest { digest: record.digest, media_type: record.media_type, raw })
    }

    /// What [`manifest`](Self::manifest) would serve, without its bytes.
    pub fn manifest_record(&self, permit: &Permit<Pull>, reference: &Reference) -> Result<ManifestRecord> {
        let stream = self.stream(permit.repository())?;
        match self.engine.manifest(&stream, reference)? {
            Some(record) => Ok(record),
            None if self.engine.repository_exists(&stream)? => Err(Error::ManifestUnknown(reference.clone())),
            None => Err(Error::RepositoryUnknown(permit.repository().clone())),
        }
    }

    /// A blob of a repository.
    pub async fn blob(&self, permit: &Permit<Pull>, digest: &Digest) -> Result<Blob> {
        let record = self.blob_record(permit, digest)?;
        match self.store.open(&key(&record.key)?, record.size).await {
            Ok(content) => Ok(Blob { size: record.size, content }),
            // A key goes when the blob was stored anew; the record then names the new one. If it
            // still names the missing one, bytes are lost, and that is never "unknown".
            Err(weir_store::Error::Missing(_)) => {
                let again = self.blob_record(permit, digest)?;
                let content = self.store.open(&key(&again.key)?, again.size).await.map_err(lost)?;
                Ok(Blob { size: again.size, content })
            }
            Err(error) => Err(lost(error)),
        }
    }

    /// What [`blob`](Self::blob) would serve, without its bytes.
    pub fn blob_record(&self, permit: &Permit<Pull>, digest: &Digest) -> Result<BlobRecord> {
        let stream = self.stream(permit.repository())?;
        self.engine.blob(&stream, digest)?.ok_or(Error::BlobUnknown(*digest))
    }
}

/// The key a record holds.
pub(crate) fn key(text: &str) -> Result<ObjectKey> {
    text.parse().map_err(|error: weir_store::KeyError| Error::Internal(error.into()))
}

/// A record names an object, so its absence is damage and not "unknown".
fn lost(error: weir_store::Error) -> Error {
    Error::Internal(error.into())
}
