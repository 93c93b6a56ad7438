//! Changing a part of an object.

use serde_json::{Value, json};

use crate::api::{Api, N};

const MERGE: &str = "merge-patch+json";
const STRATEGIC: &str = "strategic-merge-patch+json";
const JSON: &str = "json-patch+json";

async fn tagged(api: &Api) -> String {
    let tag = |name: &str| json!({"name": name, "from": {"kind": "DockerImage", "name": format!("quay.io/x/y:{name}")}});
    let body = json!({"metadata": {"name": "app"}, "spec": {"tags": [tag("a"), tag("b")]}});
    api.make(&format!("{N}/imagestreams"), &body).await;
    format!("{N}/imagestreams/app")
}

fn tags(stream: &Value) -> Vec<&str> {
    let tags = stream["spec"]["tags"].as_array();
    tags.into_iter().flatten().map(|tag| tag["name"].as_str().unwrap()).collect()
}

// kubernetes-api 112, 113, 114; image-api 19, 20
#[tokio::test]
async fn three_ways_to_say_it() {
    let (_rig, api) = Api::start().await;
    let path = tagged(&api).await;
    let reply = api.patch(&path, MERGE, &json!({"metadata": {"labels": {"x": "1", "y": "2"}}})).await;
    assert_eq!((reply.status, &reply.json()["metadata"]["labels"]), (200, &json!({"x": "1", "y": "2"})));
    let reply = api.patch(&path, MERGE, &json!({"metadata": {"labels": {"x": null}}})).await;
    assert_eq!(reply.json()["metadata"]["labels"], json!({"y": "2"}));
    let added =
        json!({"spec": {"tags": [{"name": "c", "from": {"kind": "DockerImage", "name": "quay.io/x/y:c"}}]}});
    let reply = api.patch(&path, STRATEGIC, &added).await;
    assert_eq!(tags(&reply.json()), ["a", "b", "c"], "merged by name: {}", reply.message());
    let removed = json!({"spec": {"tags": [{"name": "b", "$patch": "delete"}]}});
    let reply = api.patch(&path, STRATEGIC, &removed).await;
    assert_eq!(tags(&reply.json()), ["a", "c"]);
    let operations = json!([
        {"op": "test", "path": "/metadata/labels/y", "value": "2"},
        {"op": "add", "path": "/spec/lookupPolicy/local", "value": true},
    ]);
    let reply = api.patch(&path, JSON, &operations).await;
    assert_eq!(
        (reply.status, &reply.json()["spec"]["lookupPolicy"]["local"]),
        (200, &json!(true)),
        "{}",
        reply.message()
    );
    let replaced = json!({"spec": {"tags": added["spec"]["tags"]}});
    assert_eq!(tags(&api.patch(&path, MERGE, &replaced).await.json()), ["c"], "a list as a whole");
    let failed = json!([{"op": "test", "path": "/metadata/labels/y", "value": "3"}]);
    let reply = api.patch(&path, JSON, &failed).await;
    assert_eq!(
        (reply.refusal(), reply.json()["details"].clone()),
        (
            (422, "Invalid".into(), "the server rejected our request due to an error in our request".into()),
            json!({})
        )
    );
}

