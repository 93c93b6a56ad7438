use std::io;
use std::net::SocketAddr;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}{}", advice(.source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The folder of the blobs cannot be used.
    #[error(transparent)]
    Store(#[from] weir_store::Error),
    /// The records cannot be used.
    #[error("cannot open the records: {0}")]
    Records(#[from] weir_metadata::Error),
    /// The key that secrets are encrypted with cannot be had.
    #[error(transparent)]
    Key(#[from] super::key_file::KeyFileError),
    /// The system grants no thread or signal.
    #[error("cannot start: {0}")]
    Thread(#[source] io::Error),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program has it, --listen takes another one",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege, --listen takes another one",
        io::ErrorKind::AddrNotAvailable => "; this machine does not have the address",
        _ => "",
    }
}
