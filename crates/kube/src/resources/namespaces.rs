use weir_image_api::core_v1::Namespace;

use super::{CORE, boxed, boxed_all};
use crate::resource::{Kind, Resource, Scope, Verbs};
use crate::schema::core::NAMESPACE;

static KIND: Kind = Kind::of::<Namespace>(CORE, &NAMESPACE);

pub(super) static NAMESPACES: Resource = Resource {
    kind: &KIND,
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        get: Some(|source, named| {
            let found = source.namespace(named.name);
            found.map(boxed).map_err(|error| named.failure(error))
        }),
        list: Some(|source, _, page| source.namespaces(page).map(boxed_all)),
    },
    fields: &["status.phase"],
    subresources: &[],
};
