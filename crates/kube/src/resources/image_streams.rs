use weir_image_api::{ImageStream, ImageStreamLayers};

use super::{IMAGE, boxed, boxed_all, stream};
use crate::resource::{Get, Kind, Resource, Scope, Subresource, Verbs};
use crate::schema::image::{IMAGE_STREAM, IMAGE_STREAM_LAYERS};

static KIND: Kind = Kind::of::<ImageStream>(IMAGE, &IMAGE_STREAM);
static LAYERS: Kind = Kind::of::<ImageStreamLayers>(IMAGE, &IMAGE_STREAM_LAYERS);

pub(super) static IMAGE_STREAMS: Resource = Resource {
    kind: &KIND,
    plural: "imagestreams",
    singular: "imagestream",
    short_names: &["is"],
    categories: &["all"],
    scope: Scope::Namespaced,
    verbs: Verbs {
        get: Some(GET),
        list: Some(|source, namespace, page| source.image_streams(namespace, page).map(boxed_all)),
    },
    fields: &["spec.dockerImageRepository", "status.dockerImageRepository"],
    subresources: &[
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
        },
        Subresource { kind: &KIND, name: "status", verbs: Verbs { get: Some(GET), ..Verbs::NONE } },
    ],
};

const GET: Get = |source, named| {
    let found = source.image_stream(&stream(named, named.name)?);
    found.map(boxed).map_err(|error| named.failure(error))
};
