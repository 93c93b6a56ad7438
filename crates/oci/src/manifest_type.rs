use std::fmt;

/// The manifest types this registry takes (distribution-spec, "Pushing Manifests"; Docker image
/// manifest version 2, schema 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ManifestType {
    /// OCI image manifest.
    OciManifest,
    /// OCI image index.
    OciIndex,
    /// Docker schema 2 manifest.
    DockerManifest,
    /// Docker manifest list.
    DockerList,
}

impl ManifestType {
    /// Every type.
    pub const ALL: [ManifestType; 4] = [
        ManifestType::OciManifest,
        ManifestType::OciIndex,
        ManifestType::DockerManifest,
        ManifestType::DockerList,
    ];

    /// The media type as it stands in `Content-Type`.
    pub fn as_str(self) -> &'static str {
        match self {
            ManifestType::OciManifest => "application/vnd.oci.image.manifest.v1+json",
            ManifestType::OciIndex => "application/vnd.oci.image.index.v1+json",
            ManifestType::DockerManifest => "application/vnd.docker.distribution.manifest.v2+json",
            ManifestType::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
        }
    }

    /// The type of that media type, which must be bare and in lower case.
    pub fn parse(media_type: &str) -> Option<ManifestType> {
        ManifestType::ALL.into_iter().find(|t| t.as_str() == media_type)
    }

    /// Whether it lists other manifests.
    pub fn is_index(self) -> bool {
        match self {
            ManifestType::OciIndex | ManifestType::DockerList => true,
            ManifestType::OciManifest | ManifestType::DockerManifest => false,
        }
    }
}

impl fmt::Display for ManifestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
