use std::collections::BTreeMap;

use crate::Digest;

/// Reference from a manifest to content (image-spec, descriptor.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Media type of the content. Any text: artifacts name theirs freely.
    pub media_type: String,
    /// Digest of the content.
    pub digest: Digest,
    /// Size of the content in bytes.
    pub size: u64,
    /// Where else the content may be had.
    pub urls: Vec<String>,
    /// Free-form annotations.
    pub annotations: BTreeMap<String, String>,
    /// Type of the artifact the content is.
    pub artifact_type: Option<String>,
    /// What the content runs on; only in an index.
    pub platform: Option<Platform>,
}

impl Descriptor {
    /// Whether the content is a layer that need not be in the registry: a foreign layer of Docker or
    /// a non-distributable one of OCI, fetched from [`urls`](Self::urls) by the client.
    pub fn is_foreign(&self) -> bool {
        self.media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.")
            || self.media_type == FOREIGN_DOCKER_LAYER
    }

    /// Whether the content is a manifest by its media type.
    pub fn is_manifest(&self) -> bool {
        crate::ManifestType::parse(&self.media_type).is_some()
    }
}

pub(crate) const FOREIGN_DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

/// Platform of an index entry. Members that a push leaves out are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Platform {
    /// CPU architecture, in the spelling of Go.
    pub architecture: String,
    /// Operating system, in the spelling of Go.
    pub os: String,
    /// Variant of the CPU.
    pub variant: Option<String>,
}
