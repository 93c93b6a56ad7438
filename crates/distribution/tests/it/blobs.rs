use http::Method;
use weir_oci::{Algorithm, Digest};
use weir_testkit::Rig;

use crate::common::REPO;

fn content(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    // distribution 27, 28, 52; field C016
    let rig = Rig::start().await;
    for size in [0, 1, 2048, 100_000] {
        let content = content(size);
        let digest = rig.push_blob(REPO, content.clone()).await;
        let path = format!("/v2/{REPO}/blobs/{digest}");
        let (get, head) = (rig.get(&path).await, rig.head(&path).await);
        assert_eq!((get.status, head.status), (200, 200));
        assert!(get.body == content);
        assert!(head.body.is_empty());
        assert_eq!(get.headers, head.headers);
        assert_eq!(get.header("content-length"), Some(size.to_string().as_str()));
        assert_eq!(get.header("docker-content-digest"), Some(digest.to_string().as_str()));
        assert_eq!(get.header("etag"), Some(format!("\"{digest}\"").as_str()));
        assert_eq!(get.header("accept-ranges"), Some("bytes"));
        assert_eq!(get.header("content-type"), Some("application/octet-stream"));
        assert_eq!(get.header("docker-distribution-api-version"), Some("registry/2.0"));
    }
}

#[tokio::test]
async fn a_blob_is_of_the_repository_it_was_pushed_to() {
    // distribution 29, 30, 31; reliability V48
    let rig = Rig::start().await;
    let digest = rig.push_blob("demo/a", "x").await;
    for path in [format!("/v2/demo/b/blobs/{digest}"), format!("/v2/demo/a/blobs/{}", Digest::sha256(b"y"))] {
        let reply = rig.get(&path).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "BLOB_UNKNOWN"));
        assert_eq!(rig.head(&path).await.status, 404);
    }
    let reply = rig.get("/v2/demo/a/blobs/sha256:xyz").await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    // distribution 33
    let rig = Rig::start().await;
    let digest = rig.push_blob(REPO, "x").await;
    for tag in [format!("\"{digest}\""), digest.to_string(), format!("W/\"{digest}\"")] {
        for method in [Method::GET, Method::HEAD] {
            let path = format!("/v2/{REPO}/blobs/{digest}");
            let reply = rig.ask(method, path).header("if-none-match", &tag).send().await;
            assert_eq!(reply.status, 304);
            assert!(reply.body.is_empty());
        }
    }
}

#[tokio::test]
async fn ranges() {
    // distribution 34 to 41, 48, 49; field C010
    let rig = Rig::start().await;
    for size in [2048, 300_000] {
        let content = content(size);
        let digest = rig.push_blob(REPO, content.clone()).await;
        let path = format!("/v2/{REPO}/blobs/{digest}");
        for (range, status, bytes) in [
            ("bytes=500-1499", 206, 500..1500),
            ("bytes=500-", 206, 500..size),
            ("bytes=-500", 206, size - 500..size),
            ("bytes=-9999999", 206, 0..size),
            ("bytes=2000-9999999", 206, 2000..size),
            ("garbage", 200, 0..size),
        ] {
            let reply = rig.ask(Method::GET, &path).header("range", range).send().await;
            assert_eq!(reply.status, status, "{range}");
            assert!(reply.body == content[bytes.clone()], "{range}");
            assert_eq!(reply.header("content-length"), Some(bytes.len().to_string().as_str()));
            if status == 206 {
                let expected = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
                assert_eq!(reply.header("content-range"), Some(expected.as_str()));
            }
        }
        for range in ["bytes=9999999-", "bytes=500-0", "bytes=-0"] {
            let reply = rig.ask(Method::GET, &path).header("range", range).send().await;
            assert_eq!((reply.status, reply.code().as_str()), (416, "RANGE_INVALID"), "{range}");
            assert_eq!(reply.header("content-range"), Some(format!("bytes */{size}").as_str()));
        }
        let head = rig.ask(Method::HEAD, &path).header("range", "bytes=0-1").send().await;
        assert_eq!((head.status, head.header("content-length")), (200, Some(size.to_string().as_str())));
        let other =
            rig.ask(Method::GET, &path).header("range", "bytes=0-1").header("if-range", "\"x\"").send().await;
        assert_eq!(other.status, 200);
        let same = format!("\"{digest}\"");
        let same =
            rig.ask(Method::GET, &path).header("range", "bytes=0-1").header("if-range", &same).send().await;
        assert_eq!(same.status, 206);
    }
}

/// The parts of a multipart body: `Content-Range` and bytes of each.
fn parts(reply: &weir_testkit::Reply) -> Vec<(String, Vec<u8>)> {
    let kind = reply.header("content-type").unwrap();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect(kind);
    let marker = format!("\r\n--{boundary}");
    let mut rest = &reply.body[..];
    let mut parts = Vec::new();
    loop {
        rest = rest.strip_prefix(marker.as_bytes()).expect("a part begins with the boundary");
        if rest == b"--\r\n" {
            return parts;
        }
        let head = rest.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        let headers = std::str::from_utf8(&rest[..head]).unwrap();
        let range = headers.split("Content-Range: ").nth(1).unwrap().to_owned();
        rest = &rest[head + 4..];
        let (first, last) = range[6..].split_once('/').unwrap().0.split_once('-').unwrap();
        let len = last.parse::<usize>().unwrap() - first.parse::<usize>().unwrap() + 1;
        parts.push((range, rest[..len].to_vec()));
        rest = &rest[len..];
    }
}

