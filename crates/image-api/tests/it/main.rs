//! Behaviour of the crate as its users see it.
#![expect(clippy::unwrap_used, reason = "in the functions that tests share")]

mod foreign;
mod golden;
