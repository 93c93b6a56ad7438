use http::Method;
use weir_oci::ManifestType;
use weir_testkit::{Reply, Rig, SampleImage};

pub(crate) const REPO: &str = "demo/app";

/// Opens an upload session and says where it is.
pub(crate) async fn session(rig: &Rig, repository: &str) -> String {
    let reply = rig.ask(Method::POST, format!("/v2/{repository}/blobs/uploads/")).send().await;
    assert_eq!(reply.status, 202, "{reply:?}");
    reply.location().to_owned()
}

pub(crate) async fn patch(rig: &Rig, location: &str, range: Option<&str>, body: &[u8]) -> Reply {
    let mut ask = rig.ask(Method::PATCH, location).body(body.to_vec());
    if let Some(range) = range {
        ask = ask.header("content-range", range);
    }
    ask.send().await
}

pub(crate) async fn put(rig: &Rig, location: &str, digest: impl std::fmt::Display, body: &[u8]) -> Reply {
    rig.ask(Method::PUT, format!("{location}?digest={digest}")).body(body.to_vec()).send().await
}

/// Pushes a manifest as an OCI image.
pub(crate) async fn manifest(rig: &Rig, repository: &str, reference: &str, image: &SampleImage) -> Reply {
    rig.push_manifest(repository, reference, ManifestType::OciManifest, image.manifest.clone()).await
}

/// What `tags/list` shows.
pub(crate) async fn tags(rig: &Rig, repository: &str) -> Vec<String> {
    strings(&rig.get(format!("/v2/{repository}/tags/list")).await.json()["tags"])
}

pub(crate) fn strings(list: &serde_json::Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|s| s.as_str().expect("of strings").to_owned()).collect()
}
