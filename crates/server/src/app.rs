//! The one listener's many doors: the first segment of a path decides who answers.

mod own;
mod payload;

use std::sync::Arc;

use http::{Method, Request};
use http_body::Body as _;
use tokio::sync::Semaphore;
use weir_access::Identity;
use weir_distribution::Distribution;
use weir_kube::Kube;
use weir_oci::ErrorCode;

use crate::body::RequestBody;
use crate::exchange::Facts;
use crate::health::{Health, Question};
use crate::listener::{Answer, Handler, RequestContext};
use crate::telemetry::Telemetry;

/// Everything that answers requests.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) distribution: Distribution,
    pub(crate) kube: Kube,
    pub(crate) health: Arc<Health>,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Places for requests that bring blob content.
    pub(crate) uploads: Semaphore,
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
        let _place = match self.place(&request) {
            Place::Free(place) => place,
            Place::None => return own::too_many_uploads(),
        };
        let caller = weir_distribution::Caller { identity: Identity::anonymous() };
        let mut response = self.distribution.serve(request, &caller).await;
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
        let mut response = self.kube.serve(request, &caller).await;
        let outcome = response.extensions_mut().remove::<weir_kube::Outcome>().unwrap_or_default();
        Answer {
            response: response.map(payload::kube_pieces),
            facts: Facts {
                route: outcome.route,
                code: outcome.reason,
                cause: outcome.cause,
                ..Facts::default()
            },
        }
    }

    fn health(&self, question: Question, route: &'static str, request: &Request<RequestBody>) -> Answer {
        let rest = request.uri().path().strip_prefix(route).unwrap_or_default();
        let query = request.uri().query().unwrap_or_default();
        own::health(request.method(), route, self.health.answer(question, rest, query))
    }

    /// A place among the requests that bring blob content, for one that does.
    fn place(&self, request: &Request<RequestBody>) -> Place<'_> {
        let writes = matches!(*request.method(), Method::POST | Method::PATCH | Method::PUT);
        if !writes || request.body().is_end_stream() || !request.uri().path().contains("/blobs/uploads/") {
            return Place::Free(None);
        }
        match self.uploads.try_acquire() {
            Ok(permit) => Place::Free(Some(UploadPlace::take(permit, &self.telemetry))),
            Err(_) => Place::None,
        }
    }
}

enum Place<'a> {
    Free(Option<UploadPlace<'a>>),
    None,
}

/// Counts as an upload until it is dropped.
struct UploadPlace<'a> {
    _permit: tokio::sync::SemaphorePermit<'a>,
    telemetry: &'a Telemetry,
}

impl<'a> UploadPlace<'a> {
    fn take(permit: tokio::sync::SemaphorePermit<'a>, telemetry: &'a Telemetry) -> UploadPlace<'a> {
        telemetry.metrics().upload_begins();
        UploadPlace { _permit: permit, telemetry }
    }
}

impl Drop for UploadPlace<'_> {
    fn drop(&mut self) {
        self.telemetry.metrics().upload_ends();
    }
}
