//! The same records made through the API instead of a push, and the import that ends the example.

use weir_image_api::import::{self, ImageStreamImport};
use weir_image_api::mapping::{self, Known};
use weir_image_api::stream::rules::{Context, Path, Sources, create, update};
use weir_image_api::{ImageStreamMapping, TagReference};

use super::*;

/// Nobody else, and nothing forbidden.
struct Alone;

impl Sources for Alone {
    fn tag_head(&self, _: &StreamRef, _: &str) -> Result<Option<Option<TagEvent>>, String> {
        Ok(None)
    }

    fn images_of(&self, _: &StreamRef, _: &str) -> Result<Option<Vec<TagEvent>>, String> {
        Ok(None)
    }

    fn may_pull(&self, _: &StreamRef) -> Result<(), String> {
        Ok(())
    }
}

/// A namespace in which both pushes have happened.
struct Team;

impl Sources for Team {
    fn tag_head(&self, of: &StreamRef, tag: &str) -> Result<Option<Option<TagEvent>>, String> {
        let head = |stream: ImageStream| stream.status.tag(tag).map(|list| list.items[0].clone());
        Ok((*of == stream_ref()).then(|| head(stream())))
    }

    fn images_of(&self, of: &StreamRef, _: &str) -> Result<Option<Vec<TagEvent>>, String> {
        Ok((*of == stream_ref())
            .then(|| stream().status.tags.into_iter().flat_map(|tag| tag.items).collect()))
    }

    fn may_pull(&self, _: &StreamRef) -> Result<(), String> {
        Ok(())
    }
}

fn at<'a>(now: &str, sources: &'a dyn Sources) -> Context<'a> {
    Context { now: time(now), host: HOST, default_import_mode: "Legacy", sources }
}

/// What whoever stored the content elsewhere says of an image.
fn told(manifest: &str, config: &str) -> Image {
    let mut image = Image {
        docker_image_manifest: manifest.to_owned(),
        docker_image_config: config.to_owned(),
        docker_image_manifest_media_type: "application/vnd.docker.distribution.manifest.v2+json".to_owned(),
        ..Image::default()
    };
    image.metadata.name = Digest::sha256(manifest.as_bytes()).to_string();
    for annotation in [image::MANAGED, image::MANIFEST_BLOB_STORED] {
        image.metadata.annotations.insert(annotation.to_owned(), "true".to_owned());
    }
    image
}

fn mapping(image: Image, now: &str) -> ImageStreamMapping {
    let metadata =
        ObjectMeta { name: "app".to_owned(), namespace: "team".to_owned(), ..ObjectMeta::default() };
    mapping::accept(ImageStreamMapping { metadata, image, tag: "latest".to_owned() }, HOST, time(now))
        .unwrap()
}

// image-api 81, 85, 149
#[test]
fn an_image_is_the_same_record_as_if_it_was_pushed() {
    for (image, told, now) in [
        (image_1(), told(MANIFEST_1, CONFIG_1), "2026-02-03T10:16:01Z"),
        (image_2(), told(&manifest_2(), &config_2()), "2026-02-04T08:02:10Z"),
    ] {
        let mut made = mapping(told, now).image;
        made.metadata.uid.clone_from(&image.metadata.uid);
        made.metadata.resource_version = image.metadata.resource_version;
        assert_eq!(made, rendered(image));
    }
}

// image-api 87
#[test]
fn so_is_an_index() {
    let pushed = rendered(push(INDEX, None, "2026-02-05T00:00:00Z"));
    let mut told = told(INDEX, "");
    told.docker_image_manifest_media_type = pushed.docker_image_manifest_media_type.clone();
    let mut made = mapping(told, "2026-02-05T00:00:00Z").image;
    // Only a pusher says that it knows of no order.
    made.metadata.annotations.insert(image::LAYERS_ORDER.to_owned(), String::new());
    made.metadata.uid.clone_from(&pushed.metadata.uid);
    made.metadata.resource_version = pushed.metadata.resource_version;
    assert_eq!(made, pushed);
}

// image-api 5, 74, 151, 152
#[test]
fn two_mappings_make_the_stream() {
    let mut made = ImageStream { metadata: stream().metadata, ..ImageStream::default() };
    made.render(HOST, Some(PUBLIC_HOST));
    for (manifest, config, now) in [
        (MANIFEST_1.to_owned(), CONFIG_1.to_owned(), "2026-02-03T10:16:01Z"),
        (manifest_2(), config_2(), "2026-02-04T08:02:10Z"),
    ] {
        let mapping = mapping(told(&manifest, &config), now);
        let event = mapping::event(&mapping, &made, Known::New, time(now));
        made = mapping::apply(&made, "latest", &event).unwrap().stream;
        assert_eq!(mapping::apply(&made, "latest", &event), None);
    }
    assert_eq!(shown(&made), compact(include_str!("stream.json")));
}

fn following(name: &str, kind: &str, namespace: &str, from: &str) -> TagReference {
    let from = ObjectReference {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: from.to_owned(),
        ..ObjectReference::default()
    };
    TagReference { name: name.to_owned(), from: Some(from), ..TagReference::default() }
}

