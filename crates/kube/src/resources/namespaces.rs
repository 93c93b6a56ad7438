use weir_image_api::core_v1::Namespace;

use super::{CORE, at, boxed, boxed_all};
use crate::resource::{Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::core::NAMESPACE;
use crate::watch::loaded;
use crate::write::Missing;

static KIND: Kind = Kind::of::<Namespace>(CORE, &NAMESPACE);

pub(super) static NAMESPACES: Resource = Resource {
    kind: &KIND,
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let mut namespace: Namespace = body.object()?;
                desk.recorder().settle(None, &mut namespace);
                desk.written(desk.writer.create_namespace(namespace).await)
            })
        }),
        delete: Some(|desk, deletion| {
            Box::pin(async move {
                desk.gone(desk.writer.delete_namespace(desk.manage()?, desk.name, deletion).await)
            })
        }),
        get: Some(|source, named| {
            let found = source.namespace(named.name);
            found.map(boxed).map_err(|error| named.failure(error))
        }),
        list: Some(|source, _, page| source.namespaces(page).map(boxed_all)),
        update: Some(|desk, change| {
            Box::pin(async move {
                let change = change.of(Missing::Refuse)?;
                desk.written(desk.writer.update_namespace(desk.manage()?, desk.name, change).await)
            })
        }),
        watch: Some(|reader, scope, after, limit| {
            let changes = reader.view.namespace_changes(scope, after, limit)?;
            Ok(loaded(changes, |mut namespace, version| {
                at(&mut namespace.metadata, version);
                Some(boxed(namespace))
            }))
        }),
        ..Verbs::NONE
    },
    rights: Rights::MAKE,
    ownership: Ownership::Kept,
    fields: &["status.phase"],
    subresources: &[],
};
