//! What happened to the records, for those who watch.

use weir_access::{ManageApi, Permit};
use weir_image_api::core_v1::{self, Secret};
use weir_image_api::{Image, ImageStream, TagParts};
use weir_metadata::Depth;

use super::{ChangeScope, Changes, ObjectChange, Result, View, namespace};

impl View {
    /// The first changes of images after a version.
    pub fn image_changes(&self, scope: &ChangeScope, after: u64, limit: usize) -> Result<Changes<Image>> {
        Ok(self.engine.image_changes(scope, after, limit)?)
    }

    /// The first changes of streams after a version.
    pub fn stream_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<ImageStream>> {
        Ok(self.engine.stream_changes(scope, after, limit)?)
    }

    /// The first changes of tags after a version, one for each tag a change of its stream touched.
    /// Of each history only the newest event is there, which is all that a stream tag shows.
    pub fn stream_tag_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<TagParts>> {
        Ok(self.engine.stream_tag_changes(scope, after, limit, Depth::Newest)?)
    }

    /// The same with whole histories, as an image tag shows them.
    pub fn image_tag_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<TagParts>> {
        Ok(self.engine.stream_tag_changes(scope, after, limit, Depth::Whole)?)
    }

    /// The first changes of namespaces after a version.
    pub fn namespace_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<core_v1::Namespace>> {
        let Changes { items, upto } = self.engine.namespace_changes(scope, after, limit)?;
        let items = items.into_iter().map(|change| ObjectChange {
            version: change.version,
            action: change.action,
            before: change.before.map(namespace),
            after: change.after.map(namespace),
        });
        Ok(Changes { items: items.collect(), upto })
    }

    /// The first changes of secrets after a version.
    pub fn secret_changes(
        &self,
        _manage: &Permit<ManageApi>,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<Secret>> {
        Ok(self.engine.secret_changes(scope, after, limit)?)
    }
}
