//! Signatures as skopeo and podman read and write them (integrated-registry 4.1).

use http::Method;
use serde_json::{Value, json};
use weir_access::OpenTo;
use weir_oci::Digest;
use weir_testkit::{Reply, Rig, RigOptions, SampleImage};

use crate::common::REPO;

fn path(repository: &str, digest: &Digest) -> String {
    format!("/extensions/v2/{repository}/signatures/{digest}")
}

fn signature(digest: &Digest, name: &str, content: &str) -> Value {
    json!({"schemaVersion": 2, "name": format!("{digest}@{name}"), "type": "atomic", "content": content})
}

async fn put(rig: &Rig, digest: &Digest, body: &Value) -> Reply {
    rig.ask(Method::PUT, path(REPO, digest)).body(body.to_string()).send().await
}

async fn signed() -> (Rig, Digest) {
    let rig = Rig::start().await;
    let digest = rig.push(REPO, "v1", &SampleImage::of("a")).await;
    (rig, digest)
}

#[tokio::test]
async fn a_signature_comes_back_as_it_was_sent() {
    // integrated-registry 124, 125; field C096
    let (rig, digest) = signed().await;
    let unsigned = rig.get(path(REPO, &digest)).await;
    assert_eq!((unsigned.status, &unsigned.body[..]), (200, &br#"{"signatures":[]}"#[..]));
    assert_eq!(unsigned.header("content-type"), Some("application/json; charset=utf-8"));

    let one = signature(&digest, &"1".repeat(32), "c2ln");
    let reply = put(&rig, &digest, &one).await;
    assert_eq!((reply.status, reply.body.len()), (201, 0), "{reply:?}");
    let again = put(&rig, &digest, &one).await;
    assert_eq!((again.status, again.code().as_str()), (409, "SIGNATURE_EXISTS"));
    let same_under_another_name = put(&rig, &digest, &signature(&digest, "x", "c2ln")).await;
    assert_eq!(
        (same_under_another_name.status, same_under_another_name.code().as_str()),
        (409, "SIGNATURE_EXISTS")
    );
    let untyped = json!({"schemaVersion": 2, "name": format!("{digest}@two"), "content": "AAEC", "more": 1});
    assert_eq!(put(&rig, &digest, &untyped).await.status, 201);

    let two = json!({"schemaVersion": 2, "name": format!("{digest}@two"), "type": "AtomicImageV1", "content": "AAEC"});
    let rig = rig.restart().await;
    assert_eq!(rig.get(path(REPO, &digest)).await.json(), json!({"signatures": [one, two]}));
    let image = rig.registry.engine().image(&digest.to_string()).unwrap().unwrap();
    assert_eq!(image.signatures.len(), 2, "the image API shows the same");
}

#[tokio::test]
async fn an_image_that_is_not_in_the_repository_has_none_and_gets_none() {
    // integrated-registry 124, 125
    let (rig, digest) = signed().await;
    rig.push("demo/other", "v1", &SampleImage::of("b")).await;
    let absent = Digest::sha256(b"absent");
    for (repository, digest) in [(REPO, &absent), ("demo/other", &digest), ("demo/none", &digest)] {
        let get = rig.get(path(repository, digest)).await;
        assert_eq!((get.status, get.body.len()), (404, 0), "{repository}");
        let body = signature(digest, "x", "c2ln").to_string();
        let put = rig.ask(Method::PUT, path(repository, digest)).body(body).send().await;
        assert_eq!((put.status, put.body.len()), (404, 0), "{repository}");
    }
    assert_eq!(rig.get(path(REPO, &digest)).await.json(), json!({"signatures": []}));
}

#[tokio::test]
async fn what_is_no_signature_is_refused() {
    // integrated-registry 124, 128a
    let (rig, digest) = signed().await;
    let other = Digest::sha256(b"other");
    let good = signature(&digest, "x", "c2ln");
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body.to_string()
    };
    for (what, body) in [
        ("no JSON", "{".to_owned()),
        ("nothing", String::new()),
        ("a list", "[]".to_owned()),
        ("version 1", with("schemaVersion", json!(1))),
        ("no version", with("schemaVersion", Value::Null)),
        ("a version in words", with("schemaVersion", json!("2"))),
        ("no @", with("name", json!(digest.to_string()))),
        ("no name after @", with("name", json!(format!("{digest}@")))),
        ("two @", with("name", json!(format!("{digest}@a@b")))),
        ("another image", with("name", json!(format!("{other}@x")))),
        ("a number as name", with("name", json!(7))),
        ("no base64", with("content", json!("***"))),
        ("no content", with("content", json!(""))),
        ("a number as type", with("type", json!(1))),
    ] {
        let reply = rig.ask(Method::PUT, path(REPO, &digest)).body(body).send().await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "SIGNATURE_INVALID"), "{what}: {reply:?}");
    }
    let large = with("content", json!("A".repeat(128 * 1024)));
    let reply = rig.ask(Method::PUT, path(REPO, &digest)).body(large).send().await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "SIGNATURE_INVALID"));
    assert_eq!(rig.get(path(REPO, &digest)).await.json(), json!({"signatures": []}));
    assert_eq!(put(&rig, &digest, &good).await.status, 201);
}

#[tokio::test]
async fn signing_takes_more_than_pushing() {
    // integrated-registry 128a
    for (open_to, read_only, status, code) in [
        (OpenTo::Write, false, 403, "DENIED"),
        (OpenTo::Read, false, 403, "DENIED"),
        (OpenTo::Admin, true, 405, "UNSUPPORTED"),
    ] {
        let (rig, digest) = signed().await;
        let mut options = RigOptions { open_to, ..RigOptions::default() };
        options.registry.read_only = read_only;
        let rig = rig.restart_with(options).await;
        let reply = put(&rig, &digest, &signature(&digest, "x", "c2ln")).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code));
        assert_eq!(rig.get(path(REPO, &digest)).await.status, 200);
    }
}
