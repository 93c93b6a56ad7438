use serde_json::{Value, json};
use weir_oci::Digest;

use super::*;

const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = r#"{"architecture":"amd64","created":"2026-02-03T10:15:30.5Z","config":{"User":"me"}}"#;
const NOW: Timestamp = Timestamp::ZERO;

fn now() -> Timestamp {
    Timestamp::from_seconds(1_770_000_000)
}

fn digest(text: &str) -> String {
    Digest::sha256(text.as_bytes()).to_string()
}

fn filled(manifest: &Value, mut image: Image) -> Image {
    image.docker_image_manifest = manifest.to_string();
    order_layers(&mut image);
    fill(&mut image, now());
    fill_children(&mut image);
    image
}

fn manifest(media_type: Option<&str>) -> Value {
    let layer = |name: &str, size: i64| json!({"mediaType": "l", "digest": digest(name), "size": size});
    let mut manifest = json!({"schemaVersion": 2,
        "config": {"mediaType": "c", "digest": digest(CONFIG), "size": 7},
        "layers": [layer("base", 10), layer("top", 100), layer("base", 10), layer(CONFIG, 1000)]});
    if let Some(media_type) = media_type {
        manifest["mediaType"] = media_type.into();
    }
    manifest
}

fn with_config(config: &str) -> Image {
    Image { docker_image_config: config.to_owned(), ..Image::default() }
}

fn layer_sizes(image: &Image) -> Vec<i64> {
    image.docker_image_layers.iter().map(|layer| layer.size).collect()
}

fn order(image: &Image) -> Option<&str> {
    image.metadata.annotations.get(LAYERS_ORDER).map(String::as_str)
}

// image-api 81, 82, 84
#[test]
fn schema_2_and_oci() {
    for (declared, own, expected) in
        [("", Some(SCHEMA2), SCHEMA2), ("", None, SCHEMA2), (OCI, None, OCI), (SCHEMA2, Some(OCI), OCI)]
    {
        let image = Image { docker_image_manifest_media_type: declared.to_owned(), ..with_config(CONFIG) };
        let image = filled(&manifest(own), image);
        assert_eq!(image.docker_image_manifest_media_type, expected);
        assert_eq!(layer_sizes(&image), [10, 100, 10, 1000]);
        assert_eq!(order(&image), Some("ascending"));
        let metadata = &image.docker_image_metadata;
        assert_eq!(metadata.id, digest(CONFIG));
        assert_eq!(metadata.size, i64::try_from(CONFIG.len()).unwrap() + 110);
        assert_eq!(metadata.architecture, "amd64");
        assert_eq!(metadata.created.to_string(), "2026-02-03T10:15:30Z");
        assert_eq!(metadata.config.as_ref().unwrap().user, "me");
    }
}

// image-api 90, 98a, Q32
#[test]
fn a_foreign_config_leaves_id_and_size() {
    for config in ["not json", "[]", r#"{"architecture":7}"#] {
        let image = filled(&manifest(Some(OCI)), with_config(config));
        let size = i64::try_from(config.len()).unwrap() + 110;
        let expected = DockerImage { id: digest(CONFIG), size, ..DockerImage::default() };
        assert_eq!(image.docker_image_metadata, expected, "{config}");
    }
    // Without a config the manifest tells its size.
    let image = filled(&manifest(Some(OCI)), Image::default());
    assert_eq!(
        image.docker_image_metadata,
        DockerImage { id: digest(CONFIG), size: 117, ..Default::default() }
    );
}

// image-api 89, Q10
#[test]
fn layers_end_up_base_first() {
    let layers = |image: Image| {
        let layer = |size| ImageLayer { size, ..ImageLayer::default() };
        let image = filled(&json!({}), Image { docker_image_layers: vec![layer(1), layer(2)], ..image });
        (layer_sizes(&image), order(&image).map(str::to_owned))
    };
    let of = |media_type: &str, order: Option<&str>| {
        let mut image = Image { docker_image_manifest_media_type: media_type.to_owned(), ..Image::default() };
        image.metadata.annotations.extend(order.map(|order| (LAYERS_ORDER.to_owned(), order.to_owned())));
        layers(image)
    };
    let ascending = Some("ascending".to_owned());
    assert_eq!(of(SCHEMA2, None), (vec![2, 1], ascending.clone()));
    assert_eq!(of(OCI, None), (vec![2, 1], ascending.clone()));
    assert_eq!(of(SCHEMA1, None), (vec![1, 2], ascending.clone()));
    assert_eq!(of("other", None), (vec![1, 2], None));
    assert_eq!(of("other", Some("descending")), (vec![2, 1], ascending.clone()));
    assert_eq!(of(SCHEMA2, Some("ascending")), (vec![1, 2], ascending.clone()));
    assert_eq!(of(SCHEMA2, Some("")), (vec![1, 2], ascending));
}

