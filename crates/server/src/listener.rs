//! From the listening socket to answered requests: admission, protocol, limits, shutdown.

mod accept;
mod admission;
mod connection;
mod protocol;
mod service;

use std::future::Future;
use std::sync::Arc;

use http::{HeaderValue, Request, Response};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::{Pieces, RequestBody};
use crate::config::{Limits, Timeouts};
use crate::exchange::Facts;
use crate::telemetry::Telemetry;

pub(crate) use accept::serve;

/// What the listener knows of a request beside the request.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    /// The name of the request, as it stands in the log.
    pub(crate) id: HeaderValue,
}

/// An answer, and what it was about.
pub(crate) struct Answer {
    pub(crate) response: Response<Pieces>,
    pub(crate) facts: Facts,
}

/// What answers requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Answers one request. Never fails: an error is an answer.
    fn answer(
        &self,
        request: Request<RequestBody>,
        context: RequestContext,
    ) -> impl Future<Output = Answer> + Send;
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared<H> {
    pub(crate) handler: H,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Everything that must end before the process does.
    pub(crate) tasks: TaskTracker,
    /// No new connections, and the open ones end after the requests they have.
    pub(crate) stop: CancellationToken,
}

#[cfg(test)]
mod tests;
