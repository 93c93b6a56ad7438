//! The use cases of the registry: push, pull, mount, delete, list.
//!
//! This is the only place where bytes (`store`) and records (`metadata`) meet, and the place where
//! the order that keeps an acknowledged push safe is written down:
//!
//! * bytes are durable before a record points at them, and the record before anybody is told;
//! * on removal the record goes first and the bytes later.
//!
//! A crash in between leaves bytes without a record, which is garbage, never a record without
//! bytes, which is loss.
//!
//! Every use case takes a [`Permit`](weir_access::Permit); none knows HTTP.

pub mod api;
mod clock;
mod delete;
mod error;
mod history;
mod listing;
mod pull;
mod push;
mod referrers;
mod registry;
mod trash;
mod upload;
pub mod view;

pub use clock::{Clock, SystemClock};
pub use error::{BodyError, Error, Result};
pub use history::{Moment, Span, TimelineEntry};
pub use listing::{Direction, IndexedTag, Names, TagOrder};
pub use pull::{Blob, PulledManifest};
pub use push::{Condition, PushManifest, Pushed};
pub use referrers::ReferrersPage;
pub use registry::{Missing, Registry, Settings};
pub use upload::Chunk;
pub use view::View;
pub use weir_image_api::{Base64Bytes, Timestamp};
pub use weir_store::{Content, FileRange, Store};
