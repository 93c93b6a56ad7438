use weir_oci::{Digest, ManifestError, Reference, RepositoryName};

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// What broke while a request body was read.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is legal, but not together with the default namespace.
    #[error("a repository name and its namespace have at most 255 bytes")]
    NameTooLong,
    /// No such repository.
    #[error("repository {0} does not exist")]
    RepositoryUnknown(RepositoryName),
    /// The repository has no such blob.
    #[error("blob {0} is not in this repository")]
    BlobUnknown(Digest),
    /// The repository has no such manifest.
    #[error("manifest {0} is not in this repository")]
    ManifestUnknown(Reference),
    /// No such upload session, or one of another repository.
    #[error("the upload session does not exist, has expired or is finished")]
    UploadUnknown,
    /// Another request is writing to the session and does not end.
    #[error("another request is writing to this upload session")]
    UploadBusy {
        /// Bytes the session had before that request.
        offset: u64,
    },
    /// A chunk does not start where the last one ended.
    #[error("the chunk does not start at byte {offset}, where the upload stands")]
    OutOfOrder {
        /// Bytes the session has.
        offset: u64,
    },
    /// The body was not as long as announced.
    #[error("the chunk was announced with {announced} bytes and has {received}")]
    LengthMismatch {
        /// Bytes announced.
        announced: u64,
        /// Bytes received.
        received: u64,
    },
    /// More bytes than a blob may have.
    #[error("a blob has at most {limit} bytes")]
    BlobTooLarge {
        /// The most it may have.
        limit: u64,
    },
    /// The content is not what the digest says.
    #[error("the content does not have digest {expected}")]
    DigestMismatch {
        /// The digest that was announced.
        expected: Digest,
    },
    /// The manifest is none this registry takes.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A manifest names blobs or manifests that the repository does not have.
    #[error("the manifest names content that is not in this repository")]
    ReferencesUnknown(Vec<Digest>),
    /// A descriptor's size is not that of the stored blob.
    #[error(
        "the blob {digest} has the size ({actual}) different from the one specified in the manifest ({declared})"
    )]
    SizeMismatch {
        /// The blob.
        digest: Digest,
        /// Bytes it has.
        actual: u64,
        /// Bytes the manifest says it has.
        declared: u64,
    },
    /// The tag is not where the caller thinks it is.
    #[error("the tag has moved")]
    PreconditionFailed,
    /// The namespace takes nothing new, since it is being deleted.
    #[error("unable to create new content in namespace {0} because it is being terminated")]
    NamespaceTerminating(String),
    /// Deleting is switched off.
    #[error("deleting is switched off on this registry")]
    DeletesDisabled,
    /// The registry takes no writes.
    #[error("this registry is read-only")]
    ReadOnly,
    /// The request body could not be read to its end.
    #[error("the request body broke off")]
    Body(#[source] BodyError),
    /// Cannot be done now; trying again later may work.
    #[error("{what}")]
    Unavailable {
        /// What the client may know.
        what: &'static str,
        /// What the log should know.
        #[source]
        source: BodyError,
    },
    /// Something that should not happen. The text stays in the log.
    #[error("internal error")]
    Internal(#[source] BodyError),
}

impl From<weir_store::Error> for Error {
    fn from(error: weir_store::Error) -> Error {
        use weir_store::Error as Store;
        let what = match &error {
            Store::UploadGone => return Error::UploadUnknown,
            Store::Full { .. } => "no space is left to store this",
            Store::ReadOnly { .. } => "the store takes no writes at the moment",
            Store::Missing(_)
            | Store::Corrupt { .. }
            | Store::Io { .. }
            | Store::Locked { .. }
            | Store::Unusable { .. } => return Error::Internal(error.into()),
        };
        Error::Unavailable { what, source: error.into() }
    }
}

impl From<weir_metadata::Error> for Error {
    fn from(error: weir_metadata::Error) -> Error {
        use weir_metadata::Error as Records;
        let what = match &error {
            Records::Busy => "too many writes are waiting",
            Records::UnknownOutcome(_) => "the outcome of the write is unknown; repeat it",
            Records::Unwritable(_) => "no record can be written at the moment",
            Records::Closed => "the registry is shutting down",
            Records::KeyTaken { .. } => "the upload took too long; send it again",
            Records::RepositoryDeleted => return Error::UploadUnknown,
            Records::Terminating(namespace) => return Error::NamespaceTerminating(namespace.to_string()),
            Records::Corrupt(_)
            | Records::NoSecretKey
            | Records::WrongSecretKey { .. }
            | Records::DamagedSecret(_)
            | Records::Database { .. }
            | Records::File { .. }
            | Records::Compacted { .. }
            | Records::OldSqlite { .. }
            | Records::Foreign { .. }
            | Records::NewerSchema { .. }
            | Records::ChangedStep { .. }
            | Records::Setting { .. }
            | Records::BehindWatermark { .. } => return Error::Internal(error.into()),
        };
        Error::Unavailable { what, source: error.into() }
    }
}

impl From<weir_metadata::PushError> for Error {
    fn from(error: weir_metadata::PushError) -> Error {
        use weir_metadata::PushError as Push;
        match error {
            Push::BlobsUnknown(digests) | Push::ManifestsUnknown(digests) => {
                Error::ReferencesUnknown(digests)
            }
            Push::SizeMismatch { digest, actual, declared } => {
                Error::SizeMismatch { digest, actual, declared }
            }
            Push::PreconditionFailed => Error::PreconditionFailed,
            Push::Engine(error) => error.into(),
        }
    }
}

impl From<weir_metadata::DeleteError> for Error {
    fn from(error: weir_metadata::DeleteError) -> Error {
        match error {
            weir_metadata::DeleteError::PreconditionFailed => Error::PreconditionFailed,
            weir_metadata::DeleteError::Engine(error) => error.into(),
        }
    }
}
