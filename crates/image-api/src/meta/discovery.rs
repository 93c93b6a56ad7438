use serde::{Deserialize, Serialize};

use super::Kind;
use crate::wire::{is_default, nullable};

/// What `/apis/<group>/<version>` answers: the resources of one version of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResourceList {
    /// `group/version`, or the version alone for the core group.
    pub group_version: String,
    /// The resources and subresources, by name.
    pub resources: Vec<ApiResource>,
}

impl Kind for ApiResourceList {
    const KIND: &'static str = "APIResourceList";
    const API_VERSION: &'static str = "v1";
}

/// One resource or subresource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiResource {
    /// Plural name, with `/subresource`.
    pub name: String,
    /// Singular name; empty for a subresource.
    pub singular_name: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Group of its kind, if that is another one.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub group: String,
    /// Version of its kind, if that is another one.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub version: String,
    /// The kind of its objects.
    pub kind: String,
    /// What can be done with it.
    pub verbs: Vec<String>,
    /// Short names.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub short_names: Vec<String>,
    /// Collective names, such as `all`.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub categories: Vec<String>,
}

/// A version of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupVersionForDiscovery {
    /// `group/version`.
    pub group_version: String,
    /// The version alone.
    pub version: String,
}

/// What `/apis/<group>` answers, and one entry of `/apis`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiGroup {
    /// Name of the group.
    pub name: String,
    /// Its versions, best first.
    pub versions: Vec<GroupVersionForDiscovery>,
    /// The version to use.
    pub preferred_version: GroupVersionForDiscovery,
}

impl Kind for ApiGroup {
    const KIND: &'static str = "APIGroup";
    const API_VERSION: &'static str = "v1";
}

/// What `/apis` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiGroupList {
    /// The groups; of two with the same resource clients take the first.
    pub groups: Vec<ApiGroup>,
}

impl Kind for ApiGroupList {
    const KIND: &'static str = "APIGroupList";
    const API_VERSION: &'static str = "v1";
}

/// What `/api` answers: the versions of the core group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiVersions {
    /// The versions.
    pub versions: Vec<String>,
    /// Where which clients reach the server.
    #[serde(rename = "serverAddressByClientCIDRs")]
    pub server_address_by_client_cidrs: Vec<ServerAddressByClientCidr>,
}

impl Kind for ApiVersions {
    const KIND: &'static str = "APIVersions";
    const API_VERSION: &'static str = "";
}

/// Where the clients of a network reach the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerAddressByClientCidr {
    /// The network.
    #[serde(rename = "clientCIDR")]
    pub client_cidr: String,
    /// Host and port.
    pub server_address: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    #[test]
    fn documents_look_as_clients_expect() {
        // image-api 1
        let version = GroupVersionForDiscovery {
            group_version: "image.openshift.io/v1".to_owned(),
            version: "v1".to_owned(),
        };
        let group = ApiGroup {
            name: "image.openshift.io".to_owned(),
            versions: vec![version.clone()],
            preferred_version: version,
        };
        assert_eq!(
            serde_json::to_string(&Typed::of(&ApiGroupList { groups: vec![group] })).unwrap(),
            concat!(
                r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"image.openshift.io","#,
                r#""versions":[{"groupVersion":"image.openshift.io/v1","version":"v1"}],"#,
                r#""preferredVersion":{"groupVersion":"image.openshift.io/v1","version":"v1"}}]}"#
            )
        );
        let address = ServerAddressByClientCidr {
            client_cidr: "0.0.0.0/0".to_owned(),
            server_address: "h:1".to_owned(),
        };
        let core =
            ApiVersions { versions: vec!["v1".to_owned()], server_address_by_client_cidrs: vec![address] };
        assert_eq!(
            serde_json::to_string(&Typed::of(&core)).unwrap(),
            concat!(
                r#"{"kind":"APIVersions","versions":["v1"],"#,
                r#""serverAddressByClientCIDRs":[{"clientCIDR":"0.0.0.0/0","serverAddress":"h:1"}]}"#
            )
        );
    }

    #[test]
    fn resources_keep_their_order_of_members() {
        let text = concat!(
            r#"{"groupVersion":"image.openshift.io/v1","resources":["#,
            r#"{"name":"imagestreams","singularName":"imagestream","namespaced":true,"kind":"ImageStream","#,
            r#""verbs":["get","list"],"shortNames":["is"],"categories":["all"]},"#,
            r#"{"name":"imagestreams/status","singularName":"","namespaced":true,"kind":"ImageStream","#,
            r#""verbs":["get"]}]}"#
        );
        let list: ApiResourceList = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&list).unwrap(), text);
        assert_eq!(serde_json::to_value(Typed::of(&list)).unwrap()["kind"], "APIResourceList");
    }
}
