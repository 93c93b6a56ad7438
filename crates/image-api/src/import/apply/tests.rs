use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::meta::{Outcome, summary};
use crate::stream::rules::{Context, Path, Sources};
use crate::{NamedTagEventList, StreamRef};

fn now() -> Timestamp {
    Timestamp::parse("2026-02-04T09:00:05Z").unwrap()
}

fn later() -> Timestamp {
    Timestamp::parse("2026-02-05T00:00:00Z").unwrap()
}

fn id(image: &str) -> String {
    weir_oci::Digest::sha256(image.as_bytes()).to_string()
}

fn image(name: &str) -> Value {
    json!({"metadata": {"name": id(name)}, "dockerImageReference": format!("quay.io/acme/tool@{}", id(name)),
        "dockerImageConfig": "{}", "signatures": [{"metadata": {"name": "s"}}]})
}

fn success(name: &str) -> Value {
    json!({"status": {"status": "Success"}, "image": image(name), "tag": "1.0"})
}

fn refusal(reason: &str, message: &str) -> Value {
    json!({"status": {"status": "Failure", "reason": reason, "message": message}, "tag": "1.0"})
}

fn from(name: &str) -> Value {
    json!({"kind": "DockerImage", "name": name})
}

/// An import of images to tags of the given names.
fn import(entries: &[(&str, Value)]) -> ImageStreamImport {
    let specs: Vec<_> = entries
        .iter()
        .map(|(tag, _)| {
            json!({"from": from(&format!("quay.io/acme/tool:{tag}")), "to": {"name": tag},
            "importPolicy": {"importMode": "Legacy"}})
        })
        .collect();
    let statuses: Vec<_> = entries.iter().map(|(_, status)| status.clone()).collect();
    serde_json::from_value(json!({"metadata": {"name": "tools", "namespace": "team"},
        "spec": {"import": true, "images": specs}, "status": {"images": statuses}}))
    .unwrap()
}

struct Nothing;

impl Sources for Nothing {
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

/// What is stored of a stream that was applied to.
fn settled(existing: Option<&ImageStream>, applied: Applied) -> ImageStream {
    let context = Context { now: now(), host: "", default_import_mode: "Legacy", sources: &Nothing };
    let settled = match (existing, applied.stream) {
        (Some(existing), None) => return existing.clone(),
        (None, None) => panic!("a new stream is always written"),
        (Some(existing), Some(stream)) => {
            crate::stream::rules::update(existing, stream, Path::Internal, &context)
        }
        (None, Some(stream)) => crate::stream::rules::create(stream, Path::Internal, &context),
    };
    settled.unwrap_or_else(|errors| panic!("{}", summary(&errors))).stream
}

fn imported(existing: Option<&ImageStream>, import: &ImageStreamImport, at: Timestamp) -> ImageStream {
    settled(existing, apply(existing, import, at).unwrap())
}

fn history<'a>(stream: &'a ImageStream, tag: &str) -> &'a NamedTagEventList {
    stream.status.tag(tag).unwrap()
}

fn tag_generation(stream: &ImageStream, tag: &str) -> Option<i64> {
    stream.spec.tag(tag).unwrap().generation
}

const NOT_FOUND: &str = r#"dockerimage.image.openshift.io "quay.io/acme/tool:nope" not found"#;

