//! More requests to the API of Kubernetes than there are places for.

use std::collections::BTreeMap;

use serde_json::json;

use crate::http::{Client, Response};
use crate::weir::Weir;

const NAMESPACES: &str = "/api/v1/namespaces";
const DEMO: &[u8] = br#"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"demo"}}"#;
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A request that is being worked on and will not be answered before its body comes.
fn hold(client: &mut Client) {
    let length = DEMO.len().to_string();
    let headers = [JSON, ("Content-Length", length.as_str()), ("Expect", "100-continue")];
    client.send("POST", NAMESPACES, &headers, b"");
    assert_eq!(client.head().0, 100, "its body is wanted");
}

fn finish(client: &mut Client) -> (u16, BTreeMap<String, String>) {
    client.write(DEMO);
    client.head()
}

fn watch(client: &mut Client, name: &str) {
    client.send("GET", &format!("{NAMESPACES}?watch=true"), &[("X-Request-Id", name)], b"");
    assert_eq!(client.head().0, 200);
}

fn turned_away(answer: &Response) {
    assert_eq!((answer.status, answer.headers["retry-after"].as_str()), (429, "1"), "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/json");
    assert!(answer.headers.contains_key("audit-id"));
    let wanted = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Too many requests, please try again later.",
        "reason": "TooManyRequests",
        "details": { "retryAfterSeconds": 1 },
        "code": 429
    });
    assert_eq!(answer.json(), wanted);
}

fn metric(client: &mut Client, line: &str) {
    let answer = client.get("/metrics");
    let text = answer.text();
    assert!(text.lines().any(|there| there == line), "{line} is missing in\n{text}");
}

// kubernetes-api 65, 160
#[test]
fn who_finds_no_place_comes_back_and_all_others_are_served() {
    let weir = Weir::start(&["--limits-api-requests", "1"]);
    let (mut watcher, mut slow, mut other) = (weir.connect(), weir.connect(), weir.connect());
    watch(&mut watcher, "watcher");
    // A watch that goes on leaves the only place.
    hold(&mut slow);
    for path in [NAMESPACES, "/apis", "/openapi/v2", "/api/v1/namespaces?watch=true"] {
        turned_away(&other.get(path));
    }
    turned_away(&other.ask("POST", NAMESPACES, &[JSON], DEMO));
    for path in ["/readyz", "/livez", "/healthz", "/version", "/v2/", "/"] {
        assert_eq!(other.get(path).status, 200, "{path}");
    }
    metric(&mut other, "weir_api_requests_in_flight 1");
    metric(&mut other, "weir_watches 1");
    metric(&mut other, r#"weir_requests_refused_total{limit="api-requests"} 5"#);

    assert_eq!(finish(&mut slow).0, 201);
    let event = watcher.line() + &watcher.line();
    assert!(event.contains(r#"{"type":"ADDED","object":{"kind":"Namespace""#), "{event}");
    assert_eq!(other.get(&format!("{NAMESPACES}/demo")).status, 200, "there is a place again");
    metric(&mut other, "weir_api_requests_in_flight 0");
}

// kubernetes-api 160
#[test]
fn a_request_whose_client_goes_away_leaves_its_place() {
    let weir = Weir::start(&["--limits-api-requests", "1", "--log", "json/info"]);
    let mut slow = weir.connect();
    hold(&mut slow);
    let mut other = weir.connect();
    turned_away(&other.get(NAMESPACES));
    drop(slow);
    weir.line(r#""method":"POST""#);
    assert_eq!(other.get(NAMESPACES).status, 200);
}

// kubernetes-api 160
#[test]
fn one_watch_too_many_comes_back_when_another_ended() {
    let weir = Weir::start(&["--limits-watches", "1", "--log", "json/info"]);
    let (mut first, mut second, mut other) = (weir.connect(), weir.connect(), weir.connect());
    watch(&mut first, "the-first");
    turned_away(&second.get(&format!("{NAMESPACES}?watch=true")));
    turned_away(&second.get("/apis/image.openshift.io/v1/imagestreams?watch=1"));
    assert_eq!(second.get(NAMESPACES).status, 200, "whoever does not watch is served");
    metric(&mut other, "weir_watches 1");
    metric(&mut other, r#"weir_requests_refused_total{limit="watches"} 2"#);

    assert_eq!(other.ask("POST", NAMESPACES, &[JSON], DEMO).status, 201);
    let event = first.line() + &first.line();
    assert!(event.contains("ADDED"), "the one that runs goes on: {event}");
    drop(first);
    weir.line("the-first");
    watch(&mut second, "the-second");
    metric(&mut other, "weir_watches 1");
}
