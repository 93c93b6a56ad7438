use serde_json::json;

use super::*;
use crate::ResourceVersion;
use crate::meta::summary;

const NAMESPACE: &str = "team";

/// The stream `team/app` with a spec tag `wanted`, and an image under `wanted` and `pushed`.
fn stream() -> ImageStream {
    serde_json::from_value(json!({
        "metadata": {"name": "app", "namespace": "team", "uid": "u", "resourceVersion": "7", "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"l": "v"}, "annotations": {"of": "stream"}},
        "spec": {"tags": [{"name": "wanted", "annotations": {"a": "b"}, "generation": 2,
            "from": {"kind": "DockerImage", "name": "quay.io/x/y"}}]},
        "status": {"tags": [
            {"tag": "pushed", "items": [{"created": "2026-01-02T00:00:00Z", "dockerImageReference": "r",
                "image": "i", "generation": 3}]},
            {"tag": "wanted", "items": [{"created": "2026-01-02T00:00:00Z", "dockerImageReference": "r",
                "image": "i", "generation": 2}]}]},
    }))
    .unwrap()
}

/// A stream tag as `oc tag` sends it.
fn tag(name: &str) -> ImageStreamTag {
    serde_json::from_value(json!({
        "metadata": {"name": name},
        "tag": {"name": "", "from": {"kind": "ImageStreamTag", "name": "other:latest"}},
    }))
    .unwrap()
}

fn text(refused: Result<Edit, Refusal>) -> String {
    match refused.unwrap_err() {
        Refusal::Invalid(errors) => summary(&errors),
        other => panic!("{other:?}"),
    }
}

fn source(edit: &Edit, tag: &str) -> String {
    edit.stream.spec.tag(tag).unwrap().from.as_ref().unwrap().name.clone()
}

#[test]
fn creating_a_tag_makes_the_stream() {
    // image-api 123
    let edit = create(None, NAMESPACE, tag("new:v1")).unwrap();
    assert!(edit.makes_tag);
    assert_eq!(
        (edit.stream.metadata.name.as_str(), edit.stream.metadata.namespace.as_str()),
        ("new", "team")
    );
    assert_eq!(source(&edit, "v1"), "other:latest");
    assert_eq!(edit.stream.status.tags, []);
}

#[test]
fn creating_a_spec_tag_beside_others() {
    // image-api 124, 125
    let current = stream();
    assert_eq!(create(Some(&current), NAMESPACE, tag("app:wanted")), Err(Refusal::AlreadyExists));
    let edit = create(Some(&current), NAMESPACE, tag("app:pushed")).unwrap();
    let names: Vec<_> = edit.stream.spec.tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["pushed", "wanted"]);
    assert_eq!(edit.stream.status, current.status);
    assert_eq!(edit.stream.metadata, current.metadata);
}

