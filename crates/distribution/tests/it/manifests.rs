use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use serde_json::json;
use weir_oci::{Algorithm, Digest, ManifestType};
use weir_registry::Missing;
use weir_testkit::{Rig, RigOptions, SampleImage, SampleIndex};

use crate::common::{REPO, manifest, strings, tags};

#[tokio::test]
async fn a_manifest_comes_back_as_it_was_pushed() {
    // distribution 112, 114, 119, 128, 140; field C016
    let rig = Rig::start().await;
    for kind in ManifestType::ALL {
        let image = SampleImage::of(kind.as_str());
        rig.push(REPO, "base", &image).await;
        let body = if kind.is_index() {
            json!({"schemaVersion": 2, "mediaType": kind.as_str(), "manifests": [image.descriptor()], "x": {"unknown": [1]}})
        } else {
            let mut body: serde_json::Value = serde_json::from_slice(&image.manifest).unwrap();
            body["mediaType"] = kind.as_str().into();
            body["x"] = json!({"unknown": [1]});
            body
        };
        let raw = Bytes::from(format!("{body:#}\n"));
        let digest = Digest::sha256(&raw);
        let frames = raw.chunks(100).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        let put =
            rig.ask(Method::PUT, format!("/v2/{REPO}/manifests/v1")).header("content-type", kind.as_str());
        let put = put.frames(frames).send().await;
        assert_eq!(put.status, 201, "{put:?}");
        assert_eq!(put.location(), format!("/v2/{REPO}/manifests/{digest}"));
        assert_eq!(put.header("docker-content-digest"), Some(digest.to_string().as_str()));
        assert_eq!(put.header("oci-subject"), None);
        for reference in ["v1".to_owned(), digest.to_string()] {
            let path = format!("/v2/{REPO}/manifests/{reference}");
            let (get, head) = (rig.get(&path).await, rig.head(&path).await);
            assert_eq!((get.status, head.status), (200, 200));
            assert_eq!(get.body, raw);
            assert_eq!(get.headers, head.headers);
            assert!(head.body.is_empty());
            assert_eq!(get.header("content-type"), Some(kind.as_str()));
            assert_eq!(get.header("content-length"), Some(raw.len().to_string().as_str()));
            assert_eq!(get.header("docker-content-digest"), Some(digest.to_string().as_str()));
            assert_eq!(get.header("etag"), Some(format!("\"{digest}\"").as_str()));
            assert_eq!(get.header("accept-ranges"), None);
            // A manifest is not cut into ranges, and the answer must not look as if it were.
            let ranged = rig.ask(Method::GET, &path).header("range", "bytes=0-10").send().await;
            assert_eq!((ranged.status, ranged.body), (200, get.body));
        }
    }
}

#[tokio::test]
async fn accept_never_hides_or_changes_a_manifest() {
    // distribution 141; field C107
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push(REPO, "v1", &image).await;
    for lines in [
        &[][..],
        &["*/*"],
        &["*"],
        &["application/json"],
        &["application/vnd.docker.distribution.manifest.v2+json"],
        &[
            "text/html",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.oci.image.manifest.v1+json",
        ],
        &["application/vnd.docker.distribution.manifest.v1+prettyjws;q=0.9, nonsense"],
    ] {
        let mut ask = rig.ask(Method::GET, format!("/v2/{REPO}/manifests/v1"));
        for line in lines {
            ask = ask.header("accept", line);
        }
        let reply = ask.send().await;
        assert_eq!((reply.status, reply.body), (200, image.manifest.clone()), "{lines:?}");
    }
}

