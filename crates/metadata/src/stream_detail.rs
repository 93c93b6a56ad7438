use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{TagEventCondition, TagReference};

/// What stands with a change of a stream, so that the stream before it can be shown: whatever the
/// write was about to overwrite. Status lists are read back from the events themselves.
///
/// A push writes one per tag it moves, hence the short names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StreamDetail {
    /// Version before. None if the change made the stream.
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<u64>,
    /// Tags whose status was touched.
    #[serde(rename = "t", skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) tags: BTreeSet<String>,
    /// Spec tags as they were. None for those that were not there.
    #[serde(rename = "s", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) spec: BTreeMap<String, Option<TagReference>>,
    /// Conditions as they were.
    #[serde(rename = "c", skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) conditions: BTreeMap<String, Vec<TagEventCondition>>,
    /// The generation as it was, where it changed.
    #[serde(rename = "g", skip_serializing_if = "Option::is_none")]
    pub(crate) generation: Option<i64>,
    /// The rest as it was, where any of it changed.
    #[serde(rename = "h", skip_serializing_if = "Option::is_none")]
    pub(crate) head: Option<HeadDetail>,
}

/// What a stream says beside its tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HeadDetail {
    /// Metadata in the form that is stored.
    pub(crate) metadata: ObjectMeta,
    pub(crate) lookup_local: bool,
    pub(crate) docker_image_repository: String,
    /// Seconds.
    pub(crate) created: i64,
}

impl StreamDetail {
    /// Adds what a later change says of things as they were before both.
    pub(crate) fn precede(&mut self, later: &StreamDetail) {
        self.tags.extend(later.tags.iter().cloned());
        for (tag, before) in &later.spec {
            self.spec.entry(tag.clone()).or_insert_with(|| before.clone());
        }
        for (tag, before) in &later.conditions {
            self.conditions.entry(tag.clone()).or_insert_with(|| before.clone());
        }
        self.generation = self.generation.or(later.generation);
        if self.head.is_none() {
            self.head.clone_from(&later.head);
        }
    }

    /// Every tag the change touched, in spec, status or conditions.
    pub(crate) fn touched(&self) -> impl Iterator<Item = &String> {
        self.tags.iter().chain(self.spec.keys()).chain(self.conditions.keys())
    }
}
