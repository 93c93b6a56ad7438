use super::*;

fn put_status(old: &ImageStream, new: &ImageStream) -> Result<Settled, FieldErrors> {
    update_status(old, new.clone(), &context(&World::default()))
}

#[test]
fn history_items_and_tags_can_be_dropped() {
    // image-api 76
    let items_ab = [item(2, "r2", "j"), item(1, "r1", "i")];
    let old = stream(&json!([]), &json!([history("a", &items_ab), history("b", &items_ab)]));
    let new = stream(&json!([]), &json!([history("a", &items_ab[..1])]));
    let settled = put_status(&old, &new).unwrap();
    assert_eq!(settled.stream.status, new.status);
    assert_eq!(settled.tracked, BTreeSet::new());
}

#[test]
fn spec_and_most_of_the_metadata_stay() {
    // image-api 77; lookupPolicy too (Q14)
    let old = stream(&json!([follows("a", "DockerImage", "x")]), &json!([]));
    let mut new = stream(&json!([]), &json!([]));
    new.spec.docker_image_repository = "x/y".to_owned();
    new.spec.lookup_policy.local = true;
    new.metadata.generation = 8;
    new.metadata.finalizers = vec!["x.io/y".to_owned()];
    new.metadata.labels.insert("l".to_owned(), "v".to_owned());
    new.metadata.annotations.insert("a".to_owned(), "v".to_owned());
    let settled = put_status(&old, &new).unwrap().stream;
    assert_eq!(settled.spec, old.spec);
    let mut metadata = old.metadata.clone();
    metadata.labels = new.metadata.labels;
    metadata.annotations = new.metadata.annotations;
    assert_eq!(settled.metadata, metadata);
}

#[test]
fn only_new_pull_specs_are_judged() {
    // image-api 78
    let bad = item(1, "Not Good", "i");
    let old = stream(&json!([]), &json!([history("a", std::slice::from_ref(&bad))]));
    let kept = stream(&json!([]), &json!([history("a", std::slice::from_ref(&bad)), history("b", &[bad])]));
    assert!(put_status(&old, &kept).is_ok());
    let new = stream(&json!([]), &json!([history("a", &[item(2, "a b", "j"), item(2, "", "j")])]));
    assert_eq!(
        refused(put_status(&old, &new)),
        "[status.tags[a].items[0].dockerImageReference: Invalid value: \"a b\": invalid reference format, \
         status.tags[a].items[1].dockerImageReference: Invalid value: \"\": repository name must have at least \
         one component]"
    );
}

#[test]
fn labels_and_annotations_are_judged() {
    let old = stream(&json!([]), &json!([]));
    let mut new = old.clone();
    new.metadata.annotations.insert("a".to_owned(), "x".repeat(262_144));
    assert_eq!(
        refused(put_status(&old, &new)),
        "metadata.annotations: Too long: may not be more than 262144 bytes"
    );
}

#[test]
fn a_head_without_generation_gets_the_one_it_answers_to() {
    // image-api 79
    let event = |reference: &str, generation: i64| {
        let mut item = item(1, reference, "i");
        item["generation"] = json!(generation);
        item
    };
    let spec = json!([{"name": "wanted", "generation": 2}]);
    for (tag, stored, submitted, expected) in [
        // New, whatever is wanted of it.
        ("wanted", None, ("r", 0), 5),
        // The same event as before.
        ("wanted", Some(("r", 0)), ("r", 0), 5),
        // Changed: another pull spec, or a generation that went down.
        ("wanted", Some(("q", 0)), ("r", 0), 2),
        ("wanted", Some(("r", 3)), ("r", 0), 2),
        // Changed, but nobody wants anything of it.
        ("pushed", Some(("q", 1)), ("r", 0), 5),
        // It has one.
        ("wanted", Some(("q", 1)), ("r", 4), 4),
    ] {
        let list = |(reference, generation)| history(tag, &[event(reference, generation)]);
        let mut old = stream(&spec, &json!(stored.map(list).into_iter().collect::<Vec<_>>()));
        old.metadata.generation = 5;
        let new = stream(&json!([]), &json!([list(submitted)]));
        let settled = put_status(&old, &new).unwrap().stream;
        assert_eq!(items(&settled, tag)[0].3, expected, "{tag} {stored:?} {submitted:?}");
        assert_eq!(settled.metadata.generation, 5);
    }
}
