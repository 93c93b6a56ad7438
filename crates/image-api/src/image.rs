//! The record of one manifest.

mod config;
mod docker;
mod document;
mod fill;
mod header;
mod key_set;
mod push;
pub mod rules;
mod schema1;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use docker::{DockerConfig, DockerImage};
pub use key_set::KeySet;
pub use push::from_push;

use crate::meta::{Column, Kind, NAME, ObjectMeta, Resource, serialize_typed};
use crate::wire::{is_default, nullable};
use crate::{Base64Bytes, ImageSignature, PullSpec, Timestamp};

/// Annotation of images whose content this registry stores.
pub const MANAGED: &str = "openshift.io/image.managed";
/// Annotation of images whose manifest and config are read from the registry's own storage, so that
/// the record need not hold them.
pub const MANIFEST_BLOB_STORED: &str = "image.openshift.io/manifestBlobStored";
/// Annotation for the order of the layers: `ascending` is base first.
pub const LAYERS_ORDER: &str = "image.openshift.io/dockerLayersOrder";

const METADATA_VERSION: &str = "1.0";
/// The version before, which some old records are of.
const OLD_METADATA_VERSION: &str = "pre012";
/// What stands for the platform of an index entry that has none (image-api Q9).
const UNKNOWN: &str = "unknown";

/// The record of one manifest, named by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Image {
    /// Metadata; the name is the manifest's digest.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The pull spec the image was first seen under.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_reference: String,
    /// What the config says. Never left out: clients fail without it (image-api 5.3).
    #[serde(deserialize_with = "header::docker_image", serialize_with = "serialize_typed")]
    pub docker_image_metadata: DockerImage,
    /// Version of the form of `docker_image_metadata`.
    #[serde(deserialize_with = "metadata_version")]
    pub docker_image_metadata_version: String,
    /// The manifest, unless it is in storage.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_manifest: String,
    /// The layers, base first.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_layers: Vec<ImageLayer>,
    /// Signatures of the image.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub signatures: Vec<ImageSignature>,
    /// Signatures inside a manifest of schema 1.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_signatures: Vec<Base64Bytes>,
    /// Media type of the manifest.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_manifest_media_type: String,
    /// The config, unless it is in storage.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_config: String,
    /// The entries of an index.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_manifests: Vec<ImageManifest>,
}

impl Default for Image {
    fn default() -> Image {
        Image {
            metadata: ObjectMeta::default(),
            docker_image_reference: String::new(),
            docker_image_metadata: DockerImage::default(),
            docker_image_metadata_version: METADATA_VERSION.to_owned(),
            docker_image_manifest: String::new(),
            docker_image_layers: Vec::new(),
            signatures: Vec::new(),
            docker_image_signatures: Vec::new(),
            docker_image_manifest_media_type: String::new(),
            docker_image_config: String::new(),
            docker_image_manifests: Vec::new(),
        }
    }
}

fn metadata_version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let version = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    match version.as_str() {
        "" => Ok(METADATA_VERSION.to_owned()),
        METADATA_VERSION | OLD_METADATA_VERSION => Ok(version),
        _ => Err(D::Error::custom(format_args!("unknown dockerImageMetadataVersion {version:?}"))),
    }
}

/// One layer of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageLayer {
    /// Digest of the blob.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Its size in bytes.
    #[serde(deserialize_with = "nullable")]
    pub size: i64,
    /// Its media type.
    #[serde(deserialize_with = "nullable")]
    pub media_type: String,
}

/// One entry of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageManifest {
    /// Digest of the manifest, and the name of its image.
    #[serde(deserialize_with = "nullable")]
    pub digest: String,
    /// Its media type.
    #[serde(deserialize_with = "nullable")]
    pub media_type: String,
    /// Its size in bytes.
    #[serde(deserialize_with = "nullable")]
    pub manifest_size: i64,
    /// CPU architecture.
    #[serde(deserialize_with = "nullable")]
    pub architecture: String,
    /// Operating system.
    #[serde(deserialize_with = "nullable")]
    pub os: String,
    /// Variant of the CPU.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub variant: String,
}

impl Image {
    /// Shows the pull spec under the name this registry goes by.
    pub fn render(&mut self, host: &str) {
        self.docker_image_reference = PullSpec::render(&self.docker_image_reference, host);
    }

    /// The image as other objects show it, without the raw documents.
    pub(crate) fn without_documents(mut self) -> Image {
        self.clear_documents();
        self
    }

    /// Drops the raw documents.
    pub(crate) fn clear_documents(&mut self) {
        self.docker_image_manifest.clear();
        self.docker_image_config.clear();
    }
}

impl Kind for Image {
    const KIND: &'static str = "Image";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for Image {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] =
            &[NAME, Column::text("Image Reference", "The pull spec the image was first seen under.")];
        COLUMNS
    }

    fn row(&self, _now: Timestamp) -> Vec<Value> {
        vec![self.metadata.name.as_str().into(), self.docker_image_reference.as_str().into()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    #[test]
    fn an_image_without_metadata_shows_an_empty_one() {
        // image-api 5, 95, 98b
        let empty = concat!(
            r#"{"kind":"Image","apiVersion":"image.openshift.io/v1","metadata":{},"#,
            r#""dockerImageMetadata":{"kind":"DockerImage","apiVersion":"image.openshift.io/1.0","Id":"","#,
            r#""Created":null,"ContainerConfig":{}},"dockerImageMetadataVersion":"1.0"}"#
        );
        assert_eq!(serde_json::to_string(&Typed::of(&Image::default())).unwrap(), empty);
        for text in ["{}", r#"{"dockerImageMetadata":null,"dockerImageMetadataVersion":""}"#, empty] {
            assert_eq!(serde_json::from_str::<Image>(text).unwrap(), Image::default(), "{text}");
        }
    }

    #[test]
    fn members_keep_their_order() {
        // image-api 86
        let text = concat!(
            r#"{"metadata":{"name":"i"},"dockerImageReference":"r","#,
            r#""dockerImageMetadata":{"kind":"DockerImage","apiVersion":"image.openshift.io/1.0","Id":"x","#,
            r#""Created":null,"ContainerConfig":{}},"dockerImageMetadataVersion":"pre012","#,
            r#""dockerImageManifest":"{}","dockerImageLayers":[{"name":"","size":0,"mediaType":""}],"#,
            r#""signatures":[{"metadata":{},"type":"t","content":null}],"dockerImageSignatures":["AA=="],"#,
            r#""dockerImageManifestMediaType":"m","dockerImageConfig":"{}","#,
            r#""dockerImageManifests":[{"digest":"","mediaType":"","manifestSize":-1,"architecture":"","#,
            r#""os":"","variant":"v8"}]}"#
        );
        let image: Image = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&image).unwrap(), text);
    }

    #[test]
    fn a_row_shows_the_reference() {
        // image-api 22
        let mut image = Image { docker_image_reference: "/team/app".to_owned(), ..Image::default() };
        image.metadata.name = "sha256:1".to_owned();
        image.render("r.io");
        assert_eq!(image.row(Timestamp::ZERO), ["sha256:1", "r.io/team/app"]);
        assert_eq!(
            Image::columns().iter().map(Column::name).collect::<Vec<_>>(),
            ["Name", "Image Reference"]
        );
    }
}
