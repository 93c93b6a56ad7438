use crate::pull::key;
use crate::{Registry, Result};

/// Objects deleted between two looks at the records.
const BATCH: usize = 200;

impl Registry {
    /// Deletes the objects that no record needs any more and no reader can still hold: the second
    /// copy of a blob that was uploaded twice. Returns how many went.
    ///
    /// The object goes first and its entry after, so that a crash in between repeats the deletion,
    /// which is harmless, since keys are never used again.
    pub async fn empty_trash(&self) -> Result<usize> {
        let mut emptied = 0;
        loop {
            let due = self.engine.trash_due(self.clock.now_ms(), BATCH)?;
            for text in &due {
                match self.store.delete(&key(text)?).await {
                    Ok(()) | Err(weir_store::Error::Missing(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            emptied += due.len();
            let last = due.len() < BATCH;
            if !due.is_empty() {
                self.engine.empty_trash(due).await?;
            }
            if last {
                return Ok(emptied);
            }
        }
    }
}
