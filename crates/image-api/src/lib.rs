//! Kinds of `image.openshift.io/v1`, the `meta/v1` types around them, and the rules by which they
//! change.
//!
//! Everything here is a value or a function of values: no async, no I/O, no clock; the time is
//! passed in. Members serialise in the order and with the omissions that clients know (`image-api`
//! in the specification, cited by section), and read back whatever of them a client sends: absent
//! and `null` are the zero value, unknown members are ignored.
//!
//! An object does not carry `kind` and `apiVersion` itself. [`meta::Typed`] adds them at the top of
//! a document; nested objects have none.
//!
//! * [`StreamRef`] is the one map between the name of a repository and its image stream.
//! * [`PullSpec`] takes references apart, and keeps our own host name out of the database.
//! * [`image::from_push`] makes the record of a manifest, [`tag_event`] the history of a tag,
//!   [`layers::build`] the list of what a stream makes pullable.
//! * [`stream_tag`], [`image_tag`] and [`stream_image`] are views, made anew for every request.
//! * [`meta::rules`] judges what every object has; [`stream::rules`] settles what becomes of a stream
//!   that is written, and [`stream_tag::rules`] and [`image_tag::rules`] turn a write to one tag into
//!   one to its stream.
//! * [`image::rules`], [`signature::rules`] and [`core_v1::secret::rules`] take in the other objects,
//!   [`mapping`] and [`import`] the requests that end in tags and images.

mod base64_bytes;
pub mod core_v1;
mod elapsed;
pub mod history;
pub mod image;
pub mod image_tag;
pub mod import;
pub mod layers;
pub mod mapping;
pub mod meta;
mod namespace;
pub mod project;
mod pull_spec;
mod resource_version;
mod secret_list;
pub mod signature;
pub mod stream;
pub mod stream_image;
mod stream_name;
mod stream_ref;
pub mod stream_tag;
pub mod tag_event;
mod tag_parts;
mod timestamp;
mod wire;

pub use base64_bytes::Base64Bytes;
pub use history::{HistoryEntry, ImageStreamHistory};
pub use image::{DockerConfig, DockerImage, Image, ImageLayer, ImageManifest};
pub use image_tag::ImageTag;
pub use import::ImageStreamImport;
pub use layers::{ImageBlobReferences, ImageLayerData, ImageStreamLayers};
pub use mapping::ImageStreamMapping;
pub use namespace::{Namespace, NamespaceError};
pub use project::{Project, ProjectRequest};
pub use pull_spec::{PullSpec, PullSpecError};
pub use resource_version::{ResourceVersion, ResourceVersionError};
pub use secret_list::{EXCLUDE_SECRET, SecretList};
pub use signature::{ImageSignature, SignatureCondition, SignatureIssuer, SignatureSubject};
pub use stream::{
    ImageLookupPolicy, ImageStream, ImageStreamSpec, ImageStreamStatus, TagImportPolicy, TagReference,
    TagReferencePolicy,
};
pub use stream_image::ImageStreamImage;
pub use stream_name::{StreamName, StreamNameError};
pub use stream_ref::{StreamRef, StreamRefError};
pub use stream_tag::ImageStreamTag;
pub use tag_event::{NamedTagEventList, Provenance, TagChange, TagEvent, TagEventCondition};
pub use tag_parts::TagParts;
pub use timestamp::{Timestamp, TimestampError};

/// The API group of the kinds.
pub const GROUP: &str = "image.openshift.io";
/// The group with its one version.
pub const API_VERSION: &str = "image.openshift.io/v1";