#[tokio::test]
async fn the_digest_in_the_path_or_the_parameter_must_be_that_of_the_bytes() {
    // distribution 113, 131, 133, 137
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push(REPO, "v1", &image).await;
    let spaced = Bytes::from([&image.manifest[..], b"  "].concat());
    let wrong = rig.push_manifest(REPO, &image.digest().to_string(), image.media_type, spaced.clone()).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (400, "DIGEST_INVALID"));
    assert_eq!(rig.push_manifest(REPO, "sha256:baddigeststring", image.media_type, spaced).await.status, 400);
    let bad_tag = rig.push_manifest(REPO, "-bad", image.media_type, image.manifest.clone()).await;
    assert_eq!((bad_tag.status, bad_tag.code().as_str()), (400, "TAG_INVALID"));

    let long = Digest::of(Algorithm::Sha512, &image.manifest);
    let by_digest = manifest(&rig, REPO, &long.to_string(), &image).await;
    assert_eq!(by_digest.header("docker-content-digest"), Some(long.to_string().as_str()));
    let by_digest = rig.get(format!("/v2/{REPO}/manifests/{long}")).await;
    assert_eq!(by_digest.header("docker-content-digest"), Some(long.to_string().as_str()));
    let tagged = manifest(&rig, REPO, &format!("long?digest={long}"), &image).await;
    assert_eq!(tagged.status, 201);
    let by_tag = rig.get(format!("/v2/{REPO}/manifests/long")).await;
    assert_eq!(by_tag.header("docker-content-digest"), Some(long.to_string().as_str()));
    assert_eq!(by_tag.body, image.manifest);
    let mismatch = manifest(&rig, REPO, &format!("other?digest={}", Digest::sha256(b"x")), &image).await;
    assert_eq!((mismatch.status, mismatch.code().as_str()), (400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn what_a_manifest_names_must_be_in_the_same_repository() {
    // distribution 121, 122, 123; reliability V48
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push("demo/elsewhere", "v1", &image).await;
    let refused = manifest(&rig, REPO, "v1", &image).await;
    assert_eq!(refused.status, 400);
    let errors = refused.json()["errors"].as_array().unwrap().clone();
    let missing: Vec<_> = errors.iter().map(|e| e["detail"].as_str().unwrap().to_owned()).collect();
    assert!(errors.iter().all(|e| e["code"] == "MANIFEST_BLOB_UNKNOWN"));
    assert_eq!(missing.len(), 2);
    for blob in image.blobs() {
        assert!(missing.contains(&Digest::sha256(blob).to_string()));
    }
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/v1")).await.status, 404);

    let foreign = SampleImage::build(
        "f",
        &json!({"layers": [{
        "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "size": 5, "digest": Digest::sha256(b"elsewhere"), "urls": ["https://example.com/layer"]}]}),
    );
    rig.push(REPO, "foreign", &foreign).await;

    let mut options = RigOptions::default();
    options.registry.missing_blobs = Missing::Accept;
    let rig = Rig::with(options).await;
    assert_eq!(manifest(&rig, REPO, "sparse", &image).await.status, 201);
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/sparse")).await.status, 200);
}

#[tokio::test]
async fn a_size_that_is_not_the_blobs_is_refused() {
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push(REPO, "v1", &image).await;
    let lie = SampleImage::build(
        "a",
        &json!({"layers": [{
        "mediaType": "application/x", "size": 1, "digest": Digest::sha256(&image.layers[0])}]}),
    );
    let refused = manifest(&rig, REPO, "lie", &lie).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "MANIFEST_INVALID"));
}

#[tokio::test]
async fn an_index_may_list_manifests_that_are_missing_and_blobs_that_are_here() {
    // distribution 125, 126, 127; field C020, C022
    let absent = json!({"mediaType": ManifestType::OciManifest.as_str(), "size": 500, "digest": Digest::sha256(b"absent")});
    for missing_children in [Missing::Accept, Missing::Reject] {
        let mut options = RigOptions::default();
        options.registry.missing_children = missing_children;
        let rig = Rig::with(options).await;
        let image = SampleImage::of("a");
        rig.push(REPO, "v1", &image).await;
        let nested = SampleIndex::of(&[image.descriptor()]);
        let push = async |tag: &str, index: &SampleIndex| {
            rig.push_manifest(REPO, tag, ManifestType::OciIndex, index.manifest.clone()).await
        };
        assert_eq!(push("nested", &nested).await.status, 201);
        let of_index = json!({"mediaType": ManifestType::OciIndex.as_str(), "size": nested.manifest.len(), "digest": nested.digest()});
        assert_eq!(push("index-of-indexes", &SampleIndex::of(&[of_index])).await.status, 201);
        assert_eq!(push("empty", &SampleIndex::of(&[])).await.status, 201);

        let cache = json!({"mediaType": "application/vnd.buildkit.cacheconfig.v0", "size": 4, "digest": rig.push_blob(REPO, "blob").await});
        assert_eq!(push("cache", &SampleIndex::of(&[cache])).await.status, 201);

        let sparse = push("sparse", &SampleIndex::of(&[image.descriptor(), absent.clone()])).await;
        match missing_children {
            Missing::Accept => assert_eq!(sparse.status, 201),
            Missing::Reject => {
                assert_eq!((sparse.status, sparse.code().as_str()), (400, "MANIFEST_BLOB_UNKNOWN"));
                let detail = sparse.json()["errors"][0]["detail"].clone();
                assert_eq!(detail, Digest::sha256(b"absent").to_string());
            }
        }
    }
}

#[tokio::test]
async fn configs_of_any_kind_are_taken() {
    // field C013; decisions 3.2
    let rig = Rig::start().await;
    for (tag, kind, config) in [
        ("empty", "application/vnd.oci.empty.v1+json", "{}"),
        ("yaml", "application/vnd.cncf.artifacthub.config.v1+yaml", "a: [b"),
        ("liar", "application/vnd.oci.image.config.v1+json", "no JSON at all"),
        (
            "mistyped",
            "application/vnd.oci.image.config.v1+json",
            r#"{"config":7,"created":[],"architecture":{}}"#,
        ),
    ] {
        rig.push_blob(REPO, config).await;
        rig.push_blob(REPO, "data").await;
        let body = json!({"schemaVersion": 2, "artifactType": "application/x.t",
            "config": {"mediaType": kind, "size": config.len(), "digest": Digest::sha256(config.as_bytes())},
            "layers": [{"mediaType": "application/x", "size": 4, "digest": Digest::sha256(b"data")}]});
        let reply = rig.push_manifest(REPO, tag, ManifestType::OciManifest, body.to_string().into()).await;
        assert_eq!(reply.status, 201, "{tag}: {reply:?}");
    }
}

#[tokio::test]
async fn a_config_is_not_read_for_its_record_if_it_is_larger_than_it_says() {
    let rig = Rig::start().await;
    let config = vec![b' '; 9 * 1024 * 1024];
    let digest = rig.push_blob(REPO, config).await;
    let body = json!({"schemaVersion": 2, "layers": [],
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2, "digest": digest}});
    let opened = rig.opened();
    let reply = rig.push_manifest(REPO, "v1", ManifestType::OciManifest, body.to_string().into()).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "MANIFEST_INVALID"));
    assert_eq!(rig.opened(), opened);
}

#[tokio::test]
async fn no_bytes_stay_of_a_manifest_that_is_refused() {
    // reliability 2.1: a 4xx changes nothing
    let rig = Rig::start().await;
    let image = SampleImage::build("a", &json!({"annotations": {"text": "x".repeat(100_000)}}));
    assert!(manifest(&rig, REPO, "v1", &image).await.status == 400, "its blobs are missing");
    let folder = rig.folder().join("blobs").join("sha256").join(&image.digest().hex()[..2]);
    let left = || std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(left(), 0, "{}", folder.display());
    rig.push(REPO, "v1", &image).await;
    assert_eq!(left(), 1);
}

#[tokio::test]
async fn the_largest_manifest_and_one_byte_more() {
    // distribution 120; decisions 3.5
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push(REPO, "v1", &image).await;
    let limit = 4 * 1024 * 1024;
    let mut body = image.manifest.to_vec();
    body.resize(limit, b' ');
    let whole = rig.push_manifest(REPO, "large", image.media_type, body.clone().into()).await;
    assert_eq!(whole.status, 201);
    assert!(rig.get(format!("/v2/{REPO}/manifests/large")).await.body == body);
    body.push(b' ');
    let announced = rig.push_manifest(REPO, "larger", image.media_type, body.clone().into()).await;
    assert_eq!((announced.status, announced.code().as_str()), (413, "MANIFEST_INVALID"));
    let frames = body.chunks(100_000).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    let counted = rig.ask(Method::PUT, format!("/v2/{REPO}/manifests/larger")).frames(frames).send().await;
    assert_eq!(counted.status, 413);
}

#[tokio::test]
async fn one_push_sets_many_tags_or_none() {
    // distribution 134, 135, 136; field C019
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    let digest = rig.push(REPO, &image.digest().to_string(), &image).await;
    let push = async |query: &str| manifest(&rig, REPO, &format!("{digest}?{query}"), &image).await;
    let reply = push("tag=1.2.3&tag=1.2&tag=latest&tag=1.2").await;
    assert_eq!(reply.status, 201);
    let set: Vec<_> = reply.headers.get_all("oci-tag").iter().map(|v| v.to_str().unwrap()).collect();
    assert_eq!(set, ["1.2.3", "1.2", "latest"]);
    assert_eq!(tags(&rig, REPO).await, ["1.2", "1.2.3", "latest"]);

    let refused = push("tag=ok&tag=-bad").await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "TAG_INVALID"));
    assert_eq!(tags(&rig, REPO).await.len(), 3);
    assert_eq!(manifest(&rig, REPO, "v1?tag=v2", &image).await.status, 400);
    assert_eq!(tags(&rig, REPO).await.len(), 3);

    let many = |n: usize| (0..n).map(|i| format!("tag=t{i}")).collect::<Vec<_>>().join("&");
    assert_eq!(push(&many(100)).await.status, 201);
    assert_eq!(tags(&rig, REPO).await.len(), 103);
    assert_eq!(push(&many(300)).await.status, 414);
}

