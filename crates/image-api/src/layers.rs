//! Everything a stream makes pullable (image-api 8).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};
use weir_oci::ManifestType;

use crate::Image;
use crate::meta::{Kind, ObjectMeta, Resource};
use crate::wire::{is_default, nullable};

const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Every image and blob that a stream makes pullable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStreamLayers {
    /// The stream's.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The blobs, by digest.
    #[serde(deserialize_with = "nullable")]
    pub blobs: BTreeMap<String, ImageLayerData>,
    /// The images, by name.
    #[serde(deserialize_with = "nullable")]
    pub images: BTreeMap<String, ImageBlobReferences>,
}

/// What is known of a blob.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLayerData {
    /// Size in bytes; only of layers.
    pub size: Option<i64>,
    /// Media type.
    #[serde(deserialize_with = "nullable")]
    pub media_type: String,
}

/// What an image consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageBlobReferences {
    /// There is no such image, though something names it.
    #[serde(deserialize_with = "nullable")]
    pub image_missing: bool,
    /// The layers, base first.
    pub layers: Option<Vec<String>>,
    /// The config.
    pub config: Option<String>,
    /// The entries of an index.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub manifests: Vec<String>,
}

impl Kind for ImageStreamLayers {
    const KIND: &'static str = "ImageStreamLayers";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageStreamLayers {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

/// The layers of a stream with this metadata. `history` names every image of every event of every
/// tag, in any order and any number of times; `images` finds the record of one.
///
/// Children of an index are followed. One without a record, as in a sparse mirror, is shown as missing.
pub fn build(
    images: impl Fn(&str) -> Option<Image>,
    history: impl Iterator<Item = String>,
    metadata: ObjectMeta,
) -> ImageStreamLayers {
    let mut layers = ImageStreamLayers { metadata, ..ImageStreamLayers::default() };
    let mut waiting = Vec::new();
    // An event without image is a tag that only points elsewhere.
    for name in history.filter(|name| !name.is_empty()) {
        waiting.push(name);
        while let Some(name) = waiting.pop() {
            let Entry::Vacant(place) = layers.images.entry(name) else { continue };
            let image = images(place.key());
            if let Some(image) = &image {
                add_blobs(&mut layers.blobs, place.key(), image);
                waiting.extend(image.docker_image_manifests.iter().rev().map(|child| child.digest.clone()));
            }
            place.insert(references(image));
        }
    }
    layers
}

fn add_blobs(blobs: &mut BTreeMap<String, ImageLayerData>, name: &str, image: &Image) {
    let mut add = |digest: &str, size, media_type: &str| {
        let data = || ImageLayerData { size, media_type: media_type.to_owned() };
        blobs.entry(digest.to_owned()).or_insert_with(data);
    };
    for layer in &image.docker_image_layers {
        add(&layer.name, Some(layer.size), &layer.media_type);
    }
    if let Some((config, media_type)) = config(image) {
        add(config, None, media_type);
    }
    let media_type = match image.docker_image_manifest_media_type.as_str() {
        "" => ManifestType::DockerManifest.as_str(),
        known => known,
    };
    add(name, None, media_type);
}

fn references(image: Option<Image>) -> ImageBlobReferences {
    let Some(image) = image else {
        return ImageBlobReferences { image_missing: true, ..ImageBlobReferences::default() };
    };
    ImageBlobReferences {
        image_missing: false,
        config: config(&image).map(|(digest, _)| digest.to_owned()),
        layers: (!image.docker_image_layers.is_empty())
            .then(|| image.docker_image_layers.into_iter().map(|layer| layer.name).collect()),
        manifests: image.docker_image_manifests.into_iter().map(|child| child.digest).collect(),
    }
}

/// The config blob and its media type, for the manifests that have one.
fn config(image: &Image) -> Option<(&str, &'static str)> {
    let media_type = match ManifestType::parse(&image.docker_image_manifest_media_type)? {
        ManifestType::DockerManifest => DOCKER_CONFIG,
        ManifestType::OciManifest => OCI_CONFIG,
        ManifestType::DockerList | ManifestType::OciIndex => return None,
    };
    let id = image.docker_image_metadata.id.as_str();
    (!id.is_empty()).then_some((id, media_type))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DockerImage, ImageLayer, ImageManifest};

