use proptest::prelude::*;
use serde_json::json;
use weir_oci::Digest;

use super::super::schema1;
use super::*;
use crate::image::{DockerImage, ImageLayer};
use crate::meta::summary;
use crate::{Base64Bytes, ImageSignature, ResourceVersion};

const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = r#"{"architecture":"amd64"}"#;

fn now() -> Timestamp {
    Timestamp::from_seconds(1_770_000_000)
}

fn later() -> Timestamp {
    Timestamp::from_seconds(1_780_000_000)
}

fn digest(text: &str) -> String {
    Digest::sha256(text.as_bytes()).to_string()
}

fn manifest() -> String {
    json!({"schemaVersion": 2, "mediaType": SCHEMA2,
        "config": {"mediaType": "c", "digest": digest(CONFIG), "size": CONFIG.len()},
        "layers": [{"mediaType": "l", "digest": digest("layer"), "size": 10}]})
    .to_string()
}

fn submitted() -> Image {
    let mut image = Image {
        docker_image_reference: "quay.io/acme/tool".to_owned(),
        docker_image_manifest: manifest(),
        docker_image_config: CONFIG.to_owned(),
        ..Image::default()
    };
    image.metadata.name = digest(&manifest());
    image.metadata.uid = "u".to_owned();
    image.metadata.creation_timestamp = Some(now());
    image
}

fn stored() -> Image {
    create(submitted(), now()).unwrap()
}

fn blob_stored(mut image: Image) -> Image {
    image.metadata.annotations.insert(MANIFEST_BLOB_STORED.to_owned(), "true".to_owned());
    image
}

fn problems(text: &serde_json::Value) -> String {
    let mut whole = json!({"metadata": {"name": "i"}, "dockerImageReference": "r"});
    for (name, value) in text.as_object().unwrap() {
        whole[name] = value.clone();
    }
    summary(&validate(None, &serde_json::from_value(whole).unwrap()))
}

// image-api 81, 86
#[test]
fn the_manifest_is_kept_and_read() {
    let image = stored();
    assert_eq!(image.docker_image_manifest, manifest());
    assert_eq!(image.docker_image_config, CONFIG);
    assert_eq!(image.docker_image_metadata.id, digest(CONFIG));
    assert_eq!(image.docker_image_metadata.architecture, "amd64");
    assert_eq!(image.docker_image_layers.len(), 1);
}

// image-api 85
#[test]
fn a_manifest_that_is_in_storage_is_read_and_dropped() {
    let image = create(blob_stored(submitted()), now()).unwrap();
    assert_eq!((image.docker_image_manifest.as_str(), image.docker_image_config.as_str()), ("", ""));
    assert_eq!(image.docker_image_metadata, stored().docker_image_metadata);
    let mut not_quite = submitted();
    not_quite.metadata.annotations.insert(MANIFEST_BLOB_STORED.to_owned(), "yes".to_owned());
    assert_eq!(create(not_quite, now()).unwrap().docker_image_manifest, manifest());
}

