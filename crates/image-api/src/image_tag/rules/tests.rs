use serde_json::json;

use super::*;
use crate::meta::summary;
use crate::{Provenance, ResourceVersion};

const NAMESPACE: &str = "team";

fn stream() -> ImageStream {
    let event = |image: &str| json!({"created": "2026-01-02T00:00:00Z", "dockerImageReference": image, "image": image});
    serde_json::from_value(json!({
        "metadata": {"name": "app", "namespace": "team", "uid": "u", "resourceVersion": "7", "generation": 3,
            "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"l": "v"}, "annotations": {"of": "stream"}},
        "spec": {"tags": [{"name": "wanted", "from": {"kind": "DockerImage", "name": "quay.io/x/y"}}]},
        "status": {"tags": [
            {"tag": "pushed", "items": [event("i")]},
            {"tag": "wanted", "items": [event("j"), event("i")]}]},
    }))
    .unwrap()
}

fn tag(name: &str, spec_name: &str) -> ImageTag {
    serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {"name": spec_name, "annotations": {"a": "b"}, "from": {"kind": "DockerImage", "name": "quay.io/x/z"}},
    }))
    .unwrap()
}

fn text(refused: Result<Edit, Refusal>) -> String {
    match refused.unwrap_err() {
        Refusal::Invalid(errors) => summary(&errors),
        other => panic!("{other:?}"),
    }
}

/// The view of a tag as GET answers it.
fn shown(name: &str) -> ImageTag {
    before_update(Some(&stream()), NAMESPACE, name).unwrap()
}

fn put(name: &str, submitted: ImageTag) -> Result<Edit, Refusal> {
    update(Some(&stream()), NAMESPACE, name, submitted)
}

#[test]
fn creating_a_tag() {
    // image-api 138
    let edit = create(None, NAMESPACE, tag("new:v1", "")).unwrap();
    assert!(edit.makes_tag);
    assert_eq!(edit.stream.metadata.name, "new");
    let spec = edit.stream.spec.tag("v1").unwrap();
    assert_eq!(spec.annotations, Some([("a".to_owned(), "b".to_owned())].into()));
    assert_eq!(create(Some(&stream()), NAMESPACE, tag("app:wanted", "wanted")), Err(Refusal::AlreadyExists));
    assert!(create(Some(&stream()), NAMESPACE, tag("app:pushed", "pushed")).is_ok());
    assert_eq!(create(None, NAMESPACE, tag("new:", "")).unwrap().stream.spec.tags[0].name, "latest");
}

#[test]
fn a_created_tag_is_judged() {
    // image-api 138
    let nothing = ImageTag { spec: None, ..tag("new:v1", "") };
    assert_eq!(
        text(create(None, NAMESPACE, nothing)),
        "spec: Required value: spec is a required field during creation"
    );
    for (name, spec_name) in [("new:v1", "v2"), ("new", "v1"), ("new", "")] {
        assert_eq!(
            text(create(None, NAMESPACE, tag(name, spec_name))),
            format!("spec.name: Invalid value: \"{spec_name}\": must match image tag name")
        );
    }
    let mut submitted = tag("new:v1", "v1");
    submitted.spec.as_mut().unwrap().from.as_mut().unwrap().name.clear();
    assert_eq!(text(create(None, NAMESPACE, submitted)), "spec.from.name: Required value");
}

#[test]
fn what_was_shown_changes_nothing() {
    assert_eq!(put("app:wanted", shown("app:wanted")), Ok(Edit { stream: stream(), makes_tag: false }));
    let mut lenient = shown("app:wanted");
    lenient.metadata.managed_fields.push(json!({"manager": "me"}));
    lenient.metadata.resource_version = None;
    lenient.metadata.creation_timestamp = None;
    lenient.metadata.generation = 0;
    lenient.image = Some(crate::Image::default());
    let provenance = Provenance { by: "push".to_owned(), ..Provenance::default() };
    lenient.status.as_mut().unwrap().items[0].provenance = Some(provenance);
    assert_eq!(put("app:wanted", lenient).unwrap().stream, stream());
}

