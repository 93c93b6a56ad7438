//! The edge over a real registry.

#![expect(clippy::unwrap_used, reason = "in the functions that tests share")]

mod api;
mod apply;
mod bad_requests;
mod create;
mod delete;
mod options;
mod patch;
mod projects;
mod pushes;
mod secrets;
mod update;
mod watch;
