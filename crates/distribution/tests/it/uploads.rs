use bytes::Bytes;
use futures_util::future::{FutureExt, join_all};
use futures_util::stream::{self, StreamExt};
use http::Method;
use weir_oci::{Algorithm, Digest};
use weir_testkit::{Reply, Rig};

use crate::common::{REPO, patch, put, session};

fn range(reply: &Reply) -> Option<&str> {
    reply.header("range")
}

#[tokio::test]
async fn a_session_is_opened_and_says_where_it_is() {
    // distribution 19, 57, 58, 59, 60
    let rig = Rig::start().await;
    for path in ["/v2/new/repository/blobs/uploads/", "/v2/new/repository/blobs/uploads"] {
        let reply = rig.ask(Method::POST, path).header("content-type", "application/json").send().await;
        assert_eq!(reply.status, 202);
        let id = reply.header("docker-upload-uuid").unwrap();
        assert_eq!(reply.location(), format!("/v2/new/repository/blobs/uploads/{id}"));
        assert_eq!(range(&reply), Some("0-0"));
        assert_eq!(reply.header("content-length"), Some("0"));
        assert_eq!(reply.header("oci-chunk-min-length"), None);
    }
}

#[tokio::test]
async fn an_algorithm_may_be_announced() {
    // distribution 61
    let rig = Rig::start().await;
    let post = async |name: &str| {
        rig.ask(Method::POST, format!("/v2/{REPO}/blobs/uploads/?digest-algorithm={name}")).send().await
    };
    let announced = post("sha512").await;
    assert_eq!(announced.status, 202);
    let digest = Digest::of(Algorithm::Sha512, b"abc");
    assert_eq!(put(&rig, announced.location(), digest, b"abc").await.status, 201);
    let refused = post("md5").await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn every_way_to_upload_gives_the_same_blob() {
    // distribution 62, 63, 77, 78, 79, 81, 92, 94, 95, 96, 97, 99, 102
    let rig = Rig::start().await;
    for content in [&b""[..], b"{}", b"some bytes", &vec![7; 200_000]] {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let digest = Digest::of(algorithm, content);
            let half = content.len() / 2;
            let frames =
                |bytes: &[u8]| bytes.chunks(1000).map(|c| Ok(Bytes::copy_from_slice(c))).collect::<Vec<_>>();
            let post = format!("/v2/{REPO}/blobs/uploads/?digest={digest}");

            let mut replies = vec![
                rig.ask(Method::POST, &post).body(content.to_vec()).send().await,
                rig.ask(Method::POST, &post).frames(frames(content)).send().await,
            ];
            let at = session(&rig, REPO).await;
            replies.push(put(&rig, &at, digest, content).await);
            let at = session(&rig, REPO).await;
            let close = format!("{at}?digest={digest}");
            replies.push(rig.ask(Method::PUT, close).frames(frames(content)).send().await);
            let at = session(&rig, REPO).await;
            assert_eq!(rig.ask(Method::PATCH, &at).frames(frames(content)).send().await.status, 202);
            replies.push(put(&rig, &at, digest, b"").await);
            let at = session(&rig, REPO).await;
            assert_eq!(patch(&rig, &at, None, &content[..half]).await.status, 202);
            replies.push(put(&rig, &at, digest, &content[half..]).await);
            if half > 0 {
                let at = session(&rig, REPO).await;
                let first = format!("0-{}", half - 1);
                assert_eq!(patch(&rig, &at, Some(&first), &content[..half]).await.status, 202);
                let last = format!("{half}-{}", content.len() - 1);
                let ask =
                    rig.ask(Method::PUT, format!("{at}?digest={digest}")).header("content-range", &last);
                replies.push(ask.body(content[half..].to_vec()).send().await);
            }
            for reply in replies {
                assert_eq!(reply.status, 201, "{reply:?}");
                assert_eq!(reply.location(), format!("/v2/{REPO}/blobs/{digest}"));
                assert_eq!(reply.header("docker-content-digest"), Some(digest.to_string().as_str()));
                assert!(rig.get(reply.location()).await.body == content);
            }
        }
    }
}

#[tokio::test]
async fn range_is_the_last_byte_received() {
    // distribution 62, 64, 65, 71, 72; field C003, C004: Docker takes a layer's size from it
    let rig = Rig::start().await;
    let at = session(&rig, REPO).await;
    assert_eq!(range(&patch(&rig, &at, None, b"").await), Some("0-0"));
    let streamed = rig.ask(Method::PATCH, &at).frames(vec![Ok("abc".into()), Ok("de".into())]).send().await;
    assert_eq!((streamed.status, range(&streamed)), (202, Some("0-4")));
    assert_eq!(range(&patch(&rig, &at, Some("5-5"), b"f").await), Some("0-5"));
    assert_eq!(range(&patch(&rig, &at, None, &vec![0; 5_000_000]).await), Some("0-5000005"));
    for (method, path) in
        [(Method::GET, at.clone()), (Method::HEAD, at.clone()), (Method::GET, format!("{at}?digest=x"))]
    {
        let stands = rig.ask(method, path).send().await;
        assert_eq!((stands.status, range(&stands)), (204, Some("0-5000005")));
        assert_eq!(stands.location(), at);
        assert!(stands.body.is_empty());
    }
}

