use weir_image_api::{ImageStreamImage, stream_image};
use weir_registry::view::ViewError;

use super::{IMAGE, boxed, stream};
use crate::failure::{Failure, GroupResource};
use crate::resource::{Kind, Named, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::image::IMAGE_STREAM_IMAGE;

static KIND: Kind = Kind::of::<ImageStreamImage>(IMAGE, &IMAGE_STREAM_IMAGE);

pub(super) static IMAGE_STREAM_IMAGES: Resource = Resource {
    kind: &KIND,
    plural: "imagestreamimages",
    singular: "imagestreamimage",
    short_names: &["isimage"],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        get: Some(|source, named| {
            let (name, id) = stream_and_id(named.name)?;
            let found = source.stream_image(&stream(named, name)?, id);
            found.map(boxed).map_err(|error| failure(named, name, id, error))
        }),
        ..Verbs::NONE
    },
    rights: Rights::OPEN,
    ownership: Ownership::Unknown,
    fields: &[],
    subresources: &[],
};

/// What upstream calls the resource when no image of the stream matches: the singular.
const SINGULAR: GroupResource = GroupResource { group: IMAGE.group, resource: "imagestreamimage" };

fn stream_and_id(name: &str) -> Result<(&str, &str), Failure> {
    let text = || Failure::BadRequest("ImageStreamImages must be retrieved with <name>@<id>".to_owned());
    stream_image::split_name(name).ok_or_else(text)
}

fn failure(named: &Named<'_>, stream: &str, id: &str, error: ViewError) -> Failure {
    match error {
        ViewError::StreamNotFound => named.without(stream),
        ViewError::StreamImageNotFound => {
            Failure::NotFound { resource: SINGULAR, name: named.name.to_owned() }
        }
        ViewError::Ambiguous(images) => Failure::Conflict {
            resource: SINGULAR,
            name: id.to_owned(),
            why: format!("multiple images match the prefix {id:?}: {}", images.join(", ")),
        },
        other => named.failure(other),
    }
}
