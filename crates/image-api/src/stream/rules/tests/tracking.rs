use super::*;
use crate::{NamedTagEventList, TagEventCondition};

fn moved(stream: &mut ImageStream, tag: &str, image: &str) {
    let event = TagEvent {
        created: Timestamp::parse(NOW).unwrap(),
        docker_image_reference: format!("in:5000/team/app:{image}"),
        image: image.to_owned(),
        generation: 1,
        provenance: None,
    };
    assert!(add_event(stream, tag, event));
}

fn images(stream: &ImageStream, tag: &str) -> Vec<String> {
    items(stream, tag).into_iter().map(|(_, _, image, _)| image).collect()
}

#[test]
fn a_tag_gets_the_events_of_the_tag_it_follows() {
    // image-api 59, 60
    let old = stream(
        &json!([
            follows("alias", "ImageStreamTag", "latest"),
            follows("copy", "ImageStreamTag", "other:latest"),
            follows("second", "ImageStreamTag", "alias"),
        ]),
        &json!([history("alias", &[item(1, "r", "old")]), history("latest", &[item(1, "r", "old")])]),
    );
    let mut new = old.clone();
    moved(&mut new, "latest", "new");
    // As a mapping does it.
    let mut pushed = new.clone();
    assert_eq!(follow(&mut pushed, "latest"), BTreeSet::from(["alias".to_owned()]));
    // As an import does it.
    let settled = update(&old, new, Path::Internal, &context(&World::default())).unwrap();
    assert_eq!(settled.tracked, BTreeSet::from(["alias".to_owned()]));
    for stream in [&pushed, &settled.stream] {
        assert_eq!(images(stream, "alias"), ["new", "old"]);
        assert_eq!(images(stream, "second"), [""; 0]);
        assert_eq!(images(stream, "copy"), [""; 0]);
    }
    // Again: it has it already.
    assert_eq!(follow(&mut pushed, "latest"), BTreeSet::new());
    assert_eq!(follow(&mut pushed, "nothing"), BTreeSet::new());
}

#[test]
fn tags_that_come_together_get_one_event_each() {
    let mut pointer = follows("z", "DockerImage", "quay.io/x/y");
    pointer["reference"] = json!(true);
    let old = stream(&json!([]), &json!([history("m", &[item(1, "r", "old")])]));
    let other = source("team", "other", &json!([history("latest", &[item(3, "s", "new")])]));
    let spec = json!([
        follows("a", "ImageStreamTag", "b"),
        follows("b", "ImageStreamTag", "m"),
        follows("c", "ImageStreamTag", "z"),
        follows("m", "ImageStreamTag", "other:latest"),
        follows("x", "ImageStreamTag", "y"),
        follows("y", "ImageStreamTag", "x"),
        pointer,
    ]);
    let settled = put(&old, &stream(&spec, &json!([])), &World::default().with(other)).unwrap();
    assert_eq!(images(&settled.stream, "m"), ["new", "old"]);
    for tag in ["a", "b"] {
        assert_eq!(images(&settled.stream, tag), ["new"], "{tag}");
    }
    assert_eq!(items(&settled.stream, "c"), items(&settled.stream, "z"));
    assert_eq!((images(&settled.stream, "x"), images(&settled.stream, "y")), (vec![], vec![]));
    assert_eq!(settled.tracked, BTreeSet::new());
}

#[test]
fn internal_writes_drop_tags_with_nothing_to_say() {
    let failed = NamedTagEventList {
        tag: "failed".to_owned(),
        items: Vec::new(),
        conditions: vec![TagEventCondition { r#type: "ImportSuccess".to_owned(), ..Default::default() }],
    };
    let old = stream(&json!([]), &json!([history("gone", &[item(1, "r", "i")])]));
    let mut new = old.clone();
    new.status.tags =
        vec![failed.clone(), NamedTagEventList { tag: "gone".to_owned(), ..Default::default() }];
    let settled = update(&old, new, Path::Internal, &context(&World::default())).unwrap().stream;
    assert_eq!(settled.status.tags, [failed]);
}

#[test]
fn many_tags_settle_in_one_go() {
    // A quadratic rule would hold up every other write for minutes.
    let spec: Vec<Value> =
        (0..20_000).map(|n| follows(&format!("t{n}"), "ImageStreamTag", "latest")).collect();
    let old = stream(&json!([]), &json!([history("latest", &[item(1, "r", "i")])]));
    let settled = put(&old, &stream(&json!(spec), &json!([])), &World::default()).unwrap().stream;
    assert_eq!(settled.status.tags.len(), 20_001);
    let mut new = settled.clone();
    moved(&mut new, "latest", "j");
    let tracked = update(&settled, new, Path::Internal, &context(&World::default())).unwrap().tracked;
    assert_eq!(tracked.len(), 20_000);
}
