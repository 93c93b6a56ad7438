//! Why a tag was moved or removed.

use http::Method;
use weir_testkit::{Rig, SampleImage};

use crate::common::REPO;

fn reasons(rig: &Rig, tag: &str) -> Vec<Option<String>> {
    let entries = rig.registry.engine().tag_history(&Rig::stream(REPO), tag, None, 10).unwrap();
    entries.into_iter().map(|entry| entry.source.reason).collect()
}

#[tokio::test]
async fn a_reason_stands_in_the_history() {
    let rig = Rig::start().await;
    let (a, b) = (SampleImage::of("a"), SampleImage::of("b"));
    rig.push(REPO, "v1", &a).await;
    rig.push(REPO, &b.digest().to_string(), &b).await;
    let put = async |path: String, reason: &str| {
        let ask = rig.ask(Method::PUT, path).header("weir-reason", reason);
        ask.header("content-type", b.media_type.as_str()).body(b.manifest.clone()).send().await.status
    };
    assert_eq!(put(format!("/v2/{REPO}/manifests/v1"), "nightly build").await, 201);
    let by_digest = format!("/v2/{REPO}/manifests/{}?tag=x&tag=y", b.digest());
    assert_eq!(put(by_digest, "both at once").await, 201);
    let delete = async |reference: &str, reason: Option<&str>| {
        let mut ask = rig.ask(Method::DELETE, format!("/v2/{REPO}/manifests/{reference}"));
        if let Some(reason) = reason {
            ask = ask.header("weir-reason", reason);
        }
        ask.send().await.status
    };
    assert_eq!(delete("v1", Some("broken")).await, 202);
    assert_eq!(delete("x", None).await, 202);
    assert_eq!(delete(&b.digest().to_string(), Some("withdrawn")).await, 202);

    let some = |text: &str| Some(text.to_owned());
    assert_eq!(reasons(&rig, "v1"), [some("broken"), some("nightly build"), None]);
    assert_eq!(reasons(&rig, "x"), [some("tag deleted"), some("both at once")]);
    assert_eq!(reasons(&rig, "y"), [some("withdrawn"), some("both at once")]);
}

#[tokio::test]
async fn one_that_cannot_be_kept_is_refused_and_nothing_happens() {
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push(REPO, "v1", &image).await;
    let long = "x".repeat(1025);
    for reason in [long.as_str(), "a\tb"] {
        for method in [Method::PUT, Method::DELETE] {
            let ask = rig.ask(method, format!("/v2/{REPO}/manifests/v1")).header("weir-reason", reason);
            let ask = ask.header("content-type", image.media_type.as_str()).body(image.manifest.clone());
            let reply = ask.send().await;
            assert_eq!((reply.status, reply.code().as_str()), (400, "REASON_INVALID"));
        }
    }
    assert_eq!(reasons(&rig, "v1"), [None]);
}
