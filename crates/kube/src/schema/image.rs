//! The kinds of `image.openshift.io/v1`.

mod image_kind;
mod stream;
mod views;

pub(crate) use image_kind::IMAGE;
pub(crate) use stream::IMAGE_STREAM;
pub(crate) use views::{IMAGE_STREAM_IMAGE, IMAGE_STREAM_LAYERS, IMAGE_STREAM_TAG, IMAGE_TAG};