    fn image(media_type: &str, config: &str, layers: &[&str], children: &[&str]) -> Image {
        Image {
            docker_image_metadata: DockerImage { id: config.to_owned(), ..DockerImage::default() },
            docker_image_manifest_media_type: media_type.to_owned(),
            docker_image_layers: layers
                .iter()
                .map(|name| ImageLayer { name: (*name).to_owned(), size: 7, media_type: "layer".to_owned() })
                .collect(),
            docker_image_manifests: children
                .iter()
                .map(|digest| ImageManifest { digest: (*digest).to_owned(), ..ImageManifest::default() })
                .collect(),
            ..Image::default()
        }
    }

    fn build_from(records: &[(&str, Image)], history: &[&str]) -> serde_json::Value {
        let find = |name: &str| records.iter().find(|(n, _)| *n == name).map(|(_, image)| image.clone());
        let layers = build(find, history.iter().map(|name| (*name).to_owned()), ObjectMeta::default());
        serde_json::to_value(&layers).unwrap()
    }

    const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";

    #[test]
    fn nothing_gives_empty_objects() {
        // image-api 112
        let empty = serde_json::json!({"metadata": {}, "blobs": {}, "images": {}});
        assert_eq!(build_from(&[], &[]), empty);
        // A tag that only points elsewhere contributes nothing.
        assert_eq!(build_from(&[], &["", ""]), empty);
    }

    #[test]
    fn a_missing_image_is_shown_as_missing() {
        // image-api 109
        assert_eq!(
            build_from(&[], &["gone"]),
            serde_json::json!({"metadata": {}, "blobs": {},
                "images": {"gone": {"imageMissing": true, "layers": null, "config": null}}})
        );
    }

    #[test]
    fn children_of_a_sparse_index_are_followed_or_missing() {
        // image-api 107, 108, 110
        let records = [
            ("outer", image(INDEX, "outer", &[], &["inner", "absent"])),
            ("inner", image(INDEX, "inner", &[], &["child", "outer"])),
            ("child", image(OCI, "config", &["base"], &[])),
        ];
        assert_eq!(
            build_from(&records, &["outer", "child", "outer"]),
            serde_json::json!({"metadata": {},
            "blobs": {
                "outer": {"size": null, "mediaType": INDEX},
                "inner": {"size": null, "mediaType": INDEX},
                "child": {"size": null, "mediaType": OCI},
                "config": {"size": null, "mediaType": OCI_CONFIG},
                "base": {"size": 7, "mediaType": "layer"},
            },
            "images": {
                "outer": {"imageMissing": false, "layers": null, "config": null,
                    "manifests": ["inner", "absent"]},
                "inner": {"imageMissing": false, "layers": null, "config": null,
                    "manifests": ["child", "outer"]},
                "child": {"imageMissing": false, "layers": ["base"], "config": "config"},
                "absent": {"imageMissing": true, "layers": null, "config": null},
            }})
        );
    }

    #[test]
    fn only_known_image_manifests_have_a_config() {
        // image-api 98a, 111
        let records = [
            ("schema1", image("application/vnd.docker.distribution.manifest.v1+json", "id", &["l"], &[])),
            ("untyped", image("", "id", &["l"], &[])),
            ("no-id", image(OCI, "", &["l"], &[])),
        ];
        let layers = build_from(&records, &["schema1", "untyped", "no-id"]);
        for name in ["schema1", "untyped", "no-id"] {
            assert_eq!(layers["images"][name]["config"], serde_json::Value::Null, "{name}");
        }
        assert_eq!(layers["blobs"].as_object().unwrap().len(), 4);
        assert_eq!(layers["blobs"]["untyped"]["mediaType"], ManifestType::DockerManifest.as_str());
    }

    #[test]
    fn the_first_writer_of_a_blob_wins() {
        let mut second = image(OCI, "c2", &["shared"], &[]);
        second.docker_image_layers[0].size = 9;
        let records = [("1", image(OCI, "c1", &["shared"], &[])), ("2", second)];
        assert_eq!(build_from(&records, &["1", "2"])["blobs"]["shared"]["size"], 7);
        assert_eq!(build_from(&records, &["2", "1"])["blobs"]["shared"]["size"], 9);
    }
}
