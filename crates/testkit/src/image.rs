use bytes::Bytes;
use serde_json::{Value, json};
use weir_oci::{Digest, ManifestType};

/// An image to push: a config, layers, and the manifest that names them.
#[derive(Clone, Debug)]
pub struct SampleImage {
    /// The config.
    pub config: Bytes,
    /// The layers, base first.
    pub layers: Vec<Bytes>,
    /// The manifest.
    pub manifest: Bytes,
    /// Its type.
    pub media_type: ManifestType,
}

impl SampleImage {
    /// An OCI image with one layer that holds `seed`; different seeds, different digests.
    pub fn of(seed: &str) -> SampleImage {
        SampleImage::build(seed, &json!({}))
    }

    /// The same, with more members in its manifest (`subject`, `artifactType`, `annotations`…).
    pub fn build(seed: &str, members: &Value) -> SampleImage {
        let layer = Bytes::from(format!("layer of {seed}"));
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-02-03T10:15:30Z",
            "config": {"Labels": {"seed": seed}},
            "rootfs": {"type": "layers", "diff_ids": [Digest::sha256(&layer)]},
        });
        let config = Bytes::from(config.to_string());
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": ManifestType::OciManifest.as_str(),
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
        });
        for (name, value) in members.as_object().into_iter().flatten() {
            manifest[name] = value.clone();
        }
        SampleImage {
            config,
            layers: vec![layer],
            manifest: manifest.to_string().into(),
            media_type: ManifestType::OciManifest,
        }
    }

    /// Digest of the manifest.
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.manifest)
    }

    /// The descriptor an index or a subject member would hold.
    pub fn descriptor(&self) -> Value {
        descriptor(self.media_type.as_str(), &self.manifest)
    }

    /// Config and layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Bytes> {
        std::iter::once(&self.config).chain(&self.layers)
    }
}

/// An index to push.
#[derive(Clone, Debug)]
pub struct SampleIndex {
    /// The index.
    pub manifest: Bytes,
}

impl SampleIndex {
    /// An OCI index of these descriptors.
    pub fn of(manifests: &[Value]) -> SampleIndex {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": ManifestType::OciIndex.as_str(),
            "manifests": manifests,
        });
        SampleIndex { manifest: index.to_string().into() }
    }

    /// Digest of the index.
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.manifest)
    }
}

fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({"mediaType": media_type, "size": content.len(), "digest": Digest::sha256(content)})
}
