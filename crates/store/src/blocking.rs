use std::io;

use tokio::task::JoinError;

use crate::Error;

/// Runs `work` on a blocking thread. Dropping the future leaves the work running to its end.
pub(crate) async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    outcome(operation, tokio::task::spawn_blocking(work).await)
}

/// A job that panicked or never ran because the runtime is going down has failed like any other.
pub(crate) fn outcome<T>(
    operation: &'static str,
    joined: Result<Result<T, Error>, JoinError>,
) -> Result<T, Error> {
    joined.unwrap_or_else(|error| Err(Error::io(operation, io::Error::other(error))))
}
