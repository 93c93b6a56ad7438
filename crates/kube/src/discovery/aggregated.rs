//! Everything at once, in `apidiscovery.k8s.io/v2`.

use weir_image_api::meta::{
    ApiGroupDiscovery, ApiGroupDiscoveryList, ApiResourceDiscovery, ApiSubresourceDiscovery,
    ApiVersionDiscovery, Freshness, ObjectMeta, ResourceScope, ResponseKind, Typed,
};

use super::words;
use crate::document::Document;
use crate::resource::{Group, Kind, Resource, Scope, Subresource};

/// `/api`, `/apis`
pub(super) fn list<'a>(groups: impl Iterator<Item = &'a Group>) -> Document {
    let list =
        ApiGroupDiscoveryList { items: groups.map(group).collect(), ..ApiGroupDiscoveryList::default() };
    Document::of(&Typed::of(&list))
}

fn group(group: &Group) -> ApiGroupDiscovery {
    let version = ApiVersionDiscovery {
        version: group.gv.version.to_owned(),
        freshness: Freshness::Current,
        resources: group.resources.iter().map(|found| resource(found)).collect(),
    };
    let metadata = ObjectMeta { name: group.gv.group.to_owned(), ..ObjectMeta::default() };
    ApiGroupDiscovery { metadata, versions: vec![version] }
}

fn resource(resource: &Resource) -> ApiResourceDiscovery {
    ApiResourceDiscovery {
        resource: resource.plural.to_owned(),
        response_kind: response_kind(resource.kind),
        scope: match resource.scope {
            Scope::Cluster => ResourceScope::Cluster,
            Scope::Namespaced => ResourceScope::Namespaced,
        },
        singular_resource: resource.singular.to_owned(),
        short_names: words(resource.short_names),
        categories: words(resource.categories),
        verbs: words(&resource.verbs.announced()),
        subresources: resource.subresources.iter().map(subresource).collect(),
    }
}

fn subresource(below: &Subresource) -> ApiSubresourceDiscovery {
    ApiSubresourceDiscovery {
        subresource: below.name.to_owned(),
        response_kind: response_kind(below.kind),
        verbs: words(&below.verbs.announced()),
    }
}

/// Filled in explicitly: clients drop an entry whose kind is wholly empty.
fn response_kind(kind: &Kind) -> ResponseKind {
    ResponseKind {
        group: kind.gv.group.to_owned(),
        version: kind.gv.version.to_owned(),
        kind: kind.name.to_owned(),
    }
}