#[tokio::test]
async fn a_tag_moves_and_the_old_manifest_stays() {
    // distribution 130, 144; image-api 186
    let rig = Rig::start().await;
    let (a, b) = (SampleImage::of("a"), SampleImage::of("b"));
    rig.push(REPO, "v1", &a).await;
    rig.push(REPO, "v1", &a).await;
    let etag = format!("\"{}\"", a.digest());
    let poll = async || {
        let path = format!("/v2/{REPO}/manifests/v1");
        rig.ask(Method::GET, path).header("if-none-match", &etag).send().await.status
    };
    assert_eq!(poll().await, 304);
    rig.push(REPO, "v1", &b).await;
    assert_eq!(poll().await, 200);
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/v1")).await.body, b.manifest);
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/{}", a.digest())).await.body, a.manifest);
}

#[tokio::test]
async fn a_write_that_expects_another_state_is_refused() {
    // distribution 138
    let rig = Rig::start().await;
    let (a, b) = (SampleImage::of("a"), SampleImage::of("b"));
    rig.push(REPO, "v1", &a).await;
    rig.push(REPO, &b.digest().to_string(), &b).await;
    let put = async |header: &str, value: &str, tag: &str| {
        let ask = rig.ask(Method::PUT, format!("/v2/{REPO}/manifests/{tag}")).header(header, value);
        ask.header("content-type", b.media_type.as_str()).body(b.manifest.clone()).send().await.status
    };
    let (at_a, at_b) = (format!("\"{}\"", a.digest()), format!("\"{}\"", b.digest()));
    assert_eq!(put("if-match", &at_b, "v1").await, 412);
    assert_eq!(put("if-none-match", "*", "v1").await, 412);
    assert_eq!(put("if-match", "*", "new").await, 412);
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/v1")).await.body, a.manifest);
    assert_eq!(put("if-match", &at_a, "v1").await, 201);
    assert_eq!(put("if-none-match", "*", "new").await, 201);
    let delete = async |value: &str| {
        rig.ask(Method::DELETE, format!("/v2/{REPO}/manifests/v1"))
            .header("if-match", value)
            .send()
            .await
            .status
    };
    assert_eq!(delete(&at_a).await, 412);
    assert_eq!(delete(&at_b).await, 202);
}

