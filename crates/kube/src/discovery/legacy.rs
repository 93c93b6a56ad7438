//! The documents of one group, one version, one list at a time.

use weir_image_api::meta::{
    ApiGroup, ApiGroupList, ApiResource, ApiResourceList, ApiVersions, GroupVersionForDiscovery,
    ServerAddressByClientCidr, Typed,
};

use super::words;
use crate::document::Document;
use crate::resource::{Group, Gv, Kind, Scope, Verbs};

/// `/api`
pub(super) fn versions(groups: &[Group], address: &str) -> Document {
    let core = groups.iter().filter(|group| group.gv.group.is_empty());
    let everywhere =
        ServerAddressByClientCidr { client_cidr: "0.0.0.0/0".to_owned(), server_address: address.to_owned() };
    Document::of(&Typed::of(&ApiVersions {
        versions: core.map(|group| group.gv.version.to_owned()).collect(),
        server_address_by_client_cidrs: vec![everywhere],
    }))
}

/// `/apis`
pub(super) fn group_list<'a>(groups: impl Iterator<Item = &'a Group>) -> Document {
    Document::of(&Typed::of(&ApiGroupList { groups: groups.map(|group| api_group(group.gv)).collect() }))
}

/// `/apis/<group>`
pub(super) fn group(group: &Group) -> Document {
    Document::of(&Typed::of(&api_group(group.gv)))
}

/// `/api/v1`, `/apis/<group>/<version>`
pub(super) fn resources(group: &Group) -> Document {
    let mut resources = Vec::new();
    for resource in group.resources {
        let namespaced = resource.scope == Scope::Namespaced;
        resources.push(ApiResource {
            singular_name: resource.singular.to_owned(),
            short_names: words(resource.short_names),
            categories: words(resource.categories),
            ..api_resource(resource.plural.to_owned(), namespaced, resource.kind, resource.verbs)
        });
        for below in resource.subresources {
            let name = format!("{}/{}", resource.plural, below.name);
            resources.push(api_resource(name, namespaced, below.kind, below.verbs));
        }
    }
    resources.sort_by(|a, b| a.name.cmp(&b.name));
    Document::of(&Typed::of(&ApiResourceList { group_version: group.gv.api_version(), resources }))
}

fn api_group(gv: Gv) -> ApiGroup {
    let version =
        GroupVersionForDiscovery { group_version: gv.api_version(), version: gv.version.to_owned() };
    ApiGroup { name: gv.group.to_owned(), versions: vec![version.clone()], preferred_version: version }
}

fn api_resource(name: String, namespaced: bool, kind: &Kind, verbs: Verbs) -> ApiResource {
    ApiResource {
        name,
        namespaced,
        kind: kind.name.to_owned(),
        verbs: words(&verbs.announced()),
        ..ApiResource::default()
    }
}
