use http::Method;
use weir_access::OpenTo;
use weir_oci::Digest;
use weir_testkit::{Rig, RigOptions, SampleImage};

use crate::common::REPO;

#[tokio::test]
async fn the_base_says_that_it_is_a_registry() {
    // distribution 1, 23, 24
    let rig = Rig::start().await;
    for path in ["/v2/", "/v2"] {
        let reply = rig.get(path).await;
        assert_eq!((reply.status, &reply.body[..]), (200, &b"{}"[..]));
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("content-length"), Some("2"));
        assert_eq!(reply.header("docker-distribution-api-version"), Some("registry/2.0"));
        assert_eq!(reply.header("location"), None);
        assert_eq!(rig.head(path).await.status, 200);
    }
}

#[tokio::test]
async fn a_method_that_an_endpoint_has_not_is_named_with_those_it_has() {
    // distribution 5
    let rig = Rig::start().await;
    let digest = Digest::sha256(b"x");
    for (method, path, allow) in [
        (Method::POST, "/v2/".to_owned(), "GET, HEAD"),
        (Method::PUT, "/v2/_catalog".to_owned(), "GET, HEAD"),
        (Method::PUT, format!("/v2/{REPO}/blobs/{digest}"), "GET, HEAD, DELETE"),
        (Method::POST, format!("/v2/{REPO}/blobs/{digest}"), "GET, HEAD, DELETE"),
        (Method::GET, format!("/v2/{REPO}/blobs/uploads/"), "POST"),
        (Method::PUT, format!("/v2/{REPO}/blobs/uploads/"), "POST"),
        (Method::POST, format!("/v2/{REPO}/manifests/v1"), "GET, HEAD, PUT, DELETE"),
        (Method::PATCH, format!("/v2/{REPO}/manifests/v1"), "GET, HEAD, PUT, DELETE"),
        (Method::DELETE, format!("/v2/{REPO}/tags/list"), "GET, HEAD"),
        (Method::POST, format!("/v2/{REPO}/referrers/{digest}"), "GET, HEAD"),
        (Method::OPTIONS, format!("/v2/{REPO}/tags/list"), "GET, HEAD"),
        (Method::PUT, format!("/v2/{REPO}/_oci/tag-history/v1"), "GET, HEAD"),
        (Method::DELETE, format!("/extensions/v2/{REPO}/signatures/{digest}"), "GET, PUT"),
        (Method::POST, format!("/extensions/v2/{REPO}/signatures/{digest}"), "GET, PUT"),
        (
            Method::POST,
            format!("/v2/{REPO}/blobs/uploads/00000000-0000-4000-8000-000000000000"),
            "GET, HEAD, PATCH, PUT, DELETE",
        ),
    ] {
        let reply = rig.ask(method.clone(), &path).send().await;
        assert_eq!((reply.status, reply.code().as_str()), (405, "UNSUPPORTED"), "{method} {path}");
        assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
    }
}

#[tokio::test]
async fn an_error_to_head_has_the_headers_and_no_body() {
    // distribution 2, 4
    let rig = Rig::start().await;
    let path = format!("/v2/{REPO}/manifests/nope");
    let (get, head) = (rig.get(&path).await, rig.head(&path).await);
    assert_eq!((get.status, head.status), (404, 404));
    assert_eq!(get.headers, head.headers);
    assert!(head.body.is_empty());
    assert_eq!(get.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn parameters_nobody_knows_change_nothing() {
    // distribution 6
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    rig.push(REPO, "v1", &image).await;
    for path in [
        format!("/v2/{REPO}/manifests/v1"),
        format!("/v2/{REPO}/tags/list"),
        "/v2/_catalog".to_owned(),
        "/v2/".to_owned(),
    ] {
        let plain = rig.get(&path).await;
        let odd = rig.get(format!("{path}?ns=docker.io&origin=x&account=y&_state=z&client_id")).await;
        assert_eq!((plain.status, plain.body), (odd.status, odd.body));
    }
}

#[tokio::test]
async fn names_and_places_that_break_the_grammar_get_one_kind_of_answer() {
    // distribution 10, 11, 12; field C018
    let rig = Rig::start().await;
    let digest = Digest::sha256(b"x");
    let long = "a".repeat(256);
    let names = [
        long.as_str(),
        "A/b",
        "a//b",
        "a/../b",
        "a/.b",
        "a/b_",
        "a/b%2fc",
        "a/b~c",
        "a..b",
        "a_-b",
        "-a",
        "a-",
        "%00",
        "a%20b",
    ];
    for name in names {
        for (method, rest) in [
            (Method::GET, "manifests/v1".to_owned()),
            (Method::PUT, "manifests/v1".to_owned()),
            (Method::GET, "tags/list".to_owned()),
            (Method::GET, format!("blobs/{digest}")),
            (Method::POST, "blobs/uploads/".to_owned()),
        ] {
            let reply = rig.ask(method, format!("/v2/{name}/{rest}")).send().await;
            assert_eq!((reply.status, reply.code().as_str()), (400, "NAME_INVALID"), "{name}/{rest}");
            assert_eq!(reply.header("content-type"), Some("application/json"));
        }
    }
    assert_eq!(rig.get("/v2/_catalog").await.json()["repositories"], serde_json::json!([]));
    for name in
        [format!("a/{}", "b".repeat(253)), "a__b/c.d/e---f".to_owned(), "x/manifests/y/blobs".to_owned()]
    {
        rig.push(&name, "v1", &SampleImage::of("a")).await;
        assert_eq!(rig.get(format!("/v2/{name}/manifests/v1")).await.status, 200);
    }
}

#[tokio::test]
async fn locations_carry_the_external_address_only_when_one_is_set() {
    // distribution 19, 20; field C047; reliability V29
    let image = SampleImage::of("a");
    let mut options = RigOptions::default();
    options.edge.external_url = Some("https://registry.example:443".to_owned());
    for (options, prefix) in [(RigOptions::default(), "/v2/"), (options, "https://registry.example:443/v2/")]
    {
        let rig = Rig::with(options).await;
        rig.push(REPO, "v1", &image).await;
        rig.push(REPO, "v2", &image).await;
        let ask = rig.ask(Method::POST, format!("/v2/{REPO}/blobs/uploads/"));
        let forged =
            ask.header("x-forwarded-proto", "http").header("x-forwarded-host", "evil").header("host", "evil");
        assert!(forged.send().await.location().starts_with(prefix));
        let link = rig.get(format!("/v2/{REPO}/tags/list?n=1")).await;
        assert!(
            link.header("link").unwrap().starts_with("</v2/"),
            "a page is on the same host (crane refuses others)"
        );
    }
}

#[tokio::test]
async fn an_open_registry_refuses_what_it_is_not_open_to_before_it_looks() {
    // reliability V48; decisions 5
    let options = RigOptions { open_to: OpenTo::Read, ..RigOptions::default() };
    let rig = Rig::with(options).await;
    let digest = Digest::sha256(b"x");
    for (method, path) in [
        (Method::POST, format!("/v2/{REPO}/blobs/uploads/")),
        (Method::PUT, format!("/v2/{REPO}/manifests/v1")),
        (Method::DELETE, format!("/v2/{REPO}/manifests/{digest}")),
        (Method::DELETE, format!("/v2/{REPO}/blobs/{digest}")),
    ] {
        let reply = rig.ask(method, &path).send().await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "DENIED"), "{path}");
    }
    assert_eq!(rig.get("/v2/_catalog").await.status, 200);
}
