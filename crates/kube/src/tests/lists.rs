//! Lists: pages, selectors, versions.

use super::shelf::NEW;
use super::{B, Bench, N, Reply, TABLE};

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// kubernetes-api 79; image-api 121.
#[test]
fn lists_are_sorted_and_never_without_items() {
    let bench = Bench::new();
    let all = bench.get(format!("{B}/imagestreams"));
    assert_eq!(all.names(), ["demo/one", "team/app", "team/app-x", "team/b~c"]);
    assert_eq!(all.json()["metadata"], serde_json::json!({"resourceVersion": "20420"}));
    assert!(all.json()["items"][0].get("kind").is_none());
    let tags = bench.get(format!("{N}/imagestreamtags"));
    assert_eq!(
        tags.names(),
        ["team/app:latest", "team/app:lost", "team/app:pinned", "team/app-x:v1", "team/b~c:v1"]
    );
    assert_eq!(tags.json()["items"][0]["image"]["metadata"], serde_json::json!({"name": NEW}));
    insta::assert_snapshot!(
        "list_of_one",
        bench.get("/apis/image.openshift.io/v1/namespaces/demo/imagestreams").shown()
    );
}

/// kubernetes-api 35.
#[test]
fn a_namespace_that_is_not_there_is_empty() {
    let bench = Bench::new();
    for namespace in ["nons", "No!Name"] {
        let path = format!("{B}/namespaces/{namespace}/imagestreams");
        let list = bench.get(&path);
        let expected = "{\"kind\":\"ImageStreamList\",\"apiVersion\":\"image.openshift.io/v1\",\
                        \"metadata\":{\"resourceVersion\":\"20420\"},\"items\":[]}\n";
        assert_eq!((list.status, std::str::from_utf8(&list.body).unwrap()), (200, expected));
        assert_eq!(bench.get_as(TABLE, &path).json()["rows"], serde_json::json!([]));
        assert_eq!(bench.get(format!("{path}/app")).status, 404);
    }
}

/// Reads a list to its end, and checks that each page shows the version of the first.
fn walk(bench: &Bench, path: &str, limit: usize) -> (Vec<String>, Vec<Reply>) {
    let mut names = Vec::new();
    let mut pages = Vec::new();
    let mut from = String::new();
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = bench.get(format!("{path}{separator}limit={limit}{from}"));
        assert_eq!(page.status, 200, "{:?}", page.body);
        names.extend(page.names());
        assert_eq!(page.json()["metadata"]["resourceVersion"], "20420");
        let token = page.json()["metadata"]["continue"].as_str().map(str::to_owned);
        pages.push(page);
        match token {
            Some(token) => from = format!("&continue={token}"),
            None => return (names, pages),
        }
    }
}

/// kubernetes-api 80, 81, 89, 90 as far as one reader can tell.
#[test]
fn pages_make_the_whole() {
    let bench = Bench::new();
    for path in [
        format!("{B}/imagestreams"),
        format!("{N}/imagestreams"),
        format!("{B}/images"),
        format!("{B}/imagetags"),
        format!("{N}/imagetags"),
        format!("{B}/imagestreamtags"),
        "/api/v1/namespaces".to_owned(),
        format!("{B}/imagestreams?labelSelector=size"),
        format!("{B}/imagestreamtags?labelSelector={}", encode("size>5")),
        format!("{B}/imagestreams?fieldSelector={}", encode("metadata.namespace=team")),
    ] {
        let whole = bench.get(&path).names();
        assert!(!whole.is_empty());
        for limit in [1, 2, 3, 100] {
            assert_eq!(walk(&bench, &path, limit).0, whole, "{path} by {limit}");
        }
    }
    let (_, pages) = walk(&bench, &format!("{B}/imagestreams"), 3);
    assert_eq!(pages[0].json()["metadata"]["remainingItemCount"], 1);
    let (_, pages) = walk(&bench, &format!("{B}/imagestreams?labelSelector=size"), 3);
    assert!(pages[0].json()["metadata"].get("remainingItemCount").is_none());
}

