//! The bodies of requests and responses, between hyper and the edges.

mod drain;
mod request;
mod response;

pub(crate) use drain::{Leftover, Sending, drain};
pub(crate) use request::{Pace, RequestBody};
pub(crate) use response::{Pieces, ResponseBody};

/// What may break a body.
pub(crate) type BodyError = Box<dyn std::error::Error + Send + Sync>;
