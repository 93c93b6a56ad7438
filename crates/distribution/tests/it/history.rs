//! The history of a tag: pull request 606 of the distribution specification.

use serde_json::Value;
use weir_oci::{Digest, ManifestType};
use weir_testkit::{Rig, SampleImage, SampleIndex};

use crate::common::{REPO, manifest};

const START: &str = "2026-02-03T10:16:00Z";

/// What an answer tells: digest, event and time of each entry.
fn told(body: &Value) -> Vec<(String, String, String)> {
    assert_eq!(body["schemaVersion"], 2);
    assert_eq!(body["mediaType"], "application/vnd.oci.image.index.v1+json");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let entry = |entry: &Value| {
        let annotations = entry["annotations"].as_object().unwrap();
        assert_eq!(annotations.len(), 2);
        (
            text(&entry["digest"]),
            text(&annotations["org.opencontainers.distribution.tag.event"]),
            text(&annotations["org.opencontainers.distribution.tag.timestamp"]),
        )
    };
    body["manifests"].as_array().unwrap().iter().map(entry).collect()
}

fn at(tag: &str, query: &str) -> String {
    format!("/v2/{REPO}/_oci/tag-history/{tag}{query}")
}

/// Digests and events, over all pages.
async fn walk(rig: &Rig, first: String) -> (Vec<(String, String, String)>, Vec<usize>) {
    let (mut all, mut sizes) = (Vec::new(), Vec::new());
    let mut next = Some(first);
    while let Some(path) = next {
        let reply = rig.get(&path).await;
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        let page = told(&reply.json());
        sizes.push(page.len());
        all.extend(page);
        next = reply.header("link").map(|link| {
            let target = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            target.to_owned()
        });
    }
    (all, sizes)
}

fn names(entries: &[(String, String, String)]) -> Vec<(&str, &str)> {
    entries.iter().map(|(digest, event, _)| (digest.as_str(), event.as_str())).collect()
}

#[tokio::test]
async fn everything_a_tag_pointed_to_is_told_newest_first() {
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    let index = SampleIndex::of(&[image.descriptor()]);
    rig.push(REPO, "v1", &image).await;
    rig.clock.advance_ms(61_000);
    let pushed = rig.push_manifest(REPO, "v1", ManifestType::OciIndex, index.manifest.clone()).await;
    assert_eq!(pushed.status, 201);
    rig.clock.advance_ms(1_500);
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/v1")).await.status, 202);

    let reply = rig.get(at("v1", "")).await;
    assert_eq!(reply.header("content-type"), Some("application/vnd.oci.image.index.v1+json"));
    assert_eq!(reply.header("link"), None);
    let body = reply.json();
    let (a, b) = (image.digest().to_string(), index.digest().to_string());
    let entry =
        |digest: &String, event: &str, time: &str| (digest.clone(), event.to_owned(), time.to_owned());
    assert_eq!(
        told(&body),
        [
            entry(&b, "deleted", "2026-02-03T10:17:02Z"),
            entry(&b, "created", "2026-02-03T10:17:01Z"),
            entry(&a, "created", START),
        ]
    );
    assert_eq!(body["manifests"][0]["mediaType"], ManifestType::OciIndex.as_str());
    assert_eq!(body["manifests"][0]["size"], index.manifest.len());
    assert_eq!(body["manifests"][2]["mediaType"], image.media_type.as_str());
    assert_eq!(body["manifests"][2]["size"], image.manifest.len());
    assert_eq!(rig.head(at("v1", "")).await.headers, reply.headers);
}

#[tokio::test]
async fn it_outlives_manifest_tag_and_repository() {
    let rig = Rig::start().await;
    let (a, b) = (SampleImage::of("a"), SampleImage::of("b"));
    rig.push(REPO, "v1", &a).await;
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/{}", a.digest())).await.status, 202);
    let (a_digest, b_digest) = (a.digest().to_string(), b.digest().to_string());
    let first = [(a_digest.as_str(), "deleted"), (a_digest.as_str(), "created")];
    assert_eq!(names(&told(&rig.get(at("v1", "")).await.json())), first);
    assert_eq!(rig.get(at("v1", "")).await.json()["manifests"][0]["size"], a.manifest.len());

    rig.clock.advance_ms(1_000);
    rig.push(REPO, "v1", &b).await;
    rig.clock.advance_ms(1_000);
    rig.delete_repository(REPO).await;
    assert_eq!(rig.get(format!("/v2/{REPO}/tags/list")).await.status, 404);
    let second = [&[(b_digest.as_str(), "deleted"), (b_digest.as_str(), "created")], &first[..]].concat();
    assert_eq!(names(&told(&rig.get(at("v1", "")).await.json())), second);

    // One of the same name goes on with it.
    rig.clock.advance_ms(1_000);
    rig.push(REPO, "v1", &a).await;
    let third = [&[(a_digest.as_str(), "created")], &second[..]].concat();
    let rig = rig.restart().await;
    let (all, sizes) = walk(&rig, at("v1", "?n=2")).await;
    assert_eq!(names(&all), third);
    assert_eq!(sizes, [2, 2, 1]);
}

