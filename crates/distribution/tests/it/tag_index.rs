//! The list of tags as an image index: pull request 579 of the distribution specification.

use http::Method;
use serde_json::Value;
use weir_oci::ManifestType;
use weir_testkit::{Reply, Rig, SampleImage, SampleIndex};

use crate::common::{REPO, manifest, tags};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

async fn ask(rig: &Rig, path: &str) -> Reply {
    rig.ask(Method::GET, path).header("accept", INDEX).send().await
}

async fn list(rig: &Rig, query: &str) -> Reply {
    ask(rig, &format!("/v2/{REPO}/tags/list{query}")).await
}

fn names(body: &Value) -> Vec<String> {
    let name = |entry: &Value| {
        entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap().to_owned()
    };
    body["manifests"].as_array().unwrap().iter().map(name).collect()
}

/// Names of all pages.
async fn walk(rig: &Rig, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(format!("/v2/{REPO}/tags/list{query}"));
    while let Some(path) = next {
        let reply = ask(rig, &path).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        assert_eq!(reply.header("content-type"), Some(INDEX), "{path}");
        pages.push(names(&reply.json()));
        next = reply.header("link").map(|link| {
            let target = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            target.to_owned()
        });
    }
    pages
}

#[tokio::test]
async fn who_asks_for_an_index_gets_the_manifests() {
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    let index = SampleIndex::of(&[image.descriptor()]);
    rig.push(REPO, "b", &image).await;
    rig.clock.advance_ms(1_000);
    rig.push_manifest(REPO, "a", ManifestType::OciIndex, index.manifest.clone()).await;

    let reply = list(&rig, "").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(INDEX)));
    assert_eq!((reply.header("vary"), reply.header("link")), (Some("accept"), None));
    let entry = |kind: ManifestType, digest: String, size: usize, time: &str, tag: &str| {
        serde_json::json!({"mediaType": kind.as_str(), "digest": digest, "size": size, "annotations": {
            "org.opencontainers.image.ref.created": time, "org.opencontainers.image.ref.name": tag,
        }})
    };
    let (a, b) = (index.digest().to_string(), image.digest().to_string());
    assert_eq!(
        reply.json(),
        serde_json::json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            entry(ManifestType::OciIndex, a, index.manifest.len(), "2026-02-03T10:16:01Z", "a"),
            entry(image.media_type, b, image.manifest.len(), "2026-02-03T10:16:00Z", "b"),
        ]})
    );

    // Everybody else gets what there always was.
    let plain = rig.get(format!("/v2/{REPO}/tags/list?sort_by=nonsense")).await;
    assert_eq!(
        (plain.header("content-type"), plain.header("vary")),
        (Some("application/json"), Some("accept"))
    );
    assert_eq!(tags(&rig, REPO).await, ["a", "b"]);
    let missing = ask(&rig, "/v2/demo/none/tags/list").await;
    assert_eq!((missing.status, missing.code().as_str()), (404, "NAME_UNKNOWN"));
}

/// Five tags; by time: c, then a, d and e at once, then b.
async fn tagged() -> Rig {
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push(REPO, "c", &image).await;
    for (seconds, tag) in [(1, "e"), (0, "a"), (0, "d"), (1, "b")] {
        rig.clock.advance_ms(seconds * 1000);
        assert_eq!(manifest(&rig, REPO, tag, &image).await.status, 201);
    }
    rig
}

#[tokio::test]
async fn pages_of_every_order_together_are_the_whole_list_once() {
    let rig = tagged().await;
    for (query, expected) in [
        ("", ["a", "b", "c", "d", "e"]),
        ("&sort_by=name", ["a", "b", "c", "d", "e"]),
        ("&sort_by=name&sort_order=asc", ["a", "b", "c", "d", "e"]),
        ("&sort_order=desc", ["e", "d", "c", "b", "a"]),
        ("&sort_by=created_at", ["c", "a", "d", "e", "b"]),
        ("&sort_by=created_at&sort_order=desc", ["b", "e", "d", "a", "c"]),
    ] {
        for n in 1..=6 {
            let pages = walk(&rig, &format!("?n={n}{query}")).await;
            assert_eq!(pages.concat(), expected, "{n} {query}");
            assert_eq!(pages.len(), 5_usize.div_ceil(n), "{n} {query}");
        }
    }
}

#[tokio::test]
async fn last_is_what_the_list_is_sorted_by() {
    let rig = tagged().await;
    for (query, expected) in [
        ("?last=b", "cde"),
        ("?last=bb", "cde"),
        ("?last=b&sort_order=desc", "a"),
        ("?last=bb&sort_order=desc", "ba"),
        ("?sort_by=created_at&last=2026-02-03T10:16:01Z", "b"),
        ("?sort_by=created_at&last=2026-02-03T10:16:01Z&sort_order=desc", "c"),
        ("?sort_by=created_at&last=2026-02-03T10:16:01Z&last_name=a", "deb"),
        ("?n=0", ""),
    ] {
        let reply = list(&rig, query).await;
        assert_eq!(names(&reply.json()).concat(), expected, "{query}");
        assert_eq!(reply.header("link"), None, "{query}");
    }
    for (query, code) in [
        ("?sort_by=size", "UNSUPPORTED"),
        ("?sort_by=name&sort_by=created_at", "UNSUPPORTED"),
        ("?sort_order=up", "UNSUPPORTED"),
        ("?sort_by=created_at&last=b", "UNSUPPORTED"),
        ("?n=x", "PAGINATION_NUMBER_INVALID"),
    ] {
        let reply = list(&rig, query).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{query}");
    }
}

#[tokio::test]
async fn a_tag_that_cannot_be_pulled_is_not_listed() {
    let rig = Rig::start().await;
    let (a, b) = (SampleImage::of("a"), SampleImage::of("b"));
    rig.push(REPO, "a", &a).await;
    rig.push(REPO, "b", &b).await;
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/{}", a.digest())).await.status, 202);
    for query in ["", "?sort_by=created_at", "?sort_order=desc"] {
        assert_eq!(names(&list(&rig, query).await.json()), ["b"], "{query}");
    }
}
