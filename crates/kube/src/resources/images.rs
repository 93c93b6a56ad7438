use weir_image_api::Image;

use super::{IMAGE, at, boxed, boxed_all};
use crate::resource::{Delete, Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema;
use crate::watch::loaded;
use crate::write::Missing;

static KIND: Kind = Kind::of::<Image>(IMAGE, &schema::image::IMAGE);

pub(super) static IMAGES: Resource = Resource {
    kind: &KIND,
    plural: "images",
    singular: "image",
    short_names: &[],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let mut image: Image = body.object()?;
                desk.recorder().settle(None, &mut image);
                desk.written(desk.writer.create_image(desk.manage()?, image).await)
            })
        }),
        delete: Some(DELETE),
        delete_collection: Some(DELETE),
        get: Some(|source, named| {
            let found = source.image(named.name);
            found.map(boxed).map_err(|error| named.failure(error))
        }),
        list: Some(|source, _, page| source.images(page).map(boxed_all)),
        update: Some(|desk, change| {
            Box::pin(async move {
                let change = change.of(Missing::Refuse)?;
                desk.written(desk.writer.update_image(desk.manage()?, desk.name, change).await)
            })
        }),
        watch: Some(|reader, scope, after, limit| {
            let changes = reader.view.image_changes(scope, after, limit)?;
            Ok(loaded(changes, |mut image, version| {
                at(&mut image.metadata, version);
                Some(boxed(image))
            }))
        }),
        ..Verbs::NONE
    },
    rights: Rights::GUARDED,
    ownership: Ownership::Kept,
    fields: &[],
    subresources: &[],
};

const DELETE: Delete = |desk, deletion| {
    Box::pin(async move { desk.gone(desk.writer.delete_image(desk.manage()?, desk.name, deletion).await) })
};
