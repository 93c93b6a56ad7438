//! Refusals, and the `Status` object each becomes (kubernetes-api 2.9, image-api 1.3).

mod denied;
mod refusal;
mod status;

use std::fmt;

use weir_image_api::meta::{FieldErrors, StatusCause, summary};
use weir_registry::view::ViewError;

pub(crate) use self::denied::Denied;

use crate::continuation::ContinuationError;
use crate::decode::DecodeError;
use crate::patch::{PatchError, PatchType};
use crate::path::BadEscape;
use crate::selector::{FieldSelectorError, LabelSelectorError};

/// Seconds after which a client may try again when the registry could not answer.
const RETRY_SECONDS: u32 = 2;
/// Seconds after which a client may try again when there was no place for it, or when this server
/// stops and another one answers.
const COME_BACK_SECONDS: u32 = 1;

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
    #[error("{0}")]
    Forbidden(Box<Denied>),
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
    #[error("only the following media types are accepted: {}", .0.join(", "))]
    NotAcceptable(&'static [&'static str]),
    #[error("you requested PartialObjectMetadata, but the requested object is a list (*v1.{kind}List)")]
    PartialOfList { kind: &'static str },
    #[error("you requested PartialObjectMetadataList, but the requested object is not a list (*v1.{kind})")]
    PartialListOfObject { kind: &'static str },
    #[error("{resource} {name:?} already exists")]
    AlreadyExists { resource: GroupResource, name: String },
    /// The server made the name up, and does so again for whoever asks again.
    #[error(
        "{resource} {name:?} already exists, the server was not able to generate a unique name for the object"
    )]
    NoFreeName { resource: GroupResource, name: String },
    #[error("object is being deleted: {resource} {name:?} already exists")]
    StillThere { resource: GroupResource, name: String },
    /// The caller may do such things, but not this.
    #[error("{resource}{} is forbidden: {why}", quoted_after_blank(Some(name.as_str()).filter(|name| !name.is_empty())))]
    NotAllowed { resource: GroupResource, name: String, why: String },
    #[error(
        "{resource} {name:?} is forbidden: unable to create new content in namespace {namespace} because it is being \
         terminated"
    )]
    NamespaceTerminating { resource: GroupResource, name: String, namespace: String },
    #[error("{}{name:?} is invalid: {}", dotted(kind, group), summary(errors))]
    Invalid { group: String, kind: String, name: String, errors: FieldErrors },
    /// Other managers own fields that an apply would change.
    #[error("{why}")]
    ApplyConflict { why: String, causes: Vec<StatusCause> },
    /// Clients look at the kind here, not at the resource.
    #[error("Operation cannot be fulfilled on {}{name:?}: {why}", dotted(kind, group))]
    PreconditionFailed { group: String, kind: String, name: String, why: String },
    #[error("the server rejected our request due to an error in our request")]
    PatchRejected,
    #[error(
        "the body of the request was in an unknown format - accepted media types include: application/json, \
         application/yaml, application/vnd.kubernetes.protobuf"
    )]
    UnsupportedBody,
    #[error("the body of the request was in an unknown format - accepted media types include: {}", media_types(.0))]
    UnsupportedPatch(&'static [PatchType]),
    #[error("Operation cannot be fulfilled on {resource} {name:?}: {why}")]
    Conflict { resource: GroupResource, name: String, why: String },
    #[error("The resourceVersion for the provided list is too old.")]
    ResourceVersionTooOld,
    /// What happened after the version asked for is no longer all there.
    #[error("too old resource version: {asked} ({oldest})")]
    WatchTooOld { asked: u64, oldest: u64 },
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
    #[error("Request entity too large: limit is {}", crate::body::LIMIT)]
    TooLarge,
    #[error("{0}")]
    TooMuch(String),
    #[error("Too many requests, please try again later.")]
    TooManyRequests,
    #[error("The apiserver is shutting down, please try again later.")]
    ShuttingDown,
    #[error("Internal error occurred: {text}")]
    Internal { text: String },
    #[error("the body of the request did not arrive")]
    BrokenBody {
        /// For the log only.
        cause: String,
    },
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

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Failure {
        match error {
            DecodeError::Unsupported => Failure::UnsupportedBody,
            DecodeError::Malformed(text) => Failure::BadRequest(text),
        }
    }
}

impl From<PatchError> for Failure {
    fn from(error: PatchError) -> Failure {
        match error {
            PatchError::Decode(_) | PatchError::Strategic(_) => Failure::BadRequest(error.to_string()),
            PatchError::TooManyOperations { .. } => Failure::TooMuch(error.to_string()),
            PatchError::Rejected => Failure::PatchRejected,
        }
    }
}

impl Failure {
    /// A namespace does not exist.
    pub(crate) fn no_namespace(name: &str) -> Failure {
        let resource = GroupResource { group: "", resource: "namespaces" };
        Failure::NotFound { resource, name: name.to_owned() }
    }

    /// What is said about parameters that make no sense.
    pub(crate) fn invalid_options(kind: &str, errors: FieldErrors) -> Failure {
        let group = "meta.k8s.io".to_owned();
        Failure::Invalid { group, kind: kind.to_owned(), name: String::new(), errors }
    }

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
            | ViewError::StreamImageNotFound
            | ViewError::SecretNotFound => missing(name.to_owned()),
            ViewError::Expired { .. } => Failure::ResourceVersionTooOld,
            ViewError::ImageNotFound(image) => missing(image),
            ViewError::Ambiguous(images) => Failure::Conflict {
                resource,
                name: name.to_owned(),
                why: format!("multiple images match: {}", images.join(", ")),
            },
            // Nothing mends itself here, so nobody is asked to try again.
            error @ ViewError::Undecipherable(_) => Failure::Internal { text: error.to_string() },
            ViewError::Unavailable(error) => Failure::ServerTimeout { verb, resource, cause: told(&error) },
        }
    }
}

/// An error with everything behind it.
fn told(error: &dyn std::error::Error) -> String {
    let behind = std::iter::successors(Some(error), |error| error.source());
    behind.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn quoted_after_blank(name: Option<&str>) -> String {
    name.map(|name| format!(" {name:?}")).unwrap_or_default()
}

/// A kind with its group, as errors put it before a name. The reference server names none where a
/// patch made something unreadable, and keeps the blank.
fn dotted(kind: &str, group: &str) -> String {
    if group.is_empty() { format!("{kind} ") } else { format!("{kind}.{group} ") }
}

fn media_types(types: &[PatchType]) -> String {
    types.iter().map(|patch_type| patch_type.media_type()).collect::<Vec<_>>().join(", ")
}