#[test]
fn what_is_filled_stays() {
    let first = filled(&manifest(Some(OCI)), with_config(CONFIG));
    let again = filled(&manifest(None), Image { docker_image_config: "other".to_owned(), ..first.clone() });
    assert_eq!(again.docker_image_metadata, first.docker_image_metadata);
    assert_eq!(again.docker_image_manifest_media_type, OCI);
    // Without a manifest nothing is looked at.
    let mut none = with_config(CONFIG);
    none.docker_image_layers = vec![ImageLayer::default()];
    none.docker_image_manifest_media_type = OCI.to_owned();
    let before = none.clone();
    order_layers(&mut none);
    fill(&mut none, now());
    fill_children(&mut none);
    assert_eq!(none, before);
}

// image-api 83
#[test]
fn schema_1() {
    let history = |text: Value| json!({"v1Compatibility": text.to_string()});
    let manifest = json!({"schemaVersion": 1,
    "fsLayers": [{"blobSum": "sha256:top"}, {"blobSum": "sha256:base"}, {"blobSum": "sha256:base"}],
    "history": [
        history(json!({"id": "newest", "architecture": "arm", "created": "2026-02-03T10:15:30Z", "Size": 100})),
        history(json!({"id": "oldest", "Size": 10})),
        json!({"v1Compatibility": "not json"}),
    ]});
    let signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let declared = Image { docker_image_manifest_media_type: signed.to_owned(), ..Image::default() };
    let image = filled(&manifest, declared);
    assert_eq!(
        image.docker_image_manifest_media_type,
        "application/vnd.docker.distribution.manifest.v1+json"
    );
    let layers: Vec<_> = image.docker_image_layers.iter().map(|l| (l.name.as_str(), l.size)).collect();
    assert_eq!(layers, [("sha256:base", 0), ("sha256:base", 10), ("sha256:top", 100)]);
    assert!(image.docker_image_layers.iter().all(|layer| layer.media_type == SCHEMA1_LAYER));
    let metadata = &image.docker_image_metadata;
    assert_eq!((metadata.id.as_str(), metadata.architecture.as_str(), metadata.size), ("newest", "arm", 100));
}

#[test]
fn schema_1_with_lists_of_different_lengths_says_nothing() {
    let manifest = json!({"schemaVersion": 1, "fsLayers": [{"blobSum": "a"}], "history": []});
    let image = filled(&manifest, Image::default());
    assert_eq!(Image { docker_image_manifest: String::new(), ..image }, Image::default());
}

// image-api 87, Q9, Q11
#[test]
fn an_index() {
    let entry = |platform: Value| json!({"mediaType": OCI, "digest": digest("child"), "size": 3, "platform": platform});
    let manifests =
        json!([entry(Value::Null), entry(json!({"architecture": "arm", "os": "linux", "variant": "v7"})),]);
    let mut named = Image::default();
    named.metadata.name = "sha256:index".to_owned();
    let declared = Image { docker_image_manifest_media_type: OCI_INDEX.to_owned(), ..named.clone() };
    for (image, manifest) in [
        (named, json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})),
        (declared, json!({"schemaVersion": 2, "manifests": manifests})),
    ] {
        let image = filled(&manifest, image);
        assert_eq!(image.docker_image_manifest_media_type, OCI_INDEX);
        let expected =
            DockerImage { id: "sha256:index".to_owned(), created: now(), ..DockerImage::default() };
        assert_eq!(image.docker_image_metadata, expected);
        assert_eq!(image.docker_image_layers, []);
        let children: Vec<_> = image
            .docker_image_manifests
            .iter()
            .map(|c| (c.manifest_size, c.architecture.as_str(), c.os.as_str(), c.variant.as_str()))
            .collect();
        assert_eq!(children, [(3, "unknown", "unknown", ""), (3, "arm", "linux", "v7")]);
        // Reading it again later changes nothing.
        let mut again = image.clone();
        fill(&mut again, Timestamp::from_seconds(1_780_000_000));
        assert_eq!(again, image);
    }
}

#[test]
fn what_is_no_manifest_says_nothing() {
    let mut image = Image { docker_image_manifest: "{".to_owned(), ..Image::default() };
    for text in ["{", "[]", "7", r#"{"schemaVersion":"2"}"#, r#"{"schemaVersion":3,"layers":[{}]}"#, "{}"] {
        text.clone_into(&mut image.docker_image_manifest);
        let before = image.clone();
        fill(&mut image, NOW);
        fill_children(&mut image);
        assert_eq!(image, before, "{text}");
    }
}
