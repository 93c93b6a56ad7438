use weir_image_api::{ImageStream, ImageStreamHistory, ImageStreamLayers};

use super::pull_secrets::PULL_SECRETS;
use super::{IMAGE, at, boxed, boxed_all, stream};
use crate::resource::{Delete, Get, Kind, Ownership, Resource, Rights, Scope, Subresource, Verbs};
use crate::schema::image::{IMAGE_STREAM, IMAGE_STREAM_HISTORY, IMAGE_STREAM_LAYERS};
use crate::watch::loaded;
use crate::write::Missing;

static KIND: Kind = Kind::of::<ImageStream>(IMAGE, &IMAGE_STREAM);
static LAYERS: Kind = Kind::of::<ImageStreamLayers>(IMAGE, &IMAGE_STREAM_LAYERS);
static HISTORY: Kind = Kind::of::<ImageStreamHistory>(IMAGE, &IMAGE_STREAM_HISTORY);

/// Events of a history that is asked for without a limit, and most events at once.
const EVENTS: usize = 100;
const MOST_EVENTS: usize = 1000;

pub(super) static IMAGE_STREAMS: Resource = Resource {
    kind: &KIND,
    plural: "imagestreams",
    singular: "imagestream",
    short_names: &["is"],
    categories: &["all"],
    scope: Scope::Namespaced,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let (namespace, recorder) = (desk.namespace()?, desk.recorder());
                let made = desk.writer.create_stream(&namespace, body.object()?, Some(Box::new(recorder)));
                desk.written(made.await)
            })
        }),
        delete: Some(DELETE),
        delete_collection: Some(DELETE),
        get: Some(GET),
        list: Some(|source, namespace, page| source.image_streams(namespace, page).map(boxed_all)),
        update: Some(|desk, change| {
            Box::pin(async move {
                let (stream, change) = (desk.stream()?, change.of(Missing::Refuse)?);
                desk.written(desk.writer.update_stream(stream, change).await)
            })
        }),
        watch: Some(|reader, scope, after, limit| {
            let changes = reader.view.stream_changes(scope, after, limit)?;
            Ok(loaded(changes, |mut stream, version| {
                at(&mut stream.metadata, version);
                Some(boxed(stream))
            }))
        }),
        ..Verbs::NONE
    },
    rights: Rights::OPEN,
    ownership: Ownership::Kept,
    fields: &["spec.dockerImageRepository", "status.dockerImageRepository"],
    subresources: &[
        Subresource {
            kind: &HISTORY,
            name: "history",
            verbs: Verbs {
                get: Some(|source, named| {
                    let limit = usize::try_from(named.query.number("limit")?).unwrap_or_default();
                    let limit = if limit == 0 { EVENTS } else { limit.min(MOST_EVENTS) };
                    let tag = named.query.text("tag");
                    let found = source.history(&stream(named, named.name)?, tag, limit);
                    found.map(boxed).map_err(|error| named.failure(error))
                }),
                ..Verbs::NONE
            },
            rights: Rights::OPEN,
        },
        Subresource {
            kind: &LAYERS,
            name: "layers",
            verbs: Verbs {
                get: Some(|source, named| {
                    let found = source.stream_layers(&stream(named, named.name)?);
                    found.map(boxed).map_err(|error| named.failure(error))
                }),
                ..Verbs::NONE
            },
            rights: Rights::OPEN,
        },
        PULL_SECRETS,
        Subresource {
            kind: &KIND,
            name: "status",
            verbs: Verbs {
                get: Some(GET),
                update: Some(|desk, change| {
                    Box::pin(async move {
                        let (stream, change) = (desk.stream()?, change.of(Missing::Refuse)?);
                        desk.written(desk.writer.update_stream_status(stream, change).await)
                    })
                }),
                ..Verbs::NONE
            },
            // Who writes the status deletes tags, and points them wherever it likes.
            rights: Rights::GUARDED,
        },
    ],
};

const GET: Get = |source, named| {
    let found = source.image_stream(&stream(named, named.name)?);
    found.map(boxed).map_err(|error| named.failure(error))
};

const DELETE: Delete = |desk, deletion| {
    Box::pin(async move {
        let (manage, stream) = (desk.manage()?, desk.stream()?);
        desk.gone(desk.writer.delete_stream(manage, stream, deletion).await)
    })
};