#[tokio::test]
async fn a_chunk_at_the_wrong_place_changes_nothing() {
    // distribution 66, 67, 68, 69, 70, 80
    let rig = Rig::start().await;
    let at = session(&rig, REPO).await;
    let first = patch(&rig, &at, Some("3-5"), b"def").await;
    assert_eq!((first.status, range(&first)), (416, Some("0-0")));
    assert_eq!(first.code(), "BLOB_UPLOAD_INVALID");
    assert_eq!(patch(&rig, &at, Some("0-2"), b"abc").await.status, 202);
    for wrong in ["0-2", "4-6", "2-4"] {
        let reply = patch(&rig, &at, Some(wrong), b"xyz").await;
        assert_eq!((reply.status, range(&reply)), (416, Some("0-2")), "{wrong}");
        assert_eq!(reply.location(), at);
    }
    for malformed in ["5-3", "a-b", "-", "3-99", ""] {
        let reply = patch(&rig, &at, Some(malformed), b"xyz").await;
        assert_eq!(reply.status, 400, "{malformed}");
    }
    let digest = Digest::sha256(b"abcdef");
    let close = format!("{at}?digest={digest}");
    let early = rig.ask(Method::PUT, &close).header("content-range", "4-6").body("def").send().await;
    assert_eq!((early.status, range(&early)), (416, Some("0-2")));
    let stands = rig.get(&at).await;
    assert_eq!((stands.status, range(&stands)), (204, Some("0-2")));
    let tolerated =
        rig.ask(Method::PUT, &close).header("content-range", "bytes 3-5/6").body("def").send().await;
    assert_eq!(tolerated.status, 201);
}

#[tokio::test]
async fn a_closing_request_that_is_refused_leaves_the_session_or_ends_it() {
    // distribution 82, 83, 84, 85, 86, 93; field C009
    let rig = Rig::start().await;
    let at = session(&rig, REPO).await;
    let digest = Digest::sha256(b"abc");
    let other = Digest::sha256(b"x");
    for query in [
        "",
        "?digest=",
        "?digest=sha256:short",
        "?digest=md5:0123",
        &format!("?digest={digest}&digest={other}"),
    ] {
        let reply = rig.ask(Method::PUT, format!("{at}{query}")).send().await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "DIGEST_INVALID"), "{query}");
    }
    let with_digest = format!("{at}?digest={digest}");
    assert_eq!(rig.ask(Method::PATCH, &with_digest).body("abc").send().await.status, 202);
    let twice = format!("{at}?digest={digest}&digest={digest}");
    assert_eq!(rig.ask(Method::PUT, twice).send().await.status, 201);

    let at = session(&rig, REPO).await;
    let lie = put(&rig, &at, other, b"not x").await;
    assert_eq!((lie.status, lie.code().as_str()), (400, "DIGEST_INVALID"));
    assert_eq!(rig.head(format!("/v2/{REPO}/blobs/{other}")).await.status, 404);
    assert_eq!(rig.get(&at).await.status, 404);

    let post = format!("/v2/{REPO}/blobs/uploads/?digest={other}");
    let lie = rig.ask(Method::POST, post).body("not x").send().await;
    assert_eq!((lie.status, lie.code().as_str()), (400, "DIGEST_INVALID"));
}

#[tokio::test]
async fn a_session_is_of_one_repository_and_ends_once() {
    // distribution 73, 74, 89; reliability V52
    let rig = Rig::start().await;
    let at = session(&rig, REPO).await;
    let elsewhere = at.replace(REPO, "demo/other");
    let unknown = at[..at.len() - 12].to_owned() + "000000000000";
    for path in [&elsewhere, &unknown, &format!("/v2/{REPO}/blobs/uploads/nonsense")] {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let reply = rig.ask(method, path).send().await;
            assert_eq!((reply.status, reply.code().as_str()), (404, "BLOB_UPLOAD_UNKNOWN"), "{path}");
        }
        assert_eq!(put(&rig, path, Digest::sha256(b""), b"").await.status, 404);
    }
    assert_eq!(rig.get(&at).await.status, 204);
    assert_eq!(rig.delete(&at).await.status, 204);
    assert_eq!(rig.get(&at).await.status, 404);
    assert_eq!(rig.delete(&at).await.status, 404);
}

