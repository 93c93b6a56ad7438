//! The one listener's many doors: the first segment of a path decides who answers.

mod own;
mod payload;
mod places;

use std::sync::Arc;

use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body as _;
use tokio_util::sync::CancellationToken;
use weir_access::Identity;
use weir_distribution::Distribution;
use weir_kube::{Kube, Payload, TurnedAway};
use weir_oci::ErrorCode;

use crate::body::RequestBody;
use crate::exchange::Facts;
use crate::health::{Health, Question};
use crate::listener::{Answer, Handler, RequestContext};
use crate::telemetry::Telemetry;
pub(crate) use places::Places;

/// Everything that answers requests.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) distribution: Distribution,
    pub(crate) kube: Kube,
    pub(crate) health: Arc<Health>,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Places for requests that bring blob content.
    pub(crate) uploads: Places,
    /// Places for requests to the API of Kubernetes, each until it is answered.
    pub(crate) api_requests: Places,
    /// Places for watches, each until it ends.
    pub(crate) watches: Places,
    /// The server stops. Whatever is asked from then on is for somebody else.
    pub(crate) stop: CancellationToken,
}

impl Handler for App {
    async fn answer(&self, request: Request<RequestBody>, context: RequestContext) -> Answer {
        let path = request.uri().path();
        let door = path.get(1..).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        match door {
            "v2" | "extensions" => self.distribution(request).await,
            "api" | "apis" | "openapi" | "version" => self.kube(request, &context).await,
            "livez" => self.health(Question::Live, "/livez", &request),
            "healthz" => self.health(Question::Live, "/healthz", &request),
            "readyz" => self.health(Question::Ready, "/readyz", &request),
            "metrics" if path == "/metrics" => own::metrics(request.method(), &self.telemetry),
            "" if path == "/" => own::paths(request.method()),
            _ => own::not_found(),
        }
    }
}

impl App {
    async fn distribution(&self, request: Request<RequestBody>) -> Answer {
        let place = brings_content(&request).then(|| self.uploads.take());
        if let Some(None) = place {
            return own::too_many_uploads();
        }
        let caller = weir_distribution::Caller { identity: Identity::anonymous() };
        let mut response = self.distribution.serve(request, &caller).await;
        drop(place);
        let outcome = response.extensions_mut().remove::<weir_distribution::Outcome>().unwrap_or_default();
        Answer {
            response: response.map(payload::pieces),
            facts: Facts {
                route: outcome.route,
                repository: outcome.repository.map(|name| name.to_string()),
                code: outcome.code.map(ErrorCode::as_str),
                cause: outcome.cause,
                expected: false,
            },
        }
    }

    async fn kube(&self, request: Request<RequestBody>, context: &RequestContext) -> Answer {
        let request_id = String::from_utf8_lossy(context.id.as_bytes()).into_owned();
        let caller = weir_kube::Caller { identity: Identity::anonymous(), request_id };
        let (head, body) = request.into_parts();
        if self.stop.is_cancelled() {
            return turned_away(Kube::turn_away(&head, &caller, TurnedAway::Stopping)).not_an_error();
        }
        let busy = || turned_away(Kube::turn_away(&head, &caller, TurnedAway::Busy));
        // Left when there is an answer: from then on a watch counts among the watches only.
        let place = is_work(&head).then(|| self.api_requests.take());
        if let Some(None) = place {
            return busy();
        }
        let mut response = self.kube.answer(&head, body, &caller).await;
        drop(place);
        let facts = facts(&mut response);
        let (parts, payload) = response.into_parts();
        match payload::kube_pieces(payload, &self.watches) {
            Some(pieces) => Answer { response: Response::from_parts(parts, pieces), facts },
            None => busy(),
        }
    }

    fn health(&self, question: Question, route: &'static str, request: &Request<RequestBody>) -> Answer {
        let rest = request.uri().path().strip_prefix(route).unwrap_or_default();
        let query = request.uri().query().unwrap_or_default();
        own::health(request.method(), route, self.health.answer(question, rest, query))
    }
}

/// Whether a request brings blob content, which occupies a disk for as long as it comes.
fn brings_content(request: &Request<RequestBody>) -> bool {
    let writes = matches!(*request.method(), Method::POST | Method::PATCH | Method::PUT);
    writes && !request.body().is_end_stream() && request.uri().path().contains("/blobs/uploads/")
}

/// Whether a request to the API of Kubernetes is work. The version is asked by those who want to know
/// whether anybody is there.
fn is_work(head: &Parts) -> bool {
    head.uri.path() != "/version"
}

fn turned_away(mut response: Response<Payload>) -> Answer {
    let facts = facts(&mut response);
    Answer { response: response.map(payload::refusal), facts }
}

fn facts(response: &mut Response<Payload>) -> Facts {
    let outcome = response.extensions_mut().remove::<weir_kube::Outcome>().unwrap_or_default();
    Facts { route: outcome.route, code: outcome.reason, cause: outcome.cause, ..Facts::default() }
}
