//! Making objects.

use http::Method;
use serde_json::{Value, json};

use crate::api::{Api, B, N, names};

fn stream(name: &str) -> Value {
    json!({"kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": {"name": name}})
}

// kubernetes-api 32, 44; image-api 5, 27, 28
#[tokio::test]
async fn the_server_fills_in_what_is_its_own() {
    let (_rig, api) = Api::start().await;
    let body = json!({
        "kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
        "metadata": {
            "name": "app", "uid": "mine", "creationTimestamp": null, "generation": 99, "managedFields": [],
            "labels": {"tier": "web"},
        },
        "spec": {"tags": [{"name": "b", "from": {"kind": "DockerImage", "name": "quay.io/x/y:b"}, "generation": 7}]},
        "status": {"dockerImageRepository": "x", "tags": [{"tag": "a", "items": []}]},
    });
    let reply = api.post(&format!("{N}/imagestreams"), &body).await;
    assert_eq!(reply.status, 201, "{}", reply.message());
    assert_eq!(reply.warnings(), Vec::<String>::new());
    let made = reply.json();
    let meta = &made["metadata"];
    assert_eq!(
        (&made["kind"], &made["apiVersion"]),
        (&json!("ImageStream"), &json!("image.openshift.io/v1"))
    );
    assert_eq!(meta["uid"].as_str().unwrap().len(), 36, "a uuid");
    assert_eq!(meta["creationTimestamp"], "2026-02-03T10:16:00Z");
    assert_eq!((&meta["generation"], &meta["namespace"]), (&json!(1), &json!("demo")));
    assert_eq!(made["spec"]["tags"][0]["generation"], 1);
    assert_eq!(made["status"]["tags"], Value::Null, "a status is not for clients to make");
    let found = api.found(&format!("{N}/imagestreams/app")).await;
    assert_eq!(found, made);
    assert_eq!(reply.outcome.verb, "create");
}

// kubernetes-api 37
#[tokio::test]
async fn kind_and_namespace_may_be_left_to_the_path() {
    let (_rig, api) = Api::start().await;
    let made = api.make(&format!("{N}/imagestreams"), &json!({"metadata": {"name": "bare"}})).await;
    assert_eq!(made["metadata"]["namespace"], "demo");
    let named = json!({"metadata": {"name": "in", "namespace": "demo"}});
    api.make(&format!("{N}/imagestreams"), &named).await;
    assert_eq!(names(&api.found(&format!("{N}/imagestreams")).await), ["bare", "in"]);
}

// kubernetes-api 45
#[tokio::test]
async fn a_namespace_means_nothing_to_what_has_none() {
    let (_rig, api) = Api::start().await;
    let body = json!({"metadata": {"name": "other", "namespace": "demo"}});
    let made = api.make("/api/v1/namespaces", &body).await;
    assert_eq!(made["metadata"]["namespace"], Value::Null);
    assert_eq!(made["status"]["phase"], "Active");
}

// kubernetes-api 58a, 67, 68
#[tokio::test]
async fn bodies_come_in_several_types() {
    let (_rig, api) = Api::start().await;
    let path = format!("{N}/imagestreams");
    for (name, content_type) in
        [("a", ""), ("b", "application/json"), ("c", "application/json; charset=utf-8")]
    {
        let headers = [("content-type", content_type)];
        let headers = if content_type.is_empty() { &headers[..0] } else { &headers[..] };
        let reply = api.send(Method::POST, &path, headers, stream(name).to_string()).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.message());
    }
    let yaml = "metadata:\n  name: d\nspec:\n  lookupPolicy:\n    local: true\n";
    let reply = api.send(Method::POST, &path, &[("content-type", "application/yaml")], yaml).await;
    assert_eq!((reply.status, &reply.json()["spec"]["lookupPolicy"]["local"]), (201, &json!(true)));
    let shown = api.send(Method::GET, &format!("{path}/d"), &[("accept", "application/yaml")], "").await;
    assert_eq!(shown.headers["content-type"], "application/yaml");
    assert!(String::from_utf8_lossy(&shown.body).contains("kind: ImageStream\n"), "{shown:?}");
}

