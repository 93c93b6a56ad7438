//! Where objects are read from: a [`View`] of the registry, or, in tests of the rest of this crate,
//! objects made by hand with labels and spec tags that a push does not make.

use tokio::sync::watch::Receiver;
use weir_access::{ManageApi, Permit};
use weir_image_api::core_v1::{self, Secret};
use weir_image_api::{
    Image, ImageStream, ImageStreamHistory, ImageStreamImage, ImageStreamLayers, ImageStreamTag, ImageTag,
    Namespace, StreamRef,
};
use weir_registry::View;
use weir_registry::view::{ChangeScope, Listed, Page, ViewError};

use crate::record::Record;
use crate::resource::{List, Watch};
use crate::watch::{Loaded, Log};

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
    fn history(&self, stream: &StreamRef, tag: Option<&str>, limit: usize) -> Result<ImageStreamHistory>;
    fn secret(&self, namespace: &Namespace, name: &str) -> Result<Secret>;
    fn secrets(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<Secret>>;
}

/// A view of the records in the hands of one caller.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) view: View,
    /// For callers who may see secrets. Nobody else gets so far as to ask for one.
    pub(crate) manage: Option<Permit<ManageApi>>,
}

/// What is read and watched of one resource.
pub(crate) struct ResourceLog {
    pub(crate) reader: Reader,
    pub(crate) watch: Watch,
    pub(crate) list: List,
}

impl Log for ResourceLog {
    fn subscribe(&self) -> Receiver<u64> {
        self.reader.view.subscribe()
    }

    fn load(&self, scope: &ChangeScope, after: u64, limit: usize) -> Result<Loaded> {
        (self.watch)(&self.reader, scope, after, limit)
    }

    fn list(&self, namespace: Option<&Namespace>, page: &Page) -> Result<Listed<Box<dyn Record>>> {
        (self.list)(&self.reader, namespace, page)
    }
}

impl Reader {
    pub(crate) fn manage(&self) -> Result<&Permit<ManageApi>> {
        self.manage.as_ref().ok_or(ViewError::SecretNotFound)
    }
}

impl Source for Reader {
    fn secret(&self, namespace: &Namespace, name: &str) -> Result<Secret> {
        self.view.secret(self.manage()?, namespace, name)
    }

    fn secrets(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<Secret>> {
        self.view.secrets(self.manage()?, of, page)
    }

    fn history(&self, stream: &StreamRef, tag: Option<&str>, limit: usize) -> Result<ImageStreamHistory> {
        self.view.history(stream, tag, limit)
    }

    fn namespace(&self, name: &str) -> Result<core_v1::Namespace> {
        self.view.namespace(name)
    }

    fn namespaces(&self, page: &Page) -> Result<Listed<core_v1::Namespace>> {
        self.view.namespaces(page)
    }

    fn image(&self, name: &str) -> Result<Image> {
        self.view.image(name)
    }

    fn images(&self, page: &Page) -> Result<Listed<Image>> {
        self.view.images(page)
    }

    fn image_stream(&self, stream: &StreamRef) -> Result<ImageStream> {
        self.view.image_stream(stream)
    }

    fn image_streams(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStream>> {
        self.view.image_streams(of, page)
    }

    fn stream_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageStreamTag> {
        self.view.stream_tag(stream, tag)
    }

    fn stream_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStreamTag>> {
        self.view.stream_tags(of, page)
    }

    fn image_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageTag> {
        self.view.image_tag(stream, tag)
    }

    fn image_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageTag>> {
        self.view.image_tags(of, page)
    }

    fn stream_image(&self, stream: &StreamRef, id: &str) -> Result<ImageStreamImage> {
        self.view.stream_image(stream, id)
    }

    fn stream_layers(&self, stream: &StreamRef) -> Result<ImageStreamLayers> {
        self.view.stream_layers(stream)
    }
}
