use std::sync::Arc;

use tokio_util::task::TaskTracker;
use weir_image_api::{Namespace, StreamRef};
use weir_metadata::Engine;
use weir_oci::RepositoryName;
use weir_store::Store;

use crate::upload::Sessions;
use crate::{Clock, Error, Result};

/// What to do about content that a manifest names and the repository does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Refuse the manifest.
    Reject,
    /// Take it, and record what is missing.
    Accept,
}

/// How the use cases are set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Namespace of repositories whose name has one component.
    pub default_namespace: Namespace,
    /// Names, with their ports, under which clients reach the registry besides those in its pull
    /// specs.
    pub also_known_as: Vec<String>,
    /// Missing configs and layers.
    pub missing_blobs: Missing,
    /// Missing entries of an index.
    pub missing_children: Missing,
    /// Most bytes of a blob.
    pub blob_limit: u64,
    /// Whether anything may be deleted.
    pub deletes: bool,
    /// Whether nothing may be written at all.
    pub read_only: bool,
    /// Whether a blob may be mounted without saying from where.
    pub automatic_mount: bool,
    /// Milliseconds after its last use until an upload session is gone.
    pub upload_idle_ms: u64,
    /// Milliseconds after its start until an upload session is gone, used or not.
    pub upload_life_ms: u64,
}

/// A registry: bytes, records and the rules that join them.
#[derive(Debug)]
pub struct Registry {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) sessions: Sessions,
    tasks: TaskTracker,
}

impl Registry {
    /// Joins a store and an engine that belong together.
    pub fn new(store: Store, engine: Engine, clock: Arc<dyn Clock>, settings: Settings) -> Registry {
        let (sessions, tasks) = (Sessions::default(), TaskTracker::new());
        Registry { store, engine, clock, settings, sessions, tasks }
    }

    /// Waits until what requests have left to be done is done. For the end, when there are no more
    /// requests.
    pub async fn settle(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Does what must not stop halfway: a request may be dropped at any time, and this goes on.
    pub(crate) async fn to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.tasks.spawn(work).await.unwrap_or_else(|error| Err(Error::Internal(error.into())))
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// The bytes.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The records.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How it is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The image stream of a repository. Only a name of one component that is nearly too long has
    /// none: with its namespace before it, it would be.
    pub(crate) fn stream(&self, repository: &RepositoryName) -> Result<StreamRef> {
        StreamRef::of(repository, &self.settings.default_namespace).map_err(|_| Error::NameTooLong)
    }
}
