//! One request and its response: what the log line and the metrics are made of.

use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use http::{HeaderValue, Method, StatusCode, Uri, request};

use crate::telemetry::Telemetry;
use crate::wire::{Active, Activity};

/// What a request turned out to be about, as the code that answers it knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The endpoint without its variable parts; empty if there is none. Only literals of the source
    /// get here, so that the number of metrics is bounded.
    pub(crate) route: &'static str,
    /// The repository.
    pub(crate) repository: Option<String>,
    /// The code of the error body.
    pub(crate) code: Option<&'static str>,
    /// What went wrong inside, which the client is not told.
    pub(crate) cause: Option<String>,
    /// Whether a 5xx is no failure: a probe that asks whether the server is ready.
    pub(crate) expected: bool,
}

/// A request that was received. It ends when the last who holds it lets go: the handler, the bodies,
/// and the socket while bytes of the response are still to be sent.
#[derive(Debug)]
pub(crate) struct Exchange {
    id: HeaderValue,
    method: Method,
    uri: Uri,
    user_agent: Option<HeaderValue>,
    peer: SocketAddr,
    started: Instant,
    received: AtomicU64,
    sent: AtomicU64,
    end: Mutex<End>,
    telemetry: Arc<Telemetry>,
    _active: Active,
}

#[derive(Clone, Debug, Default)]
struct End {
    status: Option<StatusCode>,
    /// Bytes the response has in all, if that can be said before its end.
    length: Option<u64>,
    /// Seconds until there was an answer, for one that goes on as long as the client likes.
    answered: Option<f64>,
    facts: Facts,
    broke: Option<String>,
}

/// An exchange that is over.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) id: &'a HeaderValue,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) user_agent: Option<&'a HeaderValue>,
    pub(crate) peer: SocketAddr,
    pub(crate) seconds: f64,
    /// How long the client waited: all of it, or, when the response goes on for as long as the client
    /// likes, until it began.
    pub(crate) waited: f64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    /// Nothing if the client went away before there was an answer.
    pub(crate) status: Option<StatusCode>,
    /// Whether the client has not got all of the response.
    pub(crate) aborted: bool,
    pub(crate) facts: &'a Facts,
    /// What went wrong while the response was sent.
    pub(crate) broke: Option<&'a str>,
}

impl Exchange {
    pub(crate) fn begin(
        head: &request::Parts,
        id: HeaderValue,
        peer: SocketAddr,
        activity: &Arc<Activity>,
        telemetry: &Arc<Telemetry>,
    ) -> Arc<Exchange> {
        telemetry.metrics().request_begins();
        Arc::new(Exchange {
            id,
            method: head.method.clone(),
            uri: head.uri.clone(),
            user_agent: head.headers.get(http::header::USER_AGENT).cloned(),
            peer,
            started: Instant::now(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            end: Mutex::default(),
            telemetry: Arc::clone(telemetry),
            _active: activity.request(),
        })
    }

    pub(crate) fn id(&self) -> &HeaderValue {
        &self.id
    }

    /// Notes bytes of the request body.
    pub(crate) fn received(&self, bytes: u64) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Notes bytes of the response body.
    pub(crate) fn sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Notes the answer, before it is sent.
    pub(crate) fn answered(&self, status: StatusCode, length: Option<u64>, facts: Facts) {
        let mut end = self.end();
        end.status = Some(status);
        end.length = length;
        end.answered = length.is_none().then(|| self.started.elapsed().as_secs_f64());
        end.facts = facts;
    }

    /// Notes why the response cannot be sent to its end.
    pub(crate) fn broke(&self, cause: &dyn Display) {
        self.end().broke.get_or_insert_with(|| cause.to_string());
    }

    #[cfg(test)]
    pub(crate) fn received_so_far(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// A request nobody made.
    #[cfg(test)]
    pub(crate) fn for_test(activity: &Arc<Activity>) -> Arc<Exchange> {
        let (head, ()) = http::Request::new(()).into_parts();
        let peer = SocketAddr::from(([127, 0, 0, 1], 1));
        Exchange::begin(&head, HeaderValue::from_static("test"), peer, activity, &Telemetry::for_test())
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let end = std::mem::take(self.end.get_mut().unwrap_or_else(PoisonError::into_inner));
        let sent = *self.sent.get_mut();
        let seconds = self.started.elapsed().as_secs_f64();
        self.telemetry.request_ends(&Record {
            id: &self.id,
            method: &self.method,
            path: self.uri.path(),
            user_agent: self.user_agent.as_ref(),
            peer: self.peer,
            seconds,
            waited: end.answered.unwrap_or(seconds),
            received: *self.received.get_mut(),
            sent,
            status: end.status,
            aborted: end.status.is_none() || end.length.is_some_and(|length| sent < length),
            facts: &end.facts,
            broke: end.broke.as_deref(),
        });
    }
}
