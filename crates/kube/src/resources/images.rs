use weir_image_api::Image;

use super::{IMAGE, boxed, boxed_all};
use crate::resource::{Kind, Resource, Scope, Verbs};
use crate::schema;

static KIND: Kind = Kind::of::<Image>(IMAGE, &schema::image::IMAGE);

pub(super) static IMAGES: Resource = Resource {
    kind: &KIND,
    plural: "images",
    singular: "image",
    short_names: &[],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        get: Some(|source, named| {
            let found = source.image(named.name);
            found.map(boxed).map_err(|error| named.failure(error))
        }),
        list: Some(|source, _, page| source.images(page).map(boxed_all)),
    },
    fields: &[],
    subresources: &[],
};
