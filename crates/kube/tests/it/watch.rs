//! Watches over a real registry: from the request to the frames.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Request;
use http_body_util::Empty;
use serde_json::{Value, json};
use tokio::time::timeout;
use weir_access::Identity;
use weir_kube::{Caller, Events, Payload};

use crate::api::{Api, N, PROJECTS};

async fn watch(api: &Api, path: &str) -> Events {
    let request = Request::get(path).body(Empty::<Bytes>::new()).unwrap();
    let caller = Caller { identity: Identity::anonymous(), request_id: "r".to_owned() };
    let response = api.0.serve(request, &caller).await;
    assert_eq!(
        (response.status(), &response.headers()["content-type"]),
        (http::StatusCode::OK, &"application/json".parse().unwrap())
    );
    match response.into_body() {
        Payload::Events(events) => events,
        Payload::Bytes(bytes) => panic!("{path}: {bytes:?}"),
    }
}

/// The next events: type and name of the object.
async fn next(events: &mut Events, count: usize) -> Vec<(String, Value)> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let piece = timeout(Duration::from_secs(20), events.next()).await;
        let piece = piece.unwrap_or_else(|_| panic!("no more than {seen:?}")).unwrap();
        for line in piece.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let event: Value = serde_json::from_slice(line).unwrap();
            seen.push((event["type"].as_str().unwrap().to_owned(), event["object"].clone()));
        }
    }
    seen
}

fn told(seen: &[(String, Value)]) -> Vec<(&str, &str)> {
    seen.iter().map(|(word, object)| (word.as_str(), object["metadata"]["name"].as_str().unwrap())).collect()
}

// kubernetes-api 97, 98; image-api 52, 97
#[tokio::test]
async fn every_kind_tells_what_happens_to_it() {
    let (rig, api) = Api::start().await;
    let mut streams = watch(&api, &format!("{N}/imagestreams?watch=true")).await;
    let mut tags = watch(&api, &format!("{N}/imagestreamtags?watch=true")).await;
    let mut image_tags =
        watch(&api, &format!("{N}/imagetags?watch=true&fieldSelector=metadata.name%3Dapp:v1")).await;
    let mut images = watch(&api, "/apis/image.openshift.io/v1/images?watch=true").await;
    let mut namespaces = watch(&api, "/api/v1/namespaces?watch=1").await;
    let mut projects = watch(&api, &format!("{PROJECTS}?watch=true")).await;
    let mut secrets = watch(&api, "/api/v1/secrets?watch=true").await;

    let digest = rig.push("demo/app", "v1", &weir_testkit::SampleImage::of("x")).await.to_string();
    assert_eq!(told(&next(&mut streams, 1).await), [("ADDED", "app")]);
    assert_eq!(told(&next(&mut tags, 1).await), [("ADDED", "app:v1")]);
    assert_eq!(told(&next(&mut image_tags, 1).await), [("ADDED", "app:v1")]);
    assert_eq!(told(&next(&mut images, 1).await), [("ADDED", digest.as_str())]);

    let labels = json!({"metadata": {"labels": {"a": "b"}}});
    assert_eq!(api.patch(&format!("{N}/imagestreams/app"), "merge-patch+json", &labels).await.status, 200);
    let seen = next(&mut streams, 1).await;
    assert_eq!(told(&seen), [("MODIFIED", "app")]);
    assert_eq!(seen[0].1["metadata"]["labels"], json!({"a": "b"}));
    let before = seen[0].1["metadata"]["resourceVersion"].clone();
    assert_eq!(api.delete(&format!("{N}/imagestreams/app")).await.status, 200);
    let seen = next(&mut streams, 1).await;
    assert_eq!(told(&seen), [("DELETED", "app")]);
    assert_ne!(seen[0].1["metadata"]["resourceVersion"], before, "the version of the deletion");

    api.make("/api/v1/namespaces/demo/secrets", &json!({"metadata": {"name": "s"}})).await;
    assert_eq!(told(&next(&mut secrets, 1).await), [("ADDED", "s")]);
    assert_eq!(told(&next(&mut namespaces, 1).await), [("ADDED", "demo")]);
    // A watch reads when it is read, and so the state is that of now.
    assert_eq!(told(&next(&mut projects, 1).await), [("ADDED", "demo")]);
    let annotated = json!({"metadata": {"annotations": {"a": "b"}}});
    assert_eq!(api.patch(&format!("{PROJECTS}/demo"), "merge-patch+json", &annotated).await.status, 200);
    assert_eq!(told(&next(&mut namespaces, 1).await), [("MODIFIED", "demo")]);
    let seen = next(&mut projects, 1).await;
    assert_eq!((told(&seen), &seen[0].1["kind"]), (vec![("MODIFIED", "demo")], &json!("Project")));
}

