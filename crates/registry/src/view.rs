//! The records as the image API shows them. Reading only; each call sees one snapshot.

mod changes;
mod history;
mod secrets;

pub(crate) use history::is_pullable;
use tokio::sync::watch;
use weir_access::{Permit, ReadApi};
use weir_image_api::{
    Image, ImageSignature, ImageStream, ImageStreamImage, ImageStreamLayers, ImageStreamTag, ImageTag,
    Namespace, StreamRef, core_v1, image_tag, stream_image, stream_tag,
};
pub use weir_metadata::{Action, ChangeScope, Changes, Listed, ObjectChange, Page};
use weir_metadata::{Depth, Engine, NamespaceRecord, StreamTagRecord};

use crate::Registry;

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// No such namespace.
    #[error("the namespace does not exist")]
    NamespaceNotFound,
    /// No such stream.
    #[error("the image stream does not exist")]
    StreamNotFound,
    /// The stream has no such tag, or the tag no image.
    #[error("the tag does not exist")]
    TagNotFound,
    /// No such image; the name is the image's.
    #[error("image {0} does not exist")]
    ImageNotFound(String),
    /// The stream has no image of that id.
    #[error("the image stream has no such image")]
    StreamImageNotFound,
    /// No such secret.
    #[error("the secret does not exist")]
    SecretNotFound,
    /// Changes after the version asked for are no longer all there.
    #[error("changes up to version {oldest} are no longer kept")]
    Expired {
        /// Newest version whose change is gone.
        oldest: u64,
    },
    /// A short id fits several images.
    #[error("several images match")]
    Ambiguous(Vec<String>),
    /// A secret was encrypted with another key, or has been damaged. Asking again does not help.
    #[error("the secret cannot be decrypted with the key of this server")]
    Undecipherable(#[source] weir_metadata::Error),
    /// The records cannot be read.
    #[error("the records cannot be read")]
    Unavailable(#[source] weir_metadata::Error),
}

impl From<weir_metadata::Error> for ViewError {
    fn from(error: weir_metadata::Error) -> ViewError {
        match error {
            weir_metadata::Error::Compacted { oldest } => ViewError::Expired { oldest },
            error @ (weir_metadata::Error::NoSecretKey
            | weir_metadata::Error::WrongSecretKey { .. }
            | weir_metadata::Error::DamagedSecret(_)) => ViewError::Undecipherable(error),
            error => ViewError::Unavailable(error),
        }
    }
}

type Result<T> = std::result::Result<T, ViewError>;

/// What one caller may see.
#[derive(Debug)]
pub struct View {
    engine: Engine,
}

impl Registry {
    /// The records, for a caller who may read them.
    pub fn view(&self, _permit: &Permit<ReadApi>) -> View {
        View { engine: self.engine.clone() }
    }
}

impl View {
    /// The version of the newest write.
    pub fn version(&self) -> u64 {
        self.engine.version()
    }

    /// The version of the newest write, and whenever there is a newer one.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.engine.subscribe()
    }

    /// One namespace.
    pub fn namespace(&self, name: &str) -> Result<core_v1::Namespace> {
        let name = Namespace::parse(name).map_err(|_| ViewError::NamespaceNotFound)?;
        self.engine.namespace(&name)?.map(namespace).ok_or(ViewError::NamespaceNotFound)
    }

    /// The namespaces.
    pub fn namespaces(&self, page: &Page) -> Result<Listed<core_v1::Namespace>> {
        Ok(map(self.engine.namespaces(page)?, namespace))
    }

    /// One image.
    pub fn image(&self, name: &str) -> Result<Image> {
        self.engine.image(name)?.ok_or_else(|| ViewError::ImageNotFound(name.to_owned()))
    }

    /// The images.
    pub fn images(&self, page: &Page) -> Result<Listed<Image>> {
        Ok(self.engine.images(page)?)
    }

    /// The signatures of an image.
    pub fn signatures(&self, image: &str) -> Result<Vec<ImageSignature>> {
        Ok(self.image(image)?.signatures)
    }

    /// One stream, with the whole history of its tags.
    pub fn image_stream(&self, stream: &StreamRef) -> Result<ImageStream> {
        self.engine.image_stream(stream)?.ok_or(ViewError::StreamNotFound)
    }

    /// The streams of a namespace, or of all.
    pub fn image_streams(&self, namespace: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStream>> {
        Ok(self.engine.image_streams(namespace, page)?)
    }

    /// One tag with its image. A tag without an event, or whose event names no image, is not there
    /// (image-api 10.2).
    pub fn stream_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageStreamTag> {
        let StreamTagRecord { parts, image } = self.tag_record(stream, tag, Depth::Newest)?;
        let name = parts.current().map(|event| event.image.clone()).ok_or(ViewError::TagNotFound)?;
        let image = image.ok_or(ViewError::ImageNotFound(name))?;
        Ok(stream_tag::view(parts, Some(image)))
    }

    /// The tags that have an image. The images themselves are not loaded (image-api 10.3).
    pub fn stream_tags(&self, namespace: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStreamTag>> {
        let mut listed = self.engine.stream_tags(namespace, page, Depth::Newest)?;
        // Of tags without an image a page shows nothing, so how many are left is not known.
        if listed.items.iter().any(|parts| parts.current().is_none()) {
            listed.remaining = None;
        }
        listed.items.retain(|parts| parts.current().is_some());
        Ok(map(listed, |parts| stream_tag::view(parts, None)))
    }

    /// One tag, in all it has (image-api 11.2).
    pub fn image_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageTag> {
        let StreamTagRecord { parts, image } = self.tag_record(stream, tag, Depth::Whole)?;
        if parts.spec.is_none() && parts.status.is_none() {
            return Err(ViewError::TagNotFound);
        }
        Ok(image_tag::view(parts, image))
    }

    /// Every tag that is wanted or has a history.
    pub fn image_tags(&self, namespace: Option<&Namespace>, page: &Page) -> Result<Listed<ImageTag>> {
        let listed = self.engine.stream_tags(namespace, page, Depth::Whole)?;
        Ok(map(listed, |parts| image_tag::view(parts, None)))
    }

    /// An image of a stream, by digest or the beginning of one (image-api 12).
    pub fn stream_image(&self, stream: &StreamRef, id: &str) -> Result<ImageStreamImage> {
        let found = self.engine.stream_image(stream, id)?.ok_or(ViewError::StreamNotFound)?;
        match found.meant {
            stream_image::Match::Missing => Err(ViewError::StreamImageNotFound),
            stream_image::Match::Ambiguous(names) => Err(ViewError::Ambiguous(names)),
            stream_image::Match::One(name) => {
                let image = found.image.ok_or(ViewError::ImageNotFound(name))?;
                Ok(stream_image::view(&found.stream, id, image))
            }
        }
    }

    /// Everything a stream makes pullable (image-api 8).
    pub fn stream_layers(&self, stream: &StreamRef) -> Result<ImageStreamLayers> {
        self.engine.image_stream_layers(stream)?.ok_or(ViewError::StreamNotFound)
    }

    fn tag_record(&self, stream: &StreamRef, tag: &str, depth: Depth) -> Result<StreamTagRecord> {
        self.engine.stream_tag(stream, tag, depth)?.ok_or(ViewError::StreamNotFound)
    }
}

pub(crate) fn namespace(record: NamespaceRecord) -> core_v1::Namespace {
    let phase = record.phase().to_owned();
    core_v1::Namespace {
        metadata: record.metadata,
        spec: core_v1::NamespaceSpec { finalizers: record.finalizers },
        status: core_v1::NamespaceStatus { phase },
    }
}

fn map<T, U>(listed: Listed<T>, view: impl Fn(T) -> U) -> Listed<U> {
    let Listed { items, version, next, remaining } = listed;
    Listed { items: items.into_iter().map(view).collect(), version, next, remaining }
}
