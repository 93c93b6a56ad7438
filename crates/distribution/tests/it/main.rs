//! The distribution protocol, line by line of its checklist. `distribution N` names the line,
//! `field C…` the report of what broke somewhere else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod blobs;
mod common;
mod corpus;
mod errors;
mod extensions;
mod history;
mod lists;
mod manifests;
mod mounts;
mod reasons;
mod referrers;
mod signatures;
mod tag_index;
mod uploads;
