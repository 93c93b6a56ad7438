//! Where objects are read from: a [`View`] of the registry, or, in tests of the rest of this crate,
//! objects made by hand with labels and spec tags that a push does not make.

use weir_image_api::{
    Image, ImageStream, ImageStreamImage, ImageStreamLayers, ImageStreamTag, ImageTag, Namespace, StreamRef,
    core_v1,
};
use weir_registry::View;
use weir_registry::view::{Listed, Page, ViewError};

type Result<T> = std::result::Result<T, ViewError>;

/// What a caller who was let in may see; the meaning of each method is [`View`]'s.
pub(crate) trait Source {
    fn namespace(&self, name: &str) -> Result<core_v1::Namespace>;
    fn namespaces(&self, page: &Page) -> Result<Listed<core_v1::Namespace>>;
    fn image(&self, name: &str) -> Result<Image>;
    fn images(&self, page: &Page) -> Result<Listed<Image>>;
    fn image_stream(&self, stream: &StreamRef) -> Result<ImageStream>;
    fn image_streams(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStream>>;
    fn stream_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageStreamTag>;
    fn stream_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStreamTag>>;
    fn image_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageTag>;
    fn image_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageTag>>;
    fn stream_image(&self, stream: &StreamRef, id: &str) -> Result<ImageStreamImage>;
    fn stream_layers(&self, stream: &StreamRef) -> Result<ImageStreamLayers>;
}

impl Source for View {
    fn namespace(&self, name: &str) -> Result<core_v1::Namespace> {
        self.namespace(name)
    }

    fn namespaces(&self, page: &Page) -> Result<Listed<core_v1::Namespace>> {
        self.namespaces(page)
    }

    fn image(&self, name: &str) -> Result<Image> {
        self.image(name)
    }

    fn images(&self, page: &Page) -> Result<Listed<Image>> {
        self.images(page)
    }

    fn image_stream(&self, stream: &StreamRef) -> Result<ImageStream> {
        self.image_stream(stream)
    }

    fn image_streams(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStream>> {
        self.image_streams(of, page)
    }

    fn stream_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageStreamTag> {
        self.stream_tag(stream, tag)
    }

    fn stream_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStreamTag>> {
        self.stream_tags(of, page)
    }

    fn image_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageTag> {
        self.image_tag(stream, tag)
    }

    fn image_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageTag>> {
        self.image_tags(of, page)
    }

    fn stream_image(&self, stream: &StreamRef, id: &str) -> Result<ImageStreamImage> {
        self.stream_image(stream, id)
    }

    fn stream_layers(&self, stream: &StreamRef) -> Result<ImageStreamLayers> {
        self.stream_layers(stream)
    }
}
