use weir_image_api::meta::FieldErrors;

/// Why an object was not written. Errors that do not name their resource are about the one the
/// caller asked for, whatever was looked up on the way; the edge fills it in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// Something that has to exist does not.
    #[error("{name:?} does not exist")]
    NotFound {
        /// As clients are told, if it is not the resource they asked for.
        resource: Option<&'static str>,
        /// Its name.
        name: String,
    },
    /// The namespace does not exist.
    #[error("the namespace {0:?} does not exist")]
    NamespaceNotFound(String),
    /// The namespace takes nothing new, since it is being deleted.
    #[error("the namespace {0:?} is being deleted")]
    NamespaceTerminating(String),
    /// The name is taken.
    #[error("{name:?} exists already")]
    AlreadyExists {
        /// As clients are told, if it is not the resource they asked for.
        resource: Option<&'static str>,
        /// The name.
        name: String,
        /// It is taken by an object that is being deleted.
        terminating: bool,
    },
    /// The object is not what the caller thinks it is.
    #[error("{name:?}: {why}")]
    Conflict {
        /// As clients are told, if it is not the resource they asked for.
        resource: Option<&'static str>,
        /// Its name.
        name: String,
        /// What differs.
        why: String,
    },
    /// A precondition of a deletion does not hold.
    #[error("{name:?}: {why}")]
    PreconditionFailed {
        /// Kind of the object.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Which one.
        why: String,
    },
    /// Some field is wrong.
    #[error("{kind} {name:?} is invalid")]
    Invalid {
        /// Kind of the object, as clients are told; for some errors it is a resource.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What is wrong with which field.
        errors: FieldErrors,
    },
    /// The caller may not do it.
    #[error("{name:?}: {why}")]
    Forbidden {
        /// As clients are told, if it is not the resource they asked for.
        resource: Option<&'static str>,
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// Anything that the edge said itself while the rule ran.
    #[error("{0}")]
    Edge(Box<dyn std::error::Error + Send + Sync>),
    /// Nothing may be written at all.
    #[error("the registry is read-only")]
    ReadOnly,
    /// Nothing may be deleted.
    #[error("deletes are disabled")]
    DeletesDisabled,
    /// The records cannot be read or written.
    #[error("the records are not available")]
    Unavailable(#[source] weir_metadata::Error),
}

impl From<weir_metadata::Error> for Refusal {
    fn from(error: weir_metadata::Error) -> Refusal {
        match error {
            weir_metadata::Error::Terminating(namespace) => {
                Refusal::NamespaceTerminating(namespace.to_string())
            }
            error => Refusal::Unavailable(error),
        }
    }
}