// image-api 159, 160, 162
#[test]
fn a_good_and_a_bad_image_make_a_stream() {
    let import = import(&[("1.0", success("a")), ("broken", refusal("NotFound", NOT_FOUND))]);
    let stream = imported(None, &import, now());
    let spec_tag = |name: &str| {
        json!({"name": name, "annotations": null, "from": from(&format!("quay.io/acme/tool:{name}")), "generation": 1,
            "importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"}})
    };
    assert_eq!(
        serde_json::to_value(&stream).unwrap(),
        json!({
            "metadata": {"name": "tools", "namespace": "team", "generation": 1,
                "annotations": {"openshift.io/image.dockerRepositoryCheck": "2026-02-04T09:00:05Z"}},
            "spec": {"lookupPolicy": {"local": false}, "tags": [spec_tag("1.0"), spec_tag("broken")]},
            "status": {"dockerImageRepository": "", "tags": [
                {"tag": "1.0", "items": [{"created": "2026-02-04T09:00:05Z",
                    "dockerImageReference": format!("quay.io/acme/tool@{}", id("a")), "image": id("a"),
                    "generation": 1}]},
                {"tag": "broken", "items": null, "conditions": [{"type": "ImportSuccess", "status": "False",
                    "lastTransitionTime": "2026-02-04T09:00:05Z", "reason": "NotFound", "message": NOT_FOUND,
                    "generation": 1}]},
            ]},
        })
    );
}

// image-api 159
#[test]
fn a_new_stream_is_made_though_everything_failed() {
    let stream = imported(None, &import(&[("a", refusal("", ""))]), now());
    assert_eq!(stream.metadata.annotations[REPOSITORY_CHECK], "2026-02-04T09:00:05Z");
    let condition = &history(&stream, "a").conditions[0];
    assert_eq!(
        (condition.reason.as_str(), condition.message.as_str()),
        ("", "unknown error prevented import")
    );
}

// image-api 161
#[test]
fn the_same_failure_again_is_no_news() {
    let import = import(&[("a", refusal("NotFound", NOT_FOUND))]);
    let stream = imported(None, &import, now());
    assert_eq!(apply(Some(&stream), &import, later()).unwrap().stream, None);
    // Another message is: time, generation of condition, spec tag and stream move on together.
    let other = self::import(&[("a", refusal("NotFound", "gone"))]);
    let stream = imported(Some(&stream), &other, later());
    let condition = &history(&stream, "a").conditions[0];
    assert_eq!((condition.last_transition_time, condition.generation), (later(), 2));
    assert_eq!((stream.metadata.generation, tag_generation(&stream, "a")), (2, Some(2)));
    assert_eq!(stream.metadata.annotations[REPOSITORY_CHECK], "2026-02-05T00:00:00Z");
}

// image-api 162
#[test]
fn success_clears_the_condition_and_generations_meet() {
    let failed = imported(None, &import(&[("a", refusal("NotFound", "gone"))]), now());
    let stream = imported(Some(&failed), &import(&[("a", success("x"))]), later());
    let list = history(&stream, "a");
    assert_eq!(list.conditions, []);
    assert_eq!((list.items.len(), list.items[0].generation), (1, 2));
    assert_eq!((stream.metadata.generation, tag_generation(&stream, "a")), (2, Some(2)));
}

#[test]
fn a_failure_keeps_the_history_and_the_wish() {
    let stream = imported(None, &import(&[("a", success("x"))]), now());
    let mut import = import(&[("a", refusal("NotFound", "gone"))]);
    import.spec.images[0].from.name = "quay.io/acme/other:1".to_owned();
    let failed = imported(Some(&stream), &import, later());
    assert_eq!(history(&failed, "a").items, history(&stream, "a").items);
    assert_eq!(failed.spec.tag("a").unwrap().from, stream.spec.tag("a").unwrap().from);
    assert_eq!(tag_generation(&failed, "a"), Some(2));
    // And then the same image again: its event moves up to the generation of the wish.
    let again = imported(Some(&failed), &self::import(&[("a", success("x"))]), later());
    let list = history(&again, "a");
    assert_eq!((list.items.len(), list.items[0].generation, list.items[0].created), (1, 3, now()));
    assert_eq!(list.conditions, []);
}

