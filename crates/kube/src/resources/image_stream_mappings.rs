use weir_image_api::ImageStreamMapping;

use super::IMAGE;
use crate::resource::{Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::image::IMAGE_STREAM_MAPPING;

static KIND: Kind = Kind::of::<ImageStreamMapping>(IMAGE, &IMAGE_STREAM_MAPPING);

pub(super) static IMAGE_STREAM_MAPPINGS: Resource = Resource {
    kind: &KIND,
    plural: "imagestreammappings",
    singular: "imagestreammapping",
    short_names: &[],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let namespace = desk.namespace()?;
                desk.recorded(desk.writer.create_mapping(&namespace, body.object()?).await)
            })
        }),
        ..Verbs::NONE
    },
    rights: Rights::OPEN,
    ownership: Ownership::Unknown,
    fields: &[],
    subresources: &[],
};
