use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wire::{is_default, nullable};
use crate::{ResourceVersion, Timestamp, resource_version};

/// Metadata of an object.
///
/// The texts are what the client or the database says; whoever takes an object in judges them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// Name, unique within the namespace and the resource.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub name: String,
    /// Prefix of a name for the server to complete.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub generate_name: String,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub namespace: String,
    /// Identity of this incarnation of the name.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub uid: String,
    /// When the object was last written, in commit order.
    #[serde(deserialize_with = "resource_version::optional", skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<ResourceVersion>,
    /// Version of the desired state.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub generation: i64,
    /// When the object was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Timestamp>,
    /// When deletion was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Timestamp>,
    /// How long deletion may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// What selectors select by.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub labels: BTreeMap<String, String>,
    /// Anything else about the object.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub annotations: BTreeMap<String, String>,
    /// Objects this one goes with.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub owner_references: Vec<OwnerReference>,
    /// Who must agree before the object may vanish.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub finalizers: Vec<String>,
    /// Which manager applied what; kept as it is.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub managed_fields: Vec<serde_json::Value>,
}

/// An object that another one goes with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// API version of the owner.
    #[serde(deserialize_with = "nullable")]
    pub api_version: String,
    /// Kind of the owner.
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    /// Name of the owner.
    #[serde(deserialize_with = "nullable")]
    pub name: String,
    /// Identity of the owner.
    #[serde(deserialize_with = "nullable")]
    pub uid: String,
    /// Whether the owner manages the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// Whether the owner's deletion waits for the object's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_the_conventional_order() {
        let text = concat!(
            r#"{"name":"n","generateName":"g","namespace":"ns","uid":"u","resourceVersion":"7","generation":2,"#,
            r#""creationTimestamp":"2026-02-03T10:16:00Z","deletionTimestamp":"2026-02-03T10:16:01Z","#,
            r#""deletionGracePeriodSeconds":0,"labels":{"a":"b"},"annotations":{"c":"d"},"#,
            r#""ownerReferences":[{"apiVersion":"v1","kind":"K","name":"o","uid":"x","controller":true}],"#,
            r#""finalizers":["f"],"managedFields":[{"manager":"me"}]}"#
        );
        let meta: ObjectMeta = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&meta).unwrap(), text);
    }

    #[test]
    fn null_and_absent_are_the_same_and_empty_members_are_left_out() {
        let meta: ObjectMeta = serde_json::from_str(
            r#"{"name":null,"namespace":null,"uid":null,"resourceVersion":"","generation":null,
                "creationTimestamp":null,"labels":null,"annotations":null,"ownerReferences":null,
                "finalizers":null,"managedFields":null,"selfLink":"/ignored"}"#,
        )
        .unwrap();
        assert_eq!(meta, ObjectMeta::default());
        assert_eq!(serde_json::to_string(&meta).unwrap(), "{}");
    }
}
