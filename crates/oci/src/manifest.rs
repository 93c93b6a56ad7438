use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Deserialize;

use crate::descriptor::FOREIGN_DOCKER_LAYER;
use crate::{Algorithm, Descriptor, Digest, DigestError, ManifestType, Platform, strict_json};

#[cfg(test)]
mod tests;

/// Most descriptors of one manifest: about what 4 MiB can hold.
pub const MAX_DESCRIPTORS: usize = 16_384;

/// A manifest: the bytes as they were pushed, and what they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    raw: Bytes,
    digest: Digest,
    media_type: ManifestType,
    content: Content,
    subject: Option<Descriptor>,
    artifact_type: Option<String>,
    annotations: BTreeMap<String, String>,
}

/// What a manifest holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A config and layers.
    Image {
        /// The config.
        config: Box<Descriptor>,
        /// The layers, base first.
        layers: Vec<Descriptor>,
    },
    /// Other manifests, or, in a build cache, blobs.
    Index {
        /// The entries.
        manifests: Vec<Descriptor>,
    },
}

/// Why bytes are no manifest this registry takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON, or JSON of the wrong shape.
    #[error("the manifest cannot be read: {0}")]
    Json(String),
    /// Docker image manifest version 2, schema 1.
    #[error("manifests of schema 1 are not supported; push the image again with a current client")]
    SchemaOne,
    /// `schemaVersion` is not 2.
    #[error("schemaVersion must be 2")]
    SchemaVersion,
    /// The media type is none of the four.
    #[error("manifests of type {0:?} are not supported")]
    UnknownType(String),
    /// Neither header nor document say what it is.
    #[error("the manifest has no media type, and neither config, layers nor manifests")]
    NoType,
    /// `mediaType` and `Content-Type` differ.
    #[error("mediaType {body:?} of the manifest is not the type it was sent as, {header:?}")]
    TypeMismatch {
        /// What the document says.
        body: String,
        /// What the request says.
        header: &'static str,
    },
    /// A member that belongs to the other kind of manifest.
    #[error("a manifest of type {media_type} has no member {member:?}")]
    Confused {
        /// The type it was sent as.
        media_type: &'static str,
        /// The member that gives it away.
        member: &'static str,
    },
    /// A required member is missing.
    #[error("the manifest has no member {0:?}")]
    Missing(&'static str),
    /// A descriptor's digest is malformed.
    #[error("{at}: {source}")]
    Digest {
        /// Which descriptor.
        at: String,
        /// What is wrong.
        source: DigestError,
    },
    /// A descriptor contradicts itself.
    #[error("{at}: {problem}")]
    Descriptor {
        /// Which descriptor.
        at: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// More than [`MAX_DESCRIPTORS`] descriptors.
    #[error("a manifest has at most {MAX_DESCRIPTORS} descriptors")]
    TooManyDescriptors,
}

impl Manifest {
    /// Judges what a client pushed. `content_type` is the request header, if there was one.
    pub fn accept(
        content_type: Option<&str>,
        raw: Bytes,
        algorithm: Algorithm,
    ) -> Result<Manifest, ManifestError> {
        strict_json::check(&raw).map_err(unreadable)?;
        let document: Document = serde_json::from_slice(&raw).map_err(unreadable)?;
        let media_type = media_type(content_type, &document)?;
        document.check(media_type)?;
        let digest = Digest::of(algorithm, &raw);
        document.into_manifest(media_type, digest, raw, Reading::Strict)
    }

    /// Reads what this registry stored earlier, under the rules of whatever version stored it.
    pub fn stored(media_type: ManifestType, digest: Digest, raw: Bytes) -> Result<Manifest, ManifestError> {
        let document: Document = serde_json::from_slice(&raw).map_err(unreadable)?;
        document.into_manifest(media_type, digest, raw, Reading::Lenient)
    }

    /// The bytes as they were pushed.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// Digest of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The type it was pushed as.
    pub fn media_type(&self) -> ManifestType {
        self.media_type
    }

    /// What it holds.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The manifest it refers to.
    pub fn subject(&self) -> Option<&Descriptor> {
        self.subject.as_ref()
    }

    /// `artifactType` as a referrers list shows it: the manifest's own, else the media type of an
    /// image's config (distribution-spec, "Listing Referrers").
    pub fn artifact_type(&self) -> Option<&str> {
        match (&self.artifact_type, &self.content) {
            (Some(own), _) if !own.is_empty() => Some(own),
            (_, Content::Image { config, .. }) => Some(&config.media_type),
            (_, Content::Index { .. }) => None,
        }
    }

    /// The manifest's own annotations.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unreadable(error: serde_json::Error) -> ManifestError {
    ManifestError::Json(error.to_string())
}

fn media_type(content_type: Option<&str>, document: &Document) -> Result<ManifestType, ManifestError> {
    if document.schema_version == Some(1) {
        return Err(ManifestError::SchemaOne);
    }
    let bare =
        content_type.map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let named = bare.filter(|value| !value.is_empty()).or_else(|| document.media_type.clone());
    match named {
        Some(name) => ManifestType::parse(&name).ok_or(ManifestError::UnknownType(name)),
        None if document.manifests.is_some() => Ok(ManifestType::OciIndex),
        None if document.config.is_some() || document.layers.is_some() => Ok(ManifestType::OciManifest),
        None => Err(ManifestError::NoType),
    }
}

/// The document as JSON has it; every member is optional so that each lack gets its own words.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<RawDescriptor>,
    layers: Option<Vec<RawDescriptor>>,
    manifests: Option<Vec<RawDescriptor>>,
    subject: Option<RawDescriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDescriptor {
    media_type: Option<String>,
    digest: String,
    size: i64,
    urls: Option<Vec<String>>,
    annotations: Option<BTreeMap<String, String>>,
    data: Option<String>,
    artifact_type: Option<String>,
    platform: Option<RawPlatform>,
}

#[derive(Deserialize)]
struct RawPlatform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    variant: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Reading {
    Strict,
    Lenient,
}

impl Document {
    fn check(&self, media_type: ManifestType) -> Result<(), ManifestError> {
        if self.schema_version != Some(2) {
            return Err(ManifestError::SchemaVersion);
        }
        match &self.media_type {
            Some(body) if body != media_type.as_str() => {
                return Err(ManifestError::TypeMismatch { body: body.clone(), header: media_type.as_str() });
            }
            None if matches!(media_type, ManifestType::DockerManifest | ManifestType::DockerList) => {
                return Err(ManifestError::Missing("mediaType"));
            }
            _ => {}
        }
        let foreign = if media_type.is_index() {
            self.config.as_ref().map(|_| "config").or(self.layers.as_ref().map(|_| "layers"))
        } else {
            self.manifests.as_ref().map(|_| "manifests")
        };
        match foreign {
            Some(member) => Err(ManifestError::Confused { media_type: media_type.as_str(), member }),
            None => Ok(()),
        }
    }

    fn into_manifest(
        self,
        media_type: ManifestType,
        digest: Digest,
        raw: Bytes,
        reading: Reading,
    ) -> Result<Manifest, ManifestError> {
        let count = self.layers.iter().flatten().count() + self.manifests.iter().flatten().count();
        if reading == Reading::Strict && count > MAX_DESCRIPTORS {
            return Err(ManifestError::TooManyDescriptors);
        }
        let docker_image = reading == Reading::Strict && media_type == ManifestType::DockerManifest;
        let content = if media_type.is_index() {
            Content::Index { manifests: descriptors("manifests", self.manifests, reading)? }
        } else {
            let config = self.config.ok_or(ManifestError::Missing("config"))?;
            let layers = descriptors("layers", self.layers, reading)?;
            if docker_image {
                check_docker_urls(&layers)?;
            }
            Content::Image { config: Box::new(config.into_descriptor("config", reading)?), layers }
        };
        let subject = self.subject.map(|subject| subject.into_descriptor("subject", reading)).transpose()?;
        Ok(Manifest {
            raw,
            digest,
            media_type,
            content,
            subject,
            artifact_type: self.artifact_type,
            annotations: self.annotations.unwrap_or_default(),
        })
    }
}

fn descriptors(
    member: &str,
    list: Option<Vec<RawDescriptor>>,
    reading: Reading,
) -> Result<Vec<Descriptor>, ManifestError> {
    list.into_iter()
        .flatten()
        .enumerate()
        .map(|(i, raw)| raw.into_descriptor(&format!("{member}[{i}]"), reading))
        .collect()
}

/// Docker's own rule: a foreign layer says where it is, and no other layer does.
fn check_docker_urls(layers: &[Descriptor]) -> Result<(), ManifestError> {
    for (i, layer) in layers.iter().enumerate() {
        let problem = match (layer.media_type == FOREIGN_DOCKER_LAYER, layer.urls.is_empty()) {
            (true, true) => "missing URL on layer",
            (false, false) => "unexpected URL on layer",
            _ => continue,
        };
        return Err(ManifestError::Descriptor { at: format!("layers[{i}]"), problem });
    }
    Ok(())
}

impl RawDescriptor {
    fn into_descriptor(self, at: &str, reading: Reading) -> Result<Descriptor, ManifestError> {
        let digest = Digest::parse(&self.digest)
            .map_err(|source| ManifestError::Digest { at: at.to_owned(), source })?;
        let size = u64::try_from(self.size)
            .map_err(|_| ManifestError::Descriptor { at: at.to_owned(), problem: "size is negative" })?;
        if reading == Reading::Strict && !self.data.is_none_or(|data| is_content(&data, &digest, size)) {
            return Err(ManifestError::Descriptor {
                at: at.to_owned(),
                problem: "data is not the content that digest and size describe",
            });
        }
        Ok(Descriptor {
            media_type: self.media_type.unwrap_or_default(),
            digest,
            size,
            urls: self.urls.unwrap_or_default(),
            annotations: self.annotations.unwrap_or_default(),
            artifact_type: self.artifact_type,
            platform: self.platform.map(|p| Platform {
                architecture: p.architecture,
                os: p.os,
                variant: p.variant,
            }),
        })
    }
}

fn is_content(data: &str, digest: &Digest, size: u64) -> bool {
    BASE64_STANDARD
        .decode(data)
        .is_ok_and(|bytes| bytes.len() as u64 == size && Digest::of(digest.algorithm(), &bytes) == *digest)
}
