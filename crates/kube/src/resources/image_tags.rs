use weir_image_api::ImageTag;
use weir_registry::view::ViewError;

use super::{IMAGE, boxed, boxed_all, stream, stream_and_tag};
use crate::resource::{Kind, Resource, Scope, Verbs};
use crate::schema::image::IMAGE_TAG;

static KIND: Kind = Kind::of::<ImageTag>(IMAGE, &IMAGE_TAG);

pub(super) static IMAGE_TAGS: Resource = Resource {
    kind: &KIND,
    plural: "imagetags",
    singular: "imagetag",
    short_names: &["itag"],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        get: Some(|source, named| {
            let (name, tag) = stream_and_tag(named.name, "ImageTags")?;
            source.image_tag(&stream(named, name)?, tag).map(boxed).map_err(|error| match error {
                ViewError::StreamNotFound => named.without(name),
                other => named.failure(other),
            })
        }),
        list: Some(|source, namespace, page| source.image_tags(namespace, page).map(boxed_all)),
    },
    fields: &[],
    subresources: &[],
};
