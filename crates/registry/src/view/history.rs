//! What happened to tags.

use std::collections::BTreeSet;

use weir_image_api::meta::ObjectMeta;
use weir_image_api::{HistoryEntry, ImageStreamHistory, StreamRef};
use weir_metadata::EventKind;

use super::{Result, View, ViewError};

impl View {
    /// What happened to the tags of a stream, or to one of them, newest first. It can be asked for
    /// after the tag or the stream is gone.
    pub fn history(&self, stream: &StreamRef, tag: Option<&str>, limit: usize) -> Result<ImageStreamHistory> {
        let entries = self.engine.stream_history(stream, tag, None, limit)?;
        if entries.is_empty() && limit > 0 && !self.engine.repository_exists(stream)? {
            return Err(ViewError::StreamNotFound);
        }
        let mut seen = BTreeSet::new();
        let entries = entries.into_iter().map(|entry| {
            let deleted = entry.kind == EventKind::Deleted;
            // The newest entry of a tag says where the tag is now, unless it says that it is gone.
            let current = seen.insert(entry.key.tag.clone()) && !deleted;
            let (image, docker_image_reference) = if deleted {
                (String::new(), String::new())
            } else {
                (entry.event.image, entry.event.docker_image_reference)
            };
            HistoryEntry {
                tag: entry.key.tag,
                version: entry.version,
                created: entry.event.created,
                kind: entry.kind.word().to_owned(),
                image,
                docker_image_reference,
                generation: entry.event.generation,
                user: entry.source.identity,
                client: entry.source.client,
                reason: entry.source.reason,
                current,
            }
        });
        let metadata = ObjectMeta {
            name: stream.name.as_str().to_owned(),
            namespace: stream.namespace.as_str().to_owned(),
            ..ObjectMeta::default()
        };
        Ok(ImageStreamHistory { metadata, entries: entries.collect() })
    }
}
