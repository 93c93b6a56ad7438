use weir_image_api::{ImageTag, image_tag};
use weir_registry::view::ViewError;

use super::{IMAGE, at, boxed, boxed_all, stream, stream_and_tag};
use crate::resource::{Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::image::IMAGE_TAG;
use crate::watch::loaded;
use crate::write::Missing;

static KIND: Kind = Kind::of::<ImageTag>(IMAGE, &IMAGE_TAG);

pub(super) static IMAGE_TAGS: Resource = Resource {
    kind: &KIND,
    plural: "imagetags",
    singular: "imagetag",
    short_names: &["itag"],
    categories: &[],
    scope: Scope::Namespaced,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let namespace = desk.namespace()?;
                desk.written(desk.writer.create_tag::<ImageTag>(&namespace, body.object()?).await)
            })
        }),
        delete: Some(|desk, deletion| {
            Box::pin(async move {
                let (manage, namespace) = (desk.manage()?, desk.namespace()?);
                desk.done(desk.writer.delete_tag::<ImageTag>(manage, &namespace, desk.name, deletion).await)
            })
        }),
        get: Some(|source, named| {
            let (name, tag) = stream_and_tag(named.name, "ImageTags")?;
            source.image_tag(&stream(named, name)?, tag).map(boxed).map_err(|error| match error {
                ViewError::StreamNotFound => named.without(name),
                other => named.failure(other),
            })
        }),
        list: Some(|source, namespace, page| source.image_tags(namespace, page).map(boxed_all)),
        update: Some(|desk, change| {
            Box::pin(async move {
                let (namespace, change) = (desk.namespace()?, change.of(Missing::Make)?);
                desk.written(desk.writer.update_tag::<ImageTag>(&namespace, desk.name, change).await)
            })
        }),
        watch: Some(|reader, scope, after, limit| {
            let changes = reader.view.image_tag_changes(scope, after, limit)?;
            Ok(loaded(changes, |parts, version| {
                if parts.spec.is_none() && parts.status.is_none() {
                    return None;
                }
                let mut tag = image_tag::view(parts, None);
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
