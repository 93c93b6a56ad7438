use proptest::prelude::*;

use super::*;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

fn d(seed: &str) -> String {
    Digest::sha256(seed.as_bytes()).to_string()
}

fn descriptor(seed: &str) -> String {
    format!(r#"{{"mediaType":"application/x","size":1,"digest":"{}"}}"#, d(seed))
}

fn image(extra: &str) -> String {
    format!(r#"{{"schemaVersion":2{extra},"config":{},"layers":[{}]}}"#, descriptor("c"), descriptor("l"))
}

fn index(extra: &str) -> String {
    format!(r#"{{"schemaVersion":2{extra},"manifests":[{}]}}"#, descriptor("m"))
}

fn accept(content_type: Option<&str>, body: &str) -> Result<Manifest, ManifestError> {
    Manifest::accept(content_type, Bytes::copy_from_slice(body.as_bytes()), Algorithm::Sha256)
}

#[test]
fn the_type_comes_from_the_header_then_the_body_then_the_structure() {
    // distribution 115, 116
    let typed =
        |content_type: Option<&str>, body: String| accept(content_type, &body).map(|m| m.media_type());
    assert_eq!(typed(Some(OCI), image("")), Ok(ManifestType::OciManifest));
    let with_parameters = format!("{INDEX}; charset=utf-8");
    assert_eq!(typed(Some(&with_parameters), index("")), Ok(ManifestType::OciIndex));
    assert_eq!(typed(None, image(&format!(r#","mediaType":"{DOCKER}""#))), Ok(ManifestType::DockerManifest));
    assert_eq!(typed(Some(""), index(&format!(r#","mediaType":"{LIST}""#))), Ok(ManifestType::DockerList));
    assert_eq!(typed(None, image("")), Ok(ManifestType::OciManifest));
    assert_eq!(typed(None, index("")), Ok(ManifestType::OciIndex));
    assert_eq!(typed(None, r#"{"schemaVersion":2}"#.to_owned()), Err(ManifestError::NoType));
}

#[test]
fn what_is_refused_and_why() {
    // distribution 117, 118, 129; reliability V01
    let type_of = |t: &str| format!(r#","mediaType":"{t}""#);
    let unknown = |t: &str| ManifestError::UnknownType(t.to_owned());
    assert_eq!(accept(Some("application/json"), &image("")), Err(unknown("application/json")));
    let artifact = "application/vnd.oci.artifact.manifest.v1+json";
    assert_eq!(accept(Some(artifact), &image("")), Err(unknown(artifact)));
    assert_eq!(
        accept(Some(OCI), &image(&type_of(DOCKER))),
        Err(ManifestError::TypeMismatch { body: DOCKER.to_owned(), header: OCI })
    );
    assert_eq!(
        accept(Some(OCI), &image(r#","manifests":[]"#)),
        Err(ManifestError::Confused { media_type: OCI, member: "manifests" })
    );
    assert_eq!(
        accept(Some(INDEX), &index(r#","layers":[]"#)),
        Err(ManifestError::Confused { media_type: INDEX, member: "layers" })
    );
    assert_eq!(accept(Some(DOCKER), &image("")), Err(ManifestError::Missing("mediaType")));
    assert_eq!(
        accept(Some(OCI), r#"{"schemaVersion":2,"layers":[]}"#),
        Err(ManifestError::Missing("config"))
    );
    let schema_one = r#"{"schemaVersion":1,"name":"a","tag":"b","fsLayers":[]}"#;
    for content_type in [None, Some("application/vnd.docker.distribution.manifest.v1+prettyjws"), Some(OCI)] {
        assert_eq!(accept(content_type, schema_one), Err(ManifestError::SchemaOne));
    }
    assert_eq!(accept(Some(OCI), r#"{"schemaVersion":3,"config":null}"#), Err(ManifestError::SchemaVersion));
}

#[test]
fn documents_that_two_readers_understand_differently_are_refused() {
    // reliability V02, V09
    let deep = format!(
        r#"{},"x":{}{}}}"#,
        image("").trim_end_matches('}'),
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let image = image("");
    let bad = [
        format!("\u{feff}{image}"),
        format!("{image}x"),
        image.replace(r#""schemaVersion":2"#, r#""schemaVersion":2,"schemaVersion":2"#),
        image.replace(r#""size":1"#, r#""size":1,"size":2"#),
        image.replace(r#""schemaVersion":2"#, r#""schemaVersion":2,"Layers":[]"#),
        image.replace(r#""size":1"#, r#""size":1,"SIZE":2"#),
        image.replace(r#""schemaVersion":2"#, r#""schemaVersion":2,"x":{"a":{"b":1,"b":2}}"#),
        image.replace(r#""size":1"#, r#""size":99999999999999999999"#),
        image.replace(r#""size":1"#, r#""size":1.5"#),
        image.replace(r#""size":1"#, r#""size":"1""#),
        image.replace(r#""schemaVersion":2"#, r#""schemaVersion":2,"annotations":{"a":"\ud800"}"#),
        image.replace(r#""schemaVersion":2"#, r#""schemaVersion":2,"annotations":{"a":1}"#),
        image[..image.len() - 1].to_owned(),
        String::new(),
        "[]".to_owned(),
        deep,
    ];
    for body in bad {
        assert!(
            matches!(accept(Some(OCI), &body), Err(ManifestError::Json(_))),
            "{}",
            &body.chars().take(120).collect::<String>()
        );
    }
}

#[test]
fn descriptors_are_checked_one_by_one() {
    let with = |from: &str, to: &str| accept(Some(OCI), &image("").replacen(from, to, 1));
    let digest = |at: &str, source| Err(ManifestError::Digest { at: at.to_owned(), source });
    assert_eq!(with(&d("l"), "sha256:../../x"), digest("layers[0]", DigestError::Length));
    assert_eq!(with(&d("c"), &d("c").replace("sha256", "sha384")), digest("config", DigestError::Algorithm));
    let problem = |at: &str, problem| Err(ManifestError::Descriptor { at: at.to_owned(), problem });
    assert_eq!(with(r#""size":1"#, r#""size":-1"#), problem("config", "size is negative"));
    let lie = "data is not the content that digest and size describe";
    assert_eq!(with(r#""size":1"#, r#""size":1,"data":"eA==""#), problem("config", lie));
    // `c` is one byte, and its digest is the descriptor's
    assert!(with(r#""size":1"#, r#""size":1,"data":"Yw==""#).is_ok());
    let many = format!("[{}]", vec![descriptor("l"); MAX_DESCRIPTORS + 1].join(","));
    let body = format!(r#"{{"schemaVersion":2,"config":{},"layers":{many}}}"#, descriptor("c"));
    assert_eq!(accept(Some(OCI), &body), Err(ManifestError::TooManyDescriptors));
}

#[test]
fn foreign_layers_of_docker_say_where_they_are() {
    let body = |media_type: &str, urls: &str| {
        image(&format!(r#","mediaType":"{DOCKER}""#)).replacen(
            &descriptor("l"),
            &format!(r#"{{"mediaType":"{media_type}","size":1,"digest":"{}"{urls}}}"#, d("l")),
            1,
        )
    };
    let urls = r#","urls":["https://example.com/l"]"#;
    let problem = |problem| Err(ManifestError::Descriptor { at: "layers[0]".to_owned(), problem });
    assert!(accept(Some(DOCKER), &body(FOREIGN_DOCKER_LAYER, urls)).is_ok());
    assert_eq!(accept(Some(DOCKER), &body(FOREIGN_DOCKER_LAYER, "")), problem("missing URL on layer"));
    assert_eq!(accept(Some(DOCKER), &body("application/x", urls)), problem("unexpected URL on layer"));
}

#[test]
fn artifact_type_falls_back_to_the_config_and_an_index_has_none() {
    // distribution 159
    assert_eq!(accept(Some(OCI), &image("")).unwrap().artifact_type(), Some("application/x"));
    assert_eq!(accept(Some(OCI), &image(r#","artifactType":"a/b""#)).unwrap().artifact_type(), Some("a/b"));
    assert_eq!(
        accept(Some(OCI), &image(r#","artifactType":"""#)).unwrap().artifact_type(),
        Some("application/x")
    );
    assert_eq!(accept(Some(INDEX), &index("")).unwrap().artifact_type(), None);
}

#[test]
fn an_index_takes_entries_without_a_platform_and_empty_lists() {
    // distribution 124; decisions 3.2
    let body = format!(
        r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#,
        descriptor("a"),
        descriptor("b").replacen('{', r#"{"platform":{"os":"linux"},"#, 1)
    );
    let Content::Index { manifests } = accept(Some(INDEX), &body).unwrap().content().clone() else {
        panic!("an index")
    };
    assert_eq!(manifests[0].platform, None);
    assert_eq!(
        manifests[1].platform.as_ref().map(|p| (p.os.as_str(), p.architecture.as_str())),
        Some(("linux", ""))
    );
    assert!(accept(Some(INDEX), r#"{"schemaVersion":2,"manifests":[]}"#).is_ok());
    assert!(accept(Some(OCI), &image("").replace(&format!("[{}]", descriptor("l")), "[]")).is_ok());
}

#[test]
fn the_bytes_are_kept_and_the_digest_is_theirs() {
    // distribution 119
    let body = format!("  {}\n", image(r#","x":{"y":[1, 2]}"#));
    let manifest = accept(Some(OCI), &body).unwrap();
    assert_eq!(manifest.raw(), body.as_bytes());
    assert_eq!(manifest.digest(), Digest::sha256(body.as_bytes()));
    let long = Manifest::accept(Some(OCI), Bytes::from(body.clone()), Algorithm::Sha512).unwrap();
    assert_eq!(long.digest(), Digest::of(Algorithm::Sha512, body.as_bytes()));
}

proptest! {
    // reliability F04: accepted means exactly one type, and what was accepted reads back the same.
    #[test]
    fn accepted_bytes_read_back_the_same(
        extra in prop::sample::select(vec!["", r#","annotations":{"a":"b"}"#, r#","unknown":[{"a":null}]"#, r#","artifactType":"a/b""#]),
        is_index in any::<bool>(),
    ) {
        let (content_type, body) = if is_index { (INDEX, index(extra)) } else { (OCI, image(extra)) };
        let manifest = accept(Some(content_type), &body).unwrap();
        let again = Manifest::stored(manifest.media_type(), manifest.digest(), manifest.raw().clone()).unwrap();
        prop_assert_eq!(again, manifest);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>(), content_type in prop::option::of(prop::sample::select(vec![OCI, INDEX, DOCKER, LIST, "x"]))) {
        let _ = Manifest::accept(content_type, Bytes::from(bytes), Algorithm::Sha256);
    }
}
