use super::*;
use crate::TagReference;

fn docker(tag: &str) -> Value {
    follows(tag, "DockerImage", "quay.io/x/y:1")
}

fn of(stream: &ImageStream) -> (i64, Vec<(&str, Option<i64>)>) {
    let tags = stream.spec.tags.iter().map(|tag| (tag.name.as_str(), tag.generation)).collect();
    (stream.metadata.generation, tags)
}

#[test]
fn everything_new_is_of_the_first_generation() {
    // image-api 27, 28
    let mut new = stream(
        &json!([{"name": "a", "generation": 99}, {"name": "b", "generation": 0}]),
        &json!([history("a", &[item(1, "r", "i")])]),
    );
    new.metadata.generation = 12;
    let made = create(new, Path::Main, &context(&World::default())).unwrap();
    assert_eq!(of(&made.stream), (1, vec![("a", Some(1)), ("b", Some(1))]));
    assert_eq!(made.stream.status, ImageStreamStatus::default());
}

#[test]
fn an_import_makes_a_stream_with_its_status() {
    let new = stream(
        &json!([docker("a")]),
        &json!([history("a", &[item(1, "quay.io/x/y", "i")]), {"tag": "none"}]),
    );
    let made = create(new, Path::Internal, &context(&World::default())).unwrap();
    assert_eq!(items(&made.stream, "a").len(), 1);
    assert_eq!(made.stream.status.tag("none"), None);
}

#[test]
fn a_client_cannot_choose_a_generation() {
    // image-api 33, 35
    let world = World::default();
    let old = stream(&json!([docker("a")]), &json!([]));
    for submitted in [json!(99), json!(null), json!(1), json!(-3)] {
        let mut tag = docker("a");
        tag["generation"] = submitted;
        let mut new = stream(&json!([tag]), &json!([]));
        new.metadata.generation = 40;
        new.metadata.labels.insert("l".to_owned(), "v".to_owned());
        let settled = put(&old, &new, &world).unwrap().stream;
        assert_eq!(of(&settled), (1, vec![("a", Some(1))]));
        assert_eq!(settled.metadata.labels["l"], "v");
        assert_eq!(settled.metadata.resource_version, old.metadata.resource_version);
    }
}

#[test]
fn a_new_tag_is_of_the_new_generation() {
    // image-api 34
    let old = stream(&json!([docker("a")]), &json!([]));
    let new = stream(&json!([docker("a"), docker("b")]), &json!([]));
    let settled = put(&old, &new, &World::default()).unwrap().stream;
    assert_eq!(of(&settled), (2, vec![("a", Some(1)), ("b", Some(2))]));
    // image-api 41
    let gone = put(&settled, &stream(&json!([docker("b")]), &json!([])), &World::default()).unwrap();
    assert_eq!(of(&gone.stream), (3, vec![("b", Some(2))]));
}

#[test]
fn generation_zero_asks_for_another_import() {
    // image-api 36
    let old = stream(&json!([docker("a"), docker("b")]), &json!([]));
    let mut tag = docker("a");
    tag["generation"] = json!(0);
    let settled = put(&old, &stream(&json!([tag, docker("b")]), &json!([])), &World::default()).unwrap();
    assert_eq!(of(&settled.stream), (2, vec![("a", Some(2)), ("b", Some(1))]));
}

