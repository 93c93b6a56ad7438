use weir_oci::ManifestType;
use weir_testkit::{Rig, SampleImage};

use crate::common::{REPO, strings, tags};

/// A repository with these tags.
async fn tagged(names: &[&str]) -> Rig {
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    let digest = rig.push(REPO, &image.digest().to_string(), &image).await;
    for chunk in names.chunks(100) {
        let query: Vec<_> = chunk.iter().map(|tag| format!("tag={tag}")).collect();
        let reference = format!("{digest}?{}", query.join("&"));
        let reply =
            rig.push_manifest(REPO, &reference, ManifestType::OciManifest, image.manifest.clone()).await;
        assert_eq!(reply.status, 201);
    }
    rig
}

/// Follows `Link` from a path to the end.
async fn pages(rig: &Rig, path: &str, member: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let reply = rig.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        pages.push(strings(&reply.json()[member]));
        next = reply.header("link").map(|link| {
            let (target, rest) = link[1..].split_once('>').unwrap();
            assert_eq!(rest, "; rel=\"next\"");
            assert!(target.starts_with("/v2/"));
            target.to_owned()
        });
    }
    pages
}

#[tokio::test]
async fn tags_are_sorted_by_their_bytes() {
    // distribution 150, 154; field C023; reliability V30
    let rig = tagged(&["b", "A", "a", "10", "9", "_x", "0.1.2", "0.1.20", "0.1.2-a", "0", "0."]).await;
    let reply = rig.get(format!("/v2/{REPO}/tags/list")).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json()["name"], REPO);
    let expected = ["0", "0.", "0.1.2", "0.1.2-a", "0.1.20", "10", "9", "A", "_x", "a", "b"];
    assert_eq!(tags(&rig, REPO).await, expected);
}

#[tokio::test]
async fn pages_together_are_the_whole_list_once() {
    // distribution 151, 152, 153; field C023
    let all = ["a", "b", "c", "d", "e"];
    let rig = tagged(&all).await;
    let path = format!("/v2/{REPO}/tags/list");
    for n in 1..7 {
        let pages = pages(&rig, &format!("{path}?n={n}"), "tags").await;
        assert!(pages[..pages.len() - 1].iter().all(|page| page.len() == n));
        assert_eq!(pages.concat(), all);
        assert_eq!(pages.len(), all.len().div_ceil(n), "no page of nothing");
    }
    let list = async |query: &str| {
        let reply = rig.get(format!("{path}{query}")).await;
        assert_eq!(reply.status, 200, "{query}");
        (strings(&reply.json()["tags"]).concat(), reply.header("link").is_some())
    };
    assert_eq!(list("?last=b").await, ("cde".to_owned(), false));
    assert_eq!(list("?last=bb").await, ("cde".to_owned(), false));
    assert_eq!(list("?last=z").await, (String::new(), false));
    assert_eq!(list("?n=2&last=a").await, ("bc".to_owned(), true));
    assert_eq!(list("?n=0").await, (String::new(), false));
    assert_eq!(list("?n=1000000").await, ("abcde".to_owned(), false));
    assert_eq!(list("?n=99999999999999999999999").await, ("abcde".to_owned(), false));
    assert_eq!(list("?ns=docker.io&unknown=1").await, ("abcde".to_owned(), false));
    for bad in ["?n=-1", "?n=x", "?n=", "?n=1.5"] {
        let reply = rig.get(format!("{path}{bad}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "PAGINATION_NUMBER_INVALID"), "{bad}");
    }
}

#[tokio::test]
async fn a_page_is_cut_at_the_largest_and_says_so() {
    // distribution 152; the client that always asks for everything goes on
    let names: Vec<String> = (0..1500).map(|i| format!("t{i:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rig = tagged(&names).await;
    let sizes: Vec<_> =
        pages(&rig, &format!("/v2/{REPO}/tags/list?n=100000"), "tags").await.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1000, 500]);
    assert_eq!(tags(&rig, REPO).await.len(), 1500);
}

#[tokio::test]
async fn a_repository_that_does_not_exist_has_no_list() {
    // distribution 155
    let rig = Rig::start().await;
    let reply = rig.get("/v2/demo/none/tags/list").await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "NAME_UNKNOWN"));
    let image = SampleImage::of("a");
    rig.push(REPO, &image.digest().to_string(), &image).await;
    assert!(tags(&rig, REPO).await.is_empty());
}

#[tokio::test]
async fn the_catalogue_lists_repositories_in_the_spelling_with_their_namespace() {
    // distribution 168; decisions 2; image-api 189
    let rig = Rig::start().await;
    let image = SampleImage::of("a");
    for repository in
        ["team/app", "single", "a/b/c/d", "docker.io/library/nginx", "my_team/x", "a-b/x", "a/b"]
    {
        rig.push(repository, "v1", &image).await;
    }
    let all =
        ["a-b/x", "a/b", "a/b/c/d", "default/single", "docker.io/library/nginx", "my_team/x", "team/app"];
    for n in 1..9 {
        assert_eq!(pages(&rig, &format!("/v2/_catalog?n={n}"), "repositories").await.concat(), all);
    }
    assert_eq!(rig.get("/v2/single/manifests/v1").await.status, 200);
    assert_eq!(rig.get("/v2/default/single/manifests/v1").await.status, 200);
}
