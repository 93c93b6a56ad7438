//! Deleting objects.

use http::Method;
use serde_json::json;

use crate::api::{Api, B, N, names};

// kubernetes-api 127, 128, 129; image-api 50
#[tokio::test]
async fn a_stream_is_answered_with_its_identity() {
    let (rig, api) = Api::start().await;
    let digest = rig.push("demo/app", "v1", &weir_testkit::SampleImage::of("x")).await.to_string();
    let path = format!("{N}/imagestreams/app");
    let uid = api.found(&path).await["metadata"]["uid"].clone();
    let deletion = |conditions: serde_json::Value| {
        json!({
            "kind": "DeleteOptions", "apiVersion": "image.openshift.io/v1", "preconditions": conditions,
            "propagationPolicy": "Foreground",
        })
        .to_string()
    };
    let other = api.send(Method::DELETE, &path, &[], deletion(json!({"uid": "xxx"}))).await;
    let status = other.json();
    assert_eq!(
        (other.status, &status["reason"], &status["details"]["kind"]),
        (409, &json!("Conflict"), &json!("ImageStream"))
    );
    assert!(
        other.message().starts_with(
            "Operation cannot be fulfilled on ImageStream.image.openshift.io \"app\": the UID in the precondition (xxx) \
             does not match the UID in record ("
        ),
        "{}",
        other.message()
    );
    let stale = api.send(Method::DELETE, &path, &[], deletion(json!({"resourceVersion": "1"}))).await;
    assert!(
        stale.message().contains("the ResourceVersion in the precondition (1) does not match"),
        "{stale:?}"
    );

    let reply = api.send(Method::DELETE, &path, &[], deletion(json!({"uid": uid}))).await;
    assert_eq!(
        (reply.status, reply.json()),
        (
            200,
            json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": {"name": "app", "group": "image.openshift.io", "kind": "imagestreams", "uid": uid},
            })
        )
    );
    assert_eq!(api.delete(&path).await.status, 404);
    api.found(&format!("{B}/images/{digest}")).await;
    assert_eq!(api.delete(&format!("{B}/images/{digest}")).await.status, 200);
    assert_eq!(api.get(&format!("{B}/images/{digest}")).await.status, 404);
}

// image-api 133, 105
#[tokio::test]
async fn tags_and_signatures_are_answered_with_a_bare_status() {
    let (rig, api) = Api::start().await;
    let digest = rig.push("demo/app", "v1", &weir_testkit::SampleImage::of("x")).await.to_string();
    let bare = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"});
    let reply = api.delete(&format!("{N}/imagestreamtags/app:v1")).await;
    assert_eq!((reply.status, reply.json()), (200, bare.clone()));
    let again = api.delete(&format!("{N}/imagestreamtags/app:v1")).await;
    assert_eq!(again.message(), "imagestreamtags.image.openshift.io \"app:v1\" not found");
    let name = format!("{digest}@one");
    let signature = json!({"metadata": {"name": name}, "type": "AtomicImageV1", "content": "c2ln"});
    api.make(&format!("{B}/imagesignatures"), &signature).await;
    let reply = api.delete(&format!("{B}/imagesignatures/{name}")).await;
    assert_eq!((reply.status, reply.json()), (200, bare));
    let again = api.delete(&format!("{B}/imagesignatures/{name}")).await;
    assert_eq!(again.message(), format!("imageSignatures.image.openshift.io \"{name}\" not found"));
    let malformed = api.delete(&format!("{B}/imagesignatures/one")).await;
    assert_eq!(
        (malformed.status, malformed.message()),
        (400, "ImageSignatures must be accessed with <imageName>@<signatureName>".to_owned())
    );
}

// kubernetes-api 131
#[tokio::test]
async fn somebody_may_have_to_agree() {
    let (_rig, api) = Api::start().await;
    let body = json!({"metadata": {"name": "held", "finalizers": ["example.io/hold"]}});
    api.make(&format!("{N}/imagestreams"), &body).await;
    let path = format!("{N}/imagestreams/held");
    let reply = api.delete(&path).await;
    let held = reply.json();
    assert_eq!((reply.status, &held["kind"]), (200, &json!("ImageStream")));
    assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
    assert_eq!(
        (&held["metadata"]["deletionGracePeriodSeconds"], &held["metadata"]["generation"]),
        (&json!(0), &json!(2))
    );
    let again = api.post(&format!("{N}/imagestreams"), &json!({"metadata": {"name": "held"}})).await;
    assert_eq!(
        again.refusal(),
        (
            409,
            "AlreadyExists".into(),
            "object is being deleted: imagestreams.image.openshift.io \"held\" already exists".into()
        )
    );
    let added = json!({"metadata": {"finalizers": ["example.io/hold", "example.io/more"]}});
    let reply = api.patch(&path, "merge-patch+json", &added).await;
    assert_eq!(reply.status, 422, "{}", reply.message());
    let released = api.patch(&path, "merge-patch+json", &json!({"metadata": {"finalizers": null}})).await;
    assert_eq!((released.status, &released.json()["metadata"]["name"]), (200, &json!("held")));
    assert_eq!(api.get(&path).await.status, 404);
}

// kubernetes-api 132; image-api 51
#[tokio::test]
async fn a_selection_is_deleted_and_shown() {
    let (_rig, api) = Api::start().await;
    for (name, tier) in [("a", "web"), ("b", "web"), ("c", "db")] {
        let body = json!({"metadata": {"name": name, "labels": {"tier": tier}}});
        api.make(&format!("{N}/imagestreams"), &body).await;
    }
    let streams = format!("{N}/imagestreams");
    let dry = api.send(Method::DELETE, &streams, &[], json!({"dryRun": ["All"]}).to_string()).await;
    assert_eq!(names(&dry.json()), ["a", "b", "c"]);
    let reply = api.delete(&format!("{streams}?labelSelector=tier%3Dweb")).await;
    let gone = reply.json();
    assert_eq!((reply.status, &gone["kind"]), (200, &json!("ImageStreamList")));
    assert_eq!(names(&gone), ["a", "b"]);
    assert_eq!(names(&api.found(&streams).await), ["c"]);
    assert_eq!(
        names(&api.delete(&format!("{streams}?labelSelector=tier%3Dweb")).await.json()),
        Vec::<&str>::new()
    );
    assert_eq!(api.delete(&format!("{B}/imagestreams")).await.status, 405);
}
