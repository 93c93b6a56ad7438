use http::Method;
use weir_oci::Digest;
use weir_testkit::Rig;

use crate::common::put;

async fn mount(rig: &Rig, query: &str) -> weir_testkit::Reply {
    rig.ask(Method::POST, format!("/v2/demo/target/blobs/uploads/?{query}")).send().await
}

#[tokio::test]
async fn a_blob_is_mounted_where_it_can_be() {
    // distribution 103, 104, 109, 110; field C006
    for query in ["mount={}&from=demo/source", "mount={}", "from=demo%2Fsource&mount={}"] {
        let rig = Rig::start().await;
        let digest = rig.push_blob("demo/source", "x").await;
        for _ in 0..2 {
            let reply = mount(&rig, &query.replace("{}", &digest.to_string())).await;
            assert_eq!(reply.status, 201, "{query}");
            assert_eq!(reply.location(), format!("/v2/demo/target/blobs/{digest}"));
            assert_eq!(reply.header("docker-content-digest"), Some(digest.to_string().as_str()));
            assert!(rig.get(reply.location()).await.body == "x");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_mounted_becomes_an_upload() {
    // distribution 106, 107, 108; field C006
    let rig = Rig::start().await;
    let digest = rig.push_blob("demo/source", "x").await;
    let never = Digest::sha256(b"never pushed");
    for query in [
        format!("mount={digest}&from=demo/nowhere"),
        format!("mount={never}&from=demo/source"),
        format!("mount={never}"),
        format!("mount={digest}&from=../etc"),
        format!("mount={digest}&from=UPPER"),
        format!("mount={digest}&from={}", "a".repeat(250)),
        "mount=nonsense&from=demo/source".to_owned(),
        "from=demo/source".to_owned(),
    ] {
        let reply = mount(&rig, &query).await;
        assert_eq!(reply.status, 202, "{query}");
        let content = query.as_bytes();
        assert_eq!(put(&rig, reply.location(), Digest::sha256(content), content).await.status, 201);
        assert_eq!(rig.head(format!("/v2/demo/target/blobs/{digest}")).await.status, 404);
    }
}

#[tokio::test]
async fn contradicting_parameters_are_refused() {
    let rig = Rig::start().await;
    let (a, b) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
    assert_eq!(mount(&rig, &format!("mount={a}&mount={b}")).await.status, 400);
}

#[tokio::test]
async fn a_mount_outlives_its_source() {
    // distribution 111
    let rig = Rig::start().await;
    let digest = rig.push_blob("demo/source", "x").await;
    assert_eq!(mount(&rig, &format!("mount={digest}&from=demo/source")).await.status, 201);
    assert_eq!(rig.delete(format!("/v2/demo/source/blobs/{digest}")).await.status, 202);
    assert!(rig.get(format!("/v2/demo/target/blobs/{digest}")).await.body == "x");
}
