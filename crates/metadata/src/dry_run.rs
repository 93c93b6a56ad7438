//! Writes that are undone in the end although nothing failed.

use crate::sqlite::Transaction;
use crate::{Engine, Error};

/// Why a write is undone.
enum Undo<T, E> {
    /// It was never meant to stay.
    Rehearsed(T),
    Failed(E),
}

impl<T, E: From<Error>> From<Error> for Undo<T, E> {
    fn from(error: Error) -> Undo<T, E> {
        Undo::Failed(error.into())
    }
}

impl Engine {
    /// Runs a write, and undoes it if it is only a rehearsal.
    pub(crate) async fn write_or_rehearse<T, E>(
        &self,
        rehearsal: bool,
        body: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let write = move |transaction: &mut Transaction<'_>| match body(transaction) {
            Ok(done) if rehearsal => Err(Undo::Rehearsed(done)),
            Ok(done) => Ok(done),
            Err(error) => Err(Undo::Failed(error)),
        };
        match self.records().writer().write(write).await {
            Ok(done) | Err(Undo::Rehearsed(done)) => Ok(done),
            Err(Undo::Failed(error)) => Err(error),
        }
    }
}