#[test]
fn nothing_but_the_spec_changes() {
    // image-api 139
    let detail = |field: &str| format!("{field}: Invalid value: \"\": may not update fields other than spec");
    let mut annotated = shown("app:wanted");
    annotated.metadata.annotations.clear();
    assert_eq!(text(put("app:wanted", annotated)), detail("metadata"));
    let mut moved = shown("app:wanted");
    moved.status.as_mut().unwrap().items[0].image = "k".to_owned();
    assert_eq!(text(put("app:wanted", moved)), detail("status"));
    let mut shortened = shown("app:wanted");
    shortened.status.as_mut().unwrap().items.pop();
    assert_eq!(text(put("app:wanted", shortened)), detail("status"));
    let mut failed = shown("app:pushed");
    failed.status.as_mut().unwrap().conditions.push(crate::TagEventCondition::default());
    assert_eq!(text(put("app:pushed", failed)), detail("status"));
    let mut empty = shown("app:wanted");
    empty.status = None;
    empty.metadata.labels.clear();
    assert_eq!(text(put("app:wanted", empty)), format!("[{}, {}]", detail("metadata"), detail("status")));
    let mut renamed = shown("app:wanted");
    renamed.spec.as_mut().unwrap().name = "other".to_owned();
    assert_eq!(
        text(put("app:wanted", renamed)),
        "spec.name: Invalid value: \"other\": must match image tag name"
    );
}

#[test]
fn of_a_sparse_stream_the_newest_event_is_compared() {
    let mut sparse = stream();
    sparse.status.tags[1].items.truncate(1);
    assert!(update(Some(&sparse), NAMESPACE, "app:wanted", shown("app:wanted")).is_ok());
    let mut moved = shown("app:wanted");
    moved.status.as_mut().unwrap().items.remove(0);
    assert!(update(Some(&sparse), NAMESPACE, "app:wanted", moved).is_err());
}

#[test]
fn a_spec_tag_is_replaced_made_or_removed() {
    // image-api 140; without a spec tag before and after nothing is made (Q21)
    let with =
        |name: &str, spec: Option<crate::TagReference>| put(name, ImageTag { spec, ..shown(name) }).unwrap();
    let replaced = with("app:wanted", tag("", "wanted").spec);
    assert!(!replaced.makes_tag);
    assert_eq!(replaced.stream.spec.tags[0].from.as_ref().unwrap().name, "quay.io/x/z");
    let made = with("app:pushed", tag("", "pushed").spec);
    assert_eq!((made.makes_tag, made.stream.spec.tags.len()), (true, 2));
    let removed = with("app:wanted", None);
    assert!(!removed.makes_tag);
    assert_eq!((removed.stream.spec.tags.len(), removed.stream.status), (0, stream().status));
    assert_eq!(with("app:pushed", None), Edit { stream: stream(), makes_tag: false });
}

#[test]
fn versions_and_missing_streams() {
    let mut submitted = tag("new:v1", "");
    assert!(update(None, NAMESPACE, "new:v1", submitted.clone()).unwrap().makes_tag);
    let nothing = ImageTag { spec: None, ..submitted.clone() };
    assert!(text(update(None, NAMESPACE, "new:v1", nothing)).starts_with("spec: Required value"));
    submitted.metadata.resource_version = Some(ResourceVersion(6));
    assert_eq!(update(None, NAMESPACE, "new:v1", submitted), Err(Refusal::TagMissing));
    let mut stale = shown("app:wanted");
    stale.metadata.resource_version = Some(ResourceVersion(6));
    assert_eq!(
        put("app:wanted", stale),
        Err(Refusal::Conflict("another caller has updated the resource version to 7".to_owned()))
    );
}

#[test]
fn names_on_update() {
    for name in ["app", "app:a:b", "app@x:y"] {
        let refused = Refusal::Name("ImageTags must be retrieved with <name>:<tag>".to_owned());
        assert_eq!(put(name, tag(name, "")), Err(refused), "{name}");
    }
}
