//! What happened to tags.

use std::collections::BTreeMap;

use weir_image_api::meta::ObjectMeta;
use weir_image_api::{HistoryEntry, ImageStreamHistory, StreamRef};
use weir_metadata::Engine;
use weir_oci::{Digest, Reference};

use super::{Result, View, ViewError};

impl View {
    /// What happened to the tags of a stream, or to one of them, newest first. It can be asked for
    /// after the tag or the stream is gone.
    pub fn history(&self, stream: &StreamRef, tag: Option<&str>, limit: usize) -> Result<ImageStreamHistory> {
        let entries = self.engine.stream_history(stream, tag, None, limit)?;
        if entries.is_empty() && limit > 0 && !self.engine.repository_exists(stream)? {
            return Err(ViewError::StreamNotFound);
        }
        let mut pullable = BTreeMap::new();
        for entry in &entries {
            if !pullable.contains_key(&entry.event.image) {
                let here = is_pullable(&self.engine, stream, &entry.event.image)?;
                pullable.insert(entry.event.image.clone(), here);
            }
        }
        let entries = entries.into_iter().map(|entry| HistoryEntry {
            pullable: pullable.get(&entry.event.image).copied().unwrap_or_default(),
            tag: entry.key.tag,
            version: entry.version,
            created: entry.event.created,
            kind: entry.kind.word().to_owned(),
            image: entry.event.image,
            docker_image_reference: entry.event.docker_image_reference,
            generation: entry.event.generation,
            user: entry.source.identity,
            client: entry.source.client,
            reason: entry.source.reason,
            current: entry.current,
        });
        let metadata = ObjectMeta {
            name: stream.name.as_str().to_owned(),
            namespace: stream.namespace.as_str().to_owned(),
            ..ObjectMeta::default()
        };
        Ok(ImageStreamHistory { metadata, entries: entries.collect() })
    }
}

/// Whether an image can be pulled from the repository of a stream by its digest.
pub(crate) fn is_pullable(
    engine: &Engine,
    stream: &StreamRef,
    image: &str,
) -> std::result::Result<bool, weir_metadata::Error> {
    let Ok(digest) = Digest::parse(image) else { return Ok(false) };
    Ok(engine.manifest(stream, &Reference::Digest(digest))?.is_some())
}