#[test]
fn an_old_annotation_of_signatures_is_dropped_before_they_are_judged() {
    let mut signature =
        ImageSignature { r#type: "t".to_owned(), content: Base64Bytes(vec![1]), ..ImageSignature::default() };
    signature.metadata.name = "i@s".to_owned();
    signature
        .metadata
        .annotations
        .insert("image.openshift.io/managed-signature".to_owned(), "true".to_owned());
    let image = create(Image { signatures: vec![signature], ..submitted() }, now()).unwrap();
    assert!(image.signatures[0].metadata.annotations.is_empty());
}

// image-api 96
#[test]
fn an_unknown_version_of_the_metadata_cannot_be_read() {
    let error = serde_json::from_str::<Image>(r#"{"dockerImageMetadataVersion":"9.9"}"#).unwrap_err();
    assert!(error.to_string().starts_with(r#"unknown dockerImageMetadataVersion "9.9""#), "{error}");
    for known in ["1.0", "pre012"] {
        let text = json!({"dockerImageMetadataVersion": known}).to_string();
        assert_eq!(serde_json::from_str::<Image>(&text).unwrap().docker_image_metadata_version, known);
    }
}

// image-api 80, 88, 106
#[test]
fn what_is_wrong_with_an_image() {
    let child = |member: &str, value: serde_json::Value| {
        let mut child = json!({"digest": format!("sha256:{}", "0".repeat(64)), "mediaType": INDEX,
            "manifestSize": 1, "architecture": "a", "os": "o"});
        child[member] = value;
        json!({"dockerImageManifests": [child]})
    };
    for (text, expected) in [
        (json!({}), ""),
        (child("variant", json!("v8")), ""),
        (json!({"dockerImageReference": ""}), "dockerImageReference: Required value"),
        (
            json!({"dockerImageReference": "A"}),
            r#"dockerImageReference: Invalid value: "A": repository name must be lowercase"#,
        ),
        (json!({"metadata": {"name": "a/b"}}), r#"metadata.name: Invalid value: "a/b": may not contain '/'"#),
        (
            json!({"metadata": {"name": "a", "namespace": "team"}}),
            "metadata.namespace: Forbidden: not allowed on this type",
        ),
        (
            json!({"signatures": [
                {"metadata": {"name": "i@s"}, "type": "t", "content": "AA=="},
                {"metadata": {"name": "i@t"}, "type": "", "content": "AA=="},
            ]}),
            "signatures[1].type: Required value",
        ),
        (
            child("digest", json!("sha256:1")),
            concat!(
                r#"dockerImageManifests[0].digest: Invalid value: "sha256:1": "#,
                "digest does not conform with OCI image specification"
            ),
        ),
        (
            child("mediaType", json!("text")),
            r#"dockerImageManifests[0].mediaType: Invalid value: "text": media type does not conform to RFC6838"#,
        ),
        (child("architecture", json!("")), "dockerImageManifests[0].architecture: Required value"),
        (child("os", json!("")), "dockerImageManifests[0].os: Required value"),
        (
            child("manifestSize", json!(-1)),
            "dockerImageManifests[0].size: Invalid value: -1: manifest size cannot be negative",
        ),
        (
            json!({"dockerImageLayers": [{"name": "l", "size": 1, "mediaType": "m"}],
                "dockerImageManifests": child("os", json!("o"))["dockerImageManifests"]}),
            concat!(
                r#"dockerImageLayers: Invalid value: [{"name":"l","size":1,"mediaType":"m"}]: "#,
                "dockerImageLayers should not be set when dockerImageManifests is set"
            ),
        ),
    ] {
        assert_eq!(problems(&text), expected, "{text}");
    }
}

#[test]
fn something_like_a_digest() {
    let hex = "0123456789abcdefABCDEF0123456789";
    for good in [format!("md5:{hex}"), format!("a+b:{hex}"), format!(" x:{hex}!"), format!("9a:{hex}")] {
        assert!(holds_digest(&good), "{good}");
    }
    for bad in
        [String::new(), hex.to_owned(), format!(":{hex}"), format!("9:{hex}"), format!("a:{}", &hex[1..])]
    {
        assert!(!holds_digest(&bad), "{bad}");
    }
}

#[test]
fn media_types() {
    let long = "a".repeat(127);
    for good in ["a/b", " a/b  ", "A9!#$&^_-/b.c+d", &format!("{long}/{long}")] {
        assert!(is_media_type(good), "{good}");
    }
    for bad in ["", "a", "a/", "/b", "a/b/c", "a.b/c", "a/-", "a /b", "\ta/b", &format!("{long}a/b")] {
        assert!(!is_media_type(bad), "{bad}");
    }
}

// image-api 91
#[test]
fn what_follows_from_the_manifest_does_not_change() {
    let old = stored();
    let mut new = old.clone();
    new.docker_image_metadata = DockerImage { id: "x".to_owned(), ..DockerImage::default() };
    new.docker_image_metadata_version = "pre012".to_owned();
    new.docker_image_layers = vec![ImageLayer::default(); 2];
    new.metadata.annotations.clear();
    assert_eq!(update(&old, new, later()), Ok(old));
}

// image-api 92
#[test]
fn a_manifest_is_replaced_by_one_of_the_same_digest_only() {
    let replaced = |old: &Image, manifest: &str| {
        let new = Image { docker_image_manifest: manifest.to_owned(), ..old.clone() };
        update(old, new, later()).unwrap().docker_image_manifest
    };
    let old = stored();
    assert_eq!(replaced(&old, &manifest().replace("10", "11")), manifest());
    assert_eq!(replaced(&old, "{"), manifest());
    assert_eq!(replaced(&old, ""), "");
    let empty = Image { docker_image_manifest: String::new(), ..old.clone() };
    assert_eq!(replaced(&empty, &manifest()), manifest());
    // The old type counts, and of an index nobody knows.
    let typed =
        |media_type: &str| Image { docker_image_manifest_media_type: media_type.to_owned(), ..empty.clone() };
    assert_eq!(replaced(&typed(OCI), &manifest()), manifest());
    assert_eq!(replaced(&typed(INDEX), &manifest()), "");
    let mut no_digest = empty;
    "i".clone_into(&mut no_digest.metadata.name);
    assert_eq!(replaced(&no_digest, &manifest()), "");
}

// image-api 92
#[test]
fn the_signatures_within_schema_1_do_not_count() {
    let plain = "{\"schemaVersion\":1\n}";
    let signed = schema1::tests::sign(plain);
    for media_type in [SCHEMA1, ""] {
        let mut old = Image { docker_image_manifest_media_type: media_type.to_owned(), ..stored() };
        old.docker_image_manifest.clear();
        old.metadata.name = digest(plain);
        let new = Image { docker_image_manifest: signed.clone(), ..old.clone() };
        assert_eq!(update(&old, new, later()).unwrap().docker_image_manifest, signed, "{media_type}");
        old.metadata.name = digest(&signed);
        let new = Image { docker_image_manifest: signed.clone(), ..old.clone() };
        assert_eq!(update(&old, new, later()).unwrap().docker_image_manifest, "", "{media_type}");
    }
}

#[test]
fn a_config_is_replaced_by_the_one_of_the_manifest_only() {
    let replaced = |old: &Image, config: &str| {
        let new = Image { docker_image_config: config.to_owned(), ..old.clone() };
        update(old, new, later()).unwrap().docker_image_config
    };
    let old = stored();
    assert_eq!(replaced(&old, "{}"), CONFIG);
    assert_eq!(replaced(&old, ""), "");
    let empty = Image { docker_image_config: String::new(), ..old };
    assert_eq!(replaced(&empty, CONFIG), CONFIG);
    assert_eq!(replaced(&empty, "{}"), "");
    let untyped = Image { docker_image_manifest_media_type: SCHEMA1.to_owned(), ..empty.clone() };
    assert_eq!(replaced(&untyped, CONFIG), "");
    let no_manifest = Image { docker_image_manifest: String::new(), ..empty };
    assert_eq!(replaced(&no_manifest, CONFIG), "");
}

// image-api 93, 106a
#[test]
fn what_a_client_may_change() {
    let mut signature =
        ImageSignature { r#type: "t".to_owned(), content: Base64Bytes(vec![1]), ..ImageSignature::default() };
    signature.metadata.name = "i@s".to_owned();
    let old = Image { signatures: vec![signature.clone()], ..stored() };
    let mut new = old.clone();
    new.metadata.labels.insert("a".to_owned(), "b".to_owned());
    new.metadata.annotations.insert("c".to_owned(), "d".to_owned());
    new.docker_image_reference = "r".to_owned();
    new.docker_image_manifest_media_type = "m".to_owned();
    new.docker_image_signatures = vec![Base64Bytes(vec![1])];
    new.signatures = Vec::new();
    assert_eq!(update(&old, new.clone(), later()), Ok(new.clone()));
    // Signatures of schema 1 are taken once.
    let more = Image { docker_image_signatures: vec![], signatures: vec![signature], ..new.clone() };
    let updated = update(&new, more.clone(), later()).unwrap();
    assert_eq!(updated.docker_image_signatures, new.docker_image_signatures);
    assert_eq!(updated.signatures, more.signatures);
}

// image-api 106
#[test]
fn a_bad_state_is_refused_as_a_whole() {
    let old = stored();
    let mut new = Image { docker_image_reference: String::new(), ..old.clone() };
    new.metadata.name = "other".to_owned();
    assert_eq!(
        summary(&update(&old, new, later()).unwrap_err()),
        "[metadata.name: Invalid value: \"other\": field is immutable, dockerImageReference: Required value]"
    );
}

#[test]
fn what_was_pushed_can_be_labelled_though_the_api_would_not_take_it() {
    let mut old = stored();
    old.docker_image_layers.clear();
    old.docker_image_reference = "[::1]:5000/team/app".to_owned();
    old.docker_image_manifests = vec![ImageManifest::default()];
    old.signatures = vec![ImageSignature::default()];
    let mut new = old.clone();
    new.docker_image_manifest.clear();
    new.metadata.labels.insert("a".to_owned(), "b".to_owned());
    assert_eq!(update(&old, new.clone(), later()), Ok(new.clone()));
    new.docker_image_manifests.push(ImageManifest::default());
    new.signatures.push(ImageSignature { r#type: "t".to_owned(), ..ImageSignature::default() });
    let fields: Vec<_> =
        update(&old, new, later()).unwrap_err().into_iter().map(|error| error.field).collect();
    assert!(fields.iter().all(|field| !field.starts_with("signatures[0]")), "{fields:?}");
    for field in ["signatures[1].content", "dockerImageManifests[0].digest", "dockerImageManifests[1].digest"]
    {
        assert!(fields.iter().any(|found| found == field), "{fields:?}");
    }
}

#[test]
fn layers_of_an_old_record_keep_their_order_when_the_annotation_is_dropped() {
    let mut old = stored();
    old.docker_image_layers = vec![ImageLayer { size: 1, ..Default::default() }, ImageLayer::default()];
    let mut new = old.clone();
    new.metadata.annotations.clear();
    assert_eq!(update(&old, new, later()).unwrap().docker_image_layers, old.docker_image_layers);
}

#[test]
fn the_version_is_left_to_whoever_stores_it() {
    let old = Image::clone(&stored());
    let mut new = old.clone();
    new.metadata.resource_version = Some(ResourceVersion(9));
    new.metadata.uid = String::new();
    assert_eq!(update(&old, new, later()), Ok(old));
}

proptest! {
    // A PUT of what was read changes nothing, whatever was created.
    #[test]
    fn an_update_with_what_is_stored_changes_nothing(
        media_type in prop::sample::select(vec!["", SCHEMA1, SCHEMA2, OCI, INDEX, "x"]),
        own_type in prop::sample::select(vec!["", SCHEMA2, OCI, INDEX]),
        schema in 0..3,
        config in prop::sample::select(vec!["", CONFIG, "foreign"]),
        order in prop::option::of(prop::sample::select(vec!["ascending", "descending", ""])),
        layers in 0..3_usize,
        stored in any::<bool>(),
    ) {
        let mut image = submitted();
        let layer = |n| ImageLayer { name: format!("l{n}"), size: 1, media_type: "l".to_owned() };
        image.docker_image_layers = (0..layers).map(layer).collect();
        image.docker_image_manifest_media_type = media_type.to_owned();
        image.docker_image_config = config.to_owned();
        image.docker_image_manifest = manifest().replace(SCHEMA2, own_type)
            .replace("\"schemaVersion\":2", &format!("\"schemaVersion\":{schema}"));
        image.metadata.annotations.extend(order.map(|order| (LAYERS_ORDER.to_owned(), order.to_owned())));
        if stored {
            image = blob_stored(image);
        }
        if let Ok(created) = create(image, now()) {
            prop_assert_eq!(update(&created, created.clone(), later()), Ok(created));
        }
    }
}
