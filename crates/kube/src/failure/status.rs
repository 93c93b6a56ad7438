//! What a refusal looks like on the wire.

use http::StatusCode;
use weir_image_api::meta::{ListMeta, Outcome, Status, StatusCause, StatusDetails, causes};

use super::{COME_BACK_SECONDS, Failure, GroupResource, RETRY_SECONDS};

impl Failure {
    /// The status code of the reply.
    pub(crate) fn code(&self) -> StatusCode {
        match self {
            Failure::BadRequest(_) | Failure::BrokenBody { .. } => StatusCode::BAD_REQUEST,
            Failure::Unauthorized => StatusCode::UNAUTHORIZED,
            Failure::Forbidden(_) | Failure::NotAllowed { .. } | Failure::NamespaceTerminating { .. } => {
                StatusCode::FORBIDDEN
            }
            Failure::NotFound { .. } | Failure::NoSuchApi => StatusCode::NOT_FOUND,
            Failure::MethodNotAllowed | Failure::WatchNotSupported(_) => StatusCode::METHOD_NOT_ALLOWED,
            Failure::NotAcceptable(_)
            | Failure::PartialOfList { .. }
            | Failure::PartialListOfObject { .. } => StatusCode::NOT_ACCEPTABLE,
            Failure::Conflict { .. }
            | Failure::ApplyConflict { .. }
            | Failure::PreconditionFailed { .. }
            | Failure::AlreadyExists { .. }
            | Failure::NoFreeName { .. }
            | Failure::StillThere { .. } => StatusCode::CONFLICT,
            Failure::ResourceVersionTooOld | Failure::WatchTooOld { .. } | Failure::ContinueTooOld { .. } => {
                StatusCode::GONE
            }
            Failure::ResourceVersionTooLarge { .. } => StatusCode::GATEWAY_TIMEOUT,
            Failure::TooLarge | Failure::TooMuch(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Failure::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Failure::UnsupportedBody | Failure::UnsupportedPatch(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Failure::ListOptions(_) | Failure::Invalid { .. } | Failure::PatchRejected => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Failure::ServerTimeout { .. } | Failure::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The word a program goes by.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Failure::BadRequest(_) | Failure::BrokenBody { .. } => "BadRequest",
            Failure::Unauthorized => "Unauthorized",
            Failure::Forbidden(_) | Failure::NotAllowed { .. } | Failure::NamespaceTerminating { .. } => {
                "Forbidden"
            }
            Failure::NotFound { .. } | Failure::NoSuchApi => "NotFound",
            Failure::MethodNotAllowed | Failure::WatchNotSupported(_) => "MethodNotAllowed",
            Failure::NotAcceptable(_)
            | Failure::PartialOfList { .. }
            | Failure::PartialListOfObject { .. } => "NotAcceptable",
            Failure::AlreadyExists { .. } | Failure::NoFreeName { .. } | Failure::StillThere { .. } => {
                "AlreadyExists"
            }
            Failure::Conflict { .. } | Failure::ApplyConflict { .. } | Failure::PreconditionFailed { .. } => {
                "Conflict"
            }
            Failure::ResourceVersionTooOld | Failure::WatchTooOld { .. } | Failure::ContinueTooOld { .. } => {
                "Expired"
            }
            Failure::ResourceVersionTooLarge { .. } => "Timeout",
            Failure::TooLarge | Failure::TooMuch(_) => "RequestEntityTooLarge",
            Failure::TooManyRequests => "TooManyRequests",
            Failure::ShuttingDown => "ServiceUnavailable",
            Failure::UnsupportedBody | Failure::UnsupportedPatch(_) => "UnsupportedMediaType",
            Failure::ListOptions(_) | Failure::Invalid { .. } | Failure::PatchRejected => "Invalid",
            Failure::Internal { .. } => "InternalError",
            Failure::ServerTimeout { .. } => "ServerTimeout",
        }
    }

    fn details(&self) -> Option<StatusDetails> {
        match self {
            Failure::Forbidden(denied) => Some(about(denied.resource, denied.name.as_deref())),
            Failure::NotFound { resource, name }
            | Failure::AlreadyExists { resource, name }
            | Failure::StillThere { resource, name }
            | Failure::NotAllowed { resource, name, .. }
            | Failure::Conflict { resource, name, .. } => Some(about(*resource, Some(name))),
            Failure::NoFreeName { resource, name } => {
                Some(StatusDetails { retry_after_seconds: 1, ..about(*resource, Some(name)) })
            }
            Failure::ApplyConflict { causes, .. } => {
                Some(StatusDetails { causes: causes.clone(), ..StatusDetails::default() })
            }
            Failure::NamespaceTerminating { resource, name, namespace } => Some(StatusDetails {
                causes: vec![cause(
                    "NamespaceTerminating",
                    &format!("namespace {namespace} is being terminated"),
                    "metadata.namespace",
                )],
                ..about(*resource, Some(name))
            }),
            Failure::Invalid { group, kind, name, errors } => {
                Some(StatusDetails { causes: causes(errors), ..of_kind(group, kind, name) })
            }
            Failure::PreconditionFailed { group, kind, name, .. } => Some(of_kind(group, kind, name)),
            Failure::Internal { text } => {
                Some(StatusDetails { causes: vec![cause("", text, "")], ..StatusDetails::default() })
            }
            Failure::WatchNotSupported(resource) => Some(about(*resource, None)),
            Failure::NoSuchApi | Failure::MethodNotAllowed | Failure::PatchRejected => {
                Some(StatusDetails::default())
            }
            Failure::ListOptions(fault) => Some(StatusDetails {
                group: "meta.k8s.io".to_owned(),
                kind: "ListOptions".to_owned(),
                causes: vec![cause(fault.reason, &fault.body, fault.field)],
                ..StatusDetails::default()
            }),
            Failure::ResourceVersionTooLarge { .. } => Some(StatusDetails {
                causes: vec![cause("ResourceVersionTooLarge", "Too large resource version", "")],
                retry_after_seconds: 1,
                ..StatusDetails::default()
            }),
            Failure::TooManyRequests | Failure::ShuttingDown => {
                Some(StatusDetails { retry_after_seconds: COME_BACK_SECONDS, ..StatusDetails::default() })
            }
            Failure::ServerTimeout { verb, resource, .. } => {
                Some(StatusDetails { retry_after_seconds: RETRY_SECONDS, ..about(*resource, Some(verb)) })
            }
            Failure::BadRequest(_)
            | Failure::BrokenBody { .. }
            | Failure::TooLarge
            | Failure::TooMuch(_)
            | Failure::UnsupportedBody
            | Failure::UnsupportedPatch(_)
            | Failure::Unauthorized
            | Failure::NotAcceptable(_)
            | Failure::PartialOfList { .. }
            | Failure::PartialListOfObject { .. }
            | Failure::ResourceVersionTooOld
            | Failure::WatchTooOld { .. }
            | Failure::ContinueTooOld { .. } => None,
        }
    }

    /// Seconds for the `Retry-After` header: clients repeat a request exactly when it is there.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.details().map(|details| details.retry_after_seconds).filter(|seconds| *seconds > 0)
    }

    /// What went wrong inside. Clients are not told.
    pub(crate) fn cause(&self) -> Option<&str> {
        if let Failure::ServerTimeout { cause, .. } | Failure::BrokenBody { cause } = self {
            Some(cause)
        } else {
            None
        }
    }

    /// The object that tells the client.
    pub(crate) fn status(&self) -> Status {
        let mut metadata = ListMeta::default();
        if let Failure::ContinueTooOld { fresh } = self {
            metadata.continue_token.clone_from(fresh);
        }
        Status {
            metadata,
            status: Outcome::Failure,
            message: self.to_string(),
            reason: self.reason().to_owned(),
            details: self.details(),
            code: self.code().as_u16(),
        }
    }
}

fn about(resource: GroupResource, name: Option<&str>) -> StatusDetails {
    StatusDetails {
        name: name.unwrap_or_default().to_owned(),
        group: resource.group.to_owned(),
        kind: resource.resource.to_owned(),
        ..StatusDetails::default()
    }
}

fn cause(reason: &str, message: &str, field: &str) -> StatusCause {
    StatusCause { reason: reason.to_owned(), message: message.to_owned(), field: field.to_owned() }
}

fn of_kind(group: &str, kind: &str, name: &str) -> StatusDetails {
    StatusDetails {
        name: name.to_owned(),
        group: group.to_owned(),
        kind: kind.to_owned(),
        ..StatusDetails::default()
    }
}
