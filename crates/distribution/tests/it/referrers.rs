use futures_util::future::join_all;
use serde_json::{Value, json};
use weir_oci::{Algorithm, Digest, ManifestType};
use weir_testkit::{Reply, Rig, SampleImage, SampleIndex};

use crate::common::{REPO, manifest};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn referrer(seed: &str, subject: &Value, kind: &str) -> SampleImage {
    SampleImage::build(
        seed,
        &json!({"subject": subject, "artifactType": kind, "annotations": {"seed": seed}}),
    )
}

async fn list(rig: &Rig, subject: &Digest, query: &str) -> Reply {
    let reply = rig.get(format!("/v2/{REPO}/referrers/{subject}{query}")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some(INDEX));
    assert_eq!(reply.json()["schemaVersion"], 2);
    assert_eq!(reply.json()["mediaType"], INDEX);
    reply
}

fn entries(reply: &Reply) -> Vec<Value> {
    reply.json()["manifests"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_subject_that_nobody_knows_has_no_referrers() {
    // distribution 157, 158, 166
    let rig = Rig::start().await;
    let zero = Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap();
    assert!(entries(&list(&rig, &zero, "").await).is_empty());
    let bad = rig.get(format!("/v2/{REPO}/referrers/sha256:bad")).await;
    assert_eq!((bad.status, bad.code().as_str()), (400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn referrers_are_listed_whenever_and_however_they_were_pushed() {
    // distribution 132, 149, 159, 162, 163, 167; field C028
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let before = referrer("before", &image.descriptor(), "application/x.a");
    for blob in before.blobs() {
        rig.push_blob(REPO, blob.clone()).await;
    }
    let pushed = manifest(&rig, REPO, "sig", &before).await;
    assert_eq!(pushed.status, 201);
    assert_eq!(pushed.header("oci-subject"), Some(image.digest().to_string().as_str()));
    assert_eq!(manifest(&rig, REPO, &before.digest().to_string(), &before).await.status, 201);
    rig.push(REPO, "v1", &image).await;
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "subject": image.descriptor(), "annotations": {"i": "1"}});
    let index = bytes::Bytes::from(index.to_string());
    let pushed = rig.push_manifest(REPO, "idx", ManifestType::OciIndex, index.clone()).await;
    assert_eq!(pushed.header("oci-subject"), Some(image.digest().to_string().as_str()));

    let listed = entries(&list(&rig, &image.digest(), "").await);
    assert_eq!(listed.len(), 2);
    let find = |digest: Digest| listed.iter().find(|e| e["digest"] == digest.to_string()).unwrap().clone();
    assert_eq!(
        find(before.digest()),
        json!({"mediaType": before.media_type.as_str(), "size": before.manifest.len(), "digest": before.digest(),
            "artifactType": "application/x.a", "annotations": {"seed": "before"}})
    );
    assert_eq!(
        find(Digest::sha256(&index)),
        json!({"mediaType": INDEX, "size": index.len(), "digest": Digest::sha256(&index), "annotations": {"i": "1"}})
    );
    assert!(entries(&rig.get(format!("/v2/demo/other/referrers/{}", image.digest())).await).is_empty());

    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/{}", image.digest())).await.status, 202);
    assert_eq!(entries(&list(&rig, &image.digest(), "").await).len(), 2);
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/{}", before.digest())).await.status, 202);
    assert_eq!(entries(&list(&rig, &image.digest(), "").await).len(), 1);
}

#[tokio::test]
async fn a_filter_says_that_it_was_applied() {
    // distribution 160, 161
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    for (seed, kind) in
        [("1", "application/x.a+json"), ("2", "application/x.a+json"), ("3", "application/x.b"), ("4", "c/d")]
    {
        let referrer = referrer(seed, &image.descriptor(), kind);
        rig.push(REPO, &referrer.digest().to_string(), &referrer).await;
    }
    for (query, count) in [
        ("", 4),
        ("?artifactType=application/x.a%2Bjson", 2),
        ("?artifactType=application/x.a+json", 2),
        ("?artifactType=application%2Fx.b&artifactType=c/d", 2),
        ("?artifactType=none/such", 0),
    ] {
        let reply = list(&rig, &image.digest(), query).await;
        assert_eq!(entries(&reply).len(), count, "{query}");
        let applied = (!query.is_empty()).then_some("artifactType");
        assert_eq!(reply.header("oci-filters-applied"), applied, "{query}");
    }
}

#[tokio::test]
async fn the_config_names_the_type_where_the_manifest_does_not() {
    // distribution 159
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let plain = SampleImage::build("plain", &json!({"subject": image.descriptor()}));
    rig.push(REPO, "plain", &plain).await;
    let listed = entries(&list(&rig, &image.digest(), "").await);
    assert_eq!(listed[0]["artifactType"], "application/vnd.oci.image.config.v1+json");
}

#[tokio::test]
async fn a_sha512_subject_is_listed_under_its_own_digest() {
    // distribution 165
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let long = Digest::of(Algorithm::Sha512, &image.manifest);
    let mut descriptor = image.descriptor();
    descriptor["digest"] = long.to_string().into();
    let referrer = referrer("r", &descriptor, "a/b");
    rig.push(REPO, "r", &referrer).await;
    assert_eq!(entries(&list(&rig, &long, "").await).len(), 1);
    assert!(entries(&list(&rig, &image.digest(), "").await).is_empty());
}

#[tokio::test]
async fn forty_at_once_are_all_listed() {
    // field C031
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let referrers: Vec<_> = (0..40).map(|i| referrer(&i.to_string(), &image.descriptor(), "a/b")).collect();
    join_all(referrers.iter().map(async |r| rig.push(REPO, &r.digest().to_string(), r).await)).await;
    assert_eq!(entries(&list(&rig, &image.digest(), "").await).len(), 40);
}

#[tokio::test]
async fn pages_keep_the_filter_and_together_are_the_whole() {
    // distribution 164
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let mut expected = Vec::new();
    for i in 0..30 {
        let kind = if i % 3 == 0 { "x/other" } else { "x/wanted+json" };
        let referrer = referrer(&i.to_string(), &image.descriptor(), kind);
        rig.push(REPO, &referrer.digest().to_string(), &referrer).await;
        if i % 3 != 0 {
            expected.push(referrer.digest().to_string());
        }
    }
    expected.sort();
    let mut found = Vec::new();
    let mut next = Some(format!("/v2/{REPO}/referrers/{}?artifactType=x/wanted%2Bjson&n=7", image.digest()));
    let mut pages = 0;
    while let Some(path) = next {
        let reply = rig.get(&path).await;
        assert_eq!(reply.header("oci-filters-applied"), Some("artifactType"));
        let listed = entries(&reply);
        assert!(listed.len() <= 7);
        found.extend(listed.iter().map(|e| e["digest"].as_str().unwrap().to_owned()));
        next = reply.header("link").map(|link| link[1..].split_once('>').unwrap().0.to_owned());
        pages += 1;
    }
    assert_eq!(found, expected);
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn a_page_stays_below_what_clients_read() {
    // distribution 164: large annotations fill a page by bytes
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let text = "x".repeat(900_000);
    for i in 0..6 {
        let members =
            json!({"subject": image.descriptor(), "annotations": {"text": text, "i": i.to_string()}});
        let referrer = SampleImage::build(&i.to_string(), &members);
        rig.push(REPO, &referrer.digest().to_string(), &referrer).await;
    }
    let first = list(&rig, &image.digest(), "").await;
    assert!(first.body.len() <= 4 * 1024 * 1024);
    let link = first.header("link").unwrap();
    let rest = rig.get(link[1..].split_once('>').unwrap().0).await;
    assert_eq!(entries(&first).len() + entries(&rest).len(), 6);
    assert_eq!(rest.header("link"), None);
}

#[tokio::test]
async fn what_older_clients_wrote_into_the_fallback_tag_is_listed_too() {
    // field C030
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let native = referrer("native", &image.descriptor(), "application/x.att");
    rig.push(REPO, &native.digest().to_string(), &native).await;
    let elsewhere = referrer("elsewhere", &SampleImage::of("another").descriptor(), "application/x.att");
    rig.push(REPO, &elsewhere.digest().to_string(), &elsewhere).await;
    let absent = Digest::sha256(b"pushed long ago, elsewhere");
    let fallback = SampleIndex::of(&[
        native.descriptor(),
        elsewhere.descriptor(),
        json!({"mediaType": ManifestType::OciManifest.as_str(), "size": 9, "digest": absent, "artifactType": "application/x.old"}),
        json!({"mediaType": "application/octet-stream", "size": 9, "digest": Digest::sha256(b"no manifest")}),
    ]);
    let tag = format!("sha256-{}", image.digest().hex());
    assert_eq!(rig.push_manifest(REPO, &tag, ManifestType::OciIndex, fallback.manifest).await.status, 201);
    let digests = |reply: &Reply| {
        let mut digests: Vec<_> =
            entries(reply).iter().map(|e| e["digest"].as_str().unwrap().to_owned()).collect();
        digests.sort();
        digests
    };
    let mut expected = vec![native.digest().to_string(), absent.to_string()];
    expected.sort();
    assert_eq!(digests(&list(&rig, &image.digest(), "").await), expected);
    let filtered = list(&rig, &image.digest(), "?artifactType=application/x.att").await;
    assert_eq!(digests(&filtered), [native.digest().to_string()]);
    assert_eq!(entries(&filtered)[0]["annotations"]["seed"], "native");
}

#[tokio::test]
async fn of_what_clients_listed_only_the_page_is_read() {
    // decisions 6: one small index may list the same large manifests thousands of times
    let rig = Rig::start().await;
    let image = SampleImage::of("subject");
    let text = "x".repeat(70_000);
    let mut listed = Vec::new();
    let mut expected = Vec::new();
    for i in 0..10 {
        let referrer = SampleImage::build(&i.to_string(), &json!({"annotations": {"text": text}}));
        rig.push(REPO, &referrer.digest().to_string(), &referrer).await;
        listed.extend([referrer.descriptor(), referrer.descriptor()]);
        expected.push(referrer.digest().to_string());
    }
    expected.sort();
    let fallback = SampleIndex::of(&listed);
    let tag = format!("sha256-{}", image.digest().hex());
    assert_eq!(rig.push_manifest(REPO, &tag, ManifestType::OciIndex, fallback.manifest).await.status, 201);
    let mut next = Some(format!("/v2/{REPO}/referrers/{}?n=2", image.digest()));
    let mut found = Vec::new();
    while let Some(path) = next {
        let before = rig.opened();
        let reply = rig.get(&path).await;
        assert!(rig.opened() - before <= 3, "the page, and the one that shows that there are more");
        found.extend(entries(&reply).iter().map(|e| e["digest"].as_str().unwrap().to_owned()));
        next = reply.header("link").map(|link| link[1..].split_once('>').unwrap().0.to_owned());
    }
    assert_eq!(found, expected);
}