#[tokio::test]
async fn any_of_the_states_a_write_expects_will_do() {
    // distribution 138; RFC 9110, 13.1.1
    let rig = Rig::start().await;
    let (a, b, other) = (SampleImage::of("a"), SampleImage::of("b"), SampleImage::of("c"));
    rig.push(REPO, "v1", &a).await;
    rig.push(REPO, &b.digest().to_string(), &b).await;
    let one_of = |digests: [Digest; 2]| format!("\"{}\", \"{}\"", digests[0], digests[1]);
    let path = format!("/v2/{REPO}/manifests/v1");
    let put = async |condition: &str| {
        let ask = rig.ask(Method::PUT, &path).header("if-match", condition);
        ask.header("content-type", b.media_type.as_str()).body(b.manifest.clone()).send().await.status
    };
    assert_eq!(put(&one_of([b.digest(), other.digest()])).await, 412);
    assert_eq!(put(&one_of([other.digest(), a.digest()])).await, 201);
    let delete = async |path: &str, condition: &str| {
        rig.ask(Method::DELETE, path).header("if-match", condition).send().await.status
    };
    assert_eq!(delete(&path, &one_of([a.digest(), other.digest()])).await, 412);
    let by_digest = format!("/v2/{REPO}/manifests/{}", a.digest());
    assert_eq!(delete(&by_digest, &one_of([b.digest(), other.digest()])).await, 412);
    assert_eq!(delete(&by_digest, &one_of([b.digest(), a.digest()])).await, 202);
    let lines = rig.ask(Method::DELETE, &path).header("if-match", &format!("\"{}\"", a.digest()));
    assert_eq!(lines.header("if-match", &format!("\"{}\"", b.digest())).send().await.status, 202);
}

