use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::meta::summary;
use crate::{NamedTagEventList, ResourceVersion};

const HOST: &str = "in:5000";

fn now() -> Timestamp {
    Timestamp::from_seconds(1_770_000_000)
}

fn mapping(text: &Value) -> ImageStreamMapping {
    let mut whole = json!({"metadata": {"name": "b~c", "namespace": "team"}, "tag": "latest",
        "image": {"metadata": {"name": "sha256:1"}, "dockerImageReference": "quay.io/a/b"}});
    for (name, value) in text.as_object().unwrap() {
        whole[name] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn refused(text: &Value, host: &str) -> String {
    summary(&accept(mapping(text), host, now()).unwrap_err())
}

fn stream() -> ImageStream {
    let mut stream: ImageStream = serde_json::from_value(json!({
        "metadata": {"name": "b~c", "namespace": "team", "generation": 3},
        "spec": {"tags": [
            {"name": "stable", "from": {"kind": "ImageStreamTag", "name": "latest"}},
            {"name": "other", "from": {"kind": "ImageStreamTag", "name": "stable"}},
        ]},
    }))
    .unwrap();
    stream.render(HOST, None);
    stream
}

#[test]
fn tag_and_image_are_always_shown() {
    let text = concat!(
        r#"{"metadata":{},"image":{"metadata":{},"dockerImageMetadata":{"kind":"DockerImage","#,
        r#""apiVersion":"image.openshift.io/1.0","Id":"","Created":null,"ContainerConfig":{}},"#,
        r#""dockerImageMetadataVersion":"1.0"},"tag":""}"#
    );
    assert_eq!(serde_json::to_string(&ImageStreamMapping::default()).unwrap(), text);
    let nulls = r#"{"metadata":null,"image":null,"tag":null,"dockerImageRepository":"old"}"#;
    assert_eq!(serde_json::from_str::<ImageStreamMapping>(nulls).unwrap(), ImageStreamMapping::default());
}

// image-api 149
#[test]
fn an_image_without_reference_is_served_here() {
    let text = json!({"image": {"metadata": {"name": format!("sha256:{}", "0".repeat(64))}}});
    let accepted = accept(mapping(&text), HOST, now()).unwrap();
    assert_eq!(accepted.image.docker_image_reference, format!("in:5000/team/b/c@sha256:{}", "0".repeat(64)));
    assert_eq!(refused(&text, ""), "image.dockerImageReference: Required value");
    let kept = accept(mapping(&json!({})), HOST, now()).unwrap();
    assert_eq!(kept.image.docker_image_reference, "quay.io/a/b");
}

// image-api 150
#[test]
fn the_image_is_one_to_be_made() {
    let mut submitted = mapping(&json!({"image": {"dockerImageReference": "r", "signatures": [{}],
        "metadata": {"name": "sha256:1", "uid": "mine", "resourceVersion": "7", "labels": {"a": "b"}}}}));
    submitted.metadata.resource_version = Some(ResourceVersion(3));
    let accepted = accept(submitted, HOST, now()).unwrap();
    assert_eq!(accepted.image.signatures, []);
    let metadata = &accepted.image.metadata;
    assert_eq!(
        (metadata.uid.as_str(), metadata.resource_version, metadata.creation_timestamp),
        ("", None, Some(now()))
    );
    assert_eq!(metadata.labels["a"], "b");
}

// image-api 154
#[test]
fn what_is_wrong_with_a_mapping() {
    for (text, expected) in [
        (json!({"tag": ""}), "tag: Required value"),
        (
            json!({"metadata": {"namespace": "team"}}),
            concat!(
                "[metadata.name: Required value: name or generateName is required, ",
                "name: Required value, dockerImageRepository: Required value]"
            ),
        ),
        (json!({"image": {}}), "image.metadata.name: Required value: name or generateName is required"),
        (
            json!({"image": {"dockerImageReference": "r", "metadata": {"name": "i", "namespace": "team"}}}),
            "image.metadata.namespace: Forbidden: not allowed on this type",
        ),
        (
            json!({"image": {"dockerImageReference": "A", "metadata": {"name": "i"}}, "tag": ""}),
            concat!(
                "[tag: Required value, ",
                r#"image.dockerImageReference: Invalid value: "A": repository name must be lowercase]"#
            ),
        ),
    ] {
        assert_eq!(refused(&text, HOST), expected, "{text}");
    }
    let elsewhere = refused(&json!({"metadata": {"name": "app", "namespace": "No/Name"}}), HOST);
    assert!(
        elsewhere.starts_with(r#"metadata.namespace: Invalid value: "No/Name": a lowercase RFC 1123 label"#)
    );
}

// image-api 148, 152
#[test]
fn the_reference_moves_here_only_for_a_managed_image_that_was_there() {
    let id = format!("sha256:{}", "0".repeat(64));
    let managed = |value: &str| {
        mapping(&json!({"image": {"dockerImageReference": "in:5000/else/where", "metadata":
            {"name": id, "annotations": {"openshift.io/image.managed": value}}}}))
    };
    let reference = |mapping: &ImageStreamMapping, known| {
        let event = event(mapping, &stream(), known, now());
        assert_eq!(
            (event.image, event.generation, event.created),
            (mapping.image.metadata.name.clone(), 3, now())
        );
        event.docker_image_reference
    };
    assert_eq!(reference(&managed("true"), Known::Before), format!("in:5000/team/b/c@{id}"));
    assert_eq!(reference(&managed("true"), Known::New), "in:5000/else/where");
    assert_eq!(reference(&managed("false"), Known::Before), "in:5000/else/where");
    assert_eq!(reference(&mapping(&json!({})), Known::Before), "quay.io/a/b");
    // Without a name of our own, the repository behind the stream.
    let mut external = stream();
    external.spec.docker_image_repository = "quay.io/x/y".to_owned();
    external.render("", None);
    let event = event(&managed("true"), &external, Known::Before, now());
    assert_eq!(event.docker_image_reference, format!("quay.io/x/y@{id}"));
}

// image-api 151, 152, 153
#[test]
fn tags_that_follow_get_the_event_and_again_changes_nothing() {
    let event = event(&mapping(&json!({})), &stream(), Known::New, now());
    let mapped = apply(&stream(), "latest", &event).unwrap();
    assert_eq!(mapped.tracked, BTreeSet::from(["stable".to_owned()]));
    let history = |tag: &str| NamedTagEventList {
        tag: tag.to_owned(),
        items: vec![event.clone()],
        ..NamedTagEventList::default()
    };
    assert_eq!(mapped.stream.status.tags, [history("latest"), history("stable")]);
    assert_eq!(mapped.stream.metadata, stream().metadata);
    assert_eq!(mapped.stream.spec, stream().spec);
    let later = TagEvent { created: Timestamp::from_seconds(1_780_000_000), ..event };
    assert_eq!(apply(&mapped.stream, "latest", &later), None);
}

proptest! {
    #[test]
    fn the_same_mapping_twice_is_one(
        pushes in prop::collection::vec((prop::sample::select(vec!["latest", "stable", "x"]), 0..3), 1..8),
    ) {
        let mut stream = stream();
        for (seconds, (tag, image)) in (0_i64..).zip(pushes) {
            let event = TagEvent {
                created: Timestamp::from_seconds(seconds),
                docker_image_reference: format!("r{image}"),
                image: format!("i{image}"),
                generation: 3,
                ..TagEvent::default()
            };
            if let Some(mapped) = apply(&stream, tag, &event) {
                stream = mapped.stream;
            }
            prop_assert_eq!(stream.status.tag(tag).unwrap().current().map(|e| &e.image), Some(&event.image));
            prop_assert_eq!(apply(&stream, tag, &event), None);
        }
    }
}
