//! What of an image's record is derived from its manifest and config (image-api 5.4).

use std::collections::BTreeSet;

use super::document::{self, Document, Entry, SCHEMA1, SCHEMA1_LAYER};
use super::{DockerImage, Image, ImageLayer, ImageManifest, LAYERS_ORDER, UNKNOWN, config};
use crate::Timestamp;

const ASCENDING: &str = "ascending";
const DESCENDING: &str = "descending";

/// Fills in the layers and what the config says. What cannot be read leaves the record holding
/// less; it never fails (image-api Q12).
pub(super) fn fill(image: &mut Image, now: Timestamp) {
    if image.docker_image_manifest.is_empty() {
        return;
    }
    let is_filled = !image.docker_image_layers.is_empty()
        && image.docker_image_metadata.size > 0
        && !image.docker_image_manifest_media_type.is_empty();
    if is_filled {
        return;
    }
    let Some(document) = Document::read(&image.docker_image_manifest) else { return };
    let media_type = document.media_type_or(&image.docker_image_manifest_media_type).to_owned();
    if document::is_index(&media_type) {
        fill_index(image, media_type, now);
    } else if document.schema_version == 1 {
        fill_schema1(image, &document);
    } else if document.schema_version == 2 {
        fill_schema2(image, &document, media_type);
    }
}

/// Fills in the entries of an index (image-api 5.2).
pub(super) fn fill_children(image: &mut Image) {
    let Some(document) = Document::read(&image.docker_image_manifest) else { return };
    if document::is_index(document.media_type_or(&image.docker_image_manifest_media_type)) {
        image.docker_image_manifests = document.manifests.into_iter().map(child).collect();
    }
}

/// Turns the layers that came with a manifest base first. A client that does not say how they are
/// ordered is taken to have them in the order its manifest type once had (image-api Q10).
pub(super) fn order_layers(image: &mut Image) {
    if image.docker_image_manifest.is_empty() || image.docker_image_layers.is_empty() {
        return;
    }
    let media_type = &image.docker_image_manifest_media_type;
    let order = match image.metadata.annotations.get(LAYERS_ORDER) {
        Some(order) => order.as_str(),
        None if document::is_schema1(media_type) => ASCENDING,
        None if document::is_schema2(media_type) => DESCENDING,
        None => return,
    };
    if order == DESCENDING {
        image.docker_image_layers.reverse();
    }
    set_ascending(image);
}

fn set_ascending(image: &mut Image) {
    image.metadata.annotations.insert(LAYERS_ORDER.to_owned(), ASCENDING.to_owned());
}

fn fill_index(image: &mut Image, media_type: String, now: Timestamp) {
    image.docker_image_manifest_media_type = media_type;
    let metadata = &mut image.docker_image_metadata;
    // An index read before keeps the time it was first seen at, so that an update changes nothing.
    if metadata.id != image.metadata.name || metadata.created.is_zero() {
        metadata.id.clone_from(&image.metadata.name);
        metadata.created = now;
    }
}

fn fill_schema1(image: &mut Image, document: &Document) {
    if document.history.len() != document.fs_layers.len() {
        return;
    }
    if image.docker_image_layers.is_empty() {
        let newest_first = document.fs_layers.iter().zip(&document.history);
        let layer = |(layer, history): (&document::FsLayer, &document::History)| ImageLayer {
            name: layer.blob_sum.clone(),
            size: config::read_v1(&history.v1_compatibility).map_or(0, |(_, size)| size),
            media_type: SCHEMA1_LAYER.to_owned(),
        };
        image.docker_image_layers = newest_first.rev().map(layer).collect();
        set_ascending(image);
    }
    SCHEMA1.clone_into(&mut image.docker_image_manifest_media_type);
    let newest = document.history.first().and_then(|history| config::read_v1(&history.v1_compatibility));
    if let Some((metadata, _)) = newest {
        let size = size(0, "", &image.docker_image_layers);
        image.docker_image_metadata = DockerImage { size, ..metadata };
    }
}

fn fill_schema2(image: &mut Image, document: &Document, media_type: String) {
    if image.docker_image_layers.is_empty() {
        image.docker_image_layers = document.layers.iter().map(layer).collect();
        set_ascending(image);
    }
    image.docker_image_manifest_media_type = if media_type.is_empty() {
        weir_oci::ManifestType::DockerManifest.as_str().to_owned()
    } else {
        media_type
    };
    // Whatever the config is, Id and Size are known, which clients need of every image (image-api Q32).
    let config = &image.docker_image_config;
    let (metadata, config_bytes) = if config.is_empty() {
        (std::mem::take(&mut image.docker_image_metadata), document.config.size)
    } else {
        let bytes = i64::try_from(config.len()).unwrap_or(i64::MAX);
        (config::read(config.as_bytes()).unwrap_or_default(), bytes)
    };
    let id = document.config.digest.clone();
    let size = size(config_bytes, &id, &image.docker_image_layers);
    image.docker_image_metadata = DockerImage { id, size, ..metadata };
}

/// Bytes of the config and of each distinct layer. A layer that is the config counts once.
fn size(config_bytes: i64, config: &str, layers: &[ImageLayer]) -> i64 {
    let mut counted = BTreeSet::from([config]);
    let distinct = layers.iter().filter(|layer| counted.insert(&layer.name));
    distinct.fold(config_bytes, |sum, layer| sum.saturating_add(layer.size))
}

fn layer(entry: &Entry) -> ImageLayer {
    ImageLayer { name: entry.digest.clone(), size: entry.size, media_type: entry.media_type.clone() }
}

fn child(entry: Entry) -> ImageManifest {
    let or_unknown = |text: String| if text.is_empty() { UNKNOWN.to_owned() } else { text };
    ImageManifest {
        digest: entry.digest,
        media_type: entry.media_type,
        manifest_size: entry.size,
        architecture: or_unknown(entry.platform.architecture),
        os: or_unknown(entry.platform.os),
        variant: entry.platform.variant,
    }
}

#[cfg(test)]
mod tests;
