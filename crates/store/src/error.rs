use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use weir_oci::Digest;

use crate::ObjectKey;

/// What the store could not do. No text here holds an absolute path, except those of the two
/// variants that only [`Store::open_local`](crate::Store::open_local) returns, which are for the
/// operator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no object under that key.
    #[error("object {0} is missing")]
    Missing(ObjectKey),
    /// The upload session is unknown, was finished, or lost its bytes to an earlier failure. The
    /// client starts again.
    #[error("the upload session is gone")]
    UploadGone,
    /// No space or quota is left.
    #[error("cannot {operation}: no space left")]
    Full {
        /// What was attempted.
        operation: &'static str,
    },
    /// The file system is mounted read-only, perhaps since an error.
    #[error("cannot {operation}: the file system is read-only")]
    ReadOnly {
        /// What was attempted.
        operation: &'static str,
    },
    /// An object does not have the length its record states.
    #[error("object {key} holds {found} bytes instead of {expected}")]
    Corrupt {
        /// The object.
        key: ObjectKey,
        /// Length according to the record.
        expected: u64,
        /// Length found, or where reading met the end.
        found: u64,
    },
    /// Any other failure below.
    #[error("cannot {operation}: {kind}")]
    Io {
        /// What was attempted.
        operation: &'static str,
        /// Class of the failure.
        kind: ErrorKind,
        /// The failure itself. Its text may hold a path: for the log, not for a client.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// Another process has the folder open.
    #[error("{} is in use by {holder}; one folder serves one process", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// What the holder wrote about itself.
        holder: String,
    },
    /// The folder cannot hold a store.
    #[error("{} cannot hold the store: {why}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// The reason, in words for the operator.
        why: String,
    },
}

impl Error {
    /// A failed system call.
    pub(crate) fn io(operation: &'static str, error: io::Error) -> Error {
        Error::classify(operation, error.kind(), error)
    }

    /// A failed call of the object store, whose kind hides somewhere below it.
    pub(crate) fn object(operation: &'static str, key: &ObjectKey, error: object_store::Error) -> Error {
        match error {
            object_store::Error::NotFound { .. } => Error::Missing(*key),
            error => Error::classify(operation, kind_below(&error), error),
        }
    }

    fn classify(
        operation: &'static str,
        kind: ErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Error {
        match kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::Full { operation },
            ErrorKind::ReadOnlyFilesystem => Error::ReadOnly { operation },
            kind => Error::Io { operation, kind, source: source.into() },
        }
    }
}

/// `object_store` wraps every system error in a generic one; the first `io::Error` below tells the
/// two apart that the server reacts to.
fn kind_below(error: &(dyn StdError + 'static)) -> ErrorKind {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind();
        }
        next = error.source();
    }
    ErrorKind::Other
}

/// Why bytes could not be appended to an upload.
#[derive(Debug, thiserror::Error)]
pub enum AppendError<E> {
    /// The body failed. What arrived before is kept; the upload can be continued.
    #[error("the body broke off")]
    Body(E),
    /// The upload would have grown past the limit. What fits in whole frames is kept.
    #[error("the upload would exceed {limit} bytes")]
    TooLarge {
        /// The limit that was given.
        limit: u64,
    },
    /// The store failed; the session is gone.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Why an upload could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// The bytes have another digest. The session is as it was.
    #[error("the uploaded bytes have the digest {computed}")]
    DigestMismatch {
        /// What the bytes hash to, by the algorithm of the expected digest.
        computed: Digest,
    },
    /// The store failed; the session is gone.
    #[error(transparent)]
    Store(#[from] Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_the_server_reacts_to_are_told_apart() {
        let io = |code| Error::io("write", io::Error::from_raw_os_error(code));
        assert!(matches!(io(28), Error::Full { .. }), "ENOSPC");
        assert!(matches!(io(122), Error::Full { .. }), "EDQUOT");
        assert!(matches!(io(30), Error::ReadOnly { .. }), "EROFS");
        assert!(matches!(io(5), Error::Io { .. }), "EIO");
    }

    // reliability OS-19: the object store hides the kind and puts an absolute path in its text.
    #[test]
    fn the_kind_is_found_below_and_the_path_stays_out_of_the_text() {
        let key = ObjectKey::fresh(None, 0);
        let generic = |code| object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(Wrapped(io::Error::from_raw_os_error(code))),
        };
        assert!(matches!(Error::object("write", &key, generic(28)), Error::Full { .. }));
        assert!(matches!(Error::object("write", &key, generic(30)), Error::ReadOnly { .. }));
        let other = Error::object("write", &key, generic(5));
        assert!(!other.to_string().contains("/secret"), "{other}");
        let missing = object_store::Error::NotFound {
            path: "/secret/root".into(),
            source: Box::new(io::Error::from_raw_os_error(2)),
        };
        assert!(!Error::object("read", &key, missing).to_string().contains("/secret"));
    }

    #[derive(Debug, thiserror::Error)]
    #[error("unable to write /secret/root/blobs")]
    struct Wrapped(#[source] io::Error);
}
