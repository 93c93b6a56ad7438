//! The raw documents of images, for previews that ask for them (image-api 14.6).

use bytes::Bytes;
use weir_image_api::import::{ImageImportStatus, ImageStreamImport};
use weir_image_api::{Image, StreamRef};
use weir_metadata::StoredBytes;
use weir_oci::{Content, Digest, Manifest, Reference};

use crate::Registry;
use crate::api::lookup::Terms;
use crate::pull::key;

/// Documents larger than this are left out: all those of an answer are in memory at once.
const LARGEST: u64 = 1024 * 1024;

/// Most bytes of documents in one answer. A request may ask for the same image very often.
const TOGETHER: u64 = 32 * 1024 * 1024;

impl Registry {
    /// Puts manifests and configs into a preview, where it asks for them and they can be had.
    pub(super) async fn add_documents(&self, terms: &Terms, import: &mut ImageStreamImport) {
        let repository = import.status.repository.iter_mut().flat_map(|repository| &mut repository.images);
        let of_repository = import.spec.repository.as_ref().is_some_and(|spec| spec.include_manifest);
        let of_images = import.spec.images.iter().map(|spec| spec.include_manifest);
        let entries = repository
            .map(|entry| (entry, of_repository))
            .chain(import.status.images.iter_mut().zip(of_images))
            .filter(|(_, asked_for)| *asked_for);
        let mut room = TOGETHER;
        for (ImageImportStatus { image, manifests, .. }, _) in entries {
            for image in image.as_deref_mut().into_iter().chain(manifests) {
                if let Some(stream) = terms.own_stream(&image.docker_image_reference) {
                    // Documents that cannot be had are left out; the image was found all the same.
                    let _ = self.add_documents_of(&stream, image, &mut room).await;
                }
            }
        }
    }

    async fn add_documents_of(
        &self,
        stream: &StreamRef,
        image: &mut Image,
        room: &mut u64,
    ) -> crate::Result<()> {
        if *room < 2 * LARGEST {
            return Ok(());
        }
        let Ok(digest) = Digest::parse(&image.metadata.name) else { return Ok(()) };
        let Some(record) = self.engine.manifest(stream, &Reference::Digest(digest))? else { return Ok(()) };
        let raw = match record.bytes {
            StoredBytes::Inline(raw) => raw,
            StoredBytes::Object(at) => self.read_small(&at, record.size).await?,
        };
        if let Ok(manifest) = Manifest::stored(record.media_type, digest, raw.clone())
            && let Content::Image { config, .. } = manifest.content()
            && let Some(blob) = self.engine.blob(stream, &config.digest)?
        {
            image.docker_image_config = text(&self.read_small(&blob.key, blob.size).await?);
        }
        image.docker_image_manifest = text(&raw);
        let used = image.docker_image_config.len() + image.docker_image_manifest.len();
        *room = room.saturating_sub(used as u64);
        Ok(())
    }

    /// An object, or nothing of it if it is large.
    async fn read_small(&self, at: &str, size: u64) -> crate::Result<Bytes> {
        if size > LARGEST {
            return Ok(Bytes::new());
        }
        Ok(self.store.open(&key(at)?, size).await?.into_bytes().await?)
    }
}

/// A document as text, or nothing if it is none.
fn text(document: &[u8]) -> String {
    std::str::from_utf8(document).unwrap_or_default().to_owned()
}
