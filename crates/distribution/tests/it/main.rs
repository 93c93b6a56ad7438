//! The distribution protocol, line by line of its checklist. `distribution N` names the line,
//! `field C…` the report of what broke somewhere else.

mod blobs;
mod common;
mod corpus;
mod errors;
mod lists;
mod manifests;
mod mounts;
mod referrers;
mod uploads;