// image-api 163
#[test]
fn an_unchanged_image_is_not_written() {
    let import = import(&[("a", success("x"))]);
    let stream = imported(None, &import, now());
    let again = apply(Some(&stream), &import, later()).unwrap();
    assert_eq!(again.stream, None);
    assert_eq!(again.images.len(), 1);
    // Unless the stream does not know of the last attempt.
    for unknown in [None, Some("")] {
        let mut stream = stream.clone();
        stream.metadata.annotations =
            unknown.map(|time| (REPOSITORY_CHECK.to_owned(), time.to_owned())).into_iter().collect();
        let written = apply(Some(&stream), &import, later()).unwrap().stream.unwrap();
        assert_eq!(written.metadata.annotations[REPOSITORY_CHECK], "2026-02-05T00:00:00Z");
        assert_eq!(imported(Some(&stream), &import, later()).metadata.generation, 1);
    }
}

#[test]
fn another_image_goes_in_front() {
    let stream = imported(None, &import(&[("a", success("x"))]), now());
    let stream = imported(Some(&stream), &import(&[("a", success("y"))]), later());
    let images: Vec<_> =
        history(&stream, "a").items.iter().map(|e| (e.image.clone(), e.generation)).collect();
    assert_eq!(images, [(id("y"), 2), (id("x"), 1)]);
}

// image-api 164
#[test]
fn an_image_that_gets_no_tag_is_only_reported() {
    let mut import = import(&[("a", success("x"))]);
    import.spec.images[0].to = None;
    let applied = apply(None, &import, now()).unwrap();
    assert_eq!(applied.images, []);
    let stream = applied.stream.unwrap();
    assert_eq!((stream.spec.tags.len(), stream.status.tags.len()), (0, 0));
}

// image-api 170, 177a
#[test]
fn of_an_existing_spec_tag_policy_annotations_and_pointing_stay() {
    let existing: ImageStream = serde_json::from_value(json!({
        "metadata": {"name": "tools", "namespace": "team", "generation": 4},
        "spec": {"tags": [{"name": "a", "annotations": {"k": "v"}, "from": {"kind": "ImageStreamTag", "name": "b"},
            "reference": true, "generation": 4, "importPolicy": {"scheduled": true},
            "referencePolicy": {"type": "Local"}}]},
    }))
    .unwrap();
    let mut import = import(&[("a", success("x"))]);
    import.spec.images[0].reference_policy.r#type = "Source".to_owned();
    import.spec.images[0].import_policy.insecure = true;
    let stream = apply(Some(&existing), &import, now()).unwrap().stream.unwrap();
    assert_eq!(
        serde_json::to_value(stream.spec.tag("a").unwrap()).unwrap(),
        json!({"name": "a", "annotations": {"k": "v"}, "from": from("quay.io/acme/tool:a"), "reference": true,
            "generation": 0, "importPolicy": {"insecure": true, "importMode": "Legacy"},
            "referencePolicy": {"type": "Local"}})
    );
    assert_eq!(history(&stream, "a").items[0].generation, 5);
}

#[test]
fn the_import_policy_is_taken_even_if_the_image_is_the_same() {
    let mut import = import(&[("a", success("x"))]);
    let stream = imported(None, &import, now());
    import.spec.images[0].import_policy.scheduled = true;
    let stream = imported(Some(&stream), &import, later());
    assert!(stream.spec.tag("a").unwrap().import_policy.scheduled);
    assert_eq!((stream.metadata.generation, tag_generation(&stream, "a")), (2, Some(1)));
    assert_eq!(history(&stream, "a").items.len(), 1);
}

