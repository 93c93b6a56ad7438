use weir_image_api::ImageStreamImport;

use super::{IMAGE, boxed};
use crate::resource::{Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::image::IMAGE_STREAM_IMPORT;

static KIND: Kind = Kind::of::<ImageStreamImport>(IMAGE, &IMAGE_STREAM_IMPORT);

pub(super) static IMAGE_STREAM_IMPORTS: Resource = Resource {
    kind: &KIND,
    plural: "imagestreamimports",
    singular: "imagestreamimport",
    short_names: &[],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let namespace = desk.namespace()?;
                desk.shown(desk.writer.create_import(&namespace, body.object()?).await, boxed)
            })
        }),
        ..Verbs::NONE
    },
    rights: Rights::OPEN,
    ownership: Ownership::Unknown,
    fields: &[],
    subresources: &[],
};