#[tokio::test]
async fn what_is_not_there_is_unknown() {
    // distribution 142, 143
    let rig = Rig::start().await;
    rig.push(REPO, "v1", &SampleImage::of("a")).await;
    let absent = Digest::sha256(b"absent");
    for (path, status, code) in [
        (format!("/v2/{REPO}/manifests/nope"), 404, "MANIFEST_UNKNOWN"),
        (format!("/v2/{REPO}/manifests/.INVALID_MANIFEST_NAME"), 404, "MANIFEST_UNKNOWN"),
        (format!("/v2/{REPO}/manifests/{absent}"), 404, "MANIFEST_UNKNOWN"),
        ("/v2/demo/none/manifests/v1".to_owned(), 404, "NAME_UNKNOWN"),
        (format!("/v2/{REPO}/manifests/sha256:totallywrong"), 400, "DIGEST_INVALID"),
    ] {
        let reply = rig.get(&path).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
        assert_eq!(rig.head(&path).await.status, status);
    }
    // A manifest is no blob (distribution 1.6).
    let digest = SampleImage::of("a").digest();
    assert_eq!(rig.head(format!("/v2/{REPO}/blobs/{digest}")).await.status, 404);
}

#[tokio::test]
async fn deleting_a_tag_keeps_the_manifest_and_the_other_tags() {
    // distribution 145; field C033
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    let digest = rig.push(REPO, "3.7-45", &image).await;
    rig.push(REPO, "latest", &image).await;
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/3.7-45")).await.status, 202);
    assert_eq!(rig.head(format!("/v2/{REPO}/manifests/3.7-45")).await.status, 404);
    assert_eq!(tags(&rig, REPO).await, ["latest"]);
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/{digest}")).await.status, 200);
    let again = rig.delete(format!("/v2/{REPO}/manifests/3.7-45")).await;
    assert_eq!((again.status, again.code().as_str()), (404, "MANIFEST_UNKNOWN"));
}

#[tokio::test]
async fn deleting_a_digest_takes_its_tags_along() {
    // distribution 146, 147, 148
    let rig = Rig::start().await;
    let (a, b) = (SampleImage::of("a"), SampleImage::of("b"));
    rig.push(REPO, "v1", &a).await;
    rig.push(REPO, "v2", &a).await;
    rig.push(REPO, "v3", &b).await;
    let index = SampleIndex::of(&[a.descriptor(), b.descriptor()]);
    rig.push_manifest(REPO, "multi", ManifestType::OciIndex, index.manifest.clone()).await;
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/{}", a.digest())).await.status, 202);
    for reference in ["v1", "v2", &a.digest().to_string()] {
        assert_eq!(rig.head(format!("/v2/{REPO}/manifests/{reference}")).await.status, 404);
    }
    assert_eq!(tags(&rig, REPO).await, ["multi", "v3"]);
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/{}", index.digest())).await.status, 202);
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/{}", b.digest())).await.status, 200);
    assert_eq!(rig.delete(format!("/v2/{REPO}/manifests/{}", a.digest())).await.status, 404);
    // Pushing it again brings it back, whole.
    rig.push(REPO, "v1", &a).await;
    assert_eq!(rig.get(format!("/v2/{REPO}/manifests/v1")).await.body, a.manifest);
}

