use serde::{Deserialize, Serialize};

use crate::wire::{is_default, nullable};
use crate::{ResourceVersion, resource_version};

/// Metadata of a list, and of every other answer that is no object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListMeta {
    /// The state of the whole database that the list shows.
    #[serde(deserialize_with = "resource_version::optional", skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<ResourceVersion>,
    /// Token for the next page; empty on the last one.
    #[serde(rename = "continue", deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub continue_token: String,
    /// How many items follow after this page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_item_count: Option<i64>,
}

/// A list of objects. Shown through [`Typed::list`](super::Typed::list).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// About the list.
    #[serde(default)]
    pub metadata: ListMeta,
    /// The objects; an array even when there are none, by which clients tell a list from an object.
    pub items: Vec<T>,
}
