//! The worked example of image-api 20: two pushes to `team/app:latest`, then what follows. The
//! documents are compared byte for byte, but for the blanks between tokens.

mod through_the_api;

use serde::Serialize;
use weir_image_api::core_v1::ObjectReference;
use weir_image_api::meta::{Kind, ObjectMeta, Typed};
use weir_image_api::{
    Image, ImageStream, NamedTagEventList, Namespace, PullSpec, ResourceVersion, StreamRef, TagEvent,
    TagParts, TagReference, Timestamp, image, image_tag, layers, stream_image, stream_tag, tag_event,
};
use weir_oci::{Algorithm, Digest, Manifest, RepositoryName};

const HOST: &str = "image-registry.openshift-image-registry.svc:5000";
const PUBLIC_HOST: &str = "registry.example.com";
const CONFIG_1: &str = include_str!("golden/config_1.json");
const MANIFEST_1: &str = include_str!("golden/manifest_1.json");
const INDEX: &str = include_str!("golden/index.json");

const IMAGE_1: &str = "sha256:70907b229318f5ef1dff7df6d95867a2aac38c51a735351e7eb19e44e090f958";
const IMAGE_2: &str = "sha256:1b6133670abcea78a74c297ddd236b124736bf5dec4ee7baf0a8e413c679a4ed";
const IMAGE_INDEX: &str = "sha256:22f1f3426b191434674e28383abbcebba301ac2e74d05816e7f33b225e5b4942";
const APP_LAYER_1: &str = "sha256:490f3b0672899f9a72916dcc4f4fcc4fa44ddd67dd812fc7fabc226d954512be";
const BASE_LAYER: &str = "sha256:c518c81df830675b130c1b014f9a5bd6281b361e5249473f2bfacf014eab079c";
const CONFIG_1_DIGEST: &str = "sha256:84f46b6f15a32e31f9761185f1948ccf5cda00c94088f3a2c7ff68f65933b244";

/// Drops the blanks between tokens.
fn compact(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    text.chars()
        .filter(|c| {
            if *c == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = quoted && *c == '\\' && !escaped;
            quoted || !c.is_whitespace()
        })
        .collect()
}

