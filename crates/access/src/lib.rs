//! Who is calling, and what may they do.
//!
//! The answer is a value: every use case of the registry takes a [`Permit`], and nothing outside
//! this crate can make one. Forgetting to authorise does not compile.
//!
//! Invariant: permission is decided here and nowhere else, before anything is looked up, so that a
//! refusal never tells whether the thing asked for exists.

mod action;
mod identity;
mod permit;

pub use action::{Action, Delete, ListRepositories, ManageApi, Pull, Push, ReadApi, WriteApi};
pub use identity::Identity;
pub use permit::{Access, Denied, OpenTo, Permit};
