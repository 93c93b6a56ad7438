use serde_json::{Value, json};

use super::*;
use crate::meta::{Typed, summary};

fn import(spec: &Value) -> ImageStreamImport {
    serde_json::from_value(json!({"metadata": {"name": "tools", "namespace": "team"}, "spec": spec})).unwrap()
}

fn docker(name: &str) -> Value {
    json!({"from": {"kind": "DockerImage", "name": name}})
}

fn refused(spec: &Value) -> String {
    rules::accept(import(spec), "Legacy").map_or_else(|errors| summary(&errors), |_| String::new())
}

#[test]
fn members_keep_their_order_and_empty_ones_are_left_out() {
    let text = concat!(
        r#"{"kind":"ImageStreamImport","apiVersion":"image.openshift.io/v1","metadata":{"name":"tools"},"#,
        r#""spec":{"import":false},"status":{}}"#
    );
    let import: ImageStreamImport = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&Typed::of(&import)).unwrap(), text);
    let nulls = r#"{"metadata":{"name":"tools"},"spec":{"import":null,"images":null,"repository":null},"status":null}"#;
    assert_eq!(serde_json::from_str::<ImageStreamImport>(nulls).unwrap(), import);

    let full = concat!(
        r#"{"metadata":{},"spec":{"import":true,"repository":{"from":{"kind":"DockerImage","name":"r"},"#,
        r#""importPolicy":{},"referencePolicy":{"type":"Source"},"includeManifest":true},"#,
        r#""images":[{"from":{},"to":{"name":"t"},"importPolicy":{"importMode":"Legacy"},"#,
        r#""referencePolicy":{"type":"Local"},"includeManifest":true},"#,
        r#"{"from":{},"importPolicy":{},"referencePolicy":{"type":"Source"}}]},"#,
        r#""status":{"repository":{"status":{"metadata":{},"status":"Success"},"#,
        r#""images":[{"status":{"metadata":{},"status":"Success"},"tag":"t"}],"additionalTags":["u"]},"#,
        r#""images":[{"status":{"metadata":{},"status":"Failure","code":404}}]}}"#
    );
    let import: ImageStreamImport = serde_json::from_str(full).unwrap();
    assert_eq!(serde_json::to_string(&import).unwrap(), full);
}

