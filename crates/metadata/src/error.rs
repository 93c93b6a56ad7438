use std::path::PathBuf;

use weir_image_api::Namespace;
use weir_oci::Digest;

/// Why the engine did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `SQLite` refused a statement. Nothing of the use case was written.
    #[error("the database refused {what}")]
    Database {
        /// What was attempted.
        what: &'static str,
        /// What `SQLite` says.
        #[source]
        source: rusqlite::Error,
    },
    /// A file beside the database could not be read or written.
    #[error("cannot {what} {path}", path = path.display())]
    File {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The stored bytes of a blob are known to be bad. It heals when somebody pushes it again.
    #[error("the stored bytes of blob {0} are damaged")]
    Corrupt(Digest),
    /// The queue of writes is full. Nothing was written.
    #[error("too many writes are waiting")]
    Busy,
    /// The commit failed: the write happened entirely or not at all. Repeating it is safe.
    #[error("the outcome of the write is unknown: {0}")]
    UnknownOutcome(String),
    /// The database cannot be written at the moment. Nothing was written.
    #[error("the database cannot be written: {0}")]
    Unwritable(String),
    /// The engine is closed. Nothing was written.
    #[error("the metadata engine is closed")]
    Closed,
    /// A stored copy must not be published: it is on its way to being deleted, or something else.
    #[error("object {key} is no longer free to be used")]
    KeyTaken {
        /// Its key.
        key: String,
    },
    /// The repository was deleted while something was uploaded into it.
    #[error("the repository was deleted during the upload")]
    RepositoryDeleted,
    /// The namespace is on its way out, and nothing new can be made in it.
    #[error("namespace {0} is being terminated")]
    Terminating(Namespace),
    /// Secrets are kept encrypted, and there is no key. Nothing was written.
    #[error("secrets cannot be kept without a key to encrypt them with")]
    NoSecretKey,
    /// A secret was encrypted with another key.
    #[error("{secret} was encrypted with key {found}, and the configured key is {configured}")]
    WrongSecretKey {
        /// Which secret.
        secret: String,
        /// Id of the key it was encrypted with.
        found: String,
        /// Id of the key there is.
        configured: String,
    },
    /// A secret does not decrypt with the key it was encrypted with.
    #[error("the record of {0} is damaged")]
    DamagedSecret(String),
    /// Changes after the version asked for have been dropped from the feed.
    #[error("changes up to version {oldest} are no longer kept")]
    Compacted {
        /// Newest version whose change is gone.
        oldest: u64,
    },
    /// The `SQLite` library is one with a known way to corrupt a database.
    #[error("SQLite {found} can corrupt databases in WAL mode; at least {required} is needed")]
    OldSqlite {
        /// Version of the library.
        found: &'static str,
        /// Oldest version that will do.
        required: &'static str,
    },
    /// The file is a database of something else.
    #[error("{path} is not a database of this registry (application id {found:#x})", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The application id it carries.
        found: i32,
    },
    /// The file was written by a later version of this program.
    #[error("{path} has schema {found}, and this program knows schemas up to {known}; use the newer program", path = path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: u32,
        /// Newest schema this program knows.
        known: u32,
    },
    /// A step of the schema was applied in another wording than this program's.
    #[error("{path}: schema step {step} was applied in a different wording; this is not the program that made the file", path = path.display())]
    ChangedStep {
        /// The file.
        path: PathBuf,
        /// Number of the step.
        step: u32,
    },
    /// A setting did not take effect.
    #[error("{path}: {setting} is {found} after it was set to {wanted}", path = path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// The setting.
        setting: &'static str,
        /// What it should be.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// The database is older than what was acknowledged: it was restored, or its log was lost.
    #[error(
        "the database stands at version {database}, but version {acknowledged} was acknowledged: it was restored from \
         an older copy, or its -wal file was lost or damaged; start once with the rollback accepted to go on from here"
    )]
    BehindWatermark {
        /// Version of the database.
        database: u64,
        /// Highest version somebody was told of.
        acknowledged: u64,
    },
}

impl Error {
    /// For `map_err` on `SQLite`'s results.
    pub(crate) fn database(what: &'static str) -> impl FnOnce(rusqlite::Error) -> Error {
        move |source| Error::Database { what, source }
    }

    /// For `map_err` on what the system says about a file.
    pub(crate) fn file(what: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { what, path, source }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Error {
        Error::Database { what: "a statement", source }
    }
}

/// Why a push was refused. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The manifest names blobs that the repository does not have.
    #[error("the manifest names {} blobs that are not in the repository", .0.len())]
    BlobsUnknown(Vec<Digest>),
    /// The index names manifests that the repository does not have.
    #[error("the index names {} manifests that are not in the repository", .0.len())]
    ManifestsUnknown(Vec<Digest>),
    /// A descriptor tells another size than the stored content has.
    #[error("{digest} has {actual} bytes, and the manifest says {declared}")]
    SizeMismatch {
        /// The content.
        digest: Digest,
        /// Bytes it has.
        actual: u64,
        /// Bytes the manifest says it has.
        declared: u64,
    },
    /// A tag is not where the caller thinks it is.
    #[error("the tag has moved")]
    PreconditionFailed,
    /// Anything else.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<rusqlite::Error> for PushError {
    fn from(source: rusqlite::Error) -> PushError {
        PushError::Engine(source.into())
    }
}

/// Why a removal was refused. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The tag is not where the caller thinks it is.
    #[error("the tag has moved")]
    PreconditionFailed,
    /// Anything else.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl From<rusqlite::Error> for DeleteError {
    fn from(source: rusqlite::Error) -> DeleteError {
        DeleteError::Engine(source.into())
    }
}
