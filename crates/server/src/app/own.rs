use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::json;
use weir_oci::ErrorCode;

use crate::body::Pieces;
use crate::exchange::Facts;
use crate::health::Verdict;
use crate::listener::Answer;
use crate::telemetry::{MEDIA_TYPE, Telemetry};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
/// What a server can do, for people and for `oc`, which wants no HTML here.
const PATHS: &[&str] = &[
    "/api",
    "/api/v1",
    "/apis",
    "/apis/image.openshift.io",
    "/apis/image.openshift.io/v1",
    "/healthz",
    "/livez",
    "/metrics",
    "/openapi/v2",
    "/openapi/v3",
    "/readyz",
    "/v2/",
    "/version",
];

fn answer(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
    route: &'static str,
) -> Answer {
    let mut response = Response::new(Pieces::bytes(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Answer { response, facts: Facts { route, ..Facts::default() } }
}

/// Only reading makes sense here.
fn for_reading(method: &Method, route: &'static str, read: impl FnOnce() -> Answer) -> Answer {
    if matches!(*method, Method::GET | Method::HEAD) {
        return read();
    }
    let mut refused = answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, "method not allowed\n", route);
    refused.response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    refused
}

pub(super) fn health(method: &Method, route: &'static str, verdict: Verdict) -> Answer {
    for_reading(method, route, || match verdict {
        Verdict::Passed(text) => answer(StatusCode::OK, TEXT, text, route),
        Verdict::Failed(text) => answer(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text, route).not_an_error(),
        Verdict::Unknown => not_found(),
    })
}

impl Answer {
    /// Who asks a server that stops, or whether it is ready, is answered as it should be.
    pub(super) fn not_an_error(mut self) -> Answer {
        self.facts.expected = true;
        self
    }
}

pub(super) fn metrics(method: &Method, telemetry: &Telemetry) -> Answer {
    for_reading(method, "/metrics", || {
        answer(StatusCode::OK, MEDIA_TYPE, telemetry.metrics().text(), "/metrics")
    })
}

pub(super) fn paths(method: &Method) -> Answer {
    for_reading(method, "/", || answer(StatusCode::OK, JSON, json!({ "paths": PATHS }).to_string(), "/"))
}

pub(super) fn not_found() -> Answer {
    answer(StatusCode::NOT_FOUND, TEXT, "404 page not found\n", "")
}

pub(super) fn too_many_uploads() -> Answer {
    let code = ErrorCode::TooManyRequests;
    let error =
        json!({ "code": code.as_str(), "message": "too many uploads at a time; try again in a moment" });
    let body = json!({ "errors": [error] }).to_string();
    let mut refused = answer(StatusCode::TOO_MANY_REQUESTS, JSON, body, "/v2/{name}/blobs/uploads/");
    let headers = refused.response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    headers.insert("docker-distribution-api-version", HeaderValue::from_static("registry/2.0"));
    refused.facts.code = Some(code.as_str());
    refused
}
