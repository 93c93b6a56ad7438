use serde_json::{Value, json};
use weir_image_api::ImageStreamImport;
use weir_image_api::meta::Outcome;
use weir_oci::ManifestType;
use weir_registry::api::{Deletion, Refusal};
use weir_registry::view::ViewError;
use weir_testkit::{SampleImage, SampleIndex};

use crate::desk::{Desk, errors, object, parse, stream, team};

/// An import into the stream `copy`.
fn import(keep: bool, images: Value) -> ImageStreamImport {
    parse(json!({"metadata": {"name": "copy"}, "spec": {"import": keep, "images": images}}))
}

fn from(name: &str) -> Value {
    json!({"kind": "DockerImage", "name": name})
}

async fn run(desk: &Desk, request: ImageStreamImport) -> ImageStreamImport {
    object(desk.writer().create_import(&team(), request).await)
}

// image-api 158, 169, 21
#[tokio::test]
async fn a_preview_keeps_nothing() {
    let desk = Desk::open().await;
    let digest = desk.push("source", "v1", "one").await;
    let version = desk.version();
    let images = json!([{"from": from("registry.test:5000/team/source:v1")}]);
    let seen = run(&desk, import(false, images.clone())).await;
    let tried = object(desk.dry_writer().create_import(&team(), import(true, images)).await);
    for seen in [seen, tried] {
        assert_eq!(seen.status.import, None);
        let [entry] = &seen.status.images[..] else { panic!("{seen:?}") };
        assert_eq!((entry.status.status, entry.status.code, entry.tag.as_str()), (Outcome::Success, 0, "v1"));
        let image = entry.image.as_ref().unwrap();
        assert_eq!(image.metadata.name, digest);
        assert_eq!(image.docker_image_reference, format!("registry.test:5000/team/source@{digest}"));
        assert_eq!(image.docker_image_layers.len(), 1);
    }
    assert!(matches!(desk.view().image_stream(&stream("copy")), Err(ViewError::StreamNotFound)));
    assert_eq!(desk.version(), version);
}

// image-api 14.6
#[tokio::test]
async fn a_preview_shows_the_documents_if_it_is_asked_to() {
    let desk = Desk::open().await;
    desk.push("source", "v1", "one").await;
    let sample = SampleImage::of("one");
    let one = |include: bool| {
        let from = from("registry.test:5000/team/source:v1");
        json!({"from": from, "to": {"name": "v1"}, "includeManifest": include})
    };
    let seen = run(&desk, import(false, json!([one(true), one(false)]))).await;
    let documents: Vec<_> = seen
        .status
        .images
        .iter()
        .map(|entry| entry.image.as_ref().unwrap())
        .map(|image| (image.docker_image_manifest.as_bytes(), image.docker_image_config.as_bytes()))
        .collect();
    assert_eq!(documents, [(&sample.manifest[..], &sample.config[..]), (&b""[..], &b""[..])]);
    // What is stored has none, and what is imported is shown as it is stored.
    let seen = run(&desk, import(true, json!([one(true)]))).await;
    assert_eq!(seen.status.images[0].image.as_ref().unwrap().docker_image_manifest, "");
}

// image-api 159, 162, 163, 164, 191
#[tokio::test]
async fn an_image_of_this_registry_is_tagged_and_can_be_pulled() {
    let desk = Desk::open().await;
    let digest = desk.push("source", "v1", "one").await;
    for name in ["registry.test:5000", "127.0.0.1:5000", "localhost:5000"] {
        let images = json!([
            {"from": from(&format!("{name}/team/source:v1"))},
            {"from": from(&format!("{name}/team/source@{digest}"))},
            {"from": from(&format!("{name}/team/source@{digest}")), "to": {"name": "stable"}},
        ]);
        let seen = run(&desk, import(true, images)).await;
        assert!(seen.status.images.iter().all(|entry| entry.status.status == Outcome::Success), "{seen:?}");
        let tagged = seen.status.import.unwrap();
        assert_eq!(*tagged, desk.stream("copy"));
        assert_eq!(tagged.metadata.generation, 1);
        assert!(tagged.metadata.annotations.contains_key("openshift.io/image.dockerRepositoryCheck"));
        let tags: Vec<_> = tagged.status.tags.iter().map(|tag| (tag.tag.as_str(), tag.items.len())).collect();
        assert_eq!(tags, [("stable", 1), ("v1", 1)]);
        assert!(tagged.spec.tags.iter().all(|tag| tag.generation == Some(1)), "{tagged:?}");
        assert!(tagged.status.tags.iter().all(|tag| tag.items[0].generation == 1), "{tagged:?}");
        assert_eq!(desk.pull("team/copy", "v1").await, Ok(digest.clone()));
        assert_eq!(desk.pull("team/copy", "stable").await, Ok(digest.clone()));
        assert!(desk.serves("team/copy", "one").await);
        let history = desk.view().history(&stream("copy"), Some("v1"), 1).unwrap().entries;
        assert_eq!((history[0].kind.as_str(), history[0].user.as_str()), ("import", "system:anonymous"));
        desk.writer().delete_stream(&desk.manage, stream("copy"), Deletion::default()).await.unwrap();
    }
}

