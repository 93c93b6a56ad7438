use serde_json::{Value, json};
use weir_image_api::ImageStreamMapping;
use weir_registry::api::Refusal;
use weir_registry::view::ViewError;

use crate::desk::{Desk, errors, parse, stream, team};

fn mapping(name: &str, tag: &str, image: Value) -> ImageStreamMapping {
    parse(json!({"metadata": {"name": name}, "tag": tag, "image": image}))
}

/// The name of an image that nobody has pushed.
fn unknown(seed: &str) -> String {
    weir_oci::Digest::sha256(seed.as_bytes()).to_string()
}

fn named(image: &str) -> Value {
    json!({"metadata": {"name": image}})
}

// image-api 147, 154, 17, 21
#[tokio::test]
async fn a_mapping_needs_a_stream_and_a_tag() {
    let desk = Desk::open().await;
    let version = desk.version();
    let refused = desk.writer().create_mapping(&team(), mapping("app", "v1", named(&unknown("a")))).await;
    let Err(Refusal::NotFound { resource: None, name }) = refused else { panic!("{refused:?}") };
    assert_eq!(name, "app");
    assert!(matches!(desk.view().image(&unknown("a")), Err(ViewError::ImageNotFound(_))));
    let nowhere = weir_image_api::Namespace::parse("nowhere").unwrap();
    let refused = desk.writer().create_mapping(&nowhere, mapping("app", "v1", named(&unknown("a")))).await;
    assert!(matches!(refused, Err(Refusal::NamespaceNotFound(_))), "{refused:?}");
    let (kind, text) =
        errors(desk.writer().create_mapping(&team(), mapping("app", "", named(&unknown("a")))).await);
    assert_eq!((kind, text.as_str()), ("ImageStreamMapping", "tag: Required value"));
    assert_eq!(desk.version(), version);
}

// image-api 146, 149, 150, 151, 152
#[tokio::test]
async fn an_image_becomes_that_of_a_tag() {
    let desk = Desk::open().await;
    desk.push("app", "other", "one").await;
    let generation = desk.stream("app").metadata.generation;
    let wanted = json!({"metadata": {"name": unknown("a")}, "signatures": [{"metadata": {"name": "a@b"}}]});
    desk.dry_writer().create_mapping(&team(), mapping("app", "v1", wanted.clone())).await.unwrap();
    assert!(matches!(desk.view().image(&unknown("a")), Err(ViewError::ImageNotFound(_))));
    assert_eq!(desk.stream("app").status.tag("v1"), None);

    desk.writer().create_mapping(&team(), mapping("app", "v1", wanted.clone())).await.unwrap();
    let made = desk.view().image(&unknown("a")).unwrap();
    assert_eq!(made.docker_image_reference, format!("registry.test:5000/team/app@{}", unknown("a")));
    assert_eq!(made.signatures, []);
    assert!(!made.metadata.uid.is_empty());
    let after = desk.stream("app");
    let event = &after.status.tag("v1").unwrap().items[0];
    assert_eq!((event.image.clone(), event.generation), (unknown("a"), generation));
    assert_eq!(after.metadata.generation, generation);

    let version = desk.version();
    desk.writer().create_mapping(&team(), mapping("app", "v1", wanted)).await.unwrap();
    assert_eq!(desk.version(), version);
}

// image-api 157
#[tokio::test]
async fn mappings_at_the_same_time_all_count() {
    let desk = Desk::open().await;
    desk.push("app", "other", "one").await;
    let (a, b, namespace) = (desk.writer(), desk.writer(), team());
    let (first, second) = tokio::join!(
        a.create_mapping(&namespace, mapping("app", "a", named(&unknown("a")))),
        b.create_mapping(&namespace, mapping("app", "b", named(&unknown("b")))),
    );
    first.unwrap();
    second.unwrap();
    let tags = desk.stream("app").status.tags;
    assert_eq!(tags.iter().map(|tag| tag.tag.as_str()).collect::<Vec<_>>(), ["a", "b", "other"]);
}

