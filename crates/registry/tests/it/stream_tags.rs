use serde_json::{Value, json};
use weir_image_api::{ImageStream, ImageStreamTag, ImageTag, StreamRef};
use weir_registry::api::{Deletion, Refusal};
use weir_registry::view::ViewError;

use crate::desk::{Desk, edit, errors, object, only, parse, put, stream, team};

fn tag(name: &str, reference: Value) -> ImageStreamTag {
    parse(json!({"metadata": {"name": name}, "tag": reference}))
}

fn copy_of(source: &str) -> Value {
    json!({"from": {"kind": "ImageStreamTag", "name": source}})
}

fn copy_from(namespace: &str, source: &str) -> Value {
    json!({"from": {"kind": "ImageStreamTag", "namespace": namespace, "name": source}})
}

fn elsewhere() -> StreamRef {
    let namespace = weir_image_api::Namespace::parse("elsewhere").unwrap();
    StreamRef::new(namespace, weir_image_api::StreamName::parse("app").unwrap()).unwrap()
}

// image-api 67, 127, 60
#[tokio::test]
async fn a_tag_is_copied_from_another_repository_and_can_be_pulled_there() {
    let desk = Desk::open().await;
    let digest = desk.push("source", "v1", "one").await;
    let wanted = tag("copy:stable", copy_of("source:v1"));
    let written = desk
        .writer()
        .update_tag::<ImageStreamTag>(&team(), "copy:stable", put(wanted.clone()))
        .await
        .unwrap();
    assert!(written.made);
    let seen = written.object;
    assert_eq!((seen.metadata.name.as_str(), seen.image.metadata.name.as_str()), ("copy:stable", &*digest));
    let own = format!("registry.test:5000/team/copy@{digest}");
    assert_eq!(seen.image.docker_image_reference, own);
    assert_eq!(desk.view().stream_tag(&stream("copy"), "stable").unwrap(), seen);
    assert_eq!(desk.pull("team/copy", "stable").await, Ok(digest.clone()));
    assert_eq!(desk.pull("team/copy", &digest).await, Ok(digest.clone()));
    assert!(desk.serves("team/copy", "one").await);

    let version = desk.version();
    let again =
        desk.writer().update_tag::<ImageStreamTag>(&team(), "copy:stable", put(wanted)).await.unwrap();
    assert!(!again.made);
    assert_eq!((again.object, desk.version()), (seen, version));

    // It is a copy: what happens to the source later is not its concern.
    desk.push("source", "v1", "two").await;
    desk.writer().delete_stream(&desk.manage, stream("source"), Deletion::default()).await.unwrap();
    assert_eq!(desk.pull("team/copy", "stable").await, Ok(digest));
    assert!(desk.serves("team/copy", "one").await);
}

// image-api 66, 67, 69, 200a
#[tokio::test]
async fn who_may_not_pull_from_a_source_may_not_copy_it() {
    let desk = Desk::open().await;
    let digest =
        desk.rig.push("elsewhere/app", "v1", &weir_testkit::SampleImage::of("one")).await.to_string();
    let wanted = || put(tag("copy:v1", copy_from("elsewhere", "app:v1")));
    let version = desk.version();
    let (kind, text) =
        errors(desk.confined_writer().update_tag::<ImageStreamTag>(&team(), "copy:v1", wanted()).await);
    assert_eq!(kind, "ImageStream");
    assert!(text.starts_with("[]: Internal error: imagestreams \"copy\" is invalid: "), "{text}");
    assert!(text.contains("spec.tags[v1].from: Forbidden: elsewhere/app: "), "{text}");
    assert!(text.contains("not yours"), "{text}");
    assert_eq!(desk.version(), version);
    assert_eq!(desk.pull("team/copy", "v1").await, Err(404));
    assert!(!desk.serves("team/copy", "one").await);

    object(desk.writer().update_tag::<ImageStreamTag>(&team(), "copy:v1", wanted()).await);
    assert_eq!(desk.pull("team/copy", "v1").await, Ok(digest.clone()));
    // What is there is not judged again.
    let local = edit(|stream: &mut ImageStream| stream.spec.lookup_policy.local = true);
    object(desk.confined_writer().update_stream(stream("copy"), local).await);
    assert_eq!(desk.view().image_stream(&elsewhere()).unwrap().status.tags[0].items[0].image, digest);
}

