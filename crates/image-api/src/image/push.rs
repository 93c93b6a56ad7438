use std::collections::{BTreeMap, BTreeSet};

use weir_oci::{Content, Descriptor, Manifest};

use super::{
    DockerImage, Image, ImageLayer, ImageManifest, LAYERS_ORDER, MANAGED, MANIFEST_BLOB_STORED, UNKNOWN,
    config,
};
use crate::Timestamp;
use crate::meta::ObjectMeta;

/// The record of a manifest that was pushed here (image-api 5.2 to 5.4, 16.2).
///
/// `config` is the blob that the manifest names as its config, if it could be had. It never fails:
/// of a config that is no image config the record simply holds less. `reference` is the pull spec
/// in the form that is stored.
pub fn from_push(manifest: &Manifest, config: Option<&[u8]>, reference: String, now: Timestamp) -> Image {
    let record = |order: &str| Image {
        metadata: ObjectMeta {
            name: manifest.digest().to_string(),
            creation_timestamp: Some(now),
            annotations: annotations(order),
            ..ObjectMeta::default()
        },
        docker_image_reference: reference,
        docker_image_manifest_media_type: manifest.media_type().as_str().to_owned(),
        ..Image::default()
    };
    match manifest.content() {
        Content::Image { config: descriptor, layers } => Image {
            docker_image_metadata: DockerImage {
                id: descriptor.digest.to_string(),
                size: size(descriptor, layers),
                ..config.and_then(config::read).unwrap_or_default()
            },
            docker_image_layers: layers.iter().map(layer).collect(),
            ..record("ascending")
        },
        Content::Index { manifests } => Image {
            docker_image_metadata: DockerImage {
                id: manifest.digest().to_string(),
                created: now,
                ..DockerImage::default()
            },
            docker_image_manifests: manifests.iter().map(child).collect(),
            ..record("")
        },
    }
}

fn annotations(order: &str) -> BTreeMap<String, String> {
    [(MANAGED, "true"), (MANIFEST_BLOB_STORED, "true"), (LAYERS_ORDER, order)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// Bytes of the config and of each distinct layer. A layer that is the config counts once.
fn size(config: &Descriptor, layers: &[Descriptor]) -> i64 {
    let mut counted = BTreeSet::from([config.digest]);
    layers
        .iter()
        .filter(|layer| counted.insert(layer.digest))
        .fold(bytes(config), |sum, layer| sum.saturating_add(bytes(layer)))
}

fn bytes(descriptor: &Descriptor) -> i64 {
    i64::try_from(descriptor.size).unwrap_or(i64::MAX)
}

fn layer(descriptor: &Descriptor) -> ImageLayer {
    ImageLayer {
        name: descriptor.digest.to_string(),
        size: bytes(descriptor),
        media_type: descriptor.media_type.clone(),
    }
}

fn child(descriptor: &Descriptor) -> ImageManifest {
    let platform = descriptor.platform.clone().unwrap_or_default();
    let or_unknown = |text: String| if text.is_empty() { UNKNOWN.to_owned() } else { text };
    ImageManifest {
        digest: descriptor.digest.to_string(),
        media_type: descriptor.media_type.clone(),
        manifest_size: bytes(descriptor),
        architecture: or_unknown(platform.architecture),
        os: or_unknown(platform.os),
        variant: platform.variant.unwrap_or_default(),
    }
}
