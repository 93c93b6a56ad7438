use super::image_kind::IMAGE;
use crate::schema::{API_VERSION, KIND, METADATA, Schema, Shape, field};

/// `ImageStreamMapping`.
pub(crate) static IMAGE_STREAM_MAPPING: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamMapping",
    description: "ImageStreamMapping represents a mapping from a single image stream tag to a container image as well \
                  as the reference to the container image stream the image came from. It is named as the stream.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("image", Shape::Object(&IMAGE), "image is a container image.").required(),
        field("tag", Shape::Text, "tag is a string value this image can be located with inside the stream.")
            .required(),
    ],
};
