use tokio::sync::watch::Receiver;
use weir_image_api::Namespace;
use weir_registry::view::{ChangeScope, Listed, Page, ViewError};

use crate::record::Record;
use crate::watch::event::Loaded;

/// Where a watch reads from: the objects of one resource, and what happened to them.
pub(crate) trait Log: Send + Sync {
    /// Wakes after each write to the registry, and knows its newest version.
    fn subscribe(&self) -> Receiver<u64>;

    /// The first changes after a version. Those of one version are never divided.
    fn load(&self, scope: &ChangeScope, after: u64, limit: usize) -> Result<Loaded, ViewError>;

    /// A page of the objects.
    fn list(&self, namespace: Option<&Namespace>, page: &Page) -> Result<Listed<Box<dyn Record>>, ViewError>;
}