// image-api 164
#[test]
fn what_a_request_leaves_out_is_filled_in() {
    let id = format!("sha256:{}", "0".repeat(64));
    let mut request = import(&json!({"images": [
        docker("quay.io/a/b:1.0"),
        docker("quay.io/a/b"),
        docker(&format!("quay.io/a/b@{id}")),
        docker(&format!("quay.io/a/b:t@{id}")),
        {"from": {"kind": "DockerImage", "name": "a:1"}, "to": {"name": "x"},
            "importPolicy": {"importMode": "PreserveOriginal"}},
    ], "repository": docker("quay.io/a/b")}));
    request.status.images = vec![ImageImportStatus::default()];
    let accepted = rules::accept(request, "Legacy").unwrap();
    let images = &accepted.spec.images;
    let tags: Vec<_> = images.iter().map(|image| image.to.as_ref().map(|to| to.name.as_str())).collect();
    assert_eq!(tags, [Some("1.0"), None, None, Some("t"), Some("x")]);
    let modes: Vec<_> = images.iter().map(|image| image.import_policy.import_mode.as_str()).collect();
    assert_eq!(modes, ["Legacy", "Legacy", "Legacy", "Legacy", "PreserveOriginal"]);
    let repository = accepted.spec.repository.unwrap();
    assert_eq!(
        (repository.import_policy.import_mode.as_str(), repository.reference_policy.r#type.as_str()),
        ("Legacy", "Source")
    );
    assert_eq!(accepted.status, ImageStreamImportStatus::default());
}

// image-api 172, 173
#[test]
fn what_is_wrong_with_a_request() {
    let with = |image: Value, member: &str, value: Value| {
        let mut image = image;
        image[member] = value;
        image
    };
    let mode = json!({"importMode": "X"});
    for (spec, expected) in [
        (
            json!({}),
            "spec.images: Invalid value: null: you must specify at least one image or a repository import",
        ),
        (json!({"images": [docker("a:1")]}), ""),
        (
            json!({"images": [docker("a"), {"from": {"kind": "ImageStreamTag", "name": "a:1"}}]}),
            r#"spec.images[1].from.kind: Invalid value: "ImageStreamTag": only DockerImage is supported"#,
        ),
        (
            json!({"repository": {}}),
            r#"spec.repository.from.kind: Invalid value: "": only DockerImage is supported"#,
        ),
        (json!({"images": [docker("")]}), "spec.images[0].from.name: Required value"),
        (
            json!({"repository": docker("")}),
            "spec.repository.from.name: Required value: container image references require a name",
        ),
        (
            json!({"images": [docker("A")]}),
            r#"spec.images[0].from.name: Invalid value: "A": repository name must be lowercase"#,
        ),
        (json!({"images": [docker("*")]}), ""),
        (
            json!({"repository": docker("*")}),
            r#"spec.repository.from.name: Invalid value: "*": invalid reference format"#,
        ),
        (
            json!({"images": [with(docker("a"), "to", json!({}))]}),
            r#"spec.images[0].to.name: Invalid value: "": the name of the target tag must be specified"#,
        ),
        (
            json!({"repository": docker("a:b")}),
            r#"spec.repository.from.name: Invalid value: "a:b": you must specify an image repository, not a tag or ID"#,
        ),
        (
            json!({"images": [with(docker("a"), "importPolicy", mode.clone())]}),
            concat!(
                r#"spec.images[0].importPolicy.importMode: Invalid value: "X": "#,
                "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'"
            ),
        ),
        (
            json!({"repository": with(docker("a"), "importPolicy", mode)}),
            concat!(
                r#"spec.repository.importPolicy.importMode: Invalid value: "X": "#,
                "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'"
            ),
        ),
    ] {
        assert_eq!(refused(&spec), expected, "{spec}");
    }
}

#[test]
fn the_name_is_one_of_a_stream() {
    let mut request = import(&json!({"images": [docker("a")]}));
    request.metadata.name = "App".to_owned();
    assert_eq!(
        summary(&rules::accept(request.clone(), "Legacy").unwrap_err()),
        r#"metadata.name: Invalid value: "App": must match "[a-z0-9]+(?:[._-][a-z0-9]+)*""#
    );
    request.metadata.name = "b~c".to_owned();
    assert!(rules::accept(request, "Legacy").is_ok());
}

fn found(name: &str) -> ImageImportStatus {
    let image = |name: &str| Image {
        metadata: ObjectMeta { name: name.to_owned(), ..ObjectMeta::default() },
        docker_image_manifest: "m".to_owned(),
        docker_image_config: "c".to_owned(),
        ..Image::default()
    };
    let status = Status { status: Outcome::Success, ..Status::default() };
    ImageImportStatus {
        status,
        image: Some(Box::new(image(name))),
        tag: String::new(),
        manifests: vec![image("child")],
    }
}

// image-api 158
#[test]
fn manifests_are_shown_to_whoever_asks() {
    for (wanted, in_repository) in [(true, false), (false, true)] {
        let mut import = import(&json!({"images": [{"includeManifest": wanted}],
            "repository": {"includeManifest": in_repository}}));
        import.status.images = vec![found("a")];
        import.status.repository =
            Some(RepositoryImportStatus { images: vec![found("b")], ..RepositoryImportStatus::default() });
        import.hide_documents();
        let has_manifest = |status: &ImageImportStatus| {
            let documents = |image: &Image| {
                (image.docker_image_manifest.as_str(), image.docker_image_config.as_str()) == ("m", "c")
            };
            let parts = documents(&status.manifests[0]);
            assert_eq!(parts, documents(status.image.as_ref().unwrap()));
            parts
        };
        assert_eq!(has_manifest(&import.status.images[0]), wanted);
        assert_eq!(has_manifest(&import.status.repository.unwrap().images[0]), in_repository);
        assert_eq!(import.status.import, None);
    }
}

#[test]
fn the_answer_shows_what_is_stored() {
    let mut import = import(&json!({"images": [{}, {}, {}], "repository": {}}));
    let failed = ImageImportStatus { tag: "t".to_owned(), ..ImageImportStatus::default() };
    import.status.images = vec![found("a"), failed.clone(), found("untagged")];
    import.status.repository =
        Some(RepositoryImportStatus { images: vec![found("b")], ..RepositoryImportStatus::default() });
    let mut stream = ImageStream::default();
    stream.metadata.name = "tools".to_owned();
    import.finish(stream.clone(), |name| {
        let metadata =
            ObjectMeta { name: name.to_owned(), uid: "stored".to_owned(), ..ObjectMeta::default() };
        (name != "untagged").then(|| Image { metadata, ..Image::default() })
    });
    let uids = |status: &ImageImportStatus| {
        let image = status.image.as_ref().unwrap();
        assert_eq!((image.docker_image_manifest.as_str(), image.docker_image_config.as_str()), ("", ""));
        [image.metadata.uid.clone(), status.manifests[0].metadata.uid.clone()]
    };
    assert_eq!(uids(&import.status.images[0]), ["stored", "stored"]);
    assert_eq!(import.status.images[1], failed);
    assert_eq!(uids(&import.status.images[2]), ["", "stored"]);
    assert_eq!(uids(&import.status.repository.as_ref().unwrap().images[0]), ["stored", "stored"]);
    assert_eq!(import.status.import, Some(Box::new(stream)));
}
