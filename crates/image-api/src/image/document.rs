use serde::Deserialize;
use weir_oci::{Algorithm, Digest, ManifestType};

use super::schema1;
use crate::wire::nullable;

/// Media type of the layers of schema 1.
pub(super) const SCHEMA1_LAYER: &str = "application/vnd.docker.container.image.rootfs.diff+x-gtar";
/// Media type of manifests of schema 1.
pub(super) const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
/// The same with signatures.
const SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// Whether a manifest of that type is one of schema 1.
pub(super) fn is_schema1(media_type: &str) -> bool {
    media_type == SCHEMA1 || media_type == SCHEMA1_SIGNED
}

/// Whether a manifest of that type names a config and layers.
pub(super) fn is_schema2(media_type: &str) -> bool {
    ManifestType::parse(media_type).is_some_and(|known| !known.is_index())
}

/// Whether a manifest of that type names other manifests.
pub(super) fn is_index(media_type: &str) -> bool {
    ManifestType::parse(media_type).is_some_and(ManifestType::is_index)
}

/// A manifest as it was sent to the API: read leniently, since nothing is served from it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Document {
    #[serde(deserialize_with = "nullable")]
    pub(super) schema_version: i64,
    #[serde(deserialize_with = "nullable")]
    pub(super) media_type: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) config: Entry,
    #[serde(deserialize_with = "nullable")]
    pub(super) layers: Vec<Entry>,
    #[serde(deserialize_with = "nullable")]
    pub(super) manifests: Vec<Entry>,
    #[serde(deserialize_with = "nullable")]
    pub(super) fs_layers: Vec<FsLayer>,
    #[serde(deserialize_with = "nullable")]
    pub(super) history: Vec<History>,
}

/// A descriptor.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Entry {
    #[serde(deserialize_with = "nullable")]
    pub(super) media_type: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) digest: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) size: i64,
    #[serde(deserialize_with = "nullable")]
    pub(super) platform: Platform,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Platform {
    #[serde(deserialize_with = "nullable")]
    pub(super) architecture: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) os: String,
    #[serde(deserialize_with = "nullable")]
    pub(super) variant: String,
}

/// A layer of schema 1.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct FsLayer {
    #[serde(deserialize_with = "nullable")]
    pub(super) blob_sum: String,
}

/// What schema 1 says of a layer, as a text that is JSON again.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct History {
    #[serde(deserialize_with = "nullable")]
    pub(super) v1_compatibility: String,
}

impl Document {
    /// Reads a manifest.
    pub(super) fn read(manifest: &str) -> Option<Document> {
        serde_json::from_str(manifest).ok()
    }

    /// The media type the document gives itself, or else the one it was declared to be of.
    pub(super) fn media_type_or<'a>(&'a self, declared: &'a str) -> &'a str {
        if self.media_type.is_empty() { declared } else { &self.media_type }
    }
}

/// Whether a manifest of that type has that digest. Of an index nobody knows.
pub(super) fn is_named(manifest: &str, media_type: &str, digest: &str) -> bool {
    if media_type.is_empty() || is_schema1(media_type) {
        schema1::payload(manifest).is_some_and(|payload| hashes_to(&payload, digest))
    } else {
        is_schema2(media_type) && hashes_to(manifest.as_bytes(), digest)
    }
}

/// Whether bytes have that digest. A text that is no digest is none of theirs.
pub(super) fn hashes_to(bytes: &[u8], digest: &str) -> bool {
    let algorithm = digest.split_once(':').and_then(|(name, _)| Algorithm::parse(name));
    algorithm.is_some_and(|algorithm| Digest::of(algorithm, bytes).to_string() == digest)
}
