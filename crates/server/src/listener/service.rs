use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header, request};
use hyper::body::{Body as _, Incoming};

use super::{Answer, Handler, RequestContext, Shared};
use crate::body::{Leftover, Pace, Pieces, RequestBody, ResponseBody, Sending, drain};
use crate::exchange::{Exchange, Facts};
use crate::telemetry::REQUEST_ID;
use crate::wire::{Activity, SendQueue};

/// Longest path and query. No name, tag, digest or page token comes near.
const MOST_TARGET: usize = 8 << 10;

/// One connection's way from a request to its response.
pub(super) struct Service<H> {
    pub(super) shared: Arc<Shared<H>>,
    pub(super) activity: Arc<Activity>,
    pub(super) peer: SocketAddr,
    /// Where files are queued that the socket sends by itself.
    pub(super) files: Option<Arc<SendQueue>>,
}

impl<H: Handler> Service<H> {
    pub(super) async fn call(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<ResponseBody>, Infallible> {
        let (head, body) = request.into_parts();
        let telemetry = &self.shared.telemetry;
        let id = telemetry.ids().of(&head.headers);
        let exchange = Exchange::begin(&head, id, self.peer, &self.activity, telemetry);
        // HTTP/2 ends one request without touching the others; there, nothing has to be drained.
        let drains = head.version < Version::HTTP_2 && !body.is_end_stream();
        let leftover = drains.then(Arc::<Leftover<Incoming>>::default);
        let is_head = head.method == Method::HEAD;
        let waits_for_continue = head.headers.contains_key(header::EXPECT);
        let body = RequestBody::new(body, self.pace(&head), Arc::clone(&exchange), leftover.clone());
        let Answer { mut response, facts } = if target_len(&head) > MOST_TARGET {
            drop(body);
            refuse(StatusCode::URI_TOO_LONG)
        } else {
            let context = RequestContext { id: exchange.id().clone() };
            self.shared.handler.answer(Request::from_parts(head, body), context).await
        };
        if let Some(rest) = leftover.and_then(|leftover| leftover.take()) {
            let sending = rest.sending(waits_for_continue);
            if sending != Sending::Little {
                close_after(&mut response);
            }
            if sending != Sending::Nothing {
                let busy = self.activity.busy();
                self.shared.tasks.spawn(async move {
                    drain(rest).await;
                    drop(busy);
                });
            }
        }
        if is_head {
            leave_body_out(&mut response);
        }
        response.headers_mut().insert(REQUEST_ID, exchange.id().clone());
        let length = response.body().len();
        exchange.answered(response.status(), length, facts);
        Ok(response.map(|pieces| ResponseBody::new(pieces, exchange, self.files.clone())))
    }

    /// Layers come from slow disks, through compression, over days; documents come at once.
    fn pace(&self, head: &request::Parts) -> Pace {
        let timeouts = &self.shared.timeouts;
        if head.uri.path().contains("/blobs/uploads/") {
            Pace { gap: timeouts.blob_body, whole: None }
        } else {
            Pace { gap: timeouts.body, whole: Some(timeouts.document) }
        }
    }
}

fn target_len(head: &request::Parts) -> usize {
    head.uri.path_and_query().map_or(0, |target| target.as_str().len())
}

fn close_after<B>(response: &mut Response<B>) {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
}

/// A HEAD says how long the body would be, and has none.
fn leave_body_out(response: &mut Response<Pieces>) {
    let length = std::mem::take(response.body_mut()).len();
    if let Some(length) = length.filter(|length| *length > 0) {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| length.into());
    }
}

fn refuse(status: StatusCode) -> Answer {
    let mut response = Response::new(Pieces::default());
    *response.status_mut() = status;
    Answer { response, facts: Facts::default() }
}