#[tokio::test]
async fn a_closing_request_repeated_after_a_lost_answer_succeeds_again() {
    // distribution 87; field C001
    let rig = Rig::start().await;
    let at = session(&rig, REPO).await;
    let digest = Digest::sha256(b"abc");
    for _ in 0..2 {
        let reply = put(&rig, &at, digest, b"abc").await;
        assert_eq!((reply.status, reply.location()), (201, format!("/v2/{REPO}/blobs/{digest}").as_str()));
    }
    assert_eq!(put(&rig, &at, Digest::sha256(b"x"), b"").await.status, 404);
    let rig = rig.restart().await;
    assert_eq!(put(&rig, &at, digest, b"").await.status, 201);
}

#[tokio::test]
async fn a_session_survives_a_restart_at_any_point() {
    // distribution 88; field C007
    let content: Vec<u8> = (0..=250).cycle().take(400_000).collect();
    for cut in [0, 1, 60_000, 70_000, 300_000] {
        let rig = Rig::start().await;
        let at = session(&rig, REPO).await;
        if cut > 0 {
            assert_eq!(patch(&rig, &at, None, &content[..cut]).await.status, 202);
        }
        let rig = rig.restart().await;
        let stands = rig.get(&at).await;
        assert_eq!(range(&stands), Some(format!("0-{}", cut.saturating_sub(1)).as_str()));
        let digest = Digest::sha256(&content);
        assert_eq!(put(&rig, &at, digest, &content[cut..]).await.status, 201);
        assert!(rig.get(format!("/v2/{REPO}/blobs/{digest}")).await.body == content);
    }
}

#[tokio::test]
async fn a_broken_connection_leaves_a_session_that_tells_the_truth() {
    // distribution 76
    let rig = Rig::start().await;
    for size in [1000, 300_000] {
        let at = session(&rig, REPO).await;
        let content = vec![b'x'; size * 2];
        let broken = vec![Ok(Bytes::from(content[..size].to_vec())), Err("the client went away".into())];
        assert_eq!(rig.ask(Method::PATCH, &at).frames(broken).send().await.status, 400);
        let stands = rig.get(&at).await;
        let last: usize = range(&stands).unwrap().strip_prefix("0-").unwrap().parse().unwrap();
        let have = if last == 0 { 0 } else { last + 1 };
        assert!(have <= size);
        let digest = Digest::sha256(&content);
        assert_eq!(put(&rig, &at, digest, &content[have..]).await.status, 201);
    }
}

#[tokio::test]
async fn two_writers_of_one_session_never_mix_their_bytes() {
    // distribution 75
    let rig = Rig::start().await;
    let frames = |byte: u8| (0..50).map(|_| Ok(Bytes::from(vec![byte; 5000]))).collect::<Vec<_>>();
    let (a, b) = (vec![b'a'; 250_000], vec![b'b'; 250_000]);
    let mut stored = 0;
    // Which of the two comes first is open, and a wrong digest ends the session: one for each order.
    for content in [[a.clone(), b.clone()].concat(), [b, a].concat()] {
        let at = session(&rig, REPO).await;
        let (a, b) = tokio::join!(
            rig.ask(Method::PATCH, &at).frames(frames(b'a')).send(),
            rig.ask(Method::PATCH, &at).frames(frames(b'b')).send(),
        );
        assert_eq!((a.status, b.status), (202, 202));
        stored += usize::from(put(&rig, &at, Digest::sha256(&content), b"").await.status == 201);
    }
    assert!(stored > 0, "the session holds neither one body after the other nor the other way round");
}

