//! Responses: the headers every one has, and pretty printing (kubernetes-api 2.12, 2.13).

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION,
    RETRY_AFTER, USER_AGENT, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use weir_image_api::meta::Typed;

use crate::document::Document;
use crate::failure::Failure;
use crate::indent::indent;
use crate::query::Query;

const JSON: &str = "application/json";
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

/// A body that was written for this request.
pub(crate) fn written(body: Vec<u8>, layout: Layout) -> Response<Bytes> {
    response(StatusCode::OK, JSON, layout.lay_out(body))
}

/// A refusal, always as JSON: the client may have asked for something else that it cannot have.
pub(crate) fn failure(failure: &Failure, layout: Layout) -> Response<Bytes> {
    let mut body = Vec::new();
    crate::record::write_json(&Typed::of(&failure.status()), &mut body);
    let mut response = response(failure.code(), JSON, layout.lay_out(body));
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(seconds) = failure.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A document without an entity tag.
pub(crate) fn plain_document(document: &Document, layout: Layout) -> Response<Bytes> {
    response(StatusCode::OK, JSON, laid_out(document, layout))
}

/// A document with an entity tag; 304 without a body if the client has it already.
pub(crate) fn tagged_document(
    document: &Document,
    content_type: &'static str,
    keep: Keep,
    headers: &HeaderMap,
    layout: Layout,
) -> Response<Bytes> {
    let tag = document.etag();
    let mut response = if holds(headers, &tag) {
        let mut response = Response::new(Bytes::new());
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
pub(crate) fn moved(address: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    let address =
        HeaderValue::from_str(address).expect("group names and hexadecimal digits are a header value");
    response.headers_mut().insert(LOCATION, address);
    response
}

/// Drops the body for `HEAD`, keeping its length.
pub(crate) fn without_body(response: Response<Bytes>) -> Response<Bytes> {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, Bytes::new())
}

/// Names the request in the answer: by the client's own name for it, or by ours.
pub(crate) fn name_request(response: &mut Response<Bytes>, asked: &HeaderMap, ours: &str) {
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

fn response(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
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
