//! The `/v2/` edge: paths, headers, ranges and error bodies of the OCI distribution protocol.
//!
//! The edge reads a request into typed values, asks [`weir_access`] for a permit, calls one use case
//! of [`weir_registry`], and renders the answer. It is written over `http` and `http-body`, so it
//! runs in a test without a socket. What goes beyond the specification is described in
//! `docs/EXTENSIONS.md`. HTTP status codes of `/v2/` stand in `error.rs` and nowhere else
//! but next to the success they belong to.

mod blob;
mod body;
mod conditional;
mod error;
mod extensions;
mod history;
mod list;
mod manifest;
mod payload;
mod query;
mod range;
mod reason;
mod response;
mod route;
mod service;
mod signatures;
mod tag_index;
mod upload;

pub use body::BodyStalled;
pub use error::ApiError;
pub use payload::{Part, Payload};
pub use route::{Route, RouteError};
pub use service::{Caller, Distribution, Outcome, Settings};