// image-api 148
#[tokio::test]
async fn an_image_from_elsewhere_can_be_pulled_where_it_is_mapped() {
    let desk = Desk::open().await;
    let digest = desk.push("source", "v1", "one").await;
    desk.push("app", "other", "two").await;
    let stored = desk.view().image(&digest).unwrap();
    let mut submitted = serde_json::to_value(&stored).unwrap();
    submitted["metadata"] = json!({
        "name": digest, "annotations": {"openshift.io/image.managed": "true"}, "labels": {"not": "kept"},
    });
    let wanted = mapping("app", "v1", submitted);
    let refused = desk.confined_writer().create_mapping(&team(), wanted.clone()).await;
    let Err(Refusal::Forbidden { why, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(why, "team/source: not yours");
    assert_eq!(desk.pull("team/app", &digest).await, Err(404));

    desk.writer().create_mapping(&team(), wanted).await.unwrap();
    assert_eq!(desk.view().image(&digest).unwrap(), stored);
    let tagged = desk.stream("app");
    let event = &tagged.status.tag("v1").unwrap().items[0];
    assert_eq!(event.docker_image_reference, format!("registry.test:5000/team/app@{digest}"));
    assert_eq!(desk.pull("team/app", "v1").await, Ok(digest));
    assert!(desk.serves("team/app", "one").await);
}

// image-api 75: a return to an earlier image is a new event, and says what it is.
#[tokio::test]
async fn a_tag_goes_back_to_an_earlier_image() {
    let desk = Desk::open().await;
    let first = desk.push("app", "v1", "one").await;
    let second = desk.push("app", "v1", "two").await;
    let mut back = mapping("app", "v1", named(&first));
    back.metadata.annotations = [("weir/event", "rollback"), ("weir/reason", "two is broken")]
        .map(|(k, v)| (k.into(), v.into()))
        .into();
    desk.writer().create_mapping(&team(), back).await.unwrap();
    assert_eq!(desk.pull("team/app", "v1").await, Ok(first.clone()));
    let history = desk.view().history(&stream("app"), Some("v1"), 10).unwrap().entries;
    let seen: Vec<_> = history
        .iter()
        .map(|entry| (entry.kind.as_str(), entry.image.as_str(), entry.reason.as_deref(), entry.current))
        .collect();
    let expected = [
        ("rollback", first.as_str(), Some("two is broken"), true),
        ("push", second.as_str(), None, false),
        ("push", first.as_str(), None, false),
    ];
    assert_eq!(seen, expected);
    let shown = desk.view().image_tag(&stream("app"), "v1").unwrap().status.unwrap().items;
    let by: Vec<_> = shown.iter().map(|event| event.provenance.as_ref().unwrap().by.as_str()).collect();
    assert_eq!(by, ["rollback", "push", "push"]);
}

#[tokio::test]
async fn nobody_goes_back_to_an_image_that_is_gone() {
    let desk = Desk::open().await;
    let first = desk.push("app", "v1", "one").await;
    let second = desk.push("app", "v1", "two").await;
    desk.rig.delete(format!("/v2/team/app/manifests/{first}")).await;
    let pullable: Vec<bool> = desk
        .view()
        .history(&stream("app"), Some("v1"), 10)
        .unwrap()
        .entries
        .iter()
        .map(|entry| entry.pullable)
        .collect();
    assert_eq!(pullable, [true, false]);
    let mut back = mapping("app", "v1", named(&first));
    back.metadata.annotations = [("weir/event".into(), "rollback".into())].into();
    let refused = desk.writer().create_mapping(&team(), back).await;
    let (_, text) = errors(refused);
    assert!(text.contains("can no longer be pulled from this repository"), "{text}");
    assert_eq!(desk.pull("team/app", "v1").await, Ok(second), "the tag stays where it is");
}

#[tokio::test]
async fn what_a_mapping_says_of_its_event_is_judged() {
    let desk = Desk::open().await;
    let first = desk.push("app", "v1", "one").await;
    let version = desk.version();
    for (key, value, wrong) in [
        (
            "weir/event",
            "Rollback".to_owned(),
            "Unsupported value: \"Rollback\": supported values: \"rollback\"",
        ),
        ("weir/reason", "x".repeat(1025), "Too long: may not be more than 1024 bytes"),
        (
            "weir/reason",
            "a\u{7}b".to_owned(),
            "Invalid value: \"a\\ab\": must not contain control characters",
        ),
    ] {
        let mut wanted = mapping("app", "v2", named(&first));
        wanted.metadata.annotations.insert(key.to_owned(), value);
        let (kind, text) = errors(desk.writer().create_mapping(&team(), wanted).await);
        assert_eq!(kind, "ImageStreamMapping");
        assert_eq!(text, format!("metadata.annotations[{key}]: {wrong}"));
    }
    assert_eq!(desk.version(), version);
}
