//! What is pushed through `/v2/` is seen through `/apis`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use weir_testkit::{Rig, SampleImage, SampleIndex};

use crate::api::{Api, B, names};

#[tokio::test]
async fn a_push_is_seen_in_every_kind() {
    let rig = Rig::start().await;
    let api = Api::over(&rig);
    assert_eq!(api.found(&format!("{B}/images")).await["items"], json!([]));

    let old = rig.push("demo/app", "v1", &SampleImage::of("old")).await.to_string();
    rig.clock.advance_ms(60_000);
    let new = rig.push("demo/app", "v1", &SampleImage::of("new")).await.to_string();
    rig.push("demo/deep/er", "v1", &SampleImage::of("new")).await;
    rig.clock.advance_ms(120_000);

    assert_eq!(names(&api.found("/api/v1/namespaces").await), ["demo"]);
    assert_eq!(api.found("/apis/project.openshift.io/v1/projects/demo").await["status"]["phase"], "Active");
    let mut images = [old.as_str(), new.as_str()];
    images.sort_unstable();
    assert_eq!(names(&api.found(&format!("{B}/images")).await), images);

    let n = format!("{B}/namespaces/demo");
    let stream = api.found(&format!("{n}/imagestreams/app")).await;
    assert_eq!(stream["status"]["dockerImageRepository"], "registry.test:5000/demo/app");
    let history = &stream["status"]["tags"][0]["items"];
    assert_eq!((&history[0]["image"], &history[1]["image"]), (&json!(new), &json!(old)));
    assert_eq!(names(&api.found(&format!("{n}/imagestreams")).await), ["app", "deep~er"]);
    assert_eq!(
        api.rows(&format!("{n}/imagestreams")).await,
        json!([
            ["app", "registry.test:5000/demo/app", "v1", "2 minutes ago"],
            ["deep~er", "registry.test:5000/demo/deep/er", "v1", "2 minutes ago"],
        ])
    );

    let tag = api.found(&format!("{n}/imagestreamtags/app:v1")).await;
    assert_eq!(tag["image"]["metadata"]["name"], new);
    assert_eq!(tag["metadata"]["resourceVersion"], stream["metadata"]["resourceVersion"]);
    assert_eq!(names(&api.found(&format!("{n}/imagestreamtags")).await), ["app:v1", "deep~er:v1"]);
    assert_eq!(
        api.found(&format!("{n}/imagetags/app:v1")).await["status"]["items"].as_array().unwrap().len(),
        2
    );
    let earlier = api.found(&format!("{n}/imagestreamimages/app@{old}")).await;
    assert_eq!(earlier["image"]["metadata"]["name"], old);
    let layers = api.found(&format!("{n}/imagestreams/app/layers")).await;
    let known: Vec<&String> = layers["images"].as_object().unwrap().keys().collect();
    assert_eq!(known, images);

    for selector in ["metadata.name=app:v1", "metadata.name%3Dapp%3Av1,metadata.namespace%3Ddemo"] {
        let found = api.found(&format!("{n}/imagestreamtags?fieldSelector={selector}")).await;
        assert_eq!(names(&found), ["app:v1"], "{selector}");
    }
}

/// image-api 143: children of an index are found through its stream.
#[tokio::test]
async fn an_index_shows_its_children() {
    let rig = Rig::start().await;
    let api = Api::over(&rig);
    let child = SampleImage::of("child");
    let digest = rig.push("demo/app", &child.digest().to_string(), &child).await.to_string();
    let index = SampleIndex::of(&[child.descriptor()]);
    let reply = rig
        .push_manifest("demo/app", "multi", weir_oci::ManifestType::OciIndex, index.manifest.clone())
        .await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let tag = api.found(&format!("{B}/namespaces/demo/imagestreamtags/app:multi")).await;
    assert_eq!(tag["image"]["dockerImageManifests"][0]["digest"], digest);
    api.found(&format!("{B}/namespaces/demo/imagestreamimages/app@{digest}")).await;
}

/// kubernetes-api 80: pages under a writer show every object that was there all along exactly once,
/// under the version of the first page.
#[tokio::test]
async fn pages_hold_together_while_somebody_pushes() {
    let rig = Rig::start().await;
    let api = Api::over(&rig);
    let image = SampleImage::of("x");
    for number in 0..12 {
        rig.push(&format!("team-{}/app-{number:02}", number % 3), "v1", &image).await;
    }
    for resource in ["imagestreams", "imagestreamtags", "imagetags"] {
        let before: BTreeSet<String> =
            keys(&api.found(&format!("{B}/{resource}")).await).into_iter().collect();
        let mut seen = Vec::new();
        let mut from = String::new();
        let mut versions = BTreeSet::new();
        for push in 0.. {
            let page = api.found(&format!("{B}/{resource}?limit=2{from}")).await;
            seen.extend(keys(&page));
            versions.insert(page["metadata"]["resourceVersion"].as_str().unwrap().to_owned());
            let Some(token) = page["metadata"]["continue"].as_str() else { break };
            from = format!("&continue={token}");
            rig.push(&format!("team-0/{resource}-{push}"), "v1", &image).await;
        }
        assert_eq!(versions.len(), 1);
        let distinct: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(distinct.len(), seen.len(), "nothing twice");
        assert!(distinct.is_superset(&before), "nothing left out");
    }
}

fn keys(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| format!("{}/{}", item["metadata"]["namespace"], item["metadata"]["name"])).collect()
}

#[tokio::test]
async fn the_answer_names_the_request_and_what_it_was() {
    let rig = Rig::start().await;
    let api = Api::over(&rig);
    let reply = api.get(&format!("{B}/namespaces/demo/imagestreams/gone")).await;
    assert_eq!(reply.headers["audit-id"], "r-1");
    assert_eq!(reply.headers["x-content-type-options"], "nosniff");
    let outcome = reply.outcome;
    assert_eq!((outcome.verb, outcome.resource, outcome.reason), ("get", "imagestreams", Some("NotFound")));
    let theirs = api.send(http::Method::GET, "/version", &[("audit-id", "theirs")], "").await;
    assert_eq!(theirs.headers["audit-id"], "theirs");
}