fn shown<T: Kind + Serialize>(object: &T) -> String {
    serde_json::to_string(&Typed::of(object)).unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn digest_of(byte: u8, length: usize) -> String {
    Digest::sha256(&vec![byte; length]).to_string()
}

fn stream_ref() -> StreamRef {
    StreamRef::of(&RepositoryName::parse("team/app").unwrap(), &Namespace::parse("default").unwrap()).unwrap()
}

fn config_2() -> String {
    CONFIG_1
        .replace(r#""version":"1.0""#, r#""version":"1.1""#)
        .replace("2026-02-03T10:15:30.123456789Z", "2026-02-04T08:01:02.5Z")
        .replace(APP_LAYER_1, &digest_of(b'c', 1687))
}

fn manifest_2() -> String {
    MANIFEST_1
        .replace(r#""size":593"#, r#""size":577"#)
        .replace(CONFIG_1_DIGEST, &Digest::sha256(config_2().as_bytes()).to_string())
        .replace(r#""size":1524"#, r#""size":1687"#)
        .replace(APP_LAYER_1, &digest_of(b'c', 1687))
}

/// What a push leaves in the database, with the identity it got there.
fn push(manifest: &str, config: Option<&str>, now: &str) -> Image {
    let manifest =
        Manifest::accept(None, manifest.to_owned().into_bytes().into(), Algorithm::Sha256).unwrap();
    let reference = PullSpec::own(&stream_ref(), &manifest.digest());
    let mut image = image::from_push(&manifest, config.map(str::as_bytes), reference, time(now));
    "b0b7c1a2-93a5-4d0c-8f0e-3a1d5a0f7e42".clone_into(&mut image.metadata.uid);
    image.metadata.resource_version = Some(ResourceVersion(20416));
    image
}

fn image_1() -> Image {
    push(MANIFEST_1, Some(CONFIG_1), "2026-02-03T10:16:01Z")
}

fn image_2() -> Image {
    push(&manifest_2(), Some(&config_2()), "2026-02-04T08:02:10Z")
}

fn rendered(mut image: Image) -> Image {
    image.render(HOST);
    image
}

fn event(image: &Image) -> TagEvent {
    TagEvent {
        created: image.metadata.creation_timestamp.unwrap(),
        docker_image_reference: image.docker_image_reference.clone(),
        image: image.metadata.name.clone(),
        generation: 1,
        provenance: None,
    }
}

/// The stream after both pushes, as it is shown.
fn stream() -> ImageStream {
    let mut latest = NamedTagEventList { tag: "latest".to_owned(), ..NamedTagEventList::default() };
    for image in [image_1(), image_2()] {
        assert!(latest.apply(event(&image)));
        // image-api 151: the same push again changes nothing.
        assert!(!latest.apply(event(&image)));
    }
    let mut stream = ImageStream {
        metadata: ObjectMeta {
            name: "app".to_owned(),
            namespace: "team".to_owned(),
            uid: "5d1f3b1e-6a0c-4c7e-9d27-0f2a7f3b9c11".to_owned(),
            resource_version: Some(ResourceVersion(20417)),
            generation: 1,
            creation_timestamp: Some(time("2026-02-03T10:16:00Z")),
            ..ObjectMeta::default()
        },
        ..ImageStream::default()
    };
    stream.status.tags = vec![latest];
    stream.render(HOST, Some(PUBLIC_HOST));
    stream
}

fn history(stream: &ImageStream) -> impl Iterator<Item = String> {
    stream.status.tags.iter().flat_map(|tag| &tag.items).map(|event| event.image.clone())
}

fn find(images: Vec<Image>) -> impl Fn(&str) -> Option<Image> {
    move |name| images.iter().find(|image| image.metadata.name == name).cloned()
}

#[test]
fn the_blobs_are_those_of_the_example() {
    assert_eq!(digest_of(b'a', 2_811_969), BASE_LAYER);
    assert_eq!(digest_of(b'b', 1524), APP_LAYER_1);
    assert_eq!(Digest::sha256(CONFIG_1.as_bytes()).to_string(), CONFIG_1_DIGEST);
    assert_eq!(Digest::sha256(MANIFEST_1.as_bytes()).to_string(), IMAGE_1);
    assert_eq!(Digest::sha256(manifest_2().as_bytes()).to_string(), IMAGE_2);
    assert_eq!(Digest::sha256(INDEX.as_bytes()).to_string(), IMAGE_INDEX);
}

// image-api 5, 30, 31, 74
#[test]
fn the_stream() {
    let golden = compact(include_str!("golden/stream.json"));
    assert_eq!(shown(&stream()), golden);
    assert_eq!(shown(&serde_json::from_str::<ImageStream>(&golden).unwrap()), golden);
}

// image-api 81, 85, 95
#[test]
fn the_image() {
    let golden = compact(include_str!("golden/image.json"));
    assert_eq!(shown(&rendered(image_2())), golden);
    assert_eq!(shown(&serde_json::from_str::<Image>(&golden).unwrap()), golden);
    // Image 1 differs in what the example says and in nothing else.
    let image_1 = golden
        .replace(IMAGE_2, IMAGE_1)
        .replace(&Digest::sha256(config_2().as_bytes()).to_string(), CONFIG_1_DIGEST)
        .replace("2026-02-04T08:01:02Z", "2026-02-03T10:15:30Z")
        .replace("2026-02-04T08:02:10Z", "2026-02-03T10:16:01Z")
        .replace(r#""version":"1.1""#, r#""version":"1.0""#)
        .replace("2814233", "2814086")
        .replace(&digest_of(b'c', 1687), APP_LAYER_1)
        .replace(r#""size":1687"#, r#""size":1524"#);
    assert_eq!(shown(&rendered(self::image_1())), image_1);
}

// image-api 115, 119
#[test]
fn the_stream_tag() {
    let view = stream_tag::view(TagParts::of(&stream(), "latest"), Some(rendered(image_2())));
    assert_eq!(shown(&view), compact(include_str!("golden/stream_tag.json")));
}

// image-api 107, 108
#[test]
fn the_layers() {
    let stream = stream();
    let layers = layers::build(find(vec![image_1(), image_2()]), history(&stream), stream.metadata.clone());
    assert_eq!(shown(&layers), compact(include_str!("golden/layers.json")));
}

// image-api 109
#[test]
fn the_layers_after_image_1_was_deleted() {
    let stream = stream();
    let layers = layers::build(find(vec![image_2()]), history(&stream), stream.metadata.clone());
    assert_eq!(
        serde_json::to_string(&layers.images[IMAGE_1]).unwrap(),
        r#"{"imageMissing":true,"layers":null,"config":null}"#
    );
    for gone in [IMAGE_1, CONFIG_1_DIGEST, APP_LAYER_1] {
        assert!(!layers.blobs.contains_key(gone), "{gone}");
    }
    assert!(layers.blobs.contains_key(BASE_LAYER));
    assert_eq!(layers.blobs.len(), 4);
}

// image-api 135
#[test]
fn the_image_tag() {
    let stream = stream();
    let tag = image_tag::view(TagParts::of(&stream, "latest"), Some(rendered(image_2())));
    let stream_tag = stream_tag::view(TagParts::of(&stream, "latest"), Some(rendered(image_2())));
    let json = |value| serde_json::to_string(value).unwrap();
    let expected = format!(
        concat!(
            r#"{{"kind":"ImageTag","apiVersion":"image.openshift.io/v1","metadata":{{"name":"app:latest","#,
            r#""namespace":"team","uid":"5d1f3b1e-6a0c-4c7e-9d27-0f2a7f3b9c11","resourceVersion":"20417","#,
            r#""generation":1,"creationTimestamp":"2026-02-03T10:16:00Z"}},"spec":null,"#,
            r#""status":{},"image":{}}}"#
        ),
        serde_json::to_string(&stream.status.tags[0]).unwrap(),
        json(&stream_tag.image),
    );
    assert_eq!(shown(&tag), expected);
}

// image-api 59, 74, 153
#[test]
fn a_tracking_tag_follows_the_next_push() {
    let stable = TagReference {
        name: "stable".to_owned(),
        generation: Some(2),
        from: Some(ObjectReference {
            kind: "ImageStreamTag".to_owned(),
            name: "app:latest".to_owned(),
            ..ObjectReference::default()
        }),
        ..TagReference::default()
    };
    assert_eq!(tag_event::tracking(&stream_ref(), &[stable], "latest"), ["stable"]);
    // The tag took over the event of its source; a third push to `latest` goes in front of both.
    let mut stable = NamedTagEventList {
        tag: "stable".to_owned(),
        items: vec![TagEvent { generation: 2, ..event(&image_2()) }],
        ..NamedTagEventList::default()
    };
    let third = TagEvent { generation: 2, ..event(&push(INDEX, None, "2026-02-05T00:00:00Z")) };
    assert!(stable.apply(third.clone()));
    assert_eq!(stable.items[0], third);
    assert_eq!(stable.items[1].created, time("2026-02-04T08:02:10Z"));
}

// image-api 62, 142, 143
#[test]
fn an_image_of_the_history_is_found_by_its_first_digits() {
    let stream = stream();
    let layers = layers::build(find(vec![image_1(), image_2()]), history(&stream), stream.metadata.clone());
    let names = || layers.images.keys().map(String::as_str);
    assert_eq!(stream_image::find(names(), "7090"), stream_image::Match::One(IMAGE_1.to_owned()));
    let view = stream_image::view(&stream.metadata, "7090", rendered(image_1()));
    assert_eq!(view.metadata.name, "app@7090");
    assert_eq!(view.image, rendered(image_1()));
}

// image-api 87, 98b, 110
#[test]
fn an_index_of_both_images() {
    let index = push(INDEX, None, "2026-02-05T00:00:00Z");
    assert_eq!(
        shown(&rendered(index.clone())),
        format!(
            concat!(
                r#"{{"kind":"Image","apiVersion":"image.openshift.io/v1","metadata":{{"name":"{index}","#,
                r#""uid":"b0b7c1a2-93a5-4d0c-8f0e-3a1d5a0f7e42","resourceVersion":"20416","#,
                r#""creationTimestamp":"2026-02-05T00:00:00Z","annotations":{{"#,
                r#""image.openshift.io/dockerLayersOrder":"","image.openshift.io/manifestBlobStored":"true","#,
                r#""openshift.io/image.managed":"true"}}}},"dockerImageReference":"{host}/team/app@{index}","#,
                r#""dockerImageMetadata":{{"kind":"DockerImage","apiVersion":"image.openshift.io/1.0","#,
                r#""Id":"{index}","Created":"2026-02-05T00:00:00Z","ContainerConfig":{{}}}},"#,
                r#""dockerImageMetadataVersion":"1.0","#,
                r#""dockerImageManifestMediaType":"application/vnd.oci.image.index.v1+json","#,
                r#""dockerImageManifests":[{{"digest":"{one}","mediaType":"{schema2}","manifestSize":588,"#,
                r#""architecture":"amd64","os":"linux"}},{{"digest":"{two}","mediaType":"{schema2}","#,
                r#""manifestSize":588,"architecture":"arm64","os":"linux","variant":"v8"}}]}}"#
            ),
            index = IMAGE_INDEX,
            host = HOST,
            one = IMAGE_1,
            two = IMAGE_2,
            schema2 = "application/vnd.docker.distribution.manifest.v2+json",
        )
    );
    let images = find(vec![image_1(), image_2(), index]);
    let layers = layers::build(images, [IMAGE_INDEX.to_owned()].into_iter(), ObjectMeta::default());
    assert_eq!(
        serde_json::to_string(&layers.images[IMAGE_INDEX]).unwrap(),
        format!(
            r#"{{"imageMissing":false,"layers":null,"config":null,"manifests":["{IMAGE_1}","{IMAGE_2}"]}}"#
        )
    );
    assert_eq!(layers.images.len(), 3);
    assert!(layers.images.values().all(|image| !image.image_missing));
    assert_eq!(layers.blobs.len(), 8);
}
