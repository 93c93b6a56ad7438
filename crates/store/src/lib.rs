//! The bytes of the registry: objects under keys, and uploads on their way to become one.
//!
//! This crate knows no tag, no repository and no record. It never decides what exists: the records
//! do, and they name an [`ObjectKey`] and a size. A key is drawn afresh for each stored copy and
//! never used again, so nothing here compares, replaces, copies or lists anything in a request's
//! path, and what is cached under a key cannot be stale.
//!
//! What a caller may rely on:
//!
//! * When [`Upload::finish`] or [`Store::put`] has answered, the bytes survive a power cut: the
//!   file and the folder that names it have been flushed. Every folder is made and flushed when the
//!   store is opened.
//! * A failed write or flush ends its upload for good, and what it staged is removed. A flush is
//!   never tried a second time: the second one succeeds without having written anything.
//! * An [`Upload`] is consistent whenever its lock is free, whatever was dropped or failed before.
//! * Reading yields exactly the bytes that were recorded or an error, never a shorter or a padded
//!   body.
//!
//! On disk it looks like this; only the holder of `lock` touches it:
//!
//! ```text
//! lock                                          who has the folder open
//! blobs/sha256/<2 hex>/<64 hex>-<26 char id>    objects; the id starts with the time of the key
//! blobs/sha512/<2 hex>/<128 hex>-<26 char id>
//! uploads/<uuid>                                staging files, one per upload past 64 KiB
//! ```
//!
//! In a bucket, uploads go in parts straight to their final key, `data/<2 hex>/<id>`, chosen before
//! the digest is known: buckets rename by copying, slowly and with size limits.

mod blocking;
mod boot;
mod bucket;
mod content;
mod disk;
mod error;
pub mod fault;
mod hot;
mod key;
mod layout;
mod lock;
mod stats;
mod store;
pub mod suite;
mod sweep;
#[cfg(test)]
mod tests;
mod upload;

pub use bucket::BucketRange;
pub use content::{Content, ContentStream, FileRange};
pub use error::{AppendError, Error, FinishError};
pub use key::{KeyError, ObjectKey};
pub use stats::{Measure, Operation, Stats};
pub use store::{LocalOptions, Store};
pub use upload::{SavedUpload, Stored, Upload};