/// kubernetes-api 86, 87; image-api 24, 25, 122, and Q2: compound names are matched as a whole.
#[test]
fn selectors() {
    let bench = Bench::new();
    for (path, query, expected) in [
        (format!("{B}/imagestreams"), "labelSelector=tier=web", vec!["team/app"]),
        (format!("{B}/imagestreams"), "labelSelector=tier!=web", vec!["demo/one", "team/app-x", "team/b~c"]),
        (format!("{B}/imagestreams"), "labelSelector=size>5", vec!["team/app-x", "team/b~c"]),
        (
            format!("{N}/imagestreamtags"),
            "labelSelector=size in (9,10)",
            vec!["team/app-x:v1", "team/b~c:v1"],
        ),
        (format!("{B}/imagestreams"), "fieldSelector=metadata.name=app", vec!["team/app"]),
        (format!("{N}/imagestreams"), "fieldSelector=metadata.name=app", vec!["team/app"]),
        (format!("{N}/imagestreams"), "fieldSelector=metadata.name=ap", vec![]),
        (format!("{N}/imagestreams"), "fieldSelector=metadata.name=app,metadata.namespace=demo", vec![]),
        (format!("{N}/imagestreams"), "fieldSelector=metadata.name!=app", vec!["team/app-x", "team/b~c"]),
        (format!("{B}/imagestreams"), "fieldSelector=metadata.namespace=demo", vec!["demo/one"]),
        (format!("{N}/imagestreamtags"), "fieldSelector=metadata.name=app:pinned", vec!["team/app:pinned"]),
        (format!("{N}/imagestreamtags"), "fieldSelector=metadata.name=app", vec![]),
        (format!("{B}/imagetags"), "fieldSelector=metadata.name=app:failed", vec!["team/app:failed"]),
        (format!("{N}/imagetags"), "fieldSelector=metadata.name=app:failed", vec!["team/app:failed"]),
        (
            format!("{N}/imagestreams"),
            "fieldSelector=spec.dockerImageRepository=quay.io/acme/app",
            vec!["team/app"],
        ),
        ("/api/v1/namespaces".to_owned(), "fieldSelector=status.phase=Active", vec!["demo", "team"]),
        ("/api/v1/namespaces".to_owned(), "fieldSelector=metadata.name=team", vec!["team"]),
        ("/api/v1/namespaces".to_owned(), "fieldSelector=status.phase=Terminating", vec![]),
    ] {
        let (name, value) = query.split_once('=').unwrap();
        let reply = bench.get(format!("{path}?{name}={}", encode(value)));
        assert_eq!(reply.names(), expected, "{path} {query}");
    }
}

/// Asks for a list with parameters that are written here without escapes. `TOKEN` is a good one.
fn with_parameters(bench: &Bench, query: &str) -> Reply {
    let page = bench.get(format!("{B}/imagestreams?limit=1")).json();
    let query = query.replace("TOKEN", page["metadata"]["continue"].as_str().unwrap());
    let pairs = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        format!("{name}={}", encode(value))
    });
    bench.get(format!("{B}/imagestreams?{}", pairs.collect::<Vec<_>>().join("&")))
}

