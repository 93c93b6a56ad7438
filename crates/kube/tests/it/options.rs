//! The parameters of writes.

use http::Method;
use serde_json::json;

use crate::api::{Api, N, names};

// kubernetes-api 54, 55
#[tokio::test]
async fn unknown_and_duplicate_fields() {
    let (_rig, api) = Api::start().await;
    let path = format!("{N}/imagestreams");
    let body = r#"{"kind":"ImageStream","metadata":{"name":"fv","fooz":1},
        "spec":{"tagz":[],"lookupPolicy":{"local":false},"lookupPolicy":{"local":true}}}"#;
    let send = |validation: &str| {
        let path = format!("{path}?fieldValidation={validation}");
        let api = &api;
        async move { api.send(Method::POST, &path, &[], body).await }
    };
    let strict = send("Strict").await;
    assert_eq!(
        strict.refusal(),
        (
            400,
            "BadRequest".into(),
            "ImageStream in version \"v1\" cannot be handled as a ImageStream: strict decoding error: unknown field \
             \"metadata.fooz\", unknown field \"spec.tagz\", duplicate field \"spec.lookupPolicy\""
                .into()
        )
    );
    assert_eq!(names(&api.found(&path).await), Vec::<&str>::new());
    for (name, validation, warns) in [("fv", "", true), ("fv", "Warn", true), ("fv", "Ignore", false)] {
        let reply = send(validation).await;
        assert_eq!(reply.status, 201, "{}", reply.message());
        let made = reply.json();
        assert_eq!(made["spec"]["lookupPolicy"]["local"], true, "the last one counts");
        assert_eq!((&made["metadata"]["fooz"], &made["spec"]["tagz"]), (&json!(null), &json!(null)));
        let expected = [
            r#"299 - "unknown field \"metadata.fooz\"""#,
            r#"299 - "unknown field \"spec.tagz\"""#,
            r#"299 - "duplicate field \"spec.lookupPolicy\"""#,
        ];
        assert_eq!(reply.warnings(), if warns { &expected[..] } else { &[] }, "{validation}");
        assert_eq!(api.delete(&format!("{path}/{name}")).await.status, 200);
    }
}

