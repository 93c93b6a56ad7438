use weir_image_api::{ImageStreamTag, stream_tag};
use weir_registry::view::ViewError;

use super::{IMAGE, at, boxed, boxed_all, stream, stream_and_tag};
use crate::resource::{Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::image::IMAGE_STREAM_TAG;
use crate::watch::loaded;
use crate::write::Missing;

static KIND: Kind = Kind::of::<ImageStreamTag>(IMAGE, &IMAGE_STREAM_TAG);

pub(super) static IMAGE_STREAM_TAGS: Resource = Resource {
    kind: &KIND,
    plural: "imagestreamtags",
    singular: "imagestreamtag",
    short_names: &["istag"],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let namespace = desk.namespace()?;
                desk.written(desk.writer.create_tag::<ImageStreamTag>(&namespace, body.object()?).await)
            })
        }),
        delete: Some(|desk, deletion| {
            Box::pin(async move {
                let (manage, namespace) = (desk.manage()?, desk.namespace()?);
                desk.done(
                    desk.writer.delete_tag::<ImageStreamTag>(manage, &namespace, desk.name, deletion).await,
                )
            })
        }),
        get: Some(|source, named| {
            let (name, tag) = stream_and_tag(named.name, "ImageStreamTags")?;
            source.stream_tag(&stream(named, name)?, tag).map(boxed).map_err(|error| match error {
                ViewError::StreamNotFound => named.without(name),
                other => named.failure(other),
            })
        }),
        list: Some(|source, namespace, page| source.stream_tags(namespace, page).map(boxed_all)),
        update: Some(|desk, change| {
            Box::pin(async move {
                let (namespace, change) = (desk.namespace()?, change.of(Missing::Make)?);
                desk.written(desk.writer.update_tag::<ImageStreamTag>(&namespace, desk.name, change).await)
            })
        }),
        watch: Some(|reader, scope, after, limit| {
            let changes = reader.view.stream_tag_changes(scope, after, limit)?;
            Ok(loaded(changes, |parts, version| {
                // A tag without an image is not one of these.
                parts.current()?;
                let mut tag = stream_tag::view(parts, None);
                at(&mut tag.metadata, version);
                Some(boxed(tag))
            }))
        }),
        ..Verbs::NONE
    },
    rights: Rights::OPEN,
    ownership: Ownership::Unknown,
    fields: &[],
    subresources: &[],
};
