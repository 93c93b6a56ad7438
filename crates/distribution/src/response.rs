use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use weir_oci::Digest;

use crate::Payload;

/// Name of the headers that are not in `http`.
pub(crate) const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
pub(crate) const DOCKER_UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");
pub(crate) const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub(crate) const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");
pub(crate) const OCI_FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
const SUPPORTS_SIGNATURES: HeaderName = HeaderName::from_static("x-registry-supports-signatures");
const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// Chains headers onto a response.
pub(crate) trait WithHeader: Sized {
    fn with(self, name: HeaderName, value: HeaderValue) -> Self;

    fn with_text(self, name: HeaderName, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("digests, tags, names and numbers are header text");
        self.with(name, value)
    }

    fn with_digest(self, digest: &Digest) -> Self {
        self.with_text(DOCKER_CONTENT_DIGEST, &digest.to_string())
    }
}

impl WithHeader for Response<Payload> {
    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers_mut().append(name, value);
        self
    }
}

/// A response without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Payload> {
    let mut response = Response::new(Payload::Empty);
    *response.status_mut() = status;
    // Neither 204 nor 304 may announce a length (RFC 9110, section 8.6).
    if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        response = response.with(header::CONTENT_LENGTH, 0.into());
    }
    response
}

/// A response with a document.
pub(crate) fn document(media_type: &'static str, body: impl Into<Bytes>) -> Response<Payload> {
    let body = body.into();
    let length = body.len();
    Response::new(Payload::Bytes(body))
        .with(header::CONTENT_TYPE, HeaderValue::from_static(media_type))
        .with(header::CONTENT_LENGTH, length.into())
}

/// What every response carries, and what a HEAD leaves out.
pub(crate) fn finish(mut response: Response<Payload>, head: bool) -> Response<Payload> {
    let headers = response.headers_mut();
    headers.insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    // Clients look for it on `/v2/` and then send signatures to `/extensions/v2/`.
    headers.insert(SUPPORTS_SIGNATURES, HeaderValue::from_static("1"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if head {
        *response.body_mut() = Payload::Empty;
    }
    response
}