// kubernetes-api 59; image-api 21
#[tokio::test]
async fn a_dry_run_leaves_nothing() {
    let (rig, api) = Api::start().await;
    rig.push("demo/kept", "v1", &weir_testkit::SampleImage::of("x")).await;
    let before = api.found(&format!("{N}/imagestreams")).await;
    let body = json!({"metadata": {"name": "dry"}});
    let reply = api.post(&format!("{N}/imagestreams?dryRun=All"), &body).await;
    let made = reply.json();
    assert_eq!(reply.status, 201, "{}", reply.message());
    assert!(made["metadata"]["uid"].is_string() && made["metadata"]["resourceVersion"].is_null(), "{made}");
    let tag =
        json!({"metadata": {"name": "dry:v1"}, "tag": {"from": {"kind": "DockerImage", "name": "a/b:1"}}});
    assert_eq!(api.post(&format!("{N}/imagestreamtags?dryRun=All"), &tag).await.status, 201);
    assert_eq!(api.put(&format!("{N}/imagestreamtags/dry:v1?dryRun=All"), &tag).await.status, 201);
    let path = format!("{N}/imagestreams/kept?dryRun=All");
    let patched = api.patch(&path, "merge-patch+json", &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!((patched.status, &patched.json()["metadata"]["labels"]["a"]), (200, &json!("b")));
    let mut wanted = api.found(&format!("{N}/imagestreams/kept")).await;
    wanted["metadata"]["labels"] = json!({"c": "d"});
    assert_eq!(api.put(&path, &wanted).await.status, 200);
    assert_eq!(api.delete(&path).await.status, 200);
    assert_eq!(api.delete(&format!("{N}/imagestreamtags/kept:v1?dryRun=All")).await.status, 200);
    let body = json!({"dryRun": ["All"]}).to_string();
    assert_eq!(api.send(Method::DELETE, &format!("{N}/imagestreams/kept"), &[], body).await.status, 200);
    assert_eq!(api.found(&format!("{N}/imagestreams")).await, before, "not even a new version");
}

// kubernetes-api 144, 145: nobody's body is read who may not write
#[tokio::test]
async fn rights_come_before_everything_else() {
    let (rig, admin) = Api::start().await;
    admin.make(&format!("{N}/imagestreams"), &json!({"metadata": {"name": "app"}})).await;
    let reader = Api::open_to(&rig, weir_access::OpenTo::Read);
    let writer = Api::open_to(&rig, weir_access::OpenTo::Write);
    let streams = format!("{N}/imagestreams");
    let refused = reader.send(Method::POST, &streams, &[("content-type", "text/plain")], "nonsense").await;
    assert_eq!(
        refused.refusal(),
        (
            403,
            "Forbidden".into(),
            "imagestreams.image.openshift.io is forbidden: User \"system:anonymous\" cannot create resource \
             \"imagestreams\" in API group \"image.openshift.io\" in the namespace \"demo\""
                .into()
        )
    );
    for name in ["app", "nosuch"] {
        let status = reader.patch(&format!("{streams}/{name}/status"), "merge-patch+json", &json!({})).await;
        let expected = format!(
            "imagestreams.image.openshift.io \"{name}\" is forbidden: User \"system:anonymous\" cannot patch resource \
             \"imagestreams/status\" in API group \"image.openshift.io\" in the namespace \"demo\""
        );
        assert_eq!((status.status, status.message()), (403, expected));
        let deleted = writer.delete(&format!("{streams}/{name}")).await;
        assert_eq!(deleted.status, 403, "deleting takes more than writing");
    }
    assert_eq!(writer.delete(&streams).await.status, 403);
    // reliability-security 75: the status says which tags there are, and what they show.
    let emptied = json!({"metadata": {"name": "app"}, "status": {"tags": []}});
    for path in [format!("{streams}/app/status"), format!("{streams}/nosuch/status")] {
        assert_eq!(writer.put(&path, &emptied).await.status, 403);
        assert_eq!(writer.patch(&path, "merge-patch+json", &emptied).await.status, 403);
    }
    assert_eq!(writer.get(&format!("{streams}/app/status")).await.status, 200);
    assert_eq!(writer.post(&streams, &json!({"metadata": {"name": "mine"}})).await.status, 201);
    assert_eq!(writer.get("/api/v1/namespaces/demo/secrets").await.status, 403);
    assert_eq!(writer.get(&format!("{N}/imagestreams/app/secrets")).await.status, 403);
    assert_eq!(writer.get("/api/v1/namespaces/demo/secrets?watch=true").await.status, 403);
}

// The history is this server's own.
#[tokio::test]
async fn the_history_tells_who_and_why() {
    let (_rig, api) = Api::start().await;
    let tag = json!({
        "metadata": {"name": "app:v1"},
        "tag": {"from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}, "reference": true},
    });
    let headers = [("user-agent", "oc/4.20"), ("weir-reason", "the tests want it")];
    let path = format!("{N}/imagestreamtags/app:v1");
    assert_eq!(api.send(Method::PUT, &path, &headers, tag.to_string()).await.status, 201);
    let history = api.found(&format!("{N}/imagestreams/app/history?tag=v1")).await;
    let entry = &history["entries"][0];
    assert_eq!((&history["kind"], &entry["tag"]), (&json!("ImageStreamHistory"), &json!("v1")));
    assert_eq!((&entry["user"], &entry["client"]), (&json!("system:anonymous"), &json!("oc/4.20")));
    assert_eq!((&entry["reason"], &entry["kind"]), (&json!("the tests want it"), &json!("tag")));
    let long = [("weir-reason", "x".repeat(1025))];
    let long = long.each_ref().map(|(name, value)| (*name, value.as_str()));
    let refused = api.send(Method::PUT, &path, &long, tag.to_string()).await;
    assert_eq!((refused.status, refused.message()), (400, "weir-reason has at most 1024 bytes".to_owned()));
    let none = api.found(&format!("{N}/imagestreams/app/history?tag=other")).await;
    assert_eq!(none["entries"], json!([]));
    assert_eq!(api.get(&format!("{N}/imagestreams/nosuch/history")).await.status, 404);
}
