use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use weir_access::Denied;
use weir_oci::{DigestError, ErrorCode, ManifestError, ReferenceError};
use weir_registry::Error;

use crate::query::Conflict;
use crate::route::RouteError;
use crate::{BodyStalled, Payload};

/// An error as a client of `/v2/` sees it, and what only the log may know.
#[derive(Debug)]
pub struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: ErrorCode,
    message: String,
    details: Vec<Value>,
    headers: HeaderMap,
    cause: Option<String>,
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> ApiError {
        ApiError(Box::new(Inner {
            status: status(code),
            code,
            message: message.into(),
            details: Vec::new(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// A parameter has a value that it cannot have. That is what the extensions say then.
    pub(crate) fn parameter(message: impl Into<String>) -> ApiError {
        ApiError::new(ErrorCode::Unsupported, message).with_status(StatusCode::BAD_REQUEST)
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> ApiError {
        self.0.status = status;
        self
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<Value>) -> ApiError {
        self.0.details.push(detail.into());
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> ApiError {
        self.0.headers.insert(name, value);
        self
    }

    fn with_cause(mut self, cause: &(dyn std::error::Error + 'static)) -> ApiError {
        let mut text = cause.to_string();
        let mut source = cause.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        self.0.cause = Some(text);
        self
    }

    /// The code of the body.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// What happened inside, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// One entry per detail, or one without (distribution-spec, "Error Codes").
    pub(crate) fn into_response(self) -> Response<Payload> {
        let Inner { status, code, message, details, headers, cause: _ } = *self.0;
        let entry = |detail: Option<Value>| {
            let mut entry = json!({"code": code.as_str(), "message": message});
            if let Some(detail) = detail {
                entry["detail"] = detail;
            }
            entry
        };
        let errors: Vec<Value> = if details.is_empty() {
            vec![entry(None)]
        } else {
            details.into_iter().map(|detail| entry(Some(detail))).collect()
        };
        let body = json!({ "errors": errors }).to_string().into_bytes();
        let mut response = Response::new(Payload::Empty);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
        *response.body_mut() = body.into();
        response
    }
}

/// The status each code goes with, where nothing more is known.
fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BlobUnknown
        | ErrorCode::BlobUploadUnknown
        | ErrorCode::ManifestUnknown
        | ErrorCode::NameUnknown => StatusCode::NOT_FOUND,
        ErrorCode::BlobUploadInvalid
        | ErrorCode::DigestInvalid
        | ErrorCode::ManifestBlobUnknown
        | ErrorCode::ManifestInvalid
        | ErrorCode::NameInvalid
        | ErrorCode::SizeInvalid
        | ErrorCode::TagInvalid
        | ErrorCode::PaginationNumberInvalid
        | ErrorCode::SignatureInvalid
        | ErrorCode::ReasonInvalid => StatusCode::BAD_REQUEST,
        ErrorCode::SignatureExists => StatusCode::CONFLICT,
        ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorCode::Denied => StatusCode::FORBIDDEN,
        ErrorCode::Unsupported => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::RangeInvalid => StatusCode::RANGE_NOT_SATISFIABLE,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Seconds until it makes sense to try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

impl From<Error> for ApiError {
    fn from(error: Error) -> ApiError {
        let message = error.to_string();
        match &error {
            Error::NameTooLong => ApiError::new(ErrorCode::NameInvalid, message),
            Error::RepositoryUnknown(name) => {
                ApiError::new(ErrorCode::NameUnknown, message).with_detail(json!({"name": name.as_str()}))
            }
            Error::BlobUnknown(digest) => {
                ApiError::new(ErrorCode::BlobUnknown, message).with_detail(digest.to_string())
            }
            Error::ManifestUnknown(reference) => {
                ApiError::new(ErrorCode::ManifestUnknown, message).with_detail(reference.to_string())
            }
            Error::UploadUnknown => ApiError::new(ErrorCode::BlobUploadUnknown, message),
            Error::UploadBusy { .. } | Error::OutOfOrder { .. } => {
                ApiError::new(ErrorCode::BlobUploadInvalid, message)
                    .with_status(StatusCode::RANGE_NOT_SATISFIABLE)
            }
            Error::LengthMismatch { .. } => ApiError::new(ErrorCode::SizeInvalid, message),
            Error::BlobTooLarge { .. } => {
                ApiError::new(ErrorCode::SizeInvalid, message).with_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            Error::DigestMismatch { expected } => {
                ApiError::new(ErrorCode::DigestInvalid, message).with_detail(expected.to_string())
            }
            Error::Manifest(manifest) => ApiError::from(manifest),
            Error::ReferencesUnknown(digests) => {
                digests.iter().fold(ApiError::new(ErrorCode::ManifestBlobUnknown, message), |e, d| {
                    e.with_detail(d.to_string())
                })
            }
            Error::SizeMismatch { digest, .. } => {
                ApiError::new(ErrorCode::ManifestInvalid, message).with_detail(digest.to_string())
            }
            Error::PreconditionFailed => {
                ApiError::new(ErrorCode::Denied, message).with_status(StatusCode::PRECONDITION_FAILED)
            }
            Error::NamespaceTerminating(_) => ApiError::new(ErrorCode::Denied, message),
            Error::DeletesDisabled | Error::ReadOnly => ApiError::new(ErrorCode::Unsupported, message),
            Error::Body(cause) if cause.is::<BodyStalled>() => {
                ApiError::new(ErrorCode::BlobUploadInvalid, message)
                    .with_status(StatusCode::REQUEST_TIMEOUT)
                    .with_cause(cause.as_ref())
            }
            Error::Body(cause) => {
                ApiError::new(ErrorCode::BlobUploadInvalid, message).with_cause(cause.as_ref())
            }
            Error::Unavailable { source, .. } => ApiError::new(ErrorCode::Unavailable, message)
                .with_header(header::RETRY_AFTER, RETRY_AFTER)
                .with_cause(source.as_ref()),
            Error::Internal(source) => ApiError::new(ErrorCode::Unknown, message).with_cause(source.as_ref()),
        }
    }
}

impl From<&ManifestError> for ApiError {
    fn from(error: &ManifestError) -> ApiError {
        let code = match error {
            ManifestError::Digest { .. } => ErrorCode::DigestInvalid,
            ManifestError::Json(_)
            | ManifestError::SchemaOne
            | ManifestError::SchemaVersion
            | ManifestError::UnknownType(_)
            | ManifestError::NoType
            | ManifestError::TypeMismatch { .. }
            | ManifestError::Confused { .. }
            | ManifestError::Missing(_)
            | ManifestError::Descriptor { .. }
            | ManifestError::TooManyDescriptors => ErrorCode::ManifestInvalid,
        };
        ApiError::new(code, error.to_string())
    }
}

impl From<DigestError> for ApiError {
    fn from(error: DigestError) -> ApiError {
        ApiError::new(ErrorCode::DigestInvalid, error.to_string())
    }
}

impl From<Conflict> for ApiError {
    fn from(Conflict(name): Conflict) -> ApiError {
        let message = format!("parameter {name} is given twice with different values");
        match name {
            "digest" => ApiError::new(ErrorCode::DigestInvalid, message),
            "n" => ApiError::new(ErrorCode::PaginationNumberInvalid, message),
            "last" | "last_name" | "before" | "since" | "sort_by" | "sort_order" => {
                ApiError::parameter(message)
            }
            _ => ApiError::new(ErrorCode::BlobUploadInvalid, message),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> ApiError {
        ApiError::new(ErrorCode::Denied, denied.to_string())
    }
}

impl From<RouteError> for ApiError {
    fn from(error: RouteError) -> ApiError {
        match error {
            RouteError::Unknown => ApiError::new(ErrorCode::Unsupported, "there is no such endpoint")
                .with_status(StatusCode::NOT_FOUND),
            RouteError::Name(error) => ApiError::new(ErrorCode::NameInvalid, error.to_string()),
            RouteError::Digest(error) | RouteError::Reference(ReferenceError::Digest(error)) => error.into(),
            RouteError::Reference(ReferenceError::Tag(error)) | RouteError::Tag(error) => {
                ApiError::new(ErrorCode::TagInvalid, error.to_string())
            }
            RouteError::NoImage => ApiError::new(ErrorCode::NameInvalid, "missing image name or image ID"),
            RouteError::Upload => ApiError::from(Error::UploadUnknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_status_of_the_specification() {
        // distribution 3
        for (code, expected) in ErrorCode::ALL.iter().zip([
            404, 400, 404, 400, 400, 400, 404, 400, 404, 400, 401, 403, 405, 429, 400, 416, 400, 400, 409,
            400, 503, 500,
        ]) {
            assert_eq!(status(*code).as_u16(), expected, "{code}");
        }
    }

    #[test]
    fn what_happened_inside_stays_inside() {
        let error = Error::Internal("no such file: /var/lib/weir/blobs/x".into());
        let error = ApiError::from(error);
        assert_eq!(error.cause(), Some("no such file: /var/lib/weir/blobs/x"));
        let Payload::Bytes(body) = error.into_response().into_body() else { panic!("an error has a body") };
        assert_eq!(body, r#"{"errors":[{"code":"UNKNOWN","message":"internal error"}]}"#);
    }
}