// image-api 163
#[tokio::test]
async fn the_same_image_again_writes_nothing() {
    let desk = Desk::open().await;
    desk.push("source", "v1", "one").await;
    let images = json!([{"from": from("registry.test:5000/team/source:v1")}]);
    run(&desk, import(true, images.clone())).await;
    let version = desk.version();
    desk.rig.clock.advance_ms(60_000);
    let again = run(&desk, import(true, images)).await;
    assert_eq!(desk.version(), version);
    assert_eq!(*again.status.import.unwrap(), desk.stream("copy"));
}

// image-api 160, 161, 165
#[tokio::test]
async fn what_cannot_be_found_is_told_entry_by_entry() {
    let desk = Desk::open().await;
    let digest = desk.push("source", "v1", "one").await;
    let images = json!([
        {"from": from("registry.test:5000/team/source:v1"), "to": {"name": "good"}},
        {"from": from("registry.test:5000/team/source:none"), "to": {"name": "untagged"}},
        {"from": from("registry.test:5000/team/none:v1"), "to": {"name": "absent"}},
        {"from": from("busybox"), "to": {"name": "foreign"}},
        {"from": from("*")},
    ]);
    let seen = run(&desk, import(true, images.clone())).await;
    let told: Vec<_> = seen
        .status
        .images
        .iter()
        .map(|entry| (entry.status.reason.as_str(), entry.status.code, entry.status.message.as_str()))
        .collect();
    let expected = [
        ("", 0, ""),
        ("NotFound", 404, "dockerimage.image.openshift.io \"registry.test:5000/team/source:none\" not found"),
        ("NotFound", 404, "dockerimage.image.openshift.io \"registry.test:5000/team/none:v1\" not found"),
        (
            "InternalError",
            500,
            "Internal error occurred: docker.io/library/busybox:latest: fetching from other registries is not available yet",
        ),
        (
            "Invalid",
            422,
            " \"\" is invalid: from.name: Invalid value: \"*\": invalid name: invalid reference format",
        ),
    ];
    assert_eq!(told, expected);
    let tagged = seen.status.import.unwrap();
    assert_eq!(tagged.status.tag("good").unwrap().items[0].image, digest);
    for bad in ["untagged", "absent", "foreign"] {
        assert_eq!(tagged.spec.tag(bad).unwrap().generation, Some(1), "{bad}");
        let list = tagged.status.tag(bad).unwrap();
        assert_eq!(list.items, []);
        let [condition] = &list.conditions[..] else { panic!("{list:?}") };
        assert_eq!((condition.r#type.as_str(), condition.status.as_str()), ("ImportSuccess", "False"));
        assert_eq!(condition.generation, 1);
    }

    desk.rig.clock.advance_ms(60_000);
    let again = run(&desk, import(true, images)).await.status.import.unwrap();
    assert_eq!(again.status.tag("absent"), tagged.status.tag("absent"));
}

// image-api 162
#[tokio::test]
async fn a_success_ends_a_failure() {
    let desk = Desk::open().await;
    let images = json!([{"from": from("registry.test:5000/team/source:v1")}]);
    run(&desk, import(true, images.clone())).await;
    assert_eq!(desk.stream("copy").status.tag("v1").unwrap().conditions.len(), 1);
    let digest = desk.push("source", "v1", "one").await;
    let tagged = run(&desk, import(true, images)).await.status.import.unwrap();
    let list = tagged.status.tag("v1").unwrap();
    assert_eq!((list.conditions.len(), list.items[0].image.as_str()), (0, digest.as_str()));
    let generations = (tagged.metadata.generation, tagged.spec.tag("v1").unwrap().generation.unwrap());
    assert_eq!(generations, (2, list.items[0].generation));
}

#[tokio::test]
async fn who_may_not_pull_may_not_import() {
    let desk = Desk::open().await;
    desk.push("source", "v1", "one").await;
    let images = json!([{"from": from("registry.test:5000/team/source:v1")}]);
    let seen = object(desk.confined_writer().create_import(&team(), import(true, images)).await);
    let [entry] = &seen.status.images[..] else { panic!("{seen:?}") };
    assert_eq!((entry.status.reason.as_str(), entry.status.code), ("Unauthorized", 401));
    assert_eq!(
        entry.status.message,
        "you may not have access to the container image \"registry.test:5000/team/source:v1\""
    );
    assert_eq!(entry.image, None);
    assert!(!desk.serves("team/copy", "one").await);
}

// image-api 167, 168
#[tokio::test]
async fn an_index_is_taken_whole_or_by_an_entry() {
    let desk = Desk::open().await;
    let (amd, arm) = (SampleImage::of("amd"), SampleImage::of("arm"));
    let entry = |image: &SampleImage, architecture: &str| {
        let mut descriptor = image.descriptor();
        descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
        descriptor
    };
    for image in [&amd, &arm] {
        desk.rig.push("team/source", &image.digest().to_string(), image).await;
    }
    let index = SampleIndex::of(&[entry(&arm, "strange"), entry(&amd, "amd64")]);
    let kind = ManifestType::OciIndex;
    let reply = desk.rig.push_manifest("team/source", "v1", kind, index.manifest.clone()).await;
    assert_eq!(reply.status, 201);

    let whole = json!([{
        "from": from("registry.test:5000/team/source:v1"), "to": {"name": "whole"},
        "importPolicy": {"importMode": "PreserveOriginal"},
    }]);
    let seen = run(&desk, import(true, whole)).await;
    let list = &seen.status.images[0];
    assert_eq!(list.image.as_ref().unwrap().metadata.name, index.digest().to_string());
    let children: Vec<_> = list.manifests.iter().map(|image| image.metadata.name.clone()).collect();
    assert_eq!(children, [arm.digest().to_string(), amd.digest().to_string()]);
    assert_eq!(desk.pull("team/copy", "whole").await, Ok(index.digest().to_string()));
    for (seed, image) in [("amd", &amd), ("arm", &arm)] {
        let digest = image.digest().to_string();
        assert_eq!(desk.pull("team/copy", &digest).await, Ok(digest));
        assert!(desk.serves("team/copy", seed).await);
    }

    let one = |tag: &str| {
        import(true, json!([{"from": from("registry.test:5000/team/source:v1"), "to": {"name": tag}}]))
    };
    let seen = run(&desk, one("common")).await;
    assert_eq!(seen.status.images[0].image.as_ref().unwrap().metadata.name, amd.digest().to_string());
    let prefer = crate::desk::edit(|stream: &mut weir_image_api::ImageStream| {
        let tag = stream.spec.tags.iter_mut().find(|tag| tag.name == "common").unwrap();
        let key = "importer.image.openshift.io/prefer-arch".to_owned();
        tag.annotations = Some([(key, "strange".to_owned())].into());
    });
    object(desk.writer().update_stream(stream("copy"), prefer).await);
    let seen = run(&desk, one("common")).await;
    assert_eq!(seen.status.images[0].image.as_ref().unwrap().metadata.name, arm.digest().to_string());
}

// image-api 171, 172, 173
#[tokio::test]
async fn a_whole_repository_is_imported() {
    let desk = Desk::open().await;
    for (tag, seed) in [("1.0", "a"), ("latest", "b"), ("1.2", "c"), ("dev", "d")] {
        desk.push("source", tag, seed).await;
    }
    let whole = |keep: bool, name: &str| -> ImageStreamImport {
        let repository = json!({"from": from(name)});
        parse(json!({"metadata": {"name": "copy"}, "spec": {"import": keep, "repository": repository}}))
    };
    let seen = run(&desk, whole(true, "localhost:5000/team/source")).await;
    let repository = seen.status.repository.unwrap();
    assert_eq!(repository.status.status, Outcome::Success);
    let order: Vec<_> = repository.images.iter().map(|entry| entry.tag.as_str()).collect();
    assert_eq!(order, ["latest", "1.2", "1.0", "dev"]);
    for tag in order {
        assert!(desk.pull("team/copy", tag).await.is_ok(), "{tag}");
    }
    let from = desk.stream("copy").spec.tag("dev").unwrap().from.clone().unwrap();
    assert_eq!(from.name, "localhost:5000/team/source:dev");

    let seen = run(&desk, whole(false, "localhost:5000/team/none")).await.status.repository.unwrap();
    assert_eq!((seen.status.reason.as_str(), seen.images.len()), ("NotFound", 0));
    assert_eq!(seen.status.message, "dockerimage.image.openshift.io \"localhost:5000/team/none\" not found");
    let request = whole(false, "localhost:5000/team/source:v1");
    let (kind, text) = errors(desk.writer().create_import(&team(), request).await);
    assert_eq!(kind, "ImageStreamImport");
    assert!(text.contains("you must specify an image repository, not a tag or ID"), "{text}");
    let (_, text) = errors(desk.writer().create_import(&team(), import(true, json!([]))).await);
    assert!(text.starts_with("spec.images: Invalid value: null: "), "{text}");
}

// image-api 174, 17
#[tokio::test]
async fn an_import_is_about_the_stream_as_the_client_knows_it() {
    let desk = Desk::open().await;
    desk.push("source", "v1", "one").await;
    let images = json!([{"from": from("registry.test:5000/team/source:v1")}]);
    let mut request = import(true, images);
    request.metadata.resource_version = Some("1".parse().unwrap());
    let refused = desk.writer().create_import(&team(), request.clone()).await;
    assert!(
        matches!(&refused, Err(Refusal::NotFound { resource: None, name }) if name == "copy"),
        "{refused:?}"
    );
    desk.push("copy", "other", "two").await;
    let refused = desk.writer().create_import(&team(), request.clone()).await;
    let Err(Refusal::Conflict { resource: Some("imagestream"), name, why }) = refused else {
        panic!("{refused:?}")
    };
    let actual = desk.stream("copy").metadata.resource_version.unwrap();
    assert_eq!(name, "copy");
    assert_eq!(why, format!("the image stream was updated from \"1\" to \"{actual}\""));
    request.metadata.resource_version = Some(actual);
    run(&desk, request.clone()).await;
    let nowhere = weir_image_api::Namespace::parse("nowhere").unwrap();
    let refused = desk.writer().create_import(&nowhere, request).await;
    assert!(matches!(refused, Err(Refusal::NamespaceNotFound(_))), "{refused:?}");
}

// The record of an image is what somebody said of it, and need not be what its manifest says.
#[tokio::test]
async fn an_index_that_is_said_to_name_itself_comes_to_an_end() {
    let desk = Desk::open().await;
    let sample = SampleImage::of("one");
    let digest = sample.digest().to_string();
    let itself = json!({
        "digest": digest, "mediaType": "application/vnd.oci.image.index.v1+json", "manifestSize": 1,
        "os": "linux", "architecture": "amd64",
    });
    let forged = json!({
        "metadata": {"name": digest}, "dockerImageReference": "registry.test:5000/team/source",
        "dockerImageManifestMediaType": "application/vnd.oci.image.index.v1+json",
        "dockerImageManifests": [itself],
    });
    desk.writer().create_image(&desk.manage, parse(forged)).await.unwrap();
    desk.rig.push("team/source", "v1", &sample).await;
    for mode in ["Legacy", "PreserveOriginal"] {
        let images = json!([{
            "from": from("registry.test:5000/team/source:v1"), "importPolicy": {"importMode": mode},
        }]);
        let seen = run(&desk, import(false, images)).await;
        assert_eq!(seen.status.images[0].status.reason, "NotFound", "{mode}");
    }
}

// image-api 7.4, 14.2
#[tokio::test]
async fn a_name_too_long_for_its_namespace_is_none_of_a_stream() {
    let desk = Desk::open().await;
    let name = "a".repeat(251);
    let mut request = import(true, json!([{"from": from("registry.test:5000/team/source:v1")}]));
    request.metadata.name.clone_from(&name);
    let (kind, text) = errors(desk.writer().create_import(&team(), request).await);
    let problem = "'namespace/name' cannot be longer than 255 characters";
    assert_eq!(kind, "ImageStreamImport");
    assert_eq!(text, format!("metadata.name: Invalid value: \"{name}\": {problem}"));
}

// image-api 14.6: what one answer may hold does not grow with what is asked for.
#[tokio::test]
async fn the_documents_of_one_preview_are_bounded() {
    let desk = Desk::open().await;
    let annotations = json!({"annotations": {"long": "x".repeat(60_000)}});
    desk.rig.push("team/source", "v1", &SampleImage::build("one", &annotations)).await;
    let from = from("registry.test:5000/team/source:v1");
    let images: Vec<Value> =
        (0..700).map(|_| json!({"from": from, "to": {"name": "v1"}, "includeManifest": true})).collect();
    let seen = run(&desk, import(false, json!(images))).await;
    let mut documents = seen.status.images.iter().map(|entry| entry.image.as_ref().unwrap());
    let bytes: usize = documents.clone().map(|image| image.docker_image_manifest.len()).sum();
    assert!((16 << 20..33 << 20).contains(&bytes), "{bytes}");
    assert_eq!(documents.next_back().unwrap().docker_image_manifest, "");
}