// image-api 94, 101, 102; kubernetes-api 62
#[tokio::test]
async fn what_is_there_already() {
    let (rig, api) = Api::start().await;
    let image = weir_testkit::SampleImage::of("x");
    let digest = rig.push("demo/app", "v1", &image).await.to_string();
    let reply = api.post(&format!("{N}/imagestreams"), &stream("app")).await;
    let status = reply.json();
    assert_eq!(
        (reply.status, &status["reason"], &status["message"]),
        (409, &json!("AlreadyExists"), &json!("imagestreams.image.openshift.io \"app\" already exists"))
    );
    assert_eq!(
        status["details"],
        json!({"name": "app", "group": "image.openshift.io", "kind": "imagestreams"})
    );
    let same = json!({"metadata": {"name": digest}, "dockerImageReference": "a/b@sha256:1"});
    let reply = api.post(&format!("{B}/images"), &same).await;
    assert_eq!((reply.status, reply.json()["details"]["kind"].clone()), (409, json!("images")), "{reply:?}");

    let signature = |name: &str| json!({"metadata": {"name": format!("{digest}@{name}")}, "type": "AtomicImageV1", "content": "c2ln"});
    let path = format!("{B}/imagesignatures");
    let made = api.make(&path, &signature("one")).await;
    assert_eq!(made["kind"], "ImageSignature");
    let again = api.post(&path, &signature("two")).await;
    let expected = format!("imageSignatures.image.openshift.io \"{digest}@two\" already exists");
    assert_eq!((again.status, again.message()), (409, expected), "the same content");
    let unknown = json!({"metadata": {"name": "sha256:0@x"}, "type": "AtomicImageV1", "content": "c2ln"});
    let reply = api.post(&path, &unknown).await;
    assert_eq!(
        reply.refusal(),
        (404, "NotFound".into(), "images.image.openshift.io \"sha256:0\" not found".into())
    );
    let image = api.found(&format!("{B}/images/{digest}")).await;
    assert_eq!(image["signatures"].as_array().map(Vec::len), Some(1));
}

// image-api 123, 124, 127
#[tokio::test]
async fn a_tag_makes_its_stream() {
    let (_rig, api) = Api::start().await;
    let tag = json!({
        "metadata": {"name": "new:v1"},
        "tag": {"from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}},
    });
    let made = api.make(&format!("{N}/imagestreamtags"), &tag).await;
    assert_eq!((&made["kind"], &made["tag"]["name"]), (&json!("ImageStreamTag"), &json!("v1")));
    let stream = api.found(&format!("{N}/imagestreams/new")).await;
    assert_eq!(stream["spec"]["tags"][0]["from"]["name"], "quay.io/x/y:1");
    let again = api.post(&format!("{N}/imagestreamtags"), &tag).await;
    assert_eq!(
        again.refusal(),
        (409, "AlreadyExists".into(), "imagestreamtag.image.openshift.io \"new:v1\" already exists".into())
    );
    let shown = api.found(&format!("{N}/imagetags/new:v1")).await;
    assert_eq!(shown["spec"]["from"]["name"], "quay.io/x/y:1");
}

// image-api 146, 147, 152
#[tokio::test]
async fn a_mapping_is_answered_with_a_status() {
    let (rig, api) = Api::start().await;
    let digest = rig.push("demo/app", "v1", &weir_testkit::SampleImage::of("x")).await.to_string();
    let mapping = |stream: &str| {
        json!({
            "kind": "ImageStreamMapping", "apiVersion": "image.openshift.io/v1",
            "metadata": {"name": stream},
            "image": {"metadata": {"name": digest}, "dockerImageReference": ""}, "tag": "mapped",
        })
    };
    let reply = api.post(&format!("{N}/imagestreammappings"), &mapping("app")).await;
    assert_eq!(
        (reply.status, reply.json()),
        (
            201,
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201})
        )
    );
    let tag = api.found(&format!("{N}/imagestreamtags/app:mapped")).await;
    assert_eq!(tag["image"]["metadata"]["name"], digest.as_str());
    let reply = api.post(&format!("{N}/imagestreammappings"), &mapping("nosuch")).await;
    let status = reply.json();
    assert_eq!(
        (reply.status, &status["message"], &status["details"]["kind"]),
        (
            404,
            &json!("imagestreammappings.image.openshift.io \"nosuch\" not found"),
            &json!("imagestreammappings")
        )
    );
}

