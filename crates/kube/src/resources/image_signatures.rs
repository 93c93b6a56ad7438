use weir_image_api::ImageSignature;

use super::{IMAGE, boxed};
use crate::resource::{Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::image::IMAGE_SIGNATURE;

static KIND: Kind = Kind::of::<ImageSignature>(IMAGE, &IMAGE_SIGNATURE);

pub(super) static IMAGE_SIGNATURES: Resource = Resource {
    kind: &KIND,
    plural: "imagesignatures",
    singular: "imagesignature",
    short_names: &[],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let signature: ImageSignature = body.object()?;
                desk.shown(desk.writer.create_signature(desk.manage()?, signature).await, boxed)
            })
        }),
        delete: Some(|desk, _| {
            Box::pin(async move { desk.done(desk.writer.delete_signature(desk.manage()?, desk.name).await) })
        }),
        ..Verbs::NONE
    },
    rights: Rights::GUARDED,
    ownership: Ownership::Unknown,
    fields: &[],
    subresources: &[],
};
