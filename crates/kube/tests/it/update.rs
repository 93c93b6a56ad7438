//! Replacing objects.

use serde_json::{Value, json};

use crate::api::{Api, N};

async fn stream(api: &Api, name: &str) -> Value {
    api.make(&format!("{N}/imagestreams"), &json!({"metadata": {"name": name}})).await
}

// kubernetes-api 41, 51; image-api 29, 33
#[tokio::test]
async fn a_replacement_is_a_new_version_unless_nothing_changes() {
    let (_rig, api) = Api::start().await;
    let mut wanted = stream(&api, "one").await;
    let path = format!("{N}/imagestreams/one");
    let version = wanted["metadata"]["resourceVersion"].clone();
    let same = api.put(&path, &wanted).await;
    assert_eq!((same.status, &same.json()["metadata"]["resourceVersion"]), (200, &version));
    wanted["metadata"]["labels"] = json!({"a": "b"});
    wanted["metadata"]["generation"] = json!(50);
    wanted["status"]["tags"] = json!([{"tag": "x", "items": []}]);
    let reply = api.put(&path, &wanted).await;
    let changed = reply.json();
    assert_eq!(reply.status, 200, "{}", reply.message());
    assert_eq!(changed["metadata"]["labels"], json!({"a": "b"}));
    assert_eq!(changed["metadata"]["generation"], 1, "labels are no part of the spec");
    assert_eq!(changed["status"]["tags"], Value::Null);
    assert_ne!(changed["metadata"]["resourceVersion"], version);
}

// kubernetes-api 46, 47, 48; image-api 12, 13, 14
#[tokio::test]
async fn versions_and_identities_are_held_against_the_object() {
    let (_rig, api) = Api::start().await;
    let old = stream(&api, "one").await;
    let path = format!("{N}/imagestreams/one");
    let mut newer = old.clone();
    newer["metadata"]["labels"] = json!({"a": "b"});
    assert_eq!(api.put(&path, &newer).await.status, 200);
    let current = api.found(&path).await;

    let stale = api.put(&path, &old).await;
    let status = stale.json();
    assert_eq!(
        (stale.status, &status["reason"], &status["message"]),
        (
            409,
            &json!("Conflict"),
            &json!(
                "Operation cannot be fulfilled on imagestreams.image.openshift.io \"one\": the object has been \
                 modified; please apply your changes to the latest version and try again"
            )
        )
    );
    assert_eq!(
        status["details"],
        json!({"name": "one", "group": "image.openshift.io", "kind": "imagestreams"})
    );
    let mut without = current.clone();
    without["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    let reply = api.put(&path, &without).await;
    assert_eq!(
        reply.refusal(),
        (
            422,
            "Invalid".into(),
            "imagestreams.image.openshift.io \"one\" is invalid: metadata.resourceVersion: Invalid value: 0: must be \
             specified for an update"
                .into()
        )
    );
    let mut other = current.clone();
    other["metadata"]["uid"] = json!("5d1f3b1e-6a0c-4c7e-9d27-0f2a7f3b9c11");
    let reply = api.put(&path, &other).await;
    assert_eq!(
        (reply.status, reply.json()["reason"].clone()),
        (409, json!("Conflict")),
        "{}",
        reply.message()
    );
    assert!(reply.message().contains("Precondition failed: UID in precondition: 5d1f3b1e"), "{reply:?}");
    let mut missing = current.clone();
    missing["metadata"]["name"] = json!("gone");
    let reply = api.put(&format!("{N}/imagestreams/gone"), &missing).await;
    assert_eq!((reply.status, reply.json()["details"]["name"].clone()), (404, json!("gone")));
    assert_eq!(api.found(&path).await, current, "nothing of this left a trace");
}

// kubernetes-api 50
#[tokio::test]
async fn of_many_with_the_same_version_one_wins() {
    let (_rig, api) = Api::start().await;
    let made = stream(&api, "one").await;
    let path = format!("{N}/imagestreams/one");
    let writes = (0..50).map(|number| {
        let mut wanted = made.clone();
        wanted["metadata"]["labels"] = json!({"writer": number.to_string()});
        let (api, path) = (&api, path.as_str());
        async move { api.put(path, &wanted).await.status }
    });
    let mut statuses = futures_util::future::join_all(writes).await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
}

// image-api 127, 128, 131, 132
#[tokio::test]
async fn a_tag_is_made_or_changed() {
    let (_rig, api) = Api::start().await;
    let path = format!("{N}/imagestreamtags/app:v1");
    let tag = |source: &str| {
        json!({
            "kind": "ImageStreamTag", "apiVersion": "image.openshift.io/v1",
            "metadata": {"name": "app:v1", "namespace": "demo", "annotations": {"why": "tests"}},
            "tag": {"name": "v1", "from": {"kind": "DockerImage", "name": source}, "generation": null},
        })
    };
    let made = api.put(&path, &tag("quay.io/x/y:1")).await;
    assert_eq!(made.status, 201, "{}", made.message());
    let changed = api.put(&path, &tag("quay.io/x/y:2")).await;
    assert_eq!(changed.status, 200, "{}", changed.message());
    assert_eq!(changed.json()["tag"]["annotations"], json!({"why": "tests"}));
    let mut elsewhere = tag("quay.io/x/y:1");
    elsewhere["metadata"]["name"] = json!("nosuch:v1");
    elsewhere["metadata"]["resourceVersion"] = json!("1");
    let reply = api.put(&format!("{N}/imagestreamtags/nosuch:v1"), &elsewhere).await;
    assert_eq!(reply.status, 404, "{}", reply.message());
    let mut stale = tag("quay.io/x/y:3");
    stale["metadata"]["resourceVersion"] = json!("1");
    assert_eq!(api.put(&path, &stale).await.status, 409);
}

// image-api 76, 77
#[tokio::test]
async fn the_status_has_its_own_door() {
    let (rig, api) = Api::start().await;
    rig.push("demo/app", "v1", &weir_testkit::SampleImage::of("x")).await;
    let path = format!("{N}/imagestreams/app/status");
    let mut wanted = api.found(&path).await;
    wanted["status"]["tags"] = json!([]);
    wanted["spec"]["lookupPolicy"]["local"] = json!(true);
    let reply = api.put(&path, &wanted).await;
    let stream = reply.json();
    assert_eq!(reply.status, 200, "{}", reply.message());
    assert_eq!(
        (&stream["status"]["tags"], &stream["spec"]["lookupPolicy"]["local"]),
        (&Value::Null, &json!(false))
    );
}