#[test]
fn names_on_creation() {
    // image-api 3.4, 10.4; without a colon it is a bad request (Q18)
    let made = |name: &str| create(None, NAMESPACE, tag(name)).map(|edit| edit.stream);
    assert_eq!(
        made("app").unwrap_err(),
        Refusal::Name(r#""app" must be of the form <stream_name>:<tag>"#.to_owned())
    );
    assert_eq!(made("app:").unwrap().spec.tags[0].name, "latest");
    assert_eq!(made("app:a:b").unwrap().spec.tags[0].name, "a:b");
}

#[test]
fn a_creation_without_a_tag_makes_only_the_stream() {
    // Q19
    let nothing = ImageStreamTag { tag: None, ..tag("app:v1") };
    let edit = create(None, NAMESPACE, nothing.clone()).unwrap();
    assert_eq!((edit.makes_tag, edit.stream.spec.tags.len()), (false, 0));
    let current = stream();
    assert_eq!(create(Some(&current), NAMESPACE, nothing).unwrap().stream, current);
}

#[test]
fn annotations_on_creation_come_from_the_tag() {
    // image-api 126
    let with = |of_tag: serde_json::Value, of_object: serde_json::Value| {
        let mut submitted = tag("app:v1");
        submitted.tag.as_mut().unwrap().annotations = serde_json::from_value(of_tag).unwrap();
        submitted.metadata.annotations = serde_json::from_value(of_object).unwrap();
        create(None, NAMESPACE, submitted)
    };
    assert_eq!(
        text(with(json!({"a": "b"}), json!({"a": "c"}))),
        "tag.annotations: Invalid value: \"<map>\": tag annotations must not be provided or must be equal to \
         the object meta annotations"
    );
    let kept = |edit: Edit| edit.stream.spec.tags[0].annotations.clone().unwrap_or_default();
    assert_eq!(kept(with(json!({"a": "b"}), json!({"a": "b"})).unwrap()), [("a".into(), "b".into())].into());
    assert_eq!(kept(with(json!({}), json!({})).unwrap()), BTreeMap::new());
    assert_eq!(kept(with(json!(null), json!({"a": "b"})).unwrap()), BTreeMap::new());
}

#[test]
fn a_created_tag_is_judged() {
    let mut submitted = tag("app:v1");
    let wanted = submitted.tag.as_mut().unwrap();
    wanted.from.as_mut().unwrap().name.clear();
    wanted.reference_policy.r#type = "Other".to_owned();
    submitted.metadata.labels.insert("a b".to_owned(), String::new());
    let shown = text(create(None, NAMESPACE, submitted));
    assert!(
        shown.starts_with("[metadata.labels: Invalid value: \"a b\": name part must consist of"),
        "{shown}"
    );
    assert!(
        shown.ends_with(
            "tag.from.name: Required value, tag.referencePolicy.type: Invalid value: \"Other\": valid values are \
             \"Source\", \"Local\"]"
        ),
        "{shown}"
    );
}

#[test]
fn a_blind_update_makes_stream_and_tag_and_then_replaces() {
    // image-api 127, 132
    let made = update(None, NAMESPACE, "new:v1", tag("new:v1")).unwrap();
    assert_eq!((made.makes_tag, made.stream.metadata.name.as_str()), (true, "new"));
    let mut next = tag("new:v1");
    next.tag.as_mut().unwrap().from.as_mut().unwrap().name = "other:v2".to_owned();
    let replaced = update(Some(&made.stream), NAMESPACE, "new:v1", next).unwrap();
    assert!(!replaced.makes_tag);
    assert_eq!(source(&replaced, "v1"), "other:v2");
    assert_eq!(replaced.stream.spec.tags.len(), 1);
}

#[test]
fn a_version_is_a_claim_about_the_stream() {
    // image-api 128
    let mut submitted = tag("app:wanted");
    submitted.metadata.resource_version = Some(ResourceVersion(6));
    assert_eq!(update(None, NAMESPACE, "app:wanted", submitted.clone()), Err(Refusal::TagMissing));
    assert_eq!(
        update(Some(&stream()), NAMESPACE, "app:wanted", submitted.clone()),
        Err(Refusal::Conflict("another caller has updated the resource version to 7".to_owned()))
    );
    submitted.metadata.resource_version = Some(ResourceVersion(7));
    assert!(update(Some(&stream()), NAMESPACE, "app:wanted", submitted.clone()).is_ok());
    submitted.metadata.uid = "x".to_owned();
    assert_eq!(
        update(Some(&stream()), NAMESPACE, "app:wanted", submitted),
        Err(Refusal::Conflict(
            "Precondition failed: UID in precondition: x, UID in object meta: u".to_owned()
        ))
    );
}

#[test]
fn only_tag_and_annotations_change() {
    // image-api 129
    let current = stream();
    let shown = before_update(Some(&current), NAMESPACE, "app:wanted").unwrap();
    let unchanged = update(Some(&current), NAMESPACE, "app:wanted", shown.clone()).unwrap();
    assert_eq!(unchanged, Edit { stream: current.clone(), makes_tag: false });

    let detail = "metadata: Invalid value: \"\": may not update fields other than metadata.annotations";
    let mut labelled = shown.clone();
    labelled.metadata.labels.insert("m".to_owned(), "v".to_owned());
    assert_eq!(text(update(Some(&current), NAMESPACE, "app:wanted", labelled)), detail);
    let mut finalized = shown.clone();
    finalized.metadata.finalizers.push("x.io/y".to_owned());
    assert_eq!(text(update(Some(&current), NAMESPACE, "app:wanted", finalized)), detail);

    // What the client cannot know, or what is not its business, is let pass.
    let mut lenient = shown;
    lenient.metadata.labels.clear();
    lenient.metadata.creation_timestamp = None;
    lenient.metadata.managed_fields.push(json!({"manager": "me"}));
    lenient.generation = 9;
    lenient.lookup_policy.local = true;
    lenient.image.docker_image_reference = "else".to_owned();
    lenient.conditions.clear();
    assert_eq!(update(Some(&current), NAMESPACE, "app:wanted", lenient).unwrap(), unchanged);
}

#[test]
fn annotations_of_the_object_become_those_of_the_tag() {
    // image-api 130, 131
    let current = stream();
    let mut submitted = ImageStreamTag { tag: None, ..tag("app:wanted") };
    submitted.metadata.annotations.insert("c".to_owned(), "d".to_owned());
    let edit = update(Some(&current), NAMESPACE, "app:wanted", submitted.clone()).unwrap();
    let wanted = edit.stream.spec.tag("wanted").unwrap();
    assert_eq!(wanted.annotations, Some([("c".to_owned(), "d".to_owned())].into()));
    assert_eq!(wanted.from, current.spec.tag("wanted").unwrap().from);
    for (stream, name) in [(Some(&current), "app:pushed"), (None, "app:pushed")] {
        let submitted = ImageStreamTag { tag: None, ..tag(name) };
        assert_eq!(
            update(stream, NAMESPACE, name, submitted),
            Err(Refusal::NotSpecTag(
                "imagestreamtag pushed is not a spec tag in imagestream team/app, cannot be updated"
                    .to_owned()
            ))
        );
    }
    // A pushed tag can be given something to follow.
    let edit = update(Some(&current), NAMESPACE, "app:pushed", tag("app:pushed")).unwrap();
    assert!(edit.makes_tag);
}

#[test]
fn an_updated_tag_is_judged_and_keeps_its_name() {
    let mut submitted = tag("app:wanted");
    submitted.tag.as_mut().unwrap().name = "other".to_owned();
    let edit = update(Some(&stream()), NAMESPACE, "app:wanted", submitted.clone()).unwrap();
    assert_eq!(edit.stream.spec.tag("other"), None);
    assert_eq!(source(&edit, "wanted"), "other:latest");
    submitted.tag.as_mut().unwrap().import_policy.scheduled = true;
    assert_eq!(
        text(update(Some(&stream()), NAMESPACE, "app:wanted", submitted)),
        "tag.importPolicy.scheduled: Invalid value: true: only tags pointing to Docker repositories may be \
         scheduled for background import"
    );
}

#[test]
fn names_on_update() {
    // image-api 118
    for name in ["app", "app:a:b", "app@x:y", "app:", ":v1"] {
        let refused = Refusal::Name("ImageStreamTags must be retrieved with <name>:<tag>".to_owned());
        assert_eq!(update(Some(&stream()), NAMESPACE, name, tag(name)), Err(refused.clone()), "{name}");
        assert_eq!(before_update(None, NAMESPACE, name), Err(refused), "{name}");
    }
}

#[test]
fn a_patch_starts_from_a_view_even_of_nothing() {
    let view = before_update(None, NAMESPACE, "new:v1").unwrap();
    assert_eq!((view.metadata.name.as_str(), view.metadata.namespace.as_str()), ("new:v1", "team"));
    assert_eq!((view.tag.clone(), view.metadata.resource_version), (None, None));
    let patched = ImageStreamTag { tag: tag("new:v1").tag, ..view };
    assert!(update(None, NAMESPACE, "new:v1", patched).unwrap().makes_tag);
}

#[test]
fn deletion_takes_spec_and_status() {
    // image-api 133, 134
    let current = stream();
    let left = delete(Some(&current), "wanted", None).unwrap();
    assert_eq!((left.spec.tags.len(), left.status.tags.len()), (0, 1));
    assert_eq!(delete(Some(&left), "wanted", None), Err(Refusal::TagMissing));
    assert_eq!(delete(None, "wanted", None), Err(Refusal::StreamMissing));
    assert_eq!(
        delete(Some(&current), "pushed", Some("x")),
        Err(Refusal::Conflict("the UID precondition was not met".to_owned()))
    );
    let left = delete(Some(&current), "pushed", Some("u")).unwrap();
    assert_eq!((left.spec == current.spec, left.status.tags.len()), (true, 1));
}