/// kubernetes-api 62, 82, 83, 86, 87; the texts of its section 3.
#[test]
fn parameters_that_do_not_decode() {
    let bench = Bench::new();
    for (query, message) in [
        ("limit=abc", "strconv.ParseInt: parsing \"abc\": invalid syntax"),
        ("labelSelector=a===b", "unable to parse requirement: found '=', expected: identifier"),
        ("labelSelector=a in 1", "unable to parse requirement: found '1' expected: '('"),
        ("fieldSelector=foo", "invalid selector: 'foo'; can't understand 'foo'"),
        (
            "fieldSelector=spec.foo=1",
            "\"spec.foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        ),
        ("continue=%%%", "invalid continue token: continue key is not valid: illegal base64 data"),
        (
            "resourceVersion=abc",
            "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": \
             invalid syntax",
        ),
        (
            "continue=TOKEN&resourceVersion=3",
            "specifying resource version is not allowed when using continue",
        ),
    ] {
        let reply = with_parameters(&bench, query);
        assert_eq!((reply.status, reply.message().as_str()), (400, message), "{query}");
        assert_eq!(reply.json()["reason"], "BadRequest");
    }
    let namespaces = bench.get("/api/v1/namespaces?fieldSelector=spec.foo%3D1");
    assert_eq!(namespaces.message(), "field label not supported: spec.foo");
}

/// kubernetes-api 83a, 84.
#[test]
fn parameters_that_do_not_go_together() {
    let bench = Bench::new();
    for (query, field, body) in [
        (
            "resourceVersionMatch=Exact",
            "resourceVersionMatch",
            "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
        ),
        (
            "resourceVersion=0&resourceVersionMatch=Exact",
            "resourceVersionMatch",
            "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        ),
        (
            "resourceVersion=1&resourceVersionMatch=x",
            "resourceVersionMatch",
            "Unsupported value: \"x\": supported values: \"Exact\", \"NotOlderThan\", \"\"",
        ),
        (
            "continue=TOKEN&resourceVersion=3&resourceVersionMatch=Exact",
            "resourceVersionMatch",
            "Forbidden: resourceVersionMatch is forbidden when continue is provided",
        ),
        ("sendInitialEvents=true", "sendInitialEvents", "Forbidden: sendInitialEvents is forbidden for list"),
    ] {
        let reply = with_parameters(&bench, query);
        let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: {body}");
        assert_eq!((reply.status, reply.message()), (422, message), "{query}");
        assert_eq!(reply.json()["details"]["causes"][0]["message"], body);
    }
    let refused = with_parameters(&bench, "resourceVersionMatch=Exact");
    insta::assert_snapshot!("bad_match", refused.shown());
}

/// kubernetes-api 84, 85.
#[test]
fn versions() {
    let bench = Bench::new();
    for good in [
        "continue=TOKEN&resourceVersion=0",
        "resourceVersion=0",
        "resourceVersion=3",
        "resourceVersion=",
        "resourceVersion=20420&resourceVersionMatch=Exact",
        "resourceVersion=3&resourceVersionMatch=NotOlderThan",
        "resourceVersion=0&resourceVersionMatch=NotOlderThan",
        "limit=0",
        "limit=-1",
        "watch=false",
        "watch=0",
        "timeoutSeconds=5",
        "allowWatchBookmarks=true",
    ] {
        assert_eq!(with_parameters(&bench, good).status, 200, "{good}");
    }
    let future = with_parameters(&bench, "resourceVersion=99999");
    assert_eq!(
        (future.status, future.message().as_str()),
        (504, "Timeout: Too large resource version: 99999, current: 20420")
    );
    let past = with_parameters(&bench, "resourceVersion=3&resourceVersionMatch=Exact");
    assert_eq!(
        (past.status, past.message().as_str()),
        (410, "The resourceVersion for the provided list is too old.")
    );
}

/// kubernetes-api 82: a token from another life of the database.
#[test]
fn a_token_that_cannot_be_honoured_comes_with_one_that_can() {
    use base64::Engine as _;
    let token = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .encode(r#"{"v":"meta.k8s.io/v1","rv":99999,"start":"team/app\u0000"}"#);
    let bench = Bench::new();
    let reply = bench.get(format!("{B}/imagestreams?limit=1&continue={token}"));
    insta::assert_snapshot!("continue_too_old", reply.shown());
    let fresh = reply.json()["metadata"]["continue"].as_str().unwrap().to_owned();
    let rest = bench.get(format!("{B}/imagestreams?limit=9&continue={fresh}"));
    assert_eq!(rest.names(), ["team/app-x", "team/b~c"]);
    assert_eq!(rest.json()["metadata"]["resourceVersion"], "20420");
}
