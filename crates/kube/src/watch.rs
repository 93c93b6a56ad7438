//! Watches: what happens to the objects of a resource, in commit order (kubernetes-api 4).
//!
//! ```text
//! engine: a commit ──> every watcher wakes ──> the first reads what is new into the Ring of its
//!         resource, once for all ──> each picks what its scope and selectors let through, as bytes
//!         that are rendered once for each form, and hands them to its connection
//! ```
//!
//! Nothing here runs by itself: a watch is a stream that is read when its connection can take more. So
//! a slow client costs one batch and no more; if the ring has moved on meanwhile, its stream ends, and
//! the client comes back with the version it knows and reads on from the log. No write ever waits.

mod event;
mod frame;
mod initial;
mod log;
mod options;
mod ring;
#[cfg(test)]
mod tests;
mod watcher;

pub(crate) use event::{Loaded, loaded};
pub(crate) use log::Log;
pub(crate) use ring::Rings;
pub(crate) use watcher::{Selection, Watching, open};
