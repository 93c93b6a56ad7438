use std::fmt::Debug;

use serde::de::DeserializeOwned;
use weir_image_api::core_v1::{Namespace, Secret};
use weir_image_api::meta::{ObjectMeta, Resource};
use weir_image_api::project::Project;
use weir_image_api::{Image, ImageStream, ImageStreamTag, ImageTag};

/// An object that clients may change.
pub(crate) trait Writable: Resource + DeserializeOwned + Debug + Send + Sync + 'static {
    /// Its metadata.
    fn metadata_mut(&mut self) -> &mut ObjectMeta;
}

macro_rules! writable {
    ($($kind:ty),*) => {
        $(impl Writable for $kind {
            fn metadata_mut(&mut self) -> &mut ObjectMeta {
                &mut self.metadata
            }
        })*
    };
}

writable!(Image, ImageStream, ImageStreamTag, ImageTag, Namespace, Project, Secret);
