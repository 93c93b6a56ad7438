use super::*;

fn event(created: &str, reference: &str, image: &str, generation: i64) -> (String, String, String, i64) {
    (created.to_owned(), reference.to_owned(), image.to_owned(), generation)
}

fn from(namespace: &str, tag: &str, kind: &str, name: &str) -> Value {
    let mut tag = follows(tag, kind, name);
    tag["from"]["namespace"] = json!(namespace);
    tag
}

/// What an update of an empty stream to these spec tags comes to.
fn tagged(spec: &Value, world: &World) -> Result<Settled, FieldErrors> {
    put(&stream(&json!([]), &json!([])), &stream(spec, &json!([])), world)
}

fn about_source(text: &str) -> String {
    format!(r#"[]: Internal error: imagestreams "app" is invalid: {text}"#)
}

#[test]
fn what_is_to_be_imported_has_no_event_yet() {
    // image-api 54
    let settled = tagged(&json!([follows("t", "DockerImage", "quay.io/x/y:1")]), &World::default()).unwrap();
    assert_eq!(settled.stream.status.tags, []);
}

#[test]
fn a_pointer_has_its_event_at_once_and_moves_in_place() {
    // image-api 55, 56
    let pointer = |to: &str| {
        let mut tag = follows("t", "DockerImage", to);
        tag["reference"] = json!(true);
        json!([tag])
    };
    let world = World::default();
    let made =
        create(stream(&pointer("quay.io/x/y:1"), &json!([])), Path::Main, &context(&world)).unwrap().stream;
    assert_eq!(items(&made, "t"), [event(NOW, "quay.io/x/y:1", "", 1)]);
    let mut later = context(&world);
    later.now = Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    let moved =
        update(&made, stream(&pointer("quay.io/x/z"), &json!([])), Path::Main, &later).unwrap().stream;
    assert_eq!(items(&moved, "t"), [event(NOW, "quay.io/x/z", "", 2)]);
}

#[test]
fn a_tag_of_the_stream_gives_its_newest_event() {
    // image-api 57, 58, 61; the source keeps its generation (Q6)
    let old = stream(
        &json!([]),
        &json!([history("latest", &[item(2, "in:5000/team/app@new", "new"), item(1, "r", "old")])]),
    );
    let spec = json!([
        follows("bare", "ImageStreamTag", "latest"),
        follows("full", "ImageStreamTag", "app:latest"),
        follows("none", "ImageStreamTag", "app:missing"),
        follows("unsaid", "ImageStreamTag", "app:"),
    ]);
    let settled = put(&old, &stream(&spec, &json!([])), &World::default()).unwrap();
    let copied = [event("2026-01-01T00:00:02Z", "in:5000/team/app@new", "new", 2)];
    for tag in ["bare", "full", "unsaid"] {
        assert_eq!(items(&settled.stream, tag), copied, "{tag}");
    }
    assert_eq!(settled.stream.status.tag("none"), None);
    assert_eq!(settled.stream.status.tag("latest"), old.status.tag("latest"));
    assert_eq!(settled.tracked, BTreeSet::new());
}

#[test]
fn another_stream_must_be_there() {
    // image-api 65
    assert_eq!(
        refused(tagged(&json!([follows("t", "ImageStreamTag", "other:latest")]), &World::default())),
        about_source(r#"spec.tags[t].from.name: Not found: "other:latest""#)
    );
    assert_eq!(
        refused(tagged(&json!([follows("t", "ImageStreamImage", "other@ab")]), &World::default())),
        about_source(r#"spec.tags[t].from.name: Not found: "other@ab""#)
    );
    assert_eq!(
        refused(tagged(&json!([follows("t", "ImageStreamTag", "No Stream:latest")]), &World::default())),
        about_source(r#"spec.tags[t].from.name: Not found: "No Stream:latest""#)
    );
    let world = World { broken: ["team/other".to_owned()].into(), ..World::default() };
    assert_eq!(
        refused(tagged(&json!([follows("t", "ImageStreamTag", "other:latest")]), &world)),
        about_source(
            "spec.tags[t].from.name: Invalid value: \"other:latest\": unable to retrieve image stream: disk on fire"
        )
    );
}

#[test]
fn a_copy_goes_through_the_stream_that_has_it() {
    // image-api 67, 68, 75b
    let deep = |id: &str| format!("in:5000/other/b/c@{id}");
    let id = digest('1');
    let world = World::default()
        .with(source("other", "b~c", &json!([history("latest", &[item(1, &deep(&id), &id)])])))
        .with(source("other", "far", &json!([history("latest", &[item(1, "quay.io/other/far:1", &id)])])))
        .with(source(
            "other",
            "near",
            &json!([history("latest", &[item(1, "in:5000/other/nearby@x", &id)])]),
        ));
    let mut pointer = from("other", "pointer", "ImageStreamTag", "b~c:latest");
    pointer["reference"] = json!(true);
    let spec = json!([
        from("other", "copy", "ImageStreamTag", "b~c:latest"),
        from("other", "far", "ImageStreamTag", "far:latest"),
        from("other", "image", "ImageStreamImage", "b~c@1111"),
        from("other", "near", "ImageStreamTag", "near:latest"),
        pointer,
    ]);
    let mut new = stream(&spec, &json!([]));
    new.metadata.name = "x~y".to_owned();
    let settled = create(new, Path::Main, &context(&world)).unwrap().stream;
    let then = "2026-01-01T00:00:01Z";
    let here = format!("in:5000/team/x/y@{id}");
    assert_eq!(items(&settled, "copy"), [event(then, &here, &id, 1)]);
    assert_eq!(items(&settled, "image"), [event(NOW, &here, &id, 1)]);
    assert_eq!(items(&settled, "pointer"), [event(then, &deep(&id), &id, 1)]);
    assert_eq!(items(&settled, "far"), [event(then, "quay.io/other/far:1", &id, 1)]);
    assert_eq!(items(&settled, "near"), [event(then, "in:5000/other/nearby@x", &id, 1)]);
    assert_eq!(*world.asked.borrow(), ["other/b~c", "other/far", "other/near"]);
}

#[test]
fn a_registry_without_a_name_rewrites_nothing() {
    let world = World::default().with(source(
        "other",
        "src",
        &json!([history("latest", &[item(1, "other/src:1", "i")])]),
    ));
    let mut nameless = context(&world);
    nameless.host = "";
    let new = stream(&json!([from("other", "t", "ImageStreamTag", "src:latest")]), &json!([]));
    let settled = create(new, Path::Main, &nameless).unwrap().stream;
    assert_eq!(items(&settled, "t")[0].1, "other/src:1");
}

#[test]
fn an_image_is_found_by_a_part_of_its_name_over_the_whole_history() {
    // image-api 62, 63, 64
    let [a, b, c] = ["sha256:ab1", "sha256:ab2", "sha256:c"].map(|start| format!("{start:0<71}"));
    let old = stream(
        &json!([]),
        &json!([
            history("x", &[item(5, "rc", &c), item(2, "ra-old", &a)]),
            history("y", &[item(3, "ra", &a), item(1, "rb", &b)])
        ]),
    );
    let world = World::default().with(old.clone());
    let find =
        |id: &str| put(&old, &stream(&json!([follows("t", "ImageStreamImage", id)]), &json!([])), &world);
    for id in ["ab1", "sha256:ab1", &a, &format!("app@{a}")] {
        assert_eq!(items(&find(id).unwrap().stream, "t"), [event(NOW, "ra", &a, 2)], "{id}");
    }
    assert_eq!(
        refused(find("app@dd")),
        about_source(
            "spec.tags[t].from.name: Invalid value: \"app@dd\": error generating tag event: \
             imagestreamimage.image.openshift.io \"dd\" not found"
        )
    );
    assert_eq!(
        refused(find("ab")),
        about_source(&format!(
            "spec.tags[t].from.name: Invalid value: \"ab\": error generating tag event: Operation cannot be \
             fulfilled on imagestreamimage.image.openshift.io \"ab\": multiple images match the prefix \"ab\": {a}, {b}"
        ))
    );
}

#[test]
fn names_of_sources_have_a_form() {
    // image-api 70
    let cases = [("ImageStreamTag", "a:b:c"), ("ImageStreamImage", "a@b@c"), ("ImageStreamImage", "a@")];
    for (kind, name) in cases {
        assert_eq!(
            refused(tagged(&json!([follows("t", kind, name)]), &World::default())),
            about_source(&format!(
                "spec.tags[t].from.name: Invalid value: \"{name}\": must be of the form <tag>, <repo>:<tag>, \
                 <id>, or <repo>@<id>"
            ))
        );
    }
}

#[test]
fn who_may_not_pull_the_source_learns_nothing_about_it() {
    // image-api 66
    let denied = |reason: &str| {
        let denied = ["other/src", "other/gone"].map(|name| (name.to_owned(), reason.to_owned()));
        let world = World { denied: denied.into(), ..World::default() };
        world.with(source("other", "src", &json!([history("latest", &[item(1, "r", "i")])])))
    };
    for name in ["src", "gone"] {
        let spec = json!([from("other", "latest", "ImageStreamTag", &format!("{name}:latest"))]);
        assert_eq!(
            refused(tagged(&spec, &denied(""))),
            about_source(&format!(r#"spec.tags[latest].from: Forbidden: other/{name}: "" """#))
        );
    }
    let world = denied("no such role");
    let spec = json!([
        from("other", "a", "ImageStreamTag", "src:latest"),
        from("other", "b", "ImageStreamImage", "src@i"),
    ]);
    let errors = tagged(&spec, &world).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].field.as_str(), errors[0].reason.as_str()), ("[]", "InternalError"));
    assert_eq!(
        errors[0].to_string(),
        about_source(
            r#"[spec.tags[a].from: Forbidden: other/src: "no such role" "", spec.tags[b].from: Forbidden: other/src: "no such role" ""]"#
        )
    );
    assert_eq!(*world.asked.borrow(), ["other/src"]);
}

#[test]
fn a_source_that_stays_is_not_judged_again() {
    // image-api 69
    let world = World { denied: [("other/src".to_owned(), String::new())].into(), ..World::default() };
    let old = stream(&json!([from("other", "t", "ImageStreamTag", "src:latest")]), &json!([]));
    let mut new = old.clone();
    new.spec.lookup_policy.local = true;
    assert!(put(&old, &new, &world).is_ok());
    assert_eq!(*world.asked.borrow(), [""; 0]);
    // Nobody needs a permission within the namespace.
    let own = tagged(&json!([from("team", "t", "ImageStreamTag", "app:latest")]), &world);
    assert!(own.is_ok());
    assert_eq!(*world.asked.borrow(), [""; 0]);
}

#[test]
fn an_image_elsewhere_has_no_namespace_here() {
    // image-api 22, Q7
    assert_eq!(
        refused(tagged(&json!([from("other", "t", "DockerImage", "quay.io/x/y")]), &World::default())),
        about_source(
            "spec.tags[t].from.name: Invalid value: \"quay.io/x/y\": must be of the form <tag>, <repo>:<tag>, \
             <id>, or <repo>@<id>"
        )
    );
}

#[test]
fn asking_for_another_import_does_not_repeat_an_event() {
    // image-api 75a
    let list = [item(1, "r", "i")];
    let old = stream(
        &json!([follows("t", "ImageStreamTag", "latest")]),
        &json!([history("latest", &[item(2, "s", "j")]), history("t", &list)]),
    );
    let mut new = old.clone();
    new.spec.tags[0].generation = Some(0);
    let settled = put(&old, &new, &World::default()).unwrap().stream;
    assert_eq!((settled.metadata.generation, settled.spec.tags[0].generation), (2, Some(2)));
    assert_eq!(settled.status, old.status);
}

#[test]
fn removing_a_spec_tag_keeps_the_history() {
    // image-api 41
    let old =
        stream(&json!([follows("t", "DockerImage", "x")]), &json!([history("t", &[item(1, "r", "i")])]));
    let settled = put(&old, &stream(&json!([]), &json!([])), &World::default()).unwrap().stream;
    assert_eq!((settled.spec.tags, settled.status), (vec![], old.status));
}
