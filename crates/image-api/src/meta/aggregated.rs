use serde::{Deserialize, Serialize};

use super::{Kind, ListMeta, ObjectMeta};
use crate::wire::{is_default, nullable};

/// Everything about every group in one document (`apidiscovery.k8s.io/v2`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiGroupDiscoveryList {
    /// Empty.
    pub metadata: ListMeta,
    /// The groups, best first.
    pub items: Vec<ApiGroupDiscovery>,
}

impl Kind for ApiGroupDiscoveryList {
    const KIND: &'static str = "APIGroupDiscoveryList";
    const API_VERSION: &'static str = "apidiscovery.k8s.io/v2";
}

/// One group; its name is the name in its metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiGroupDiscovery {
    /// Names the group; empty for the core group.
    pub metadata: ObjectMeta,
    /// Its versions, best first.
    pub versions: Vec<ApiVersionDiscovery>,
}

/// One version of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiVersionDiscovery {
    /// The version.
    pub version: String,
    /// Whether the list of resources is up to date.
    pub freshness: Freshness,
    /// The resources.
    pub resources: Vec<ApiResourceDiscovery>,
}

/// Whether the server could list the resources of a version just now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Freshness {
    /// It could.
    #[default]
    Current,
    /// It could not, and shows what it last knew.
    Stale,
}

/// One resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResourceDiscovery {
    /// Plural name.
    pub resource: String,
    /// What it answers with.
    pub response_kind: ResponseKind,
    /// Whether its objects live in namespaces.
    pub scope: ResourceScope,
    /// Singular name.
    pub singular_resource: String,
    /// Short names.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub short_names: Vec<String>,
    /// Collective names, such as `all`.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub categories: Vec<String>,
    /// What can be done with it.
    pub verbs: Vec<String>,
    /// Its subresources.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub subresources: Vec<ApiSubresourceDiscovery>,
}

/// Where the objects of a resource live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceScope {
    /// In the cluster as a whole.
    Cluster,
    /// In namespaces.
    #[default]
    Namespaced,
}

/// One subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiSubresourceDiscovery {
    /// Name below the resource.
    pub subresource: String,
    /// What it answers with.
    pub response_kind: ResponseKind,
    /// What can be done with it.
    pub verbs: Vec<String>,
}

/// A kind. Clients drop an entry without one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseKind {
    /// Group; empty for the one around it.
    pub group: String,
    /// Version; empty for the one around it.
    pub version: String,
    /// Kind.
    pub kind: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    #[test]
    fn the_document_reads_and_prints_the_same() {
        let text = concat!(
            r#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":["#,
            r#"{"metadata":{"name":"image.openshift.io"},"versions":[{"version":"v1","freshness":"Current","#,
            r#""resources":[{"resource":"imagestreams","#,
            r#""responseKind":{"group":"image.openshift.io","version":"v1","kind":"ImageStream"},"#,
            r#""scope":"Namespaced","singularResource":"imagestream","shortNames":["is"],"categories":["all"],"#,
            r#""verbs":["get"],"subresources":[{"subresource":"layers","#,
            r#""responseKind":{"group":"image.openshift.io","version":"v1","kind":"ImageStreamLayers"},"#,
            r#""verbs":["get"]}]}]}]}]}"#
        );
        let list: ApiGroupDiscoveryList = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&Typed::of(&list)).unwrap(), text);
    }
}
