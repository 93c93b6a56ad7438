//! The kinds that are computed from streams and images.

use super::image_kind::IMAGE;
use super::stream::{CONDITIONS, LOOKUP_POLICY, NAMED_TAG_EVENT_LIST, TAG_REFERENCE};
use crate::schema::core::SECRET;
use crate::schema::meta::LIST_META;
use crate::schema::{API_VERSION, KIND, METADATA, Schema, Shape, field};

/// `ImageStreamTag`.
pub(crate) static IMAGE_STREAM_TAG: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamTag",
    description: "ImageStreamTag represents an Image that is retrieved by tag name from an ImageStream. Use this \
                  resource to interact with the tags and images in an image stream by tag, or to see the image details \
                  for a particular tag. It is named <stream>:<tag>.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field(
            "tag",
            Shape::Object(&TAG_REFERENCE),
            "tag is the spec tag associated with this image stream tag, if any.",
        ),
        field("generation", Shape::Whole, "generation is the current generation of the tagged image.")
            .required(),
        field(
            "lookupPolicy",
            Shape::Object(&LOOKUP_POLICY),
            "lookupPolicy indicates whether this tag will handle image references in this namespace.",
        ),
        CONDITIONS,
        field("image", Shape::Object(&IMAGE), "image associated with the ImageStream and tag."),
    ],
};

/// `ImageTag`.
pub(crate) static IMAGE_TAG: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageTag",
    description: "ImageTag represents a single tag within an image stream and includes the spec, the status history, \
                  and the currently referenced image (if any) of the provided tag. It is named <stream>:<tag>.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field(
            "spec",
            Shape::Object(&TAG_REFERENCE),
            "spec is the spec tag associated with this image stream tag, if any.",
        ),
        field(
            "status",
            Shape::Object(&NAMED_TAG_EVENT_LIST),
            "status is the status tag details associated with this image stream tag, and it may be null if no push or \
             import has been performed.",
        ),
        field(
            "image",
            Shape::Object(&IMAGE),
            "image is the details of the most recent image stream status tag, and it may be null if the image has not \
             been pushed or imported, or was deleted.",
        ),
    ],
};

/// `ImageStreamImage`.
pub(crate) static IMAGE_STREAM_IMAGE: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamImage",
    description: "ImageStreamImage represents an Image that is retrieved by image name from an ImageStream. Use it to \
                  see an image that is in the history of a stream. It is named <stream>@<digest>.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("image", Shape::Object(&IMAGE), "image associated with the ImageStream and image name."),
    ],
};

/// `ImageStreamLayers`.
pub(crate) static IMAGE_STREAM_LAYERS: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamLayers",
    description: "ImageStreamLayers describes information about the layers referenced by images in this image stream.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field(
            "blobs",
            Shape::Map(&Shape::Object(&IMAGE_LAYER_DATA)),
            "blobs is a map of blob name to metadata about the blob.",
        ),
        field(
            "images",
            Shape::Map(&Shape::Object(&IMAGE_BLOB_REFERENCES)),
            "images is a map between an image name and the names of the blobs and config that comprise the image.",
        ),
    ],
};

static IMAGE_LAYER_DATA: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageLayerData",
    description: "ImageLayerData contains metadata about an image layer.",
    fields: &[
        field(
            "size",
            Shape::Whole,
            "size of the layer in bytes as defined by the underlying store; null if unknown.",
        ),
        field("mediaType", Shape::Text, "mediaType of the referenced object.").required(),
    ],
};

static IMAGE_BLOB_REFERENCES: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageBlobReferences",
    description: "ImageBlobReferences describes the blob references within an image.",
    fields: &[
        field(
            "imageMissing",
            Shape::Flag,
            "imageMissing is true if the image is referenced by the image stream but the image object has been deleted \
             from the API by an administrator.",
        ),
        field(
            "layers",
            Shape::List(&Shape::Text),
            "layers is the list of blobs that compose this image, from base layer to top layer.",
        ),
        field("config", Shape::Text, "config, if set, is the blob that contains the image config."),
        field(
            "manifests",
            Shape::List(&Shape::Text),
            "manifests is the list of other image names that this image points to. For a single architecture image, \
             it is empty.",
        ),
    ],
};

/// `SecretList`, a kind of this group.
pub(crate) static SECRET_LIST: Schema = Schema {
    name: "com.github.openshift.api.image.v1.SecretList",
    description: "SecretList is a list of Secret: those that the images of a namespace are pulled with.",
    fields: &[
        API_VERSION,
        KIND,
        field("metadata", Shape::Object(&LIST_META), "Standard list metadata."),
        field("items", Shape::List(&Shape::Object(&SECRET)), "items is the list of secrets.").required(),
    ],
};