// kubernetes-api 51, 52, 58
#[tokio::test]
async fn what_a_patch_makes_is_judged_like_any_object() {
    let (_rig, api) = Api::start().await;
    let path = tagged(&api).await;
    let before = api.found(&path).await;
    for (what, body) in [(MERGE, json!({})), (STRATEGIC, json!({})), (JSON, json!([]))] {
        let reply = api.patch(&path, what, &body).await;
        assert_eq!((reply.status, reply.json()), (200, before.clone()), "{what}");
    }
    let stale = json!({"metadata": {"resourceVersion": "1", "labels": {"a": "b"}}});
    let reply = api.patch(&path, MERGE, &stale).await;
    assert_eq!(reply.status, 409, "{}", reply.message());
    let strict = format!("{path}?fieldValidation=Strict");
    let unknown = json!({"spec": {"tagz": []}});
    let reply = api.patch(&strict, MERGE, &unknown).await;
    let (status, reason, message) = reply.refusal();
    assert_eq!((status, reason.as_str()), (422, "Invalid"));
    assert!(message.starts_with(" \"\" is invalid: patch: Invalid value: \"{"), "{message}");
    assert!(message.ends_with("strict decoding error: unknown field \"spec.tagz\""), "{message}");
    let reply = api.patch(&path, MERGE, &unknown).await;
    assert_eq!(
        (reply.status, reply.warnings()),
        (200, vec![r#"299 - "unknown field \"spec.tagz\"""#.to_owned()])
    );
    let reply = api.patch(&path, MERGE, &json!({"spec": {"tags": "x"}})).await;
    assert_eq!(reply.status, 422, "{}", reply.message());
    assert_eq!(api.found(&path).await, before);
}

// kubernetes-api 115, 119
#[tokio::test]
async fn what_no_patch_may_do() {
    let (_rig, api) = Api::start().await;
    let path = tagged(&api).await;
    let before = api.found(&path).await;
    let renamed = api.patch(&path, MERGE, &json!({"metadata": {"name": "other"}})).await;
    assert_eq!(
        (renamed.status, renamed.message()),
        (400, "the name of the object (other) does not match the name on the URL (app)".to_owned())
    );
    let moved = api.patch(&path, MERGE, &json!({"metadata": {"namespace": "other"}})).await;
    assert_eq!(
        (moved.status, moved.message()),
        (
            400,
            "the namespace of the object (other) does not match the namespace on the request (demo)"
                .to_owned()
        )
    );
    let reborn = api.patch(&path, MERGE, &json!({"metadata": {"uid": "x"}})).await;
    assert_eq!(reborn.status, 409, "{}", reborn.message());
    let changed = api.patch(&path, MERGE, &json!({"kind": "Image"})).await;
    assert_eq!(changed.status, 400, "{}", changed.message());
    let missing = api.patch(&format!("{N}/imagestreams/gone"), MERGE, &json!({})).await;
    assert_eq!((missing.status, missing.json()["details"]["name"].clone()), (404, json!("gone")));
    for content_type in ["json", "xml", "apply-patch+json"] {
        let reply = api.patch(&path, content_type, &json!({})).await;
        assert_eq!((reply.status, reply.json()["reason"].clone()), (415, json!("UnsupportedMediaType")));
        assert!(
            reply.message().contains("application/json-patch+json, application/merge-patch+json"),
            "{reply:?}"
        );
    }
    assert_eq!(api.found(&path).await, before);
}

// kubernetes-api 49
#[tokio::test]
async fn patches_of_many_are_all_kept() {
    let (_rig, api) = Api::start().await;
    let path = tagged(&api).await;
    let patches = (0..50).map(|number| {
        let body = json!({"metadata": {"labels": {format!("l{number}"): "x"}}});
        let (api, path) = (&api, path.as_str());
        async move {
            let reply = api.patch(path, MERGE, &body).await;
            assert_eq!(reply.status, 200, "{}", reply.message());
            reply.json()["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap()
        }
    });
    let mut versions = futures_util::future::join_all(patches).await;
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 50);
    let labels = api.found(&path).await["metadata"]["labels"].as_object().unwrap().len();
    assert_eq!(labels, 50);
}

// image-api 20, 10.5: a tag that is not there can be patched into being
#[tokio::test]
async fn a_tag_is_patched_into_being() {
    let (rig, api) = Api::start().await;
    rig.push("demo/app", "v1", &weir_testkit::SampleImage::of("x")).await;
    let path = format!("{N}/imagestreamtags/app:v2");
    let body = json!({"tag": {"from": {"kind": "ImageStreamTag", "name": "app:v1"}}});
    let reply = api.patch(&path, MERGE, &body).await;
    assert_eq!(reply.status, 201, "{}", reply.message());
    let tag = api.found(&path).await;
    assert_eq!(tag["tag"]["from"]["name"], "app:v1");
    let annotated = api.patch(&path, STRATEGIC, &json!({"metadata": {"annotations": {"a": "b"}}})).await;
    assert_eq!(annotated.status, 200, "{}", annotated.message());
    assert_eq!(annotated.json()["tag"]["annotations"], json!({"a": "b"}));
}