// kubernetes-api 59, 51: neither a dry run nor a write that changes nothing is an event
#[tokio::test]
async fn what_does_not_happen_is_not_told() {
    let (_rig, api) = Api::start().await;
    let made = api.make(&format!("{N}/imagestreams"), &json!({"metadata": {"name": "app"}})).await;
    let version = made["metadata"]["resourceVersion"].as_str().unwrap();
    let mut events = watch(&api, &format!("{N}/imagestreams?watch=true&resourceVersion={version}")).await;
    let path = format!("{N}/imagestreams/app");
    assert_eq!(api.put(&path, &made).await.status, 200);
    assert_eq!(api.delete(&format!("{path}?dryRun=All")).await.status, 200);
    let marked = json!({"metadata": {"labels": {"last": "one"}}});
    assert_eq!(api.patch(&format!("{path}?dryRun=All"), "merge-patch+json", &marked).await.status, 200);
    assert_eq!(api.patch(&path, "merge-patch+json", &marked).await.status, 200);
    let seen = next(&mut events, 1).await;
    assert_eq!(
        (told(&seen), &seen[0].1["metadata"]["labels"]["last"]),
        (vec![("MODIFIED", "app")], &json!("one"))
    );
}

// kubernetes-api 97, 102: lists find nothing there either
#[tokio::test]
async fn a_namespace_that_cannot_exist_is_an_empty_one() {
    let (_rig, api) = Api::start().await;
    api.make(&format!("{N}/imagestreams"), &json!({"metadata": {"name": "app"}})).await;
    let all = "watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    for path in [
        format!("/apis/image.openshift.io/v1/namespaces/No%20Name/imagestreams?{all}"),
        format!(
            "/apis/image.openshift.io/v1/imagestreams?fieldSelector=metadata.namespace%3DNo%20Name&{all}"
        ),
        format!("/api/v1/namespaces/No%20Name/secrets?{all}"),
    ] {
        let mut events = watch(&api, &path).await;
        let seen = next(&mut events, 1).await;
        assert_eq!(seen[0].0, "BOOKMARK", "{path}");
        let version = &api.found(&format!("{N}/imagestreams")).await["metadata"]["resourceVersion"];
        assert_eq!(seen[0].1["metadata"]["resourceVersion"], *version);
        assert_eq!(seen[0].1["metadata"]["annotations"], json!({"k8s.io/initial-events-end": "true"}));
    }
}

// kubernetes-api 68, 96: events are JSON, for whoever takes it
#[tokio::test]
async fn a_client_that_would_rather_have_yaml_watches_in_json() {
    let (_rig, api) = Api::start().await;
    let path = format!("{N}/imagestreams?watch=true");
    let ask = async |accept: &str| {
        let request = Request::get(&path).header("accept", accept).body(Empty::<Bytes>::new()).unwrap();
        let caller = Caller { identity: Identity::anonymous(), request_id: "r".to_owned() };
        api.0.serve(request, &caller).await.status()
    };
    assert_eq!(ask("application/yaml, application/json").await, 200);
    assert_eq!(ask("application/yaml").await, 406);
}
