//! Secrets, and the pull secrets of a namespace.

use serde_json::json;

use crate::api::{Api, N, names};

const SECRETS: &str = "/api/v1/namespaces/demo/secrets";

// image-api 113, 114
#[tokio::test]
async fn a_secret_from_its_making_to_its_end() {
    let (_rig, api) = Api::start().await;
    let pull = json!({
        "kind": "Secret", "apiVersion": "v1", "metadata": {"name": "pull", "labels": {"for": "quay"}},
        "type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{\"auths\":{}}"},
    });
    let made = api.make(SECRETS, &pull).await;
    assert_eq!(made["data"], json!({".dockerconfigjson": "eyJhdXRocyI6e319"}));
    assert_eq!(made["stringData"], json!(null));
    api.make(SECRETS, &json!({"metadata": {"name": "other"}, "data": {"a": "AA=="}})).await;
    let of_type = api.found(&format!("{SECRETS}?fieldSelector=type%3DOpaque")).await;
    assert_eq!(names(&of_type), ["other"]);
    let list = api.found(&format!("{N}/imagestreams/nosuch/secrets")).await;
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("SecretList"), &json!("image.openshift.io/v1")));
    assert_eq!(names(&list), ["pull"]);
    assert_eq!(list["items"][0]["kind"], json!(null));
    assert_eq!(list["items"][0]["data"], made["data"]);
    let unlabelled = api.found(&format!("{N}/imagestreams/nosuch/secrets?labelSelector=for%3Dnobody")).await;
    assert_eq!(unlabelled["items"], json!([]));

    let hidden = json!({"metadata": {"annotations": {"openshift.io/image.excludeSecret": "true"}}});
    let reply = api.patch(&format!("{SECRETS}/pull"), "strategic-merge-patch+json", &hidden).await;
    assert_eq!(reply.status, 200, "{}", reply.message());
    assert_eq!(api.found(&format!("{N}/imagestreams/nosuch/secrets")).await["items"], json!([]));
    assert_eq!(
        api.rows(SECRETS).await,
        json!([["other", "Opaque", 1, "0s"], ["pull", "kubernetes.io/dockerconfigjson", 1, "0s"]])
    );
    assert_eq!(api.delete(&format!("{SECRETS}/pull")).await.status, 200);
    assert_eq!(names(&api.delete(SECRETS).await.json()), ["other"]);
    assert_eq!(api.get(&format!("{SECRETS}/pull")).await.status, 404);
}

#[tokio::test]
async fn refusals_do_not_repeat_what_is_secret() {
    let (_rig, api) = Api::start().await;
    for body in [
        json!({"metadata": {"name": "x"}, "data": {"a": "swordfish!"}}),
        json!({"metadata": {"name": "x"}, "type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "swordfish"}}),
    ] {
        let reply = api.post(SECRETS, &body).await;
        assert!(matches!(reply.status, 400 | 422), "{reply:?}");
        assert!(!reply.message().contains("swordfish"), "{}", reply.message());
    }
    let kept = json!({
        "metadata": {"name": "kept", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "swordfish"}},
        "stringData": {"a": "swordfish"},
    });
    let made = api.make(SECRETS, &kept).await;
    let value = made["data"]["a"].as_str().unwrap();
    for patch in [
        json!({"metadata": {"labels": {"x": "y"}}, "bogus": 1}),
        json!({"data": {"b": 7}}),
        json!({"data": {"b": "!"}}),
    ] {
        let path = format!("{SECRETS}/kept?fieldValidation=Strict");
        let reply = api.patch(&path, "merge-patch+json", &patch).await;
        assert_eq!(reply.status, 422, "{reply:?}");
        let text = reply.json().to_string();
        assert!(!text.contains(value) && !text.contains("swordfish"), "{text}");
    }
}
