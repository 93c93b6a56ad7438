//! Server-side apply over stored objects.

use http::Method;
use serde_json::{Value, json};

use crate::api::{Api, N, Reply};

const APPLY: &[(&str, &str)] = &[("content-type", "application/apply-patch+yaml")];

async fn apply(api: &Api, path: &str, query: &str, body: &Value) -> Reply {
    api.send(Method::PATCH, &format!("{path}?{query}"), APPLY, body.to_string()).await
}

fn stream(spec: &Value) -> Value {
    json!({"kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": {"name": "app"}, "spec": spec})
}

fn managers(object: &Value) -> Vec<(&str, &str)> {
    let entries = object["metadata"]["managedFields"].as_array().unwrap().iter();
    entries.map(|entry| (entry["manager"].as_str().unwrap(), entry["operation"].as_str().unwrap())).collect()
}

// kubernetes-api 122, 124, 126
#[tokio::test]
async fn managers_share_an_object() {
    let (rig, api) = Api::start().await;
    let path = format!("{N}/imagestreams/app");
    let tag = json!([{"name": "v1", "from": {"kind": "DockerImage", "name": "quay.io/x/y:1"}}]);
    let made = apply(
        &api,
        &path,
        "fieldManager=alpha",
        &stream(&json!({"lookupPolicy": {"local": true}, "tags": tag})),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.message());
    assert_eq!(managers(&made.json()), [("alpha", "Apply")]);
    rig.clock.advance_ms(5000);
    let same = apply(
        &api,
        &path,
        "fieldManager=alpha",
        &stream(&json!({"lookupPolicy": {"local": true}, "tags": tag})),
    )
    .await;
    assert_eq!((same.status, same.json()), (200, made.json()), "nothing changed, not even the time");

    let other =
        apply(&api, &path, "fieldManager=beta", &stream(&json!({"lookupPolicy": {"local": false}}))).await;
    let status = other.json();
    assert_eq!(
        (other.status, &status["reason"], &status["message"]),
        (
            409,
            &json!("Conflict"),
            &json!("Apply failed with 1 conflict: conflict with \"alpha\": .spec.lookupPolicy.local")
        )
    );
    assert_eq!(
        status["details"]["causes"],
        json!([{
            "reason": "FieldManagerConflict", "message": "conflict with \"alpha\"",
            "field": ".spec.lookupPolicy.local",
        }])
    );
    let forced = apply(
        &api,
        &path,
        "fieldManager=beta&force=true",
        &stream(&json!({"lookupPolicy": {"local": false}})),
    )
    .await;
    assert_eq!((forced.status, &forced.json()["spec"]["lookupPolicy"]["local"]), (200, &json!(false)));
    let pruned = apply(&api, &path, "fieldManager=alpha", &stream(&json!({}))).await;
    assert_eq!((pruned.status, &pruned.json()["spec"]["tags"]), (200, &Value::Null), "{}", pruned.message());
    assert_eq!(pruned.json()["spec"]["lookupPolicy"]["local"], false, "it is beta's now");

    let labelled = json!({"metadata": {"labels": {"a": "b"}}});
    let headers = [("content-type", "application/merge-patch+json"), ("user-agent", "kubectl/v1.34")];
    let labelled = api.send(Method::PATCH, &path, &headers, labelled.to_string()).await;
    assert!(managers(&labelled.json()).contains(&("kubectl", "Update")), "{}", labelled.json());
}

// kubernetes-api 121, 123
#[tokio::test]
async fn what_cannot_be_applied() {
    let (_rig, api) = Api::start().await;
    let path = format!("{N}/imagestreams/app");
    let of = "fieldManager=alpha";
    let without_kind = apply(&api, &path, of, &json!({"metadata": {"name": "app"}})).await;
    assert_eq!(
        (without_kind.status, without_kind.message()),
        (400, "invalid object type: /, Kind=".to_owned())
    );
    let mut managed = stream(&json!({}));
    managed["metadata"]["managedFields"] = json!([{"manager": "x"}]);
    let managed = apply(&api, &path, of, &managed).await;
    assert_eq!((managed.status, managed.message()), (400, "metadata.managedFields must be nil".to_owned()));
    let unknown = apply(&api, &path, of, &stream(&json!({"bogus": 1}))).await;
    assert_eq!(
        (unknown.status, unknown.message()),
        (
            400,
            "failed to create typed patch object (/app; image.openshift.io/v1, Kind=ImageStream): .spec.bogus: field \
             not declared in schema"
                .to_owned()
        )
    );
    let mut elsewhere = stream(&json!({}));
    elsewhere["metadata"]["name"] = json!("other");
    let elsewhere = apply(&api, &path, of, &elsewhere).await;
    assert_eq!(
        (elsewhere.status, elsewhere.message()),
        (400, "the name of the object (other) does not match the name on the URL (app)".to_owned())
    );
    let yaml = api.send(Method::PATCH, &format!("{path}?{of}"), APPLY, "kind: [").await;
    assert_eq!(yaml.status, 400, "{}", yaml.message());
    assert_eq!(api.get(&path).await.status, 404, "none of this made one");
    let tag = json!({"kind": "ImageStreamTag", "apiVersion": "image.openshift.io/v1"});
    assert_eq!(apply(&api, &format!("{N}/imagestreamtags/app:v1"), of, &tag).await.status, 415);
}

// kubernetes-api 68, 122
#[tokio::test]
async fn yaml_without_a_name_is_enough() {
    let (_rig, api) = Api::start().await;
    let yaml = "kind: Secret\napiVersion: v1\nstringData:\n  a: b\n";
    let path = "/api/v1/namespaces/demo/secrets/s?fieldManager=alpha";
    let made = api.send(Method::PATCH, path, APPLY, yaml).await;
    assert_eq!((made.status, &made.json()["data"]), (201, &json!({"a": "Yg=="})), "{}", made.message());
    let project = json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"labels": {"a": "b"}}});
    let changed = apply(&api, "/api/v1/namespaces/demo", "fieldManager=alpha", &project).await;
    assert_eq!(
        (changed.status, &changed.json()["metadata"]["labels"]["a"]),
        (200, &json!("b")),
        "{}",
        changed.message()
    );
}
