//! Refusals, and the `Status` object each becomes (kubernetes-api 2.9, image-api 1.3).

use std::fmt;

use http::StatusCode;
use weir_image_api::meta::{ListMeta, Outcome, Status, StatusCause, StatusDetails};
use weir_registry::view::ViewError;

use crate::continuation::ContinuationError;
use crate::path::BadEscape;
use crate::selector::{FieldSelectorError, LabelSelectorError};

/// Seconds after which a client may try again when the registry could not answer.
const RETRY_SECONDS: u32 = 2;

/// A resource as errors name it: `imagestreams.image.openshift.io`, or the plural alone for the
/// core group. Not always a resource that exists: upstream misspells some, and clients match it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupResource {
    pub(crate) group: &'static str,
    pub(crate) resource: &'static str,
}

impl fmt::Display for GroupResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.resource)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    BadRequest(String),
    #[error("{resource}{} is forbidden: User {user:?} cannot {verb} resource {:?} in API group {:?}{}",
        quoted_after_blank(name.as_deref()), .resource.resource, .resource.group, place(namespace.as_deref()))]
    Forbidden {
        resource: GroupResource,
        name: Option<String>,
        namespace: Option<String>,
        verb: &'static str,
        user: String,
    },
    #[error("Unauthorized")]
    Unauthorized,
    #[error("{resource} {name:?} not found")]
    NotFound { resource: GroupResource, name: String },
    #[error("the server could not find the requested resource")]
    NoSuchApi,
    #[error("the server does not allow this method on the requested resource")]
    MethodNotAllowed,
    #[error("watch is not supported on resources of kind \"{0}\"")]
    WatchNotSupported(GroupResource),
    #[error("only the following media types are accepted: application/json")]
    NotAcceptable,
    #[error("you requested PartialObjectMetadata, but the requested object is a list (*v1.{kind}List)")]
    PartialOfList { kind: &'static str },
    #[error("you requested PartialObjectMetadataList, but the requested object is not a list (*v1.{kind})")]
    PartialListOfObject { kind: &'static str },
    #[error("Operation cannot be fulfilled on {resource} {name:?}: {why}")]
    Conflict { resource: GroupResource, name: String, why: String },
    #[error("The resourceVersion for the provided list is too old.")]
    ResourceVersionTooOld,
    #[error(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list \
         without the continue parameter, or use the continue token in this response to retrieve the remainder of the \
         results. Continuing with the provided token results in an inconsistent list - objects that were created, \
         modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )]
    ContinueTooOld { fresh: String },
    #[error("Timeout: Too large resource version: {asked}, current: {current}")]
    ResourceVersionTooLarge { asked: u64, current: u64 },
    #[error("ListOptions.meta.k8s.io \"\" is invalid: {0}")]
    ListOptions(FieldFault),
    #[error("The {verb} operation against {resource} could not be completed at this time, please try again.")]
    ServerTimeout {
        verb: &'static str,
        resource: GroupResource,
        /// For the log only.
        cause: String,
    },
}

/// One complaint about one field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {body}")]
pub(crate) struct FieldFault {
    field: &'static str,
    reason: &'static str,
    body: String,
}

impl FieldFault {
    /// The field must not be there.
    pub(crate) fn forbidden(field: &'static str, detail: &str) -> FieldFault {
        FieldFault { field, reason: "FieldValueForbidden", body: format!("Forbidden: {detail}") }
    }

    /// The field has a value outside of a closed set.
    pub(crate) fn unsupported(field: &'static str, value: &str, supported: &str) -> FieldFault {
        let body = format!("Unsupported value: {value:?}: supported values: {supported}");
        FieldFault { field, reason: "FieldValueNotSupported", body }
    }
}

impl From<BadEscape> for Failure {
    fn from(error: BadEscape) -> Failure {
        Failure::BadRequest(error.to_string())
    }
}

impl From<LabelSelectorError> for Failure {
    fn from(error: LabelSelectorError) -> Failure {
        Failure::BadRequest(error.to_string())
    }
}

impl From<FieldSelectorError> for Failure {
    fn from(error: FieldSelectorError) -> Failure {
        Failure::BadRequest(error.to_string())
    }
}

impl From<ContinuationError> for Failure {
    fn from(error: ContinuationError) -> Failure {
        Failure::BadRequest(error.to_string())
    }
}

impl Failure {
    /// What a failed list says.
    pub(crate) fn of_list(resource: GroupResource, error: ViewError) -> Failure {
        Failure::of_view("list", resource, "", error)
    }