#[tokio::test]
async fn what_has_no_history_is_an_empty_list() {
    // A 404 means that there is no such extension.
    let rig = Rig::start().await;
    rig.push(REPO, "v1", &SampleImage::of("a")).await;
    let none = Digest::sha256(b"none");
    for path in [
        at("v2", ""),
        at("v1", "?n=0"),
        at("v1", &format!("?digest={none}")),
        "/v2/demo/none/_oci/tag-history/v1".to_owned(),
        "/v2/none/none/_oci/tag-history/v1".to_owned(),
    ] {
        let reply = rig.get(&path).await;
        assert_eq!((reply.status, reply.header("link")), (200, None), "{path}");
        assert_eq!(told(&reply.json()), [], "{path}");
    }
}

/// Moves `v1` to and fro, with the same second twice.
async fn moving(rig: &Rig) -> Vec<(String, &'static str, u64)> {
    let images = [SampleImage::of("a"), SampleImage::of("b")];
    for image in &images {
        rig.push(REPO, &image.digest().to_string(), image).await;
    }
    let mut expected = Vec::new();
    for (turn, seconds) in [0, 0, 1, 0, 0, 2, 5].into_iter().enumerate() {
        rig.clock.advance_ms(seconds * 1000);
        let time = expected.last().map_or(0, |(_, _, time)| *time) + seconds;
        let image = &images[turn % 2];
        assert_eq!(manifest(rig, REPO, "v1", image).await.status, 201);
        expected.push((image.digest().to_string(), "created", time));
        if turn == 3 {
            assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/v1")).await.status, 202);
            expected.push((image.digest().to_string(), "deleted", time));
        }
    }
    expected.reverse();
    expected
}

#[tokio::test]
async fn pages_together_are_the_whole_history_once() {
    let rig = Rig::start().await;
    let expected = moving(&rig).await;
    let expected: Vec<_> = expected.iter().map(|(digest, event, _)| (digest.as_str(), *event)).collect();
    for n in 1..=9 {
        let (all, sizes) = walk(&rig, at("v1", &format!("?n={n}"))).await;
        assert_eq!(names(&all), expected, "{n}");
        assert_eq!(sizes.len(), 8_usize.div_ceil(n), "no page of nothing");
    }
    assert_eq!(names(&walk(&rig, at("v1", "?n=99999999999999999999")).await.0), expected);
}

#[tokio::test]
async fn times_bound_it_on_both_sides() {
    let rig = Rig::start().await;
    let expected = moving(&rig).await;
    let time = |seconds: u64| format!("2026-02-03T10:16:{seconds:02}Z");
    let within = |keep: &dyn Fn(u64) -> bool| -> Vec<(&str, &str)> {
        let kept = expected.iter().filter(|(_, _, time)| keep(*time));
        kept.map(|(digest, event, _)| (digest.as_str(), *event)).collect()
    };
    for bound in [0, 1, 2, 3, 8, 9] {
        let path = at("v1", &format!("?n=1&before={}", time(bound)));
        assert_eq!(names(&walk(&rig, path).await.0), within(&|time| time < bound), "before {bound}");
        let path = at("v1", &format!("?n=2&since={}", time(bound)));
        assert_eq!(names(&walk(&rig, path).await.0), within(&|time| time > bound), "since {bound}");
    }
    for (query, expected) in [
        ("?since=2026-02-03T10:16:00Z&before=2026-02-03T10:16:08Z", within(&|time| time > 0 && time < 8)),
        ("?since=2026-02-03T11%3A16%3A00%2B01%3A00", within(&|time| time > 0)),
        ("?since=2026-02-03T11:16:00+01:00", within(&|time| time > 0)),
        ("?since=2026-02-03T10:16:00.5Z", within(&|time| time > 0)),
        ("?before=2026-02-03T10:16:00.5Z", within(&|time| time == 0)),
        ("?before=2026-02-03T10:16:01.000Z", within(&|time| time == 0)),
        ("?since=2026-02-03T10:16:08Z&before=2026-02-03T10:16:00Z", vec![]),
    ] {
        assert_eq!(names(&walk(&rig, at("v1", query)).await.0), expected, "{query}");
    }
}

#[tokio::test]
async fn one_manifest_can_be_followed_alone() {
    let rig = Rig::start().await;
    let expected = moving(&rig).await;
    let digest = SampleImage::of("b").digest().to_string();
    let of_it: Vec<_> =
        expected.iter().filter(|(d, _, _)| *d == digest).map(|(d, event, _)| (d.as_str(), *event)).collect();
    assert_eq!(of_it.len(), 4, "three times there, once deleted");
    for n in [1, 3, 10] {
        let (all, _) = walk(&rig, at("v1", &format!("?n={n}&digest={digest}"))).await;
        assert_eq!(names(&all), of_it);
    }
    let (all, _) = walk(&rig, at("v1", &format!("?n=1&digest={digest}&since={START}"))).await;
    assert_eq!(names(&all), of_it[..3]);
}

#[tokio::test]
async fn a_push_that_changes_nothing_is_no_event() {
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    for _ in 0..3 {
        rig.push(REPO, "v1", &image).await;
    }
    assert_eq!(told(&rig.get(at("v1", "")).await.json()).len(), 1);
}