// image-api 171
#[test]
fn a_repository_tags_what_was_found_and_wishes_for_nothing_else() {
    let import: ImageStreamImport = serde_json::from_value(json!({
        "metadata": {"name": "tools", "namespace": "team"},
        "spec": {"import": true, "repository": {"from": from("quay.io/acme/tool"), "referencePolicy": {"type": "Local"}}},
        "status": {"repository": {"status": {}, "images": [
            {"status": {"status": "Success"}, "image": image("a"), "tag": "1.0"},
            {"status": {"status": "Failure", "reason": "Unauthorized", "message": "m"}, "tag": "2.0"},
        ]}},
    }))
    .unwrap();
    let stream = imported(None, &import, now());
    let tags: Vec<_> = stream.spec.tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(tags, ["1.0"]);
    let tag = stream.spec.tag("1.0").unwrap();
    assert_eq!(tag.from.as_ref().unwrap().name, "quay.io/acme/tool:1.0");
    assert_eq!(tag.reference_policy.r#type, "Local");
    assert_eq!(history(&stream, "2.0").conditions[0].reason, "Unauthorized");
}

// image-api 168
#[test]
fn images_are_made_once_and_parts_before_the_whole() {
    let mut index = success("index");
    index["manifests"] = json!([image("one"), image("two"), image("one")]);
    let import = import(&[("a", index), ("b", success("two")), ("c", success("three"))]);
    let images = apply(None, &import, now()).unwrap().images;
    let names: Vec<_> = images.iter().map(|image| image.metadata.name.clone()).collect();
    assert_eq!(names, ["one", "two", "index", "three"].map(id));
    for image in images {
        assert_eq!((image.signatures.len(), image.docker_image_config.as_str()), (0, ""));
        assert_eq!(image.metadata.creation_timestamp, Some(now()));
    }
}

#[test]
fn an_image_that_cannot_be_stored_stops_the_import() {
    let mut bad = success("x");
    bad["image"]["dockerImageReference"] = json!("");
    let refused = apply(None, &import(&[("a", success("y")), ("b", bad)]), now()).unwrap_err();
    assert_eq!(
        (refused.name, summary(&refused.errors)),
        (id("x"), "dockerImageReference: Required value".to_owned())
    );
}

#[test]
fn success_without_an_image_is_none() {
    let stream = imported(None, &import(&[("a", json!({"status": {"status": "Success"}}))]), now());
    assert_eq!(history(&stream, "a").conditions[0].message, "unknown error prevented import");
}

#[test]
fn beyond_the_limits_only_the_reason_is_kept() {
    let existing = imported(None, &import(&[("a", success("x"))]), now());
    let wanted =
        apply(Some(&existing), &import(&[("a", success("y")), ("b", success("y"))]), later()).unwrap();
    let refused = Status {
        status: Outcome::Failure,
        reason: "Invalid".to_owned(),
        message: "too many".to_owned(),
        ..Status::default()
    };
    let stream = limit_exceeded(&existing, &wanted.stream.unwrap(), &refused, later());
    assert_eq!((&stream.spec, history(&stream, "a")), (&existing.spec, history(&existing, "a")));
    let list = history(&stream, "b");
    assert_eq!(
        (list.items.len(), list.conditions[0].message.as_str(), list.conditions[0].generation),
        (0, "too many", 2)
    );
}

fn outcomes() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let outcome = prop_oneof![
        prop::sample::select(vec!["x", "y", "z"]).prop_map(success),
        prop::sample::select(vec!["NotFound", "Unauthorized"]).prop_map(|reason| refusal(reason, "m")),
    ];
    let tags = prop::sample::subsequence(vec!["a", "b", "c"], 1..4);
    tags.prop_flat_map(move |tags| {
        let outcomes = prop::collection::vec(outcome.clone(), tags.len());
        (Just(tags), outcomes).prop_map(|(tags, outcomes)| tags.into_iter().zip(outcomes).collect())
    })
}

proptest! {
    // image-api 161, 162, 163
    #[test]
    fn the_same_import_again_writes_nothing(runs in prop::collection::vec(outcomes(), 1..5)) {
        let mut stored: Option<ImageStream> = None;
        for entries in runs {
            let import = import(&entries);
            let stream = imported(stored.as_ref(), &import, now());
            prop_assert_eq!(apply(Some(&stream), &import, later()).unwrap().stream, None);
            for (tag, _) in entries {
                // Observed is what was wished for, so nothing is imported again by itself.
                let list = history(&stream, tag);
                let seen = list.items.iter().map(|e| e.generation).chain(list.conditions.iter().map(|c| c.generation));
                prop_assert_eq!(seen.max(), tag_generation(&stream, tag));
            }
            stored = Some(stream);
        }
    }
}
