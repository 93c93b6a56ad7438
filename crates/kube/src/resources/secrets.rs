use weir_image_api::Namespace;
use weir_image_api::core_v1::Secret;

use super::{CORE, at, boxed, boxed_all};
use crate::resource::{Delete, Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::core::SECRET;
use crate::watch::loaded;
use crate::write::Missing;

static KIND: Kind = Kind::of::<Secret>(CORE, &SECRET);

pub(super) static SECRETS: Resource = Resource {
    kind: &KIND,
    plural: "secrets",
    singular: "secret",
    short_names: &[],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let (manage, namespace) = (desk.manage()?, desk.namespace()?);
                let mut secret: Secret = body.object()?;
                desk.recorder().settle(None, &mut secret);
                desk.written(desk.writer.create_secret(manage, &namespace, secret).await)
            })
        }),
        delete: Some(DELETE),
        delete_collection: Some(DELETE),
        get: Some(|source, named| {
            let namespace = Namespace::parse(named.namespace).map_err(|_| named.without(named.name))?;
            let found = source.secret(&namespace, named.name);
            found.map(boxed).map_err(|error| named.failure(error))
        }),
        list: Some(|source, namespace, page| source.secrets(namespace, page).map(boxed_all)),
        update: Some(|desk, change| {
            Box::pin(async move {
                let (manage, namespace) = (desk.manage()?, desk.namespace()?);
                let change = change.of(Missing::Refuse)?;
                desk.written(desk.writer.update_secret(manage, &namespace, desk.name, change).await)
            })
        }),
        watch: Some(|reader, scope, after, limit| {
            let changes = reader.view.secret_changes(reader.manage()?, scope, after, limit)?;
            Ok(loaded(changes, |mut secret, version| {
                at(&mut secret.metadata, version);
                Some(boxed(secret))
            }))
        }),
        ..Verbs::NONE
    },
    rights: Rights::SECRET,
    ownership: Ownership::Kept,
    fields: &["type"],
    subresources: &[],
};

const DELETE: Delete = |desk, deletion| {
    Box::pin(async move {
        let (manage, namespace) = (desk.manage()?, desk.namespace()?);
        desk.gone(desk.writer.delete_secret(manage, &namespace, desk.name, deletion).await)
    })
};
