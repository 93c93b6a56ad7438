use super::*;

fn made(change: impl FnOnce(&mut ImageStream)) -> Result<Settled, FieldErrors> {
    let mut new = stream(&json!([]), &json!([]));
    change(&mut new);
    create(new, Path::Main, &context(&World::default()))
}

fn with_tag(tag: &Value) -> Result<Settled, FieldErrors> {
    create(stream(&json!([tag]), &json!([])), Path::Main, &context(&World::default()))
}

#[test]
fn names_are_components_of_repository_names() {
    // image-api 42
    for name in ["App", "a..b", "-a", "a~", "~"] {
        assert_eq!(
            refused(made(|new| name.clone_into(&mut new.metadata.name))),
            format!(r#"metadata.name: Invalid value: "{name}": must match "[a-z0-9]+(?:[._-][a-z0-9]+)*""#)
        );
    }
    for name in ["a.b_c-d1", "a__b", "a--b", "b~c"] {
        assert!(made(|new| name.clone_into(&mut new.metadata.name)).is_ok(), "{name}");
    }
    for (name, detail) in [
        ("a/b", "may not contain '/'"),
        ("a%b", "may not contain '%'"),
        (".", "may not be '.'"),
        ("..", "may not be '..'"),
    ] {
        assert_eq!(
            refused(made(|new| name.clone_into(&mut new.metadata.name))),
            format!(r#"metadata.name: Invalid value: "{name}": {detail}"#)
        );
    }
    assert_eq!(
        refused(made(|new| "gen-".clone_into(&mut new.metadata.generate_name))),
        r#"metadata.generateName: Invalid value: "gen-": must match "[a-z0-9]+(?:[._-][a-z0-9]+)*""#
    );
}

#[test]
fn namespace_and_name_share_255_characters() {
    // image-api 43
    assert!(made(|new| new.metadata.name = "x".repeat(250)).is_ok());
    let name = "x".repeat(251);
    assert_eq!(
        refused(made(|new| new.metadata.name.clone_from(&name))),
        format!(
            r#"metadata.name: Invalid value: "{name}": 'namespace/name' cannot be longer than 255 characters"#
        )
    );
}

#[test]
fn the_repository_behind_a_stream_has_neither_tag_nor_digest() {
    // image-api 44
    let with = |text: &str| made(|new| text.clone_into(&mut new.spec.docker_image_repository));
    assert!(with("quay.io/a/b").is_ok());
    let id = digest('0');
    for (text, detail) in [
        ("a/b:tag", "the repository name may not contain a tag"),
        (&format!("a/b@{id}"), "the repository name may not contain an ID"),
        ("a/B", "repository name must be lowercase"),
        ("a b", "invalid reference format"),
    ] {
        assert_eq!(
            refused(with(text)),
            format!(r#"spec.dockerImageRepository: Invalid value: "{text}": {detail}"#)
        );
    }
}

#[test]
fn sources_have_a_known_kind_and_a_name() {
    // image-api 45, 46
    let malformed = |name: &str| {
        format!(
            "[]: Internal error: imagestreams \"app\" is invalid: spec.tags[t].from.name: Invalid value: \
             \"{name}\": must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>"
        )
    };
    assert_eq!(
        refused(with_tag(&follows("t", "Foo", "x"))),
        format!(
            "[{}, spec.tags[t].from.kind: Required value: valid values are 'DockerImage', \
             'ImageStreamImage', 'ImageStreamTag']",
            malformed("x")
        )
    );
    for kind in ["DockerImage", "ImageStreamTag", "ImageStreamImage"] {
        assert_eq!(
            refused(with_tag(&follows("t", kind, ""))),
            format!("[{}, spec.tags[t].from.name: Required value]", malformed(""))
        );
    }
    assert_eq!(
        refused(with_tag(&follows("t", "DockerImage", "A b"))),
        r#"spec.tags[t].from.name: Invalid value: "A b": invalid reference format"#
    );
}

#[test]
fn policies_are_known_ones() {
    // image-api 47, 48
    let world = World::default();
    let mut tag = follows("t", "ImageStreamTag", "x");
    tag["importPolicy"] = json!({"scheduled": true});
    assert_eq!(
        refused(with_tag(&tag)),
        "spec.tags[t].importPolicy.scheduled: Invalid value: true: only tags pointing to Docker repositories \
         may be scheduled for background import"
    );
    let tag = json!({"name": "t", "referencePolicy": {"type": "Other"}, "importPolicy": {"importMode": "X"}});
    assert_eq!(
        refused(with_tag(&tag)),
        "[spec.tags[t].referencePolicy.type: Invalid value: \"Other\": valid values are \"Source\", \"Local\", \
         spec.tags[t].importPolicy.importMode: Invalid value: \"X\": invalid import mode, valid modes are '', \
         'Legacy', 'PreserveOriginal']"
    );
    let mut scheduled = follows("t", "DockerImage", "x");
    scheduled["importPolicy"] = json!({"scheduled": true, "importMode": "PreserveOriginal"});
    assert!(create(stream(&json!([scheduled]), &json!([])), Path::Main, &context(&world)).is_ok());
}

#[test]
fn the_name_of_a_tag_is_free() {
    // image-api 49
    for name in ["a:b", "", "with space"] {
        assert!(with_tag(&json!({"name": name})).is_ok(), "{name}");
    }
}

#[test]
fn events_that_the_server_adds_have_a_pull_spec() {
    let old = stream(&json!([]), &json!([history("t", &[item(1, "Not Good", "i")])]));
    let status = json!([history("t", &[item(3, "", "k"), item(2, "a b", "j"), item(1, "Not Good", "i")])]);
    let new = stream(&json!([]), &status);
    let world = World::default();
    assert_eq!(
        refused(update(&old, new.clone(), Path::Internal, &context(&world))),
        "[status.tags[t].items[0].dockerImageReference: Required value, status.tags[t].items[1]\
         .dockerImageReference: Invalid value: \"a b\": invalid reference format]"
    );
    // image-api 29: through the main endpoint the client has no say.
    assert_eq!(put(&old, &new, &world).unwrap().stream.status, old.status);
}

#[test]
fn metadata_is_judged_with_the_rest() {
    // image-api 18
    let old = stream(&json!([]), &json!([]));
    let mut new = old.clone();
    new.metadata.annotations.insert("a".to_owned(), "x".repeat(262_144));
    new.spec.docker_image_repository = "a/b:c".to_owned();
    assert_eq!(
        refused(put(&old, &new, &World::default())),
        "[metadata.annotations: Too long: may not be more than 262144 bytes, spec.dockerImageRepository: \
         Invalid value: \"a/b:c\": the repository name may not contain a tag]"
    );
    let mut other = old.clone();
    other.metadata.name = "other".to_owned();
    assert_eq!(
        refused(put(&old, &other, &World::default())),
        r#"metadata.name: Invalid value: "other": field is immutable"#
    );
}