// kubernetes-api 76, 78: what kubectl sends for `create namespace`
#[tokio::test]
async fn a_namespace_comes_as_protobuf() {
    let (_rig, api) = Api::start().await;
    let text =
        |field: u8, bytes: &[u8]| [&[field << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let types = [text(1, b"v1"), text(2, b"Namespace")].concat();
    let raw = text(1, &text(1, b"typed"));
    let body = [b"k8s\0".to_vec(), text(1, &types), text(2, &raw)].concat();
    let headers = [("content-type", "application/vnd.kubernetes.protobuf")];
    let reply = api.send(Method::POST, "/api/v1/namespaces", &headers, body.clone()).await;
    assert_eq!(
        (reply.status, &reply.json()["metadata"]["name"]),
        (201, &json!("typed")),
        "{}",
        reply.message()
    );
    for bad in [&body[..body.len() - 2], b"k8s", b"{}"] {
        let reply = api.send(Method::POST, "/api/v1/namespaces", &headers, bad.to_vec()).await;
        assert_eq!(reply.status, 400, "{}", reply.message());
    }
}

// kubernetes-api 72
#[tokio::test]
async fn large_answers_are_packed_for_those_who_ask() {
    let (_rig, api) = Api::start().await;
    let body = json!({"metadata": {"name": "large", "annotations": {"a": "b".repeat(200_000)}}});
    api.make(&format!("{N}/imagestreams"), &body).await;
    let path = format!("{N}/imagestreams/large");
    let packed = api.send(Method::GET, &path, &[("accept-encoding", "gzip")], "").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    assert!(packed.body.len() < 10_000);
    assert!(!api.get(&path).await.headers.contains_key("content-encoding"));
    let small = api.send(Method::GET, "/api/v1/namespaces", &[("accept-encoding", "gzip")], "").await;
    assert!(!small.headers.contains_key("content-encoding"));
}

// kubernetes-api 62: a form that cannot be shown is refused before anything is done
#[tokio::test]
async fn an_answer_that_cannot_be_written_is_refused_first() {
    let (_rig, api) = Api::start().await;
    let streams = format!("{N}/imagestreams");
    for accept in ["text/html", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"] {
        let reply = api.send(Method::POST, &streams, &[("accept", accept)], stream("x").to_string()).await;
        assert_eq!(reply.status, 406, "{accept}");
    }
    assert_eq!(api.found(&streams).await["items"], json!([]));
    let partial = [("accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1")];
    let reply = api.send(Method::POST, &streams, &partial, stream("x").to_string()).await;
    assert_eq!((reply.status, &reply.json()["kind"]), (201, &json!("PartialObjectMetadata")));
    let reply = api.send(Method::DELETE, &streams, &partial, "").await;
    assert_eq!((reply.status, names(&api.found(&streams).await)), (406, vec!["x"]));
}

// image-api 14.2, 14.3: what cannot be found is told in the answer, what makes no sense is refused
#[tokio::test]
async fn an_import_tells_what_became_of_each_image() {
    let (_rig, api) = Api::start().await;
    let path = format!("{N}/imagestreamimports");
    let import = |kind: &str| {
        json!({
            "kind": "ImageStreamImport", "apiVersion": "image.openshift.io/v1", "metadata": {"name": "app"},
            "spec": {"import": true, "images": [{
                "from": {"kind": kind, "name": "127.0.0.1:1/nobody/here:v1"}, "to": {"name": "v1"},
                "importPolicy": {"insecure": true},
            }]},
            "status": {},
        })
    };
    let reply = api.post(&path, &import("DockerImage")).await;
    let answer = reply.json();
    assert_eq!((reply.status, &answer["kind"]), (201, &json!("ImageStreamImport")), "{}", reply.message());
    assert_eq!(answer["status"]["images"][0]["status"]["status"], "Failure");
    let refused = api.post(&path, &import("Bogus")).await;
    let (status, reason, message) = refused.refusal();
    assert_eq!((status, reason.as_str()), (422, "Invalid"));
    assert!(
        message
            .starts_with("ImageStreamImport.image.openshift.io \"app\" is invalid: spec.images[0].from.kind"),
        "{message}"
    );
}
