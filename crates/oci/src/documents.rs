//! The JSON documents this registry produces itself, built with `oci-spec`.

use std::collections::{BTreeMap, HashMap};

use oci_spec::distribution::{RepositoryListBuilder, TagListBuilder};
use oci_spec::image::{Descriptor, ImageIndexBuilder, MediaType};

use crate::{Digest, ManifestType};

/// Body of `tags/list` (distribution-spec, "Listing Tags"). `tags` is an array even when empty.
pub fn tag_list(name: &str, tags: Vec<String>) -> Vec<u8> {
    let list = TagListBuilder::default().name(name).tags(tags).build().expect("name and tags are set");
    serde_json::to_vec(&list).expect("strings serialise")
}

/// Body of `_catalog`.
pub fn repository_list(repositories: Vec<String>) -> Vec<u8> {
    let list =
        RepositoryListBuilder::default().repositories(repositories).build().expect("repositories are set");
    serde_json::to_vec(&list).expect("strings serialise")
}

/// One entry of a referrers list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// Digest of the referring manifest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: ManifestType,
    /// Its size in bytes.
    pub size: u64,
    /// Its artifact type, if it has one.
    pub artifact_type: Option<String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
}

impl Referrer {
    /// The entry as a JSON object.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.descriptor()).expect("strings and numbers serialise")
    }

    fn descriptor(&self) -> Descriptor {
        let mut descriptor = describe(&self.digest, self.media_type, self.size);
        if let Some(artifact_type) = &self.artifact_type {
            descriptor.set_artifact_type(Some(artifact_type.as_str().into()));
        }
        if !self.annotations.is_empty() {
            descriptor.set_annotations(Some(self.annotations.clone().into_iter().collect()));
        }
        descriptor
    }
}

/// Body of a referrers list: an image index (distribution-spec, "Listing Referrers").
pub fn referrers(entries: &[Referrer]) -> Vec<u8> {
    index(entries.iter().map(Referrer::descriptor).collect())
}

/// A manifest that a tag points or pointed to, with what the registry says of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Digest of the manifest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: ManifestType,
    /// Its size in bytes.
    pub size: u64,
    /// What is said of tag and manifest. Nothing the manifest says of itself.
    pub annotations: [(&'static str, String); 2],
}

/// Body of a list of tags, or of what happened to one: an image index, in the order given.
pub fn tagged(entries: Vec<Tagged>) -> Vec<u8> {
    let describe = |entry: Tagged| {
        let mut descriptor = describe(&entry.digest, entry.media_type, entry.size);
        let annotations = entry.annotations.map(|(key, value)| (key.to_owned(), value));
        descriptor.set_annotations(Some(HashMap::from(annotations)));
        descriptor
    };
    index(entries.into_iter().map(describe).collect())
}

fn describe(digest: &Digest, media_type: ManifestType, size: u64) -> Descriptor {
    let digest: oci_spec::image::Digest =
        digest.to_string().parse().expect("our digests are a subset of those oci-spec takes");
    Descriptor::new(media_type.as_str().into(), size, digest)
}

fn index(manifests: Vec<Descriptor>) -> Vec<u8> {
    let index = ImageIndexBuilder::default()
        .schema_version(2_u32)
        .media_type(MediaType::ImageIndex)
        .manifests(manifests)
        .build()
        .expect("schema version and manifests are set");
    serde_json::to_vec(&index).expect("strings and numbers serialise")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_tag_list_is_an_array() {
        // distribution 150
        assert_eq!(tag_list("a/b", vec![]), br#"{"name":"a/b","tags":[]}"#);
        assert_eq!(tag_list("a/b", vec!["v1".to_owned()]), br#"{"name":"a/b","tags":["v1"]}"#);
        assert_eq!(repository_list(vec![]), br#"{"repositories":[]}"#);
    }

    #[test]
    fn tagged_manifests_are_an_index_with_what_the_registry_says_of_them() {
        let digest = Digest::sha256(b"x");
        let annotations = [("a", "1".to_owned()), ("b", "2".to_owned())];
        let entry = Tagged { digest, media_type: ManifestType::OciManifest, size: 7, annotations };
        let body: serde_json::Value = serde_json::from_slice(&tagged(vec![entry])).unwrap();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        assert_eq!(
            body,
            serde_json::json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                "manifests": [{"mediaType": media_type, "digest": digest, "size": 7,
                    "annotations": {"a": "1", "b": "2"}}]})
        );
    }

    #[test]
    fn referrers_are_an_index_that_shows_what_each_manifest_says_of_itself() {
        // distribution 157, 159
        assert_eq!(
            String::from_utf8(referrers(&[])).unwrap(),
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
        );
        let digest = Digest::sha256(b"x");
        let plain = Referrer {
            digest,
            media_type: ManifestType::OciIndex,
            size: 7,
            artifact_type: None,
            annotations: BTreeMap::new(),
        };
        let full = Referrer {
            artifact_type: Some("application/x.sbom".to_owned()),
            annotations: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            ..plain.clone()
        };
        let body: serde_json::Value = serde_json::from_slice(&referrers(&[plain, full])).unwrap();
        let index = "application/vnd.oci.image.index.v1+json";
        assert_eq!(
            body["manifests"][0],
            serde_json::json!({"mediaType": index, "digest": digest, "size": 7})
        );
        assert_eq!(
            body["manifests"][1],
            serde_json::json!({"mediaType": index, "digest": digest, "size": 7,
                "artifactType": "application/x.sbom", "annotations": {"k": "v"}})
        );
    }
}
