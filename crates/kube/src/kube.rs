use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use weir_access::{Access, Identity, ReadApi};
use weir_registry::{Clock, Registry};

use crate::edge::{Edge, Gate, Refused};
use crate::reply;
use crate::source::Source;
use crate::{KubernetesVersion, Product};

/// How the edge is set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host and port where clients find this server.
    pub address: String,
    /// The version of Kubernetes to pass for.
    pub kubernetes: KubernetesVersion,
    /// This program.
    pub product: Product,
}

/// Who sends a request, as far as the listener could tell.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is.
    pub identity: Identity,
    /// The server's name for the request, for the `Audit-Id` of the answer.
    pub request_id: String,
}

/// What a request turned out to be, for the log and the metrics. Rides in the extensions of the
/// response.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The endpoint, without its variable parts; empty if there is none.
    pub route: &'static str,
    /// What was done to the resource; empty for documents.
    pub verb: &'static str,
    /// The resource, if the path names one.
    pub resource: &'static str,
    /// The reason of a refusal.
    pub reason: Option<&'static str>,
    /// What went wrong inside, for the log only.
    pub cause: Option<String>,
}

impl Outcome {
    pub(crate) fn of(&mut self, verb: &'static str, resource: &'static str) {
        self.verb = verb;
        self.resource = resource;
    }
}

/// The `/api` and `/apis` edge.
#[derive(Debug)]
pub struct Kube {
    registry: Arc<Registry>,
    access: Access,
    clock: Arc<dyn Clock>,
    edge: Edge,
}

impl Kube {
    /// An edge in front of a registry.
    pub fn new(registry: Arc<Registry>, access: Access, clock: Arc<dyn Clock>, settings: &Settings) -> Kube {
        Kube { registry, access, clock, edge: Edge::new(settings) }
    }

    /// Answers one request. Never fails: an error is an answer.
    pub fn serve<B>(&self, request: Request<B>, caller: &Caller) -> Response<Bytes> {
        let (parts, _) = request.into_parts();
        let door = Door { kube: self, identity: &caller.identity };
        let mut response = self.edge.answer(&parts, &door, self.clock.now());
        reply::name_request(&mut response, &parts.headers, &caller.request_id);
        response
    }
}

/// Asks for permission, before anything is looked up.
struct Door<'a> {
    kube: &'a Kube,
    identity: &'a Identity,
}

impl Gate for Door<'_> {
    fn open(&self) -> Result<Box<dyn Source + '_>, Refused> {
        match self.kube.access.authorize::<ReadApi>(self.identity, ()) {
            Ok(permit) => Ok(Box::new(self.kube.registry.view(&permit))),
            Err(denied) => Err(Refused { user: denied.identity }),
        }
    }
}
