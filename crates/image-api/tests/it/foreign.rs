//! Pushes that are no ordinary image. None of them may fail, and every one becomes a record.

use proptest::prelude::*;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{DockerImage, Image, Timestamp, image, layers};
use weir_oci::{Algorithm, Digest, Manifest};

const NOW: i64 = 1_770_000_000;

fn push(media_type: &str, manifest: &serde_json::Value, config: Option<&[u8]>) -> Image {
    let raw = serde_json::to_vec(manifest).unwrap();
    let manifest = Manifest::accept(Some(media_type), raw.into(), Algorithm::Sha256).unwrap();
    image::from_push(&manifest, config, "/team/app".to_owned(), Timestamp::from_seconds(NOW))
}

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn digest(text: &str) -> String {
    Digest::sha256(text.as_bytes()).to_string()
}

fn artifact(config_size: usize) -> serde_json::Value {
    let layer = |name: &str, size: u64| serde_json::json!({"mediaType": "application/x", "digest": digest(name), "size": size});
    // One layer twice, and the config once more as a layer.
    serde_json::json!({"schemaVersion": 2,
        "config": {"mediaType": "application/y", "digest": digest("config"), "size": config_size},
        "layers": [layer("a", 10), layer("b", 100), layer("a", 10), layer("config", 1000)]})
}

// image-api 84, 90, 98a, 98b
#[test]
fn a_foreign_config_leaves_id_and_size() {
    for config in [
        None,
        Some(&b""[..]),
        Some(b"not json"),
        Some(b"[]"),
        Some(br#"{"architecture":7,"author":"a"}"#),
        Some(br#"{"name":"chart","version":"1.0","config":"text"}"#),
        Some(b"\xff\xfe"),
    ] {
        let image = push(OCI, &artifact(config.map_or(5, <[u8]>::len)), config);
        let size = i64::try_from(config.map_or(5, <[u8]>::len)).unwrap() + 110;
        let expected = DockerImage { id: digest("config"), size, ..DockerImage::default() };
        assert_eq!(image.docker_image_metadata, expected, "{config:?}");
        assert_eq!(image.docker_image_layers.len(), 4);
        let name = image.metadata.name.clone();
        let layers =
            layers::build(|_| Some(image.clone()), [name.clone()].into_iter(), ObjectMeta::default());
        assert_eq!(layers.images[&name].config, Some(digest("config")));
    }
}

// image-api 82
#[test]
fn a_config_of_an_oci_image_is_read() {
    let config = br#"{"Architecture":"arm64","created":"1970-01-01T00:00:01Z","config":{"user":"me"}}"#;
    let image = push(OCI, &artifact(config.len()), Some(config));
    assert_eq!(image.docker_image_manifest_media_type, OCI);
    let metadata = image.docker_image_metadata;
    assert_eq!(metadata.id, digest("config"));
    assert_eq!(metadata.architecture, "arm64");
    assert_eq!(metadata.created, Timestamp::from_seconds(1));
    assert_eq!(metadata.config.unwrap().user, "me");
}

// image-api 87, Q9, Q11
#[test]
fn an_index_without_media_type_and_platforms() {
    let entry = |platform| {
        let mut entry = serde_json::json!({"mediaType": OCI, "digest": digest("child"), "size": 3});
        if let Some(platform) = platform {
            entry["platform"] = platform;
        }
        entry
    };
    let image = push(
        OCI_INDEX,
        &serde_json::json!({"schemaVersion": 2, "manifests": [
            entry(None),
            entry(Some(serde_json::json!({"architecture": "", "os": "linux"}))),
            entry(Some(serde_json::json!({"architecture": "arm", "os": "linux", "variant": "v7"}))),
        ]}),
        None,
    );
    let platforms: Vec<_> = image
        .docker_image_manifests
        .iter()
        .map(|child| (child.architecture.as_str(), child.os.as_str(), child.variant.as_str()))
        .collect();
    assert_eq!(platforms, [("unknown", "unknown", ""), ("unknown", "linux", ""), ("arm", "linux", "v7")]);
    assert_eq!(image.docker_image_metadata.id, image.metadata.name);
    assert_eq!(image.docker_image_metadata.created, Timestamp::from_seconds(NOW));
    assert!(image.docker_image_layers.is_empty());
}

// image-api 98b
#[test]
fn an_empty_index_is_a_record_too() {
    let image = push(OCI_INDEX, &serde_json::json!({"schemaVersion": 2, "manifests": []}), None);
    assert_eq!(image.docker_image_metadata.id, image.metadata.name);
    assert!(image.docker_image_manifests.is_empty());
}

proptest! {
    #[test]
    fn no_config_whatever_fails_a_push(config in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        "\\{\"(created|config|Architecture|x)\":(null|1|\"a\"|\\[\\]|\\{\\}|\\{\"(Env|labels|Memory)\":(1|\"x\"|\\[1\\]|\\[\"a\"\\]|\\{\\})\\})\\}"
            .prop_map(String::into_bytes),
    ]) {
        let image = push(OCI, &artifact(7), Some(&config));
        prop_assert_eq!(&image.docker_image_metadata.id, &digest("config"));
        prop_assert_eq!(image.docker_image_metadata.size, 117);
        let text = serde_json::to_string(&image).unwrap();
        prop_assert_eq!(serde_json::from_str::<Image>(&text).unwrap(), image);
    }
}
