use weir_access::{ListRepositories, Permit, Pull};
pub use weir_metadata::{Direction, IndexedTag, TagOrder};
use weir_oci::RepositoryName;

use crate::{Error, Registry, Result};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Whether there are more.
    pub more: bool,
}

impl<T> Names<T> {
    /// Cuts a list that was asked for with one entry too many.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize) -> Names<T> {
        let more = items.len() > limit;
        items.truncate(limit);
        Names { items, more }
    }
}

impl Registry {
    /// Tags of a repository that can be pulled, in byte order, those after `last`.
    pub fn tags(&self, permit: &Permit<Pull>, last: Option<&str>, limit: usize) -> Result<Names<String>> {
        let stream = self.stream(permit.repository())?;
        let tags = self.engine.tags(&stream, last, limit.saturating_add(1))?;
        let tags = tags.ok_or_else(|| Error::RepositoryUnknown(permit.repository().clone()))?;
        Ok(Names::cut(tags, limit))
    }

    /// Tags of a repository that can be pulled, with the manifests they point to.
    pub fn tag_index(
        &self,
        permit: &Permit<Pull>,
        order: &TagOrder,
        direction: Direction,
        limit: usize,
    ) -> Result<Names<IndexedTag>> {
        let stream = self.stream(permit.repository())?;
        let tags = self.engine.tag_index(&stream, order, direction, limit.saturating_add(1))?;
        let tags = tags.ok_or_else(|| Error::RepositoryUnknown(permit.repository().clone()))?;
        Ok(Names::cut(tags, limit))
    }

    /// Repositories in byte order, those after `last`.
    pub fn repositories(
        &self,
        _permit: &Permit<ListRepositories>,
        last: Option<&str>,
        limit: usize,
    ) -> Result<Names<RepositoryName>> {
        Ok(Names::cut(self.engine.repositories(last, limit.saturating_add(1))?, limit))
    }
}