#[tokio::test]
async fn a_delete_by_digest_heeds_its_condition() {
    // distribution 138
    let rig = Rig::start().await;
    let digest = rig.push(REPO, "v1", &SampleImage::of("a")).await;
    let at = format!("/v2/{REPO}/manifests/{digest}");
    let other = format!("\"{}\"", Digest::sha256(b"other"));
    for (name, value) in [("if-match", other.as_str()), ("if-none-match", "*")] {
        let reply = rig.ask(Method::DELETE, &at).header(name, value).send().await;
        assert_eq!((reply.status, reply.code().as_str()), (412, "DENIED"), "{name}");
    }
    assert_eq!(rig.head(&at).await.status, 200);
    let same = rig.ask(Method::DELETE, &at).header("if-match", &format!("\"{digest}\"")).send().await;
    assert_eq!(same.status, 202);
}

#[tokio::test]
async fn with_deletes_switched_off_nothing_goes() {
    // distribution 54, 147; reliability V50
    let mut options = RigOptions::default();
    options.registry.deletes = false;
    let rig = Rig::with(options).await;
    let image = SampleImage::of("a");
    let digest = rig.push(REPO, "v1", &image).await;
    let blob = Digest::sha256(&image.config);
    for path in ["manifests/v1".to_owned(), format!("manifests/{digest}"), format!("blobs/{blob}")] {
        let reply = rig.delete(format!("/v2/{REPO}/{path}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (405, "UNSUPPORTED"));
        assert_eq!(rig.head(format!("/v2/{REPO}/{path}")).await.status, 200);
    }
}

#[tokio::test]
async fn a_read_only_registry_serves_and_takes_nothing() {
    // distribution 204
    let mut options = RigOptions::default();
    options.registry.read_only = true;
    let rig = Rig::with(options).await;
    let image = SampleImage::of("a");
    let digest = image.digest();
    for (method, path) in [
        (Method::POST, format!("/v2/{REPO}/blobs/uploads/")),
        (Method::POST, format!("/v2/{REPO}/blobs/uploads/?mount={digest}&from=a/b")),
        (Method::PUT, format!("/v2/{REPO}/manifests/v1")),
        (Method::DELETE, format!("/v2/{REPO}/manifests/v1")),
        (Method::DELETE, format!("/v2/{REPO}/blobs/{digest}")),
    ] {
        let reply = rig.ask(method, &path).send().await;
        assert_eq!((reply.status, reply.code().as_str()), (405, "UNSUPPORTED"), "{path}");
    }
    assert_eq!(rig.get("/v2/").await.status, 200);
}

#[tokio::test]
async fn concurrent_pushes_to_one_tag_all_succeed_and_all_stand_in_its_history() {
    // distribution 139; field C055
    let rig = Rig::start().await;
    let images: Vec<_> = (0..60).map(|i| SampleImage::of(&format!("image {i}"))).collect();
    join_all(images.iter().map(|image| rig.push(REPO, "latest", image))).await;
    let current = rig.get(format!("/v2/{REPO}/manifests/latest")).await;
    let current = current.header("docker-content-digest").unwrap().to_owned();
    assert!(images.iter().any(|image| image.digest().to_string() == current));
    for image in &images {
        assert_eq!(rig.get(format!("/v2/{REPO}/manifests/{}", image.digest())).await.body, image.manifest);
    }
    let body = rig.get("/v2/_catalog").await.json();
    assert_eq!(strings(&body["repositories"]), [REPO]);
}

#[tokio::test]
async fn a_reader_never_sees_parts_of_two_pushes() {
    // field C058
    let rig = Rig::start().await;
    let images: Vec<_> = (0..20).map(|i| SampleImage::of(&format!("image {i}"))).collect();
    for image in &images {
        rig.push(REPO, &image.digest().to_string(), image).await;
    }
    let writer = async {
        for image in images.iter().cycle().take(100) {
            assert_eq!(manifest(&rig, REPO, "t", image).await.status, 201);
        }
    };
    let deleter = async {
        for _ in 0..100 {
            assert!(matches!(rig.delete(format!("/v2/{REPO}/manifests/t")).await.status, 202 | 404));
        }
    };
    let reader = async {
        for _ in 0..300 {
            let reply = rig.get(format!("/v2/{REPO}/manifests/t")).await;
            if reply.status == 200 {
                let digest = Digest::sha256(&reply.body).to_string();
                assert_eq!(reply.header("docker-content-digest"), Some(digest.as_str()));
            } else {
                assert_eq!(reply.status, 404);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writer, deleter, reader);
}