// image-api 57, 59, 62, 153
#[test]
fn a_tag_that_follows_and_one_that_does_not() {
    let old = stream();
    let mut new = old.clone();
    new.spec.tags = vec![following("stable", "ImageStreamTag", "", "app:latest")];
    let stable = update(&old, new, Path::Internal, &at("2026-02-04T09:00:00Z", &Alone)).unwrap().stream;
    assert_eq!((stable.metadata.generation, stable.spec.tags[0].generation), (2, Some(2)));
    let copied = TagEvent { generation: 2, ..stable.status.tag("latest").unwrap().items[0].clone() };
    assert_eq!(copied.created, time("2026-02-04T08:02:10Z"));
    assert_eq!(stable.status.tag("stable").unwrap().items, [copied]);

    let mut new = stable.clone();
    new.spec.tags.insert(0, following("prod", "ImageStreamImage", "", "app@sha256:7090"));
    let prod = update(&stable, new, Path::Internal, &at("2026-02-04T09:00:01Z", &Alone)).unwrap().stream;
    let pinned = prod.status.tag("prod").unwrap().items.clone();
    assert_eq!((pinned[0].image.as_str(), pinned[0].created), (IMAGE_1, time("2026-02-04T09:00:01Z")));

    let third = mapping(told(INDEX, ""), "2026-02-05T00:00:00Z");
    let event = mapping::event(&third, &prod, Known::New, time("2026-02-05T00:00:00Z"));
    let mapped = mapping::apply(&prod, "latest", &event).unwrap();
    assert_eq!(mapped.tracked.iter().map(String::as_str).collect::<Vec<_>>(), ["stable"]);
    for tag in ["latest", "stable"] {
        assert_eq!(mapped.stream.status.tag(tag).unwrap().items[0], event, "{tag}");
    }
    assert_eq!(mapped.stream.status.tag("stable").unwrap().items.len(), 2);
    assert_eq!(mapped.stream.status.tag("prod").unwrap().items, pinned);
}

// image-api 67
#[test]
fn a_copy_in_another_namespace_is_served_there() {
    let mut copy = ImageStream::default();
    copy.metadata.name = "copy".to_owned();
    copy.metadata.namespace = "other".to_owned();
    copy.spec.tags = vec![following("t", "ImageStreamTag", "team", "app:latest")];
    let copy = create(copy, Path::Main, &at("2026-02-05T00:00:00Z", &Team)).unwrap().stream;
    assert_eq!(
        copy.status.tag("t").unwrap().items[0].docker_image_reference,
        format!("{HOST}/other/copy@{IMAGE_2}")
    );
}

/// What was found of `quay.io/acme/tool`.
fn found(import: &mut ImageStreamImport, tool: &Image) {
    let text = format!(
        r#"{{"images":[{{"status":{{"status":"Success"}},"image":{},"tag":"1.0"}},{{"status":{},"tag":"nope"}}]}}"#,
        serde_json::to_string(tool).unwrap(),
        NOT_FOUND,
    );
    import.status = serde_json::from_str(&text).unwrap();
}

const NOT_FOUND: &str = concat!(
    r#"{"metadata":{},"status":"Failure","#,
    r#""message":"dockerimage.image.openshift.io \"quay.io/acme/tool:nope\" not found","reason":"NotFound","#,
    r#""details":{"name":"quay.io/acme/tool:nope","group":"image.openshift.io","kind":"dockerimage"},"code":404}"#
);

// image-api 159, 160, 162, 164, 169
#[test]
fn the_import() {
    let request: ImageStreamImport = serde_json::from_str(
        r#"{"kind":"ImageStreamImport","apiVersion":"image.openshift.io/v1",
            "metadata":{"name":"tools","namespace":"team"},"spec":{"import":true,"images":[
            {"from":{"kind":"DockerImage","name":"quay.io/acme/tool:1.0"}},
            {"from":{"kind":"DockerImage","name":"quay.io/acme/tool:nope"},"to":{"name":"broken"}}]}}"#,
    )
    .unwrap();
    let context = at("2026-02-04T09:00:05Z", &Alone);
    let mut import = import::rules::accept(request, context.default_import_mode).unwrap();
    let mut tool = told(MANIFEST_1, CONFIG_1);
    tool.metadata.annotations.clear();
    tool.docker_image_reference = format!("quay.io/acme/tool@{IMAGE_1}");
    found(&mut import, &tool);

    let applied = import::apply(None, &import, context.now).unwrap();
    let mut stream = create(applied.stream.unwrap(), Path::Internal, &context).unwrap().stream;
    stream.render(HOST, Some(PUBLIC_HOST));
    let stored = find(applied.images.clone());
    import.finish(stream, stored);

    let expected = compact(include_str!("import.json"))
        .replace("IMAGE", &serde_json::to_string(&applied.images[0]).unwrap())
        .replace("DIGEST", IMAGE_1)
        .replace("NOT_FOUND", NOT_FOUND);
    assert_eq!(shown(&import), expected);
    assert_eq!(applied.images[0].docker_image_metadata, image_1().docker_image_metadata);
    assert_eq!(applied.images[0].docker_image_manifest, "");
}
