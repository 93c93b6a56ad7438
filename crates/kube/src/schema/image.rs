//! The kinds of `image.openshift.io/v1`.

mod history;
mod image_kind;
mod import;
mod mapping;
mod stream;
mod views;

pub(crate) use history::IMAGE_STREAM_HISTORY;
pub(crate) use image_kind::{IMAGE, IMAGE_SIGNATURE};
pub(crate) use import::IMAGE_STREAM_IMPORT;
pub(crate) use mapping::IMAGE_STREAM_MAPPING;
pub(crate) use stream::IMAGE_STREAM;
pub(crate) use views::{IMAGE_STREAM_IMAGE, IMAGE_STREAM_LAYERS, IMAGE_STREAM_TAG, IMAGE_TAG, SECRET_LIST};
