use std::fmt;
use std::sync::Arc;

use weir_access::{ManageApi, Permit, WriteApi};
use weir_registry::Registry;
use weir_registry::api::{Author, Writer};

use super::options::Keep;

/// The leave to write that a caller was given.
pub(crate) struct Pen {
    pub(crate) registry: Arc<Registry>,
    pub(crate) permit: Permit<WriteApi>,
    /// For callers who may do everything.
    pub(crate) manage: Option<Permit<ManageApi>>,
    pub(crate) author: Author,
}

impl Pen {
    pub(super) fn writer(&self, keep: Keep) -> Writer {
        self.registry.writer(&self.permit, self.author.clone(), keep == Keep::Nothing)
    }
}

impl fmt::Debug for Pen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pen").field("author", &self.author).finish_non_exhaustive()
    }
}
