use std::fmt;
use std::sync::Arc;

use weir_access::Identity;
use weir_oci::RepositoryName;

/// Who writes, with what and why: it stands with every event that the write makes.
#[derive(Clone, Debug)]
pub struct Author {
    /// Who.
    pub identity: Identity,
    /// The program, as it calls itself.
    pub client: Option<String>,
    /// Why, in the caller's words.
    pub reason: Option<String>,
    /// What else the caller may pull: a tag that is copied from elsewhere needs it.
    pub may_pull: MayPull,
}

/// Asks whether the caller may pull from a repository; a refusal says why.
#[derive(Clone)]
pub struct MayPull(Arc<Decide>);

type Decide = dyn Fn(&RepositoryName) -> Result<(), String> + Send + Sync;

impl MayPull {
    /// Asks `decide` each time.
    pub fn new(decide: impl Fn(&RepositoryName) -> Result<(), String> + Send + Sync + 'static) -> MayPull {
        MayPull(Arc::new(decide))
    }

    /// Whether the caller may pull from a repository.
    pub fn check(&self, repository: &RepositoryName) -> Result<(), String> {
        (self.0)(repository)
    }
}

impl fmt::Debug for MayPull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MayPull")
    }
}
