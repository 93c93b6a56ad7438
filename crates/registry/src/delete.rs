use weir_access::{Delete, Permit};
use weir_metadata::EventSource;
use weir_oci::{Digest, Reference};

use crate::{Condition, Error, Registry, Result};

impl Registry {
    /// Removes a tag, or a manifest with every tag that points to it. The bytes stay until they are
    /// collected.
    pub async fn delete_manifest(
        &self,
        permit: &Permit<Delete>,
        reference: &Reference,
        condition: Option<Condition>,
        client: Option<String>,
        reason: Option<String>,
    ) -> Result<()> {
        self.check_deletes()?;
        let stream = self.stream(permit.repository())?;
        let source = EventSource { identity: permit.identity().name().to_owned(), client, reason };
        let now_ms = self.clock.now_ms();
        let removed = match reference {
            Reference::Tag(tag) => {
                let condition = condition.map(Into::into);
                self.engine.delete_tag(stream.clone(), tag.clone(), condition, source, now_ms).await
            }
            Reference::Digest(digest) => {
                // What a digest names never changes, so this needs no look at the records.
                match condition {
                    Some(Condition::At(others)) if !others.contains(digest) => {
                        return Err(Error::PreconditionFailed);
                    }
                    Some(Condition::Absent) => return Err(Error::PreconditionFailed),
                    Some(Condition::At(_) | Condition::Exists) | None => {}
                }
                self.engine.delete_revision(stream.clone(), *digest, source, now_ms).await
            }
        };
        match removed {
            Ok(true) => Ok(()),
            Ok(false) if self.engine.repository_exists(&stream)? => {
                Err(Error::ManifestUnknown(reference.clone()))
            }
            Ok(false) => Err(Error::RepositoryUnknown(permit.repository().clone())),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a blob from a repository. Other repositories keep it.
    pub async fn delete_blob(&self, permit: &Permit<Delete>, digest: &Digest) -> Result<()> {
        self.check_deletes()?;
        let stream = self.stream(permit.repository())?;
        if self.engine.unlink_blob(stream, *digest).await? {
            Ok(())
        } else {
            Err(Error::BlobUnknown(*digest))
        }
    }

    fn check_deletes(&self) -> Result<()> {
        self.check_writable()?;
        if self.settings.deletes { Ok(()) } else { Err(Error::DeletesDisabled) }
    }
}