#[test]
fn what_raises_the_generation_of_a_tag_and_what_only_that_of_the_stream() {
    // image-api 37, 38, 40
    let world = World::default().with(source("team", "x", &json!([]))).with(source("else", "x", &json!([])));
    let old = stream(&json!([follows("a", "ImageStreamTag", "x:y")]), &json!([]));
    let raised = |change: fn(&mut TagReference)| {
        let mut new = old.clone();
        change(&mut new.spec.tags[0]);
        let settled = put(&old, &new, &world).unwrap().stream;
        (settled.metadata.generation, settled.spec.tags[0].generation.unwrap())
    };
    assert_eq!(raised(|_| {}), (1, 1));
    assert_eq!(raised(|tag| tag.from.as_mut().unwrap().name = "x:z".to_owned()), (2, 2));
    assert_eq!(raised(|tag| tag.from.as_mut().unwrap().namespace = "else".to_owned()), (2, 2));
    assert_eq!(raised(|tag| tag.reference = true), (2, 2));
    assert_eq!(raised(|tag| tag.import_policy.import_mode = "PreserveOriginal".to_owned()), (2, 2));
    // Spelling out the own namespace changes the text only.
    assert_eq!(raised(|tag| tag.from.as_mut().unwrap().namespace = "team".to_owned()), (2, 1));
    assert_eq!(raised(|tag| tag.annotations = Some([("k".to_owned(), "v".to_owned())].into())), (2, 1));
    assert_eq!(raised(|tag| tag.import_policy.insecure = true), (2, 1));
    assert_eq!(raised(|tag| tag.reference_policy.r#type = "Local".to_owned()), (2, 1));
    let mut looked_up = old.clone();
    looked_up.spec.lookup_policy.local = true;
    assert_eq!(of(&put(&old, &looked_up, &world).unwrap().stream), (2, vec![("a", Some(1))]));
}

#[test]
fn scheduling_raises_the_generation_of_the_stream_only() {
    // image-api 38
    let old = stream(&json!([docker("a")]), &json!([]));
    let mut tag = docker("a");
    tag["importPolicy"] = json!({"scheduled": true});
    let settled = put(&old, &stream(&json!([tag]), &json!([])), &World::default()).unwrap();
    assert_eq!(of(&settled.stream), (2, vec![("a", Some(1))]));
}

#[test]
fn another_kind_of_source_is_a_change() {
    // image-api 39: ours differs from upstream on purpose.
    let old =
        stream(&json!([follows("a", "DockerImage", "b")]), &json!([history("b", &[item(1, "r", "i")])]));
    let new = stream(&json!([follows("a", "ImageStreamTag", "b")]), &json!([]));
    let settled = put(&old, &new, &World::default()).unwrap().stream;
    assert_eq!(of(&settled), (2, vec![("a", Some(2))]));
    assert_eq!(items(&settled, "a").len(), 1);
}

#[test]
fn defaults_are_no_change() {
    // image-api 9
    let mut old = stream(&json!([docker("a")]), &json!([]));
    old.spec.tags[0].import_policy.import_mode.clear();
    let mut new = stream(&json!([docker("a")]), &json!([]));
    new.spec.tags[0].annotations = Some(BTreeMap::new());
    new.spec.tags[0].reference_policy.r#type.clear();
    let settled = put(&old, &new, &World::default()).unwrap().stream;
    assert_eq!(of(&settled), (1, vec![("a", Some(1))]));
    let tag = &settled.spec.tags[0];
    assert_eq!((tag.import_policy.import_mode.as_str(), &tag.annotations), ("Legacy", &None));
    assert_eq!(tag.reference_policy.r#type, "Source");
}

#[test]
fn a_tag_that_follows_nothing_stays_what_it_was() {
    // image-api 4.4, first row
    let old = stream(&json!([docker("a")]), &json!([]));
    let mut tag = docker("a");
    tag.as_object_mut().unwrap().remove("from");
    let settled = put(&old, &stream(&json!([tag]), &json!([])), &World::default()).unwrap();
    assert_eq!(of(&settled.stream), (2, vec![("a", Some(1))]));
}

#[test]
fn a_stream_and_tags_without_a_generation_get_one() {
    let mut old = stream(&json!([docker("a")]), &json!([]));
    old.metadata.generation = 0;
    old.spec.tags[0].generation = None;
    let settled = put(&old, &old, &World::default()).unwrap().stream;
    assert_eq!(of(&settled), (1, vec![("a", Some(1))]));
}
