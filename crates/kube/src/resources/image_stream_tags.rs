use weir_image_api::ImageStreamTag;
use weir_registry::view::ViewError;

use super::{IMAGE, boxed, boxed_all, stream, stream_and_tag};
use crate::resource::{Kind, Resource, Scope, Verbs};
use crate::schema::image::IMAGE_STREAM_TAG;

static KIND: Kind = Kind::of::<ImageStreamTag>(IMAGE, &IMAGE_STREAM_TAG);

pub(super) static IMAGE_STREAM_TAGS: Resource = Resource {
    kind: &KIND,
    plural: "imagestreamtags",
    singular: "imagestreamtag",
    short_names: &["istag"],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        get: Some(|source, named| {
            let (name, tag) = stream_and_tag(named.name, "ImageStreamTags")?;
            source.stream_tag(&stream(named, name)?, tag).map(boxed).map_err(|error| match error {
                ViewError::StreamNotFound => named.without(name),
                other => named.failure(other),
            })
        }),
        list: Some(|source, namespace, page| source.stream_tags(namespace, page).map(boxed_all)),
    },
    fields: &[],
    subresources: &[],
};
