use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::core_v1::ObjectReference;
use crate::wire::{is_default, nullable};

/// What the user wants a tag to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TagReference {
    /// The tag.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Copied onto the views of the tag. Shown as `null` when there are none.
    pub annotations: Option<BTreeMap<String, String>>,
    /// What it follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<ObjectReference>,
    /// Only point there, do not import.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub reference: bool,
    /// Generation of the stream in which the tag was last changed.
    pub generation: Option<i64>,
    /// How to import.
    #[serde(deserialize_with = "nullable")]
    pub import_policy: TagImportPolicy,
    /// How consumers reach the image.
    #[serde(deserialize_with = "nullable")]
    pub reference_policy: TagReferencePolicy,
}

/// How a tag is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TagImportPolicy {
    /// Skip the verification of TLS, allow HTTP.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub insecure: bool,
    /// Import again from time to time.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub scheduled: bool,
    /// `Legacy` or `PreserveOriginal`; empty stands for the default of the cluster.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub import_mode: String,
}

/// How consumers reach the image of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagReferencePolicy {
    /// `Source` or `Local`. Reading fills in `Source`.
    #[serde(deserialize_with = "source_by_default")]
    pub r#type: String,
}

impl TagReferencePolicy {
    /// The type of tags that are reached through this registry.
    pub const LOCAL: &'static str = "Local";
    /// The type of tags that are reached where they come from.
    pub const SOURCE: &'static str = "Source";
}

impl Default for TagReferencePolicy {
    fn default() -> TagReferencePolicy {
        TagReferencePolicy { r#type: TagReferencePolicy::SOURCE.to_owned() }
    }
}

fn source_by_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let policy = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(if policy.is_empty() { TagReferencePolicy::SOURCE.to_owned() } else { policy })
}

impl TagReference {
    /// Fills in the import mode of the cluster where the tag names none.
    pub fn set_default_import_mode(&mut self, mode: &str) {
        if self.import_policy.import_mode.is_empty() {
            mode.clone_into(&mut self.import_policy.import_mode);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_fills_in_the_reference_policy() {
        // image-api 8, 9
        for text in [
            r#"{"name":"t"}"#,
            r#"{"name":"t","referencePolicy":null,"importPolicy":null,"annotations":null,"generation":null}"#,
            r#"{"name":"t","referencePolicy":{"type":""}}"#,
            r#"{"name":"t","referencePolicy":{"type":null}}"#,
        ] {
            let mut tag: TagReference = serde_json::from_str(text).unwrap();
            tag.set_default_import_mode("Legacy");
            tag.set_default_import_mode("PreserveOriginal");
            assert_eq!(
                serde_json::to_string(&tag).unwrap(),
                concat!(
                    r#"{"name":"t","annotations":null,"generation":null,"#,
                    r#""importPolicy":{"importMode":"Legacy"},"referencePolicy":{"type":"Source"}}"#
                ),
                "{text}"
            );
        }
    }
}