// image-api 62, 63; integrated-registry 9.3: what `oc tag` sends without `--alias`.
#[tokio::test]
async fn an_image_of_the_past_is_copied_by_its_digest() {
    let desk = Desk::open().await;
    let old = desk.push("source", "v1", "one").await;
    desk.push("source", "v1", "two").await;
    let copy = |id: &str| {
        let from = json!({"kind": "ImageStreamImage", "name": format!("source@{id}")});
        put(tag("copy:old", json!({"from": from})))
    };
    let (_, text) =
        errors(desk.writer().update_tag::<ImageStreamTag>(&team(), "copy:old", copy("sha256:beef")).await);
    assert!(text.contains("imagestreamimage.image.openshift.io \"sha256:beef\" not found"), "{text}");
    let seen = object(desk.writer().update_tag::<ImageStreamTag>(&team(), "copy:old", copy(&old)).await);
    assert_eq!(seen.image.metadata.name, old);
    assert_eq!(desk.pull("team/copy", "old").await, Ok(old));
    assert!(desk.serves("team/copy", "one").await);
    assert!(!desk.serves("team/copy", "two").await);
}

// image-api 65, 58, 70
#[tokio::test]
async fn a_source_has_to_be_there() {
    let desk = Desk::open().await;
    let copy = |source: &str| put(tag("copy:v1", copy_of(source)));
    let (_, text) =
        errors(desk.writer().update_tag::<ImageStreamTag>(&team(), "copy:v1", copy("none:v1")).await);
    assert!(text.contains("spec.tags[v1].from.name: Not found: \"none:v1\""), "{text}");
    let (_, text) =
        errors(desk.writer().update_tag::<ImageStreamTag>(&team(), "copy:v1", copy("a:b:c")).await);
    assert!(text.contains("must be of the form"), "{text}");
    assert!(matches!(desk.view().image_stream(&stream("copy")), Err(ViewError::StreamNotFound)));

    desk.push("source", "v1", "one").await;
    let seen =
        object(desk.writer().update_tag::<ImageStreamTag>(&team(), "copy:v1", copy("source:none")).await);
    assert_eq!((seen.generation, seen.image.metadata.name.as_str()), (0, ""));
    assert!(matches!(desk.view().stream_tag(&stream("copy"), "v1"), Err(ViewError::TagNotFound)));
}

// image-api 57, 59, 153
#[tokio::test]
async fn an_alias_follows_its_tag() {
    let desk = Desk::open().await;
    let first = desk.push("app", "v1", "one").await;
    object(
        desk.writer()
            .update_tag::<ImageStreamTag>(&team(), "app:stable", put(tag("app:stable", copy_of("v1"))))
            .await,
    );
    assert_eq!(desk.pull("team/app", "stable").await, Ok(first.clone()));
    let second = desk.push("app", "v1", "two").await;
    assert_eq!(desk.pull("team/app", "stable").await, Ok(second.clone()));
    let shown = desk.view().image_tag(&stream("app"), "stable").unwrap().status.unwrap().items;
    let shown: Vec<_> = shown
        .iter()
        .map(|event| (event.image.as_str(), event.provenance.as_ref().unwrap().by.as_str()))
        .collect();
    assert_eq!(shown, [(&*second, "tracked"), (&*first, "tag")]);
}

