mod generations;
mod properties;
mod resolution;
mod status;
mod tracking;
mod validation;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::meta::summary;

pub(super) const HOST: &str = "in:5000";
pub(super) const NOW: &str = "2026-02-03T10:16:00Z";

/// The streams there are besides the one under test.
#[derive(Default)]
pub(super) struct World {
    streams: BTreeMap<String, ImageStream>,
    /// Streams that the caller may not pull from, and why.
    denied: BTreeMap<String, String>,
    /// Streams that cannot be read.
    broken: BTreeSet<String>,
    /// Every question about a permission.
    asked: RefCell<Vec<String>>,
}

impl World {
    pub(super) fn with(mut self, stream: ImageStream) -> World {
        let title = format!("{}/{}", stream.metadata.namespace, stream.metadata.name);
        self.streams.insert(title, stream);
        self
    }

    fn find(&self, stream: &StreamRef) -> Result<Option<&ImageStream>, String> {
        let title = stream.to_string();
        if self.broken.contains(&title) {
            Err("disk on fire".to_owned())
        } else {
            Ok(self.streams.get(&title))
        }
    }
}

impl Sources for World {
    fn tag_head(&self, stream: &StreamRef, tag: &str) -> Result<Option<Option<TagEvent>>, String> {
        let head = |stream: &ImageStream| stream.status.tag(tag).and_then(|list| list.items.first()).cloned();
        Ok(self.find(stream)?.map(head))
    }

    fn images_of(&self, stream: &StreamRef, _: &str) -> Result<Option<Vec<TagEvent>>, String> {
        let events = |stream: &ImageStream| stream.status.tags.iter().flat_map(|t| t.items.clone()).collect();
        Ok(self.find(stream)?.map(events))
    }

    fn may_pull(&self, stream: &StreamRef) -> Result<(), String> {
        self.asked.borrow_mut().push(stream.to_string());
        self.denied.get(&stream.to_string()).map_or(Ok(()), |reason| Err(reason.clone()))
    }
}

pub(super) fn context(world: &World) -> Context<'_> {
    let now = Timestamp::parse(NOW).unwrap();
    Context { now, host: HOST, default_import_mode: "Legacy", sources: world }
}

/// The stream `team/app` with these spec tags and histories, of generation 1.
pub(super) fn stream(spec: &Value, status: &Value) -> ImageStream {
    serde_json::from_value(json!({
        "metadata": {"name": "app", "namespace": "team", "uid": "u", "resourceVersion": "7", "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"tags": spec},
        "status": {"tags": status},
    }))
    .unwrap()
}

/// Another stream with histories.
pub(super) fn source(namespace: &str, name: &str, status: &Value) -> ImageStream {
    let mut stream = stream(&json!([]), status);
    namespace.clone_into(&mut stream.metadata.namespace);
    name.clone_into(&mut stream.metadata.name);
    stream
}

/// An event of the year 2026, second `created`.
pub(super) fn item(created: u8, reference: &str, image: &str) -> Value {
    let created = format!("2026-01-01T00:00:{created:02}Z");
    json!({"created": created, "dockerImageReference": reference, "image": image, "generation": 1})
}

pub(super) fn history(tag: &str, items: &[Value]) -> Value {
    json!({"tag": tag, "items": items})
}

/// A spec tag of the first generation that follows something.
pub(super) fn follows(tag: &str, kind: &str, name: &str) -> Value {
    json!({"name": tag, "generation": 1, "from": {"kind": kind, "name": name}})
}

/// An update through the main endpoint.
pub(super) fn put(old: &ImageStream, new: &ImageStream, world: &World) -> Result<Settled, FieldErrors> {
    update(old, new.clone(), Path::Main, &context(world))
}

pub(super) fn refused(outcome: Result<Settled, FieldErrors>) -> String {
    summary(&outcome.unwrap_err())
}

/// Created, pull spec, image and generation of every event of a tag.
pub(super) fn items(stream: &ImageStream, tag: &str) -> Vec<(String, String, String, i64)> {
    let list = stream.status.tag(tag);
    list.into_iter()
        .flat_map(|list| &list.items)
        .map(|event| {
            let TagEvent { created, docker_image_reference, image, generation, .. } = event.clone();
            (created.to_string(), docker_image_reference, image, generation)
        })
        .collect()
}

pub(super) fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}
