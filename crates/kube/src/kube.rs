use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use tokio_util::sync::CancellationToken;
use weir_access::{Access, Action, Identity, ManageApi, Permit, ReadApi, WriteApi};
use weir_registry::{BodyError, Clock, Registry};

use crate::edge::{Edge, Gate, Refused};
use crate::payload::Payload;
use crate::reply;
use crate::resource::{List, Right, Watch};
use crate::source::{Reader, ResourceLog, Source};
use crate::watch::Log;
use crate::write::{Pen, author};
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
    /// Ends every watch: the server stops.
    pub stop: CancellationToken,
}

/// Why a request is turned away before anybody looks at what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedAway {
    /// There are as many already as the server takes.
    Busy,
    /// The server stops.
    Stopping,
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
    stop: CancellationToken,
}

impl Kube {
    /// An edge in front of a registry.
    pub fn new(registry: Arc<Registry>, access: Access, clock: Arc<dyn Clock>, settings: &Settings) -> Kube {
        Kube { registry, access, clock, edge: Edge::new(settings), stop: settings.stop.clone() }
    }

    /// Answers one request. Never fails: an error is an answer.
    pub async fn serve<B>(&self, request: Request<B>, caller: &Caller) -> Response<Payload>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BodyError>,
    {
        let (parts, body) = request.into_parts();
        self.answer(&parts, body, caller).await
    }

    /// Answers one request whose head is still wanted.
    pub async fn answer<B>(&self, parts: &Parts, body: B, caller: &Caller) -> Response<Payload>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BodyError>,
    {
        let door = Door { kube: self, identity: &caller.identity };
        let mut response = self.edge.answer(parts, body, &door, self.clock.now()).await;
        reply::name_request(&mut response, &parts.headers, &caller.request_id);
        reply::packed(response, &parts.headers).map(|payload| match payload {
            Payload::Events(events) => Payload::Events(events.until(self.stop.clone())),
            whole @ Payload::Bytes(_) => whole,
        })
    }

    /// What a client gets that has to come back later.
    pub fn turn_away(parts: &Parts, caller: &Caller, why: TurnedAway) -> Response<Payload> {
        let mut response = Edge::turn_away(parts, why);
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
    fn open(&self, right: Right) -> Result<Box<dyn Source + '_>, Refused> {
        Ok(Box::new(self.reader(right)?))
    }

    fn log(&self, right: Right, watch: Watch, list: List) -> Result<Box<dyn Log>, Refused> {
        Ok(Box::new(ResourceLog { reader: self.reader(right)?, watch, list }))
    }

    fn pen(&self, right: Right, headers: &HeaderMap) -> Result<Pen, Refused> {
        let permit = self.ask::<WriteApi>()?;
        let manage = self.ask::<ManageApi>();
        if right == Right::Manage {
            manage.as_ref().map_err(Refused::clone)?;
        }
        let author = author(&self.kube.access, self.identity, headers);
        Ok(Pen { registry: Arc::clone(&self.kube.registry), permit, manage: manage.ok(), author })
    }
}

impl Door<'_> {
    fn reader(&self, right: Right) -> Result<Reader, Refused> {
        let permit = self.ask::<ReadApi>()?;
        let manage = self.ask::<ManageApi>();
        if right == Right::Manage {
            manage.as_ref().map_err(Refused::clone)?;
        }
        Ok(Reader { view: self.kube.registry.view(&permit), manage: manage.ok() })
    }

    fn ask<A: Action<Target = ()>>(&self) -> Result<Permit<A>, Refused> {
        let answer = self.kube.access.authorize::<A>(self.identity, ());
        answer.map_err(|denied| Refused { user: denied.identity })
    }
}