#[tokio::test]
async fn the_same_blob_from_many_clients_at_once() {
    // distribution 100
    let rig = Rig::start().await;
    let content = vec![1; 100_000];
    let digests = join_all((0..16).map(|_| rig.push_blob(REPO, content.clone()))).await;
    assert!(digests.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(rig.get(format!("/v2/{REPO}/blobs/{}", digests[0])).await.body == content);
}

#[tokio::test]
async fn idle_sessions_expire() {
    // distribution 91
    let rig = Rig::start().await;
    let (old, used) = (session(&rig, REPO).await, session(&rig, REPO).await);
    patch(&rig, &old, None, &vec![0; 200_000]).await;
    rig.clock.advance_ms(20 * 3_600_000);
    patch(&rig, &used, None, b"abc").await;
    rig.clock.advance_ms(5 * 3_600_000);
    rig.registry.expire_uploads().await.unwrap();
    assert_eq!(rig.get(&old).await.status, 404);
    assert_eq!(rig.get(&used).await.status, 204);
}

#[tokio::test]
async fn a_session_that_is_written_to_does_not_expire() {
    // distribution 91
    let rig = Rig::start().await;
    let at = session(&rig, REPO).await;
    let content = vec![7; 400_000];
    assert_eq!(patch(&rig, &at, None, &content[..200_000]).await.status, 202);
    let (registry, clock, rest) = (rig.registry.clone(), rig.clock.clone(), content[200_000..].to_vec());
    let slow = stream::once(Box::pin(async move {
        clock.advance_ms(25 * 3_600_000);
        assert_eq!(registry.expire_uploads().await.unwrap(), 0);
        Ok(Bytes::from(rest))
    }));
    let written = rig.ask(Method::PATCH, &at).stream(slow).send().await;
    assert_eq!((written.status, range(&written)), (202, Some("0-399999")));
    let digest = Digest::sha256(&content);
    assert_eq!(put(&rig, &at, digest, b"").await.status, 201);
    assert!(rig.get(format!("/v2/{REPO}/blobs/{digest}")).await.body == content);
}

#[tokio::test]
async fn two_closing_requests_at_once_both_succeed() {
    // distribution 87; field C001: the client asks again before the first answer is there
    let rig = Rig::start().await;
    for size in [3, 200_000] {
        let content = vec![1; size];
        let digest = Digest::sha256(&content);
        let at = session(&rig, REPO).await;
        assert_eq!(patch(&rig, &at, None, &content).await.status, 202);
        let (first, second) = tokio::join!(put(&rig, &at, digest, b""), put(&rig, &at, digest, b""));
        assert_eq!((first.status, second.status), (201, 201), "{size}");
    }
}

#[tokio::test]
async fn a_closing_request_is_carried_out_although_its_client_goes_away() {
    // distribution 87; reliability 2.1: repeating what got no answer converges
    let rig = Rig::start().await;
    for size in [3, 200_000] {
        let content = vec![2; size];
        let digest = Digest::sha256(&content);
        let at = session(&rig, REPO).await;
        assert_eq!(patch(&rig, &at, None, &content).await.status, 202);
        let dropped = put(&rig, &at, digest, b"").now_or_never();
        assert!(dropped.is_none(), "the request was dropped on its way");
        assert_eq!(put(&rig, &at, digest, b"").await.status, 201, "{size}");
        assert!(rig.get(format!("/v2/{REPO}/blobs/{digest}")).await.body == content);
    }
}

#[tokio::test]
async fn nothing_stays_of_an_upload_in_one_request_whose_client_goes_away() {
    // reliability 2.5
    let rig = Rig::start().await;
    let post = format!("/v2/{REPO}/blobs/uploads/?digest={}", Digest::sha256(b"x"));
    let begun = stream::iter([Ok(Bytes::from(vec![0; 300_000]))]);
    let endless = rig.ask(Method::POST, post).stream(begun.chain(stream::pending())).send();
    let staged = || std::fs::read_dir(rig.folder().join("uploads")).unwrap().count();
    let until_staged = async {
        while staged() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        reply = endless => panic!("a body without an end was answered: {reply:?}"),
        () = until_staged => {}
    }
    rig.registry.settle().await;
    assert_eq!(staged(), 0, "staging files are left");
}

#[tokio::test]
async fn a_store_that_fails_is_not_taken_for_an_unknown_session() {
    // reliability 2.7
    let rig = Rig::start().await;
    for method in [Method::PATCH, Method::PUT] {
        let at = session(&rig, REPO).await;
        let uploads = rig.folder().join("uploads");
        std::fs::rename(&uploads, rig.folder().join("away")).unwrap();
        let path = format!("{at}?digest={}", Digest::sha256(b"x"));
        let failed = rig.ask(method, path).body(vec![0; 100_000]).send().await;
        std::fs::rename(rig.folder().join("away"), &uploads).unwrap();
        assert_eq!((failed.status, failed.code().as_str()), (500, "UNKNOWN"));
        assert_eq!(rig.get(&at).await.status, 404, "a failed write ends the session");
        assert!(rig.registry.engine().open_uploads().unwrap().is_empty());
    }
    assert_eq!(rig.registry.uploads_open(), 0);
}

#[tokio::test]
async fn a_blob_that_is_too_large_is_refused() {
    let mut options = weir_testkit::RigOptions::default();
    options.registry.blob_limit = 1000;
    let rig = Rig::with(options).await;
    let digest = Digest::sha256(&[0; 1001]);
    let post = format!("/v2/{REPO}/blobs/uploads/?digest={digest}");
    let announced = rig.ask(Method::POST, &post).body(vec![0; 1001]).send().await;
    assert_eq!((announced.status, announced.code().as_str()), (413, "SIZE_INVALID"));
    let counted = rig
        .ask(Method::POST, &post)
        .frames(vec![Ok(vec![0; 600].into()), Ok(vec![0; 401].into())])
        .send()
        .await;
    assert_eq!(counted.status, 413);
    rig.push_blob(REPO, vec![0; 1000]).await;
}