// image-api 123, 124, 125, 126
#[tokio::test]
async fn a_tag_is_made_once() {
    let desk = Desk::open().await;
    let pointer = json!({"from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}, "reference": true});
    let written =
        desk.writer().create_tag::<ImageStreamTag>(&team(), tag("app:v1", pointer.clone())).await.unwrap();
    assert!(written.made);
    assert_eq!(desk.stream("app").metadata.generation, 1);
    let refused = desk.writer().create_tag::<ImageStreamTag>(&team(), tag("app:v1", pointer.clone())).await;
    let Err(Refusal::AlreadyExists { resource: Some("imagestreamtag"), name, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(name, "app:v1");

    desk.push("app", "pushed", "one").await;
    desk.writer().create_tag::<ImageStreamTag>(&team(), tag("app:pushed", pointer.clone())).await.unwrap();
    let mut annotated = tag("app:more", pointer);
    annotated.tag.as_mut().unwrap().annotations = Some([("a".to_owned(), "b".to_owned())].into());
    let (kind, text) = errors(desk.writer().create_tag::<ImageStreamTag>(&team(), annotated).await);
    assert_eq!(kind, "ImageStreamTag");
    assert!(text.contains("tag.annotations: Invalid value"), "{text}");
}

// image-api 118, Q18, 42, 17
#[tokio::test]
async fn names_are_those_of_a_stream_and_a_tag() {
    let desk = Desk::open().await;
    let refused = desk.writer().create_tag::<ImageStreamTag>(&team(), tag("app", copy_of("v1"))).await;
    let Err(Refusal::BadRequest(text)) = refused else { panic!("{refused:?}") };
    assert_eq!(text, "\"app\" must be of the form <stream_name>:<tag>");
    for name in ["app", "app:a:b", "app@x"] {
        let refused =
            desk.writer().update_tag::<ImageStreamTag>(&team(), name, put(tag(name, copy_of("v1")))).await;
        let Err(Refusal::BadRequest(text)) = refused else { panic!("{refused:?}") };
        assert_eq!(text, "ImageStreamTags must be retrieved with <name>:<tag>");
        let refused =
            desk.writer().delete_tag::<ImageTag>(&desk.manage, &team(), name, Deletion::default()).await;
        let Err(Refusal::BadRequest(text)) = refused else { panic!("{refused:?}") };
        assert_eq!(text, "ImageTags must be retrieved with <name>:<tag>");
    }
    let (kind, text) =
        errors(desk.writer().create_tag::<ImageStreamTag>(&team(), tag("App:v1", Value::Null)).await);
    assert_eq!(kind, "ImageStream");
    assert!(text.contains("metadata.name: Invalid value: \"App\": must match"), "{text}");
    let nowhere = weir_image_api::Namespace::parse("nowhere").unwrap();
    let refused =
        desk.writer().update_tag::<ImageStreamTag>(&nowhere, "app:v1", put(tag("app:v1", Value::Null))).await;
    assert!(matches!(refused, Err(Refusal::NamespaceNotFound(_))), "{refused:?}");
}

// image-api 128, 130
#[tokio::test]
async fn an_update_that_names_a_version_has_to_name_the_right_one() {
    let desk = Desk::open().await;
    let mut wanted = tag("app:v1", copy_of("v2"));
    wanted.metadata.resource_version = Some("1".parse().unwrap());
    let refused = desk.writer().update_tag::<ImageStreamTag>(&team(), "app:v1", put(wanted.clone())).await;
    assert!(matches!(&refused, Err(Refusal::NotFound { name, .. }) if name == "app:v1"), "{refused:?}");
    desk.push("app", "v1", "one").await;
    let version = desk.version();
    let refused = desk.writer().update_tag::<ImageStreamTag>(&team(), "app:v1", put(wanted)).await;
    let Err(Refusal::Conflict { resource: None, name, why }) = refused else { panic!("{refused:?}") };
    assert_eq!(name, "app:v1");
    let current = desk.stream("app").metadata.resource_version.unwrap();
    assert_eq!(why, format!("another caller has updated the resource version to {current}"));

    let refused =
        desk.writer().update_tag::<ImageStreamTag>(&team(), "app:v1", put(tag("app:v1", Value::Null))).await;
    let Err(Refusal::BadRequest(text)) = refused else { panic!("{refused:?}") };
    assert_eq!(text, "imagestreamtag v1 is not a spec tag in imagestream team/app, cannot be updated");
    assert_eq!(desk.version(), version);
}

// image-api 20, 129, 131
#[tokio::test]
async fn a_patch_starts_from_what_there_is() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    let point = edit(|tag: &mut ImageStreamTag| tag.tag = Some(parse(copy_of("v1"))));
    let made = object(desk.writer().update_tag::<ImageStreamTag>(&team(), "app:alias", point).await);
    assert_eq!(made.image.metadata.name, digest);
    let annotate = edit(|tag: &mut ImageStreamTag| {
        tag.metadata.annotations.insert("a".to_owned(), "b".to_owned());
    });
    let noted = desk.writer().update_tag::<ImageStreamTag>(&team(), "app:alias", annotate).await.unwrap();
    assert!(!noted.made);
    assert_eq!(noted.object.tag.unwrap().annotations.unwrap()["a"], "b");
    assert_eq!(noted.object.image.metadata.annotations["a"], "b");
    let label = edit(|tag: &mut ImageStreamTag| {
        tag.metadata.labels.insert("a".to_owned(), "b".to_owned());
    });
    let (_, text) = errors(desk.writer().update_tag::<ImageStreamTag>(&team(), "app:alias", label).await);
    assert!(text.contains("may not update fields other than metadata.annotations"), "{text}");
}

// image-api 132, 134b
#[tokio::test]
async fn writes_at_the_same_time_all_count() {
    let desk = Desk::open().await;
    let point = |name: &str| {
        let to = json!({"from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}, "reference": true});
        put(tag(name, to))
    };
    let (a, b) = (desk.writer(), desk.writer());
    let namespace = team();
    let (first, second) = tokio::join!(
        a.update_tag::<ImageStreamTag>(&namespace, "app:a", point("app:a")),
        b.update_tag::<ImageStreamTag>(&namespace, "app:b", point("app:b")),
    );
    assert!(first.unwrap().made && second.unwrap().made);
    let tags = desk.stream("app").spec.tags;
    assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

// image-api 133, 134, 192
#[tokio::test]
async fn a_tag_goes_from_spec_and_status() {
    let desk = Desk::open().await;
    let digest = desk.push("app", "v1", "one").await;
    desk.push("app", "v2", "one").await;
    let before = desk.stream("app").metadata;
    let refused =
        desk.writer().delete_tag::<ImageStreamTag>(&desk.manage, &team(), "app:v1", only("another")).await;
    let Err(Refusal::Conflict { name, why, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((name.as_str(), why.as_str()), ("app:v1", "the UID precondition was not met"));
    let version = desk.version();
    let writer = desk.dry_writer();
    writer.delete_tag::<ImageStreamTag>(&desk.manage, &team(), "app:v1", only(&before.uid)).await.unwrap();
    assert_eq!(desk.version(), version);

    let writer = desk.writer();
    writer.delete_tag::<ImageStreamTag>(&desk.manage, &team(), "app:v1", only(&before.uid)).await.unwrap();
    assert_eq!(desk.stream("app").metadata.generation, before.generation);
    assert_eq!(desk.pull("team/app", "v1").await, Err(404));
    assert_eq!(desk.pull("team/app", "v2").await, Ok(digest.clone()));
    assert_eq!(desk.pull("team/app", &digest).await, Ok(digest));
    let refused = writer.delete_tag::<ImageTag>(&desk.manage, &team(), "app:v1", Deletion::default()).await;
    assert!(matches!(&refused, Err(Refusal::NotFound { name, .. }) if name == "app:v1"), "{refused:?}");
    let refused = writer.delete_tag::<ImageTag>(&desk.manage, &team(), "none:v1", Deletion::default()).await;
    assert!(matches!(&refused, Err(Refusal::NotFound { name, .. }) if name == "none"), "{refused:?}");
}

// image-api 134a, 21
#[tokio::test]
async fn a_tag_may_only_point_elsewhere() {
    let desk = Desk::open().await;
    let pointer = json!({"from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}, "reference": true});
    let version = desk.version();
    let writer = desk.dry_writer();
    let tried = writer
        .update_tag::<ImageStreamTag>(&team(), "app:p", put(tag("app:p", pointer.clone())))
        .await
        .unwrap();
    assert!(tried.made);
    assert_eq!(desk.version(), version);
    assert!(matches!(desk.view().image_stream(&stream("app")), Err(ViewError::StreamNotFound)));

    let written = desk
        .writer()
        .update_tag::<ImageStreamTag>(&team(), "app:p", put(tag("app:p", pointer)))
        .await
        .unwrap();
    let seen = written.object;
    assert_eq!((written.made, seen.generation, seen.image.docker_image_reference.as_str()), (true, 0, ""));
    assert!(matches!(desk.view().stream_tag(&stream("app"), "p"), Err(ViewError::TagNotFound)));
    let shown = desk.view().image_tag(&stream("app"), "p").unwrap().status.unwrap();
    assert_eq!(shown.items[0].docker_image_reference, "quay.io/x/y:1");
    assert_eq!(shown.items[0].provenance.as_ref().unwrap().reason.as_deref(), Some("because"));
}

// image-api 138, 139, 140
#[tokio::test]
async fn the_complete_view_is_written_likewise() {
    let desk = Desk::open().await;
    let bare: ImageTag = parse(json!({"metadata": {"name": "app:v1"}}));
    let (kind, text) = errors(desk.writer().create_tag::<ImageTag>(&team(), bare.clone()).await);
    assert_eq!(kind, "ImageTag");
    assert!(text.contains("spec: Required value: spec is a required field during creation"), "{text}");
    let pointer = json!({"from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}, "reference": true});
    let wanted = ImageTag { spec: Some(parse(pointer)), ..bare };
    assert!(desk.writer().create_tag::<ImageTag>(&team(), wanted.clone()).await.unwrap().made);
    let refused = desk.writer().create_tag::<ImageTag>(&team(), wanted).await;
    let Err(Refusal::AlreadyExists { resource: None, name, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(name, "app:v1");

    // Two events, of which a write sees the newest only.
    desk.push("app", "v1", "one").await;
    desk.push("app", "v1", "two").await;
    let shown = desk.view().image_tag(&stream("app"), "v1").unwrap();
    assert!(shown.status.as_ref().unwrap().items.len() > 1);
    let mut forged = shown.clone();
    forged.status.as_mut().unwrap().items[0].generation = 77;
    let (_, text) = errors(desk.writer().update_tag::<ImageTag>(&team(), "app:v1", put(forged)).await);
    assert!(text.contains("status: Invalid value: \"\": may not update fields other than spec"), "{text}");
    let unspecified = ImageTag { spec: None, ..shown };
    let written = desk.writer().update_tag::<ImageTag>(&team(), "app:v1", put(unspecified)).await.unwrap();
    assert!(!written.made);
    let left = desk.view().image_tag(&stream("app"), "v1").unwrap();
    assert_eq!(left.spec, None);
    assert!(left.status.unwrap().items.len() > 1);
}

// distribution, decisions 3.7: the API lets any text name a tag, and the protocol does not.
#[tokio::test]
async fn a_tag_that_the_protocol_cannot_name_is_not_listed_by_it() {
    let desk = Desk::open().await;
    desk.push("app", "v1", "one").await;
    for name in ["app:a:b", "app:a b", "app:-x"] {
        object(desk.writer().create_tag::<ImageStreamTag>(&team(), tag(name, copy_of("app:v1"))).await);
    }
    let long = "x".repeat(129);
    object(
        desk.writer()
            .create_tag::<ImageStreamTag>(&team(), tag(&format!("app:{long}"), copy_of("app:v1")))
            .await,
    );
    let listed = async || desk.rig.get("/v2/team/app/tags/list").await.json()["tags"].clone();
    assert_eq!(listed().await, json!(["v1"]));
    let digest = desk.pull("team/app", "v1").await.unwrap();
    assert_eq!(desk.view().stream_tag(&stream("app"), "a:b").unwrap().image.metadata.name, digest);
    // Neither once the image was away for a while.
    let image = desk.view().image(&digest).unwrap();
    desk.writer().delete_image(&desk.manage, &digest, weir_registry::api::Deletion::default()).await.unwrap();
    assert_eq!(listed().await, json!([]));
    let metadata = weir_image_api::meta::ObjectMeta { name: digest, ..Default::default() };
    let again = weir_image_api::Image { metadata, ..image };
    desk.writer().create_image(&desk.manage, again).await.unwrap();
    assert_eq!(listed().await, json!(["v1"]));
}

// image-api 4.5: what is copied can be pulled, though a part of it was here before.
#[tokio::test]
async fn a_copy_brings_along_what_was_missing() {
    let desk = Desk::open().await;
    let child = weir_testkit::SampleImage::of("one");
    let index = weir_testkit::SampleIndex::of(&[child.descriptor()]);
    let kind = weir_oci::ManifestType::OciIndex;
    // Sparse here, and whole there.
    assert_eq!(desk.rig.push_manifest("team/app", "sparse", kind, index.manifest.clone()).await.status, 201);
    desk.rig.push("team/source", "child", &child).await;
    assert_eq!(desk.rig.push_manifest("team/source", "v1", kind, index.manifest.clone()).await.status, 201);
    let digest = child.digest().to_string();
    assert_eq!(desk.pull("team/app", &digest).await, Err(404));
    object(desk.writer().create_tag::<ImageStreamTag>(&team(), tag("app:v1", copy_of("source:v1"))).await);
    assert_eq!(desk.pull("team/app", &digest).await, Ok(digest.clone()));
    assert!(desk.serves("team/app", "one").await);
}