#[tokio::test]
async fn several_ranges_are_as_many_parts_in_the_order_asked() {
    // distribution 42, 43, 44, 47
    let rig = Rig::start().await;
    let content = content(100_000);
    let digest = rig.push_blob(REPO, content.clone()).await;
    let path = format!("/v2/{REPO}/blobs/{digest}");
    for (range, expected) in [
        ("bytes=0-1,4-5", vec![0..2, 4..6]),
        ("bytes=0-1,2-3", vec![0..2, 2..4]),
        ("bytes=90000-90001,0-1", vec![90_000..90_002, 0..2]),
        ("bytes=0-1,200000-,5-5", vec![0..2, 5..6]),
    ] {
        let reply = rig.ask(Method::GET, &path).header("range", range).send().await;
        assert_eq!(reply.status, 206);
        assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
        let expected: Vec<_> = expected
            .into_iter()
            .map(|r| (format!("bytes {}-{}/100000", r.start, r.end - 1), content[r].to_vec()))
            .collect();
        assert_eq!(parts(&reply), expected, "{range}");
    }
}

#[tokio::test]
async fn a_thousand_ranges_and_one_too_many() {
    // distribution 45, 46
    let rig = Rig::start().await;
    let digest = rig.push_blob(REPO, content(100_000)).await;
    let ask = async |n: usize| {
        let ranges: Vec<_> = (0..n).map(|i| format!("{}-{}", i * 3, i * 3)).collect();
        let range = format!("bytes={}", ranges.join(","));
        rig.ask(Method::GET, format!("/v2/{REPO}/blobs/{digest}")).header("range", &range).send().await
    };
    let reply = ask(1024).await;
    assert_eq!((reply.status, parts(&reply).len()), (206, 1024));
    assert_eq!(ask(1025).await.status, 400);
}

#[tokio::test]
async fn sha512_is_a_name_of_its_own() {
    // distribution 32, 97, 98
    let rig = Rig::start().await;
    let content = b"the same bytes";
    let short = rig.push_blob(REPO, &content[..]).await;
    let long = Digest::of(Algorithm::Sha512, content);
    let post = format!("/v2/{REPO}/blobs/uploads/?digest={long}");
    assert_eq!(rig.ask(Method::POST, post).body(&content[..]).send().await.status, 201);
    let path = format!("/v2/{REPO}/blobs/{long}");
    let reply = rig.get(&path).await;
    assert_eq!(reply.header("docker-content-digest"), Some(long.to_string().as_str()));
    assert!(reply.body == content[..]);
    assert_eq!(rig.delete(&path).await.status, 202);
    assert_eq!(rig.head(&path).await.status, 404);
    assert_eq!(rig.head(format!("/v2/{REPO}/blobs/{short}")).await.status, 200);
}

#[tokio::test]
async fn deleting_removes_it_here_and_nowhere_else() {
    // distribution 53, 54, 55, 111; field C035; reliability V49
    let rig = Rig::start().await;
    let digest = rig.push_blob("demo/a", "shared").await;
    rig.push_blob("demo/b", "shared").await;
    let mount = format!("/v2/demo/c/blobs/uploads/?mount={digest}&from=demo/a");
    assert_eq!(rig.ask(Method::POST, mount).send().await.status, 201);
    assert_eq!(rig.delete(format!("/v2/demo/a/blobs/{digest}")).await.status, 202);
    assert_eq!(rig.head(format!("/v2/demo/a/blobs/{digest}")).await.status, 404);
    let again = rig.delete(format!("/v2/demo/a/blobs/{digest}")).await;
    assert_eq!((again.status, again.code().as_str()), (404, "BLOB_UNKNOWN"));
    for repository in ["demo/b", "demo/c"] {
        assert!(rig.get(format!("/v2/{repository}/blobs/{digest}")).await.body == "shared");
    }
    let rig = rig.restart().await;
    assert_eq!(rig.head(format!("/v2/demo/a/blobs/{digest}")).await.status, 404);
    assert_eq!(rig.head(format!("/v2/demo/b/blobs/{digest}")).await.status, 200);
}

#[tokio::test]
async fn a_blob_is_there_the_moment_it_was_acknowledged() {
    // distribution 92; field C057: a 404 just before must not be remembered
    let rig = Rig::start().await;
    for i in 0..300 {
        let content = format!("blob {i}");
        let path = format!("/v2/{REPO}/blobs/{}", Digest::sha256(content.as_bytes()));
        assert_eq!(rig.head(&path).await.status, 404);
        rig.push_blob(REPO, content).await;
        assert_eq!(rig.head(&path).await.status, 200);
    }
}

#[tokio::test]
async fn of_a_blob_that_was_uploaded_twice_one_copy_goes() {
    // reliability 2.6: the loser's key goes to the trash, and only when no reader can hold it
    let rig = Rig::start().await;
    let content = content(100_000);
    let digest = rig.push_blob("demo/a", content.clone()).await;
    rig.push_blob("demo/b", content.clone()).await;
    assert_eq!(rig.registry.empty_trash().await.unwrap(), 0);
    rig.clock.advance_ms(3_600_000);
    assert_eq!(rig.registry.empty_trash().await.unwrap(), 1);
    assert_eq!(rig.registry.empty_trash().await.unwrap(), 0);
    for repository in ["demo/a", "demo/b"] {
        assert!(rig.get(format!("/v2/{repository}/blobs/{digest}")).await.body == content);
    }
}
