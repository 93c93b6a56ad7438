//! What `_oci/ext/discover` announces is there.

use http::Method;
use weir_access::OpenTo;
use weir_testkit::{Rig, RigOptions, SampleImage};

use crate::common::{REPO, strings};

#[tokio::test]
async fn every_extension_that_is_announced_is_there() {
    let rig = Rig::start().await;
    rig.push(REPO, "v1", &SampleImage::of("a")).await;
    let of_registry = rig.get("/v2/_oci/ext/discover").await;
    assert_eq!((of_registry.status, of_registry.header("content-type")), (200, Some("application/json")));
    let of_repository = rig.get(format!("/v2/{REPO}/_oci/ext/discover")).await;
    let (of_registry, of_repository) = (of_registry.json(), of_repository.json());
    let (mut general, mut special) = (Vec::new(), Vec::new());
    for (document, paths) in [(&of_registry, &mut general), (&of_repository, &mut special)] {
        for extension in document["extensions"].as_array().unwrap() {
            assert_eq!(extension["name"], "_oci");
            assert!(extension["url"].as_str().unwrap().starts_with("https://github.com/opencontainers/"));
            assert!(extension["description"].is_string());
            paths.extend(strings(&extension["endpoints"]));
        }
    }
    assert!(general.contains(&"/v2/<name>/_oci/tag-history/<tag>".to_owned()), "{general:?}");
    assert!(general.contains(&"/v2/<name>/tags/list".to_owned()), "{general:?}");
    let filled: Vec<_> = general.iter().map(|path| path.replace("<name>", REPO)).collect();
    assert_eq!(filled, special);
    for path in special {
        assert_eq!(rig.get(path.replace("<tag>", "v1")).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn every_answer_says_that_signatures_are_kept() {
    // integrated-registry 0.2
    let rig = Rig::with(RigOptions { open_to: OpenTo::Read, ..RigOptions::default() }).await;
    for (method, path, status) in [
        (Method::GET, "/v2/", 200),
        (Method::HEAD, "/v2/demo/app/manifests/v1", 404),
        (Method::PUT, "/v2/demo/app/manifests/v1", 403),
        (Method::GET, "/v2/nowhere", 404),
        (Method::GET, "/extensions/v2/nowhere", 404),
    ] {
        let reply = rig.ask(method, path).send().await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.header("x-registry-supports-signatures"), Some("1"), "{path}");
    }
}