    /// What a failed read says. Lists look nothing up by name, so that there nothing is missing.
    pub(crate) fn of_view(
        verb: &'static str,
        resource: GroupResource,
        name: &str,
        error: ViewError,
    ) -> Failure {
        let missing = |name: String| Failure::NotFound { resource, name };
        match error {
            ViewError::NamespaceNotFound
            | ViewError::StreamNotFound
            | ViewError::TagNotFound
            | ViewError::StreamImageNotFound => missing(name.to_owned()),
            ViewError::ImageNotFound(image) => missing(image),
            ViewError::Ambiguous(images) => Failure::Conflict {
                resource,
                name: name.to_owned(),
                why: format!("multiple images match: {}", images.join(", ")),
            },
            ViewError::Unavailable(error) => Failure::ServerTimeout { verb, resource, cause: told(&error) },
        }
    }

    /// The status code of the reply.
    pub(crate) fn code(&self) -> StatusCode {
        match self {
            Failure::BadRequest(_) => StatusCode::BAD_REQUEST,
            Failure::Unauthorized => StatusCode::UNAUTHORIZED,
            Failure::Forbidden { .. } => StatusCode::FORBIDDEN,
            Failure::NotFound { .. } | Failure::NoSuchApi => StatusCode::NOT_FOUND,
            Failure::MethodNotAllowed | Failure::WatchNotSupported(_) => StatusCode::METHOD_NOT_ALLOWED,
            Failure::NotAcceptable | Failure::PartialOfList { .. } | Failure::PartialListOfObject { .. } => {
                StatusCode::NOT_ACCEPTABLE
            }
            Failure::Conflict { .. } => StatusCode::CONFLICT,
            Failure::ResourceVersionTooOld | Failure::ContinueTooOld { .. } => StatusCode::GONE,
            Failure::ResourceVersionTooLarge { .. } => StatusCode::GATEWAY_TIMEOUT,
            Failure::ListOptions(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Failure::ServerTimeout { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The word a program goes by.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Failure::BadRequest(_) => "BadRequest",
            Failure::Unauthorized => "Unauthorized",
            Failure::Forbidden { .. } => "Forbidden",
            Failure::NotFound { .. } | Failure::NoSuchApi => "NotFound",
            Failure::MethodNotAllowed | Failure::WatchNotSupported(_) => "MethodNotAllowed",
            Failure::NotAcceptable | Failure::PartialOfList { .. } | Failure::PartialListOfObject { .. } => {
                "NotAcceptable"
            }
            Failure::Conflict { .. } => "Conflict",
            Failure::ResourceVersionTooOld | Failure::ContinueTooOld { .. } => "Expired",
            Failure::ResourceVersionTooLarge { .. } => "Timeout",
            Failure::ListOptions(_) => "Invalid",
            Failure::ServerTimeout { .. } => "ServerTimeout",
        }
    }

    fn details(&self) -> Option<StatusDetails> {
        match self {
            Failure::Forbidden { resource, name, .. } => Some(about(*resource, name.as_deref())),
            Failure::NotFound { resource, name } | Failure::Conflict { resource, name, .. } => {
                Some(about(*resource, Some(name)))
            }
            Failure::WatchNotSupported(resource) => Some(about(*resource, None)),
            Failure::NoSuchApi | Failure::MethodNotAllowed => Some(StatusDetails::default()),
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
            Failure::ServerTimeout { verb, resource, .. } => {
                Some(StatusDetails { retry_after_seconds: RETRY_SECONDS, ..about(*resource, Some(verb)) })
            }
            Failure::BadRequest(_)
            | Failure::Unauthorized
            | Failure::NotAcceptable
            | Failure::PartialOfList { .. }
            | Failure::PartialListOfObject { .. }
            | Failure::ResourceVersionTooOld
            | Failure::ContinueTooOld { .. } => None,
        }
    }

    /// Seconds for the `Retry-After` header: clients repeat a request exactly when it is there.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.details().map(|details| details.retry_after_seconds).filter(|seconds| *seconds > 0)
    }

    /// What went wrong inside. Clients are not told.
    pub(crate) fn cause(&self) -> Option<&str> {
        if let Failure::ServerTimeout { cause, .. } = self { Some(cause) } else { None }
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

/// An error with everything behind it.
fn told(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(Some(error), |error| error.source());
    behind.map(ToString::to_string).collect::<Vec<_>>().join(": ")
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

fn quoted_after_blank(name: Option<&str>) -> String {
    name.map(|name| format!(" {name:?}")).unwrap_or_default()
}

fn place(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!(" in the namespace {namespace:?}"),
        None => " at the cluster scope".to_owned(),
    }
}
