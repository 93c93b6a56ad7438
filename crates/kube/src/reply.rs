//! Responses: the headers every one has, and pretty printing (kubernetes-api 2.12, 2.13).

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION,
    RETRY_AFTER, USER_AGENT, VARY, WARNING, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use weir_image_api::meta::{Status, Typed};

use crate::document::Document;
use crate::encode::{gzip, yaml};
use crate::failure::Failure;
use crate::form::Encoding;
use crate::indent::indent;
use crate::payload::{Events, Payload};
use crate::query::Query;
use crate::warning;

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const NOT_CACHED: HeaderValue = HeaderValue::from_static("no-cache, private");

/// Whether a body gets line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Compact,
    Pretty,
}

/// How clients and proxies may keep a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Ask again each time, with the entity tag.
    Revalidate,
    /// Shared caches may keep it, but ask again.
    Public,
    /// Its address contains its hash.
    Forever,
}

impl Layout {
    /// What the client asked for; programs that a person sits in front of get line breaks unasked.
    pub(crate) fn of(query: &Query, headers: &HeaderMap) -> Layout {
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let pretty = match query.get("pretty") {
            Some(value) => value == "1" || value == "true",
            None => ["curl", "Wget", "Mozilla/5.0"].iter().any(|start| agent.starts_with(start)),
        };
        if pretty { Layout::Pretty } else { Layout::Compact }
    }

    fn lay_out(self, mut body: Vec<u8>) -> Bytes {
        if self == Layout::Pretty {
            body = indent(&body);
        }
        body.push(b'\n');
        body.into()
    }
}

/// A body that was written for this request, as JSON.
pub(crate) fn written(
    status: StatusCode,
    body: Vec<u8>,
    encoding: Encoding,
    layout: Layout,
) -> Response<Payload> {
    match encoding {
        Encoding::Json => response(status, JSON, layout.lay_out(body)),
        Encoding::Yaml => response(status, YAML, yaml(&body).into()),
    }
}

/// Packed, if that is worth it and the client can unpack it.
pub(crate) fn packed(response: Response<Payload>, asked: &HeaderMap) -> Response<Payload> {
    let (mut parts, payload) = response.into_parts();
    let payload = match payload {
        Payload::Bytes(bytes) => Payload::Bytes(gzip(bytes, &mut parts.headers, asked)),
        events @ Payload::Events(_) => events,
    };
    Response::from_parts(parts, payload)
}

/// Frames that are sent as they come.
pub(crate) fn events(events: Events) -> Response<Payload> {
    let mut response = response(StatusCode::OK, JSON, Bytes::new());
    *response.body_mut() = Payload::Events(events);
    response
}

/// The JSON of a status.
pub(crate) fn status(status: &Status) -> Vec<u8> {
    let mut body = Vec::new();
    crate::record::write_json(&Typed::of(status), &mut body);
    body
}

/// With what the client should know although nothing failed (kubernetes-api 2.11).
pub(crate) fn with_warnings(mut response: Response<Payload>, warnings: &[String]) -> Response<Payload> {
    for value in warning::headers(warnings) {
        response.headers_mut().append(WARNING, value);
    }
    response
}

/// A refusal.
pub(crate) fn failure(failure: &Failure, encoding: Encoding, layout: Layout) -> Response<Payload> {
    let mut response = written(failure.code(), status(&failure.status()), encoding, layout);
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(seconds) = failure.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A document without an entity tag.
pub(crate) fn plain_document(document: &Document, encoding: Encoding, layout: Layout) -> Response<Payload> {
    match encoding {
        Encoding::Json => response(StatusCode::OK, JSON, laid_out(document, layout)),
        Encoding::Yaml => response(StatusCode::OK, YAML, yaml(&document.body).into()),
    }
}

/// A document with an entity tag; 304 without a body if the client has it already.
pub(crate) fn tagged_document(
    document: &Document,
    content_type: &'static str,
    keep: Keep,
    headers: &HeaderMap,
    layout: Layout,
) -> Response<Payload> {
    let tag = document.etag();
    let mut response = if holds(headers, &tag) {
        let mut response = Response::new(Bytes::new().into());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        response(StatusCode::OK, content_type, laid_out(document, layout))
    };
    let out = response.headers_mut();
    out.insert(ETAG, HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes are a header value"));
    out.insert(VARY, HeaderValue::from_static("Accept"));
    out.insert(
        CACHE_CONTROL,
        match keep {
            Keep::Revalidate => NOT_CACHED,
            Keep::Public => HeaderValue::from_static("public"),
            Keep::Forever => HeaderValue::from_static("public, immutable, max-age=31536000"),
        },
    );
    response
}

/// Sends the client to the current address of a document.
pub(crate) fn moved(address: &str) -> Response<Payload> {
    let mut response = Response::new(Bytes::new().into());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    let address =
        HeaderValue::from_str(address).expect("group names and hexadecimal digits are a header value");
    response.headers_mut().insert(LOCATION, address);
    response
}

/// Drops the body for `HEAD`, keeping its length.
pub(crate) fn without_body(response: Response<Payload>) -> Response<Payload> {
    let (mut parts, body) = response.into_parts();
    if let Some(len) = body.len() {
        parts.headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(len));
    }
    Response::from_parts(parts, Bytes::new().into())
}

/// Names the request in the answer: by the client's own name for it, or by ours.
pub(crate) fn name_request(response: &mut Response<Payload>, asked: &HeaderMap, ours: &str) {
    const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");
    /// A longer one is not repeated; it is a name, not a payload.
    const LONGEST: usize = 64;
    let theirs = asked.get(AUDIT_ID).filter(|value| value.len() <= LONGEST).cloned();
    if let Some(name) = theirs.or_else(|| HeaderValue::from_str(ours).ok()) {
        response.headers_mut().insert(AUDIT_ID, name);
    }
}

fn laid_out(document: &Document, layout: Layout) -> Bytes {
    match layout {
        Layout::Compact => document.body.clone(),
        Layout::Pretty => layout.lay_out(document.body.trim_ascii_end().to_vec()),
    }
}

fn response(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Payload> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, NOT_CACHED);
    response
}

fn holds(headers: &HeaderMap, tag: &str) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|given| given == "*" || given.trim_start_matches("W/") == tag)
}
