//! Vocabulary of the OCI distribution protocol.
//!
//! Every grammar of the protocol is written once, here, as a type with a private field and one
//! validating constructor; past the edges no function takes a raw string for a digest, a name, a
//! tag or a media type. The crate is pure: no async, no I/O, no clock.
//!
//! Two rules shape it. What arrives is judged strictly ([`Manifest::accept`]); what was stored once
//! is read leniently ([`Manifest::stored`]). And the bytes of a manifest are the manifest: the
//! parsed view is derived from them and never serialised back.
//!
//! `oci-spec` builds the documents this registry *produces* ([`documents`]). It does not parse what
//! clients push: it drops unknown members, insists on a platform where pushes have none, and lets
//! duplicate members through, each of which would break or fool somebody.

mod descriptor;
mod digest;
pub mod documents;
mod error_code;
mod hasher;
mod manifest;
mod manifest_type;
mod reference;
mod repository;
mod strict_json;
mod tag;
mod upload;

pub use descriptor::{Descriptor, Platform};
pub use digest::{Algorithm, Digest, DigestError};
pub use error_code::ErrorCode;
pub use hasher::Hasher;
pub use manifest::{Content, MAX_DESCRIPTORS, Manifest, ManifestError};
pub use manifest_type::ManifestType;
pub use reference::{Reference, ReferenceError};
pub use repository::{MAX_NAME_BYTES, NameError, RepositoryName};
pub use tag::{Tag, TagError};
pub use upload::{UploadId, UploadIdError};
