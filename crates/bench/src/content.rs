//! Bytes to serve and to push: incompressible, reproducible from a seed, equal for every server of a run.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest as _, Sha256};

pub(crate) const KIB: usize = 1024;
pub(crate) const MIB: usize = 1024 * KIB;

pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// How much of a large blob is its own; the rest it shares with the others of its kind, in the client's memory only.
const OWN_BYTES: usize = 4 * KIB;

/// One step of splitmix64: turns counters into seeds and choices that look random and repeat in every run.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A choice among `count` that depends only on `index`.
pub(crate) fn choose(index: usize, count: usize) -> usize {
    let spread = mix(index as u64) >> 32;
    usize::try_from(spread).expect("32 bits fit") % count
}

/// A seed for one item of one round of one scenario.
pub(crate) fn seed(scenario: &str, round: usize, item: usize) -> u64 {
    let named = scenario.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
    mix(mix(named ^ round as u64) ^ item as u64)
}

/// Incompressible bytes.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = mix(seed);
    let mut bytes = vec![0; length];
    for chunk in bytes.chunks_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        chunk.copy_from_slice(&mix(state).to_le_bytes()[..chunk.len()]);
    }
    bytes
}

/// `sha256:<hex>` of the parts one after the other.
pub(crate) fn digest_of(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    spell(&hasher.finalize())
}

/// `sha256:<hex>` of a finished hash.
pub(crate) fn spell(hash: &[u8]) -> String {
    let mut text = String::with_capacity(7 + 2 * hash.len());
    text.push_str("sha256:");
    for byte in hash {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

/// Content with its digest.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    own: Vec<u8>,
    shared: Option<Arc<Vec<u8>>>,
    digest: String,
}

impl Blob {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        let digest = digest_of(&[&bytes]);
        Self { own: bytes, shared: None, digest }
    }

    pub(crate) fn noise(seed: u64, length: usize) -> Self {
        Self::of(noise(seed, length))
    }

    /// A blob of `OWN_BYTES` plus the shared bytes: unique, without its whole length in the client's memory again.
    pub(crate) fn over(seed: u64, shared: &Arc<Vec<u8>>) -> Self {
        let own = noise(seed, OWN_BYTES);
        let digest = digest_of(&[&own, shared]);
        Self { own, shared: Some(Arc::clone(shared)), digest }
    }

    /// What blobs of `length` bytes may share, see [`Blob::over`].
    pub(crate) fn shareable(seed: u64, length: usize) -> Arc<Vec<u8>> {
        Arc::new(noise(seed, length.saturating_sub(OWN_BYTES)))
    }

    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        [&self.own, self.shared.as_ref().map_or(&[][..], |shared| shared.as_slice())]
    }

    pub(crate) fn length(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }
}

/// An image: config and layers as blobs, and the manifest that names them.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) config: Blob,
    pub(crate) layers: Vec<Blob>,
    pub(crate) manifest: Blob,
}

impl Image {
    pub(crate) fn of(layers: Vec<Blob>) -> Self {
        let config = config(&layers);
        let manifest = manifest(&config, &layers, None);
        Self { config, layers, manifest }
    }

    /// An image of two layers of 4 KiB.
    pub(crate) fn small(seed: u64) -> Self {
        Self::of(vec![Blob::noise(mix(seed), 4 * KIB), Blob::noise(mix(seed ^ 1), 4 * KIB)])
    }

    /// Another manifest over the same blobs: an image of its own that needs no upload.
    pub(crate) fn variant(&self, name: &str) -> Blob {
        manifest(&self.config, &self.layers, Some(name))
    }

    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.layers.iter().chain(std::iter::once(&self.config))
    }
}

fn config(layers: &[Blob]) -> Blob {
    let diffs: Vec<&str> = layers.iter().map(Blob::digest).collect();
    let history: Vec<_> = layers
        .iter()
        .map(|layer| json!({"created": "2026-02-03T10:16:00Z", "created_by": format!("COPY {} /", layer.digest())}))
        .collect();
    let config = json!({
        "created": "2026-02-03T10:16:00Z",
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "Cmd": ["/bin/sh"], "WorkingDir": "/"},
        "rootfs": {"type": "layers", "diff_ids": diffs},
        "history": history,
    });
    Blob::of(config.to_string().into_bytes())
}

fn manifest(config: &Blob, layers: &[Blob], name: Option<&str>) -> Blob {
    let descriptor =
        |kind: &str, blob: &Blob| json!({"mediaType": kind, "digest": blob.digest(), "size": blob.length()});
    let layers: Vec<_> = layers.iter().map(|layer| descriptor(LAYER_TYPE, layer)).collect();
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(CONFIG_TYPE, config),
        "layers": layers,
    });
    if let Some(name) = name {
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": name});
    }
    Blob::of(manifest.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_that_of_the_whole() {
        let blob = Blob::over(7, &Blob::shareable(1, 10 * KIB));
        assert_eq!(blob.length(), 10 * KIB);
        assert_eq!(blob.digest(), Blob::of(blob.parts().concat()).digest());
        assert_eq!(
            Blob::of(b"abc".to_vec()).digest(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn seeds_differ_and_repeat() {
        assert_eq!(noise(3, 100), noise(3, 100));
        assert_ne!(noise(3, 100), noise(4, 100));
        assert_ne!(seed("a", 0, 1), seed("a", 1, 0));
    }

    #[test]
    fn variants_are_images_of_their_own() {
        let image = Image::small(1);
        assert_ne!(image.variant("a").digest(), image.manifest.digest());
        assert_ne!(image.variant("a").digest(), image.variant("b").digest());
    }
}
