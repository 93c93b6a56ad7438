//! One request in, one response out; everything but who may ask.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response};
use weir_image_api::Timestamp;

use crate::discovery::{AGGREGATED_TYPE, Discovery, DiscoveryForm};
use crate::document::Document;
use crate::failure::Failure;
use crate::list_options::{ListOptions, VersionWish};
use crate::listing::{collect, current_version};
use crate::openapi::{OpenApi, accept_json, v3_address};
use crate::path::{GroupVersion, Path};
use crate::query::Query;
use crate::render::Rendering;
use crate::reply::{self, Keep, Layout};
use crate::resource::{Get, Kind, Named, Resource};
use crate::resources::CATALOGUE;
use crate::route::{Target, find};
use crate::source::Source;
use crate::version::VersionInfo;
use crate::{Outcome, Settings};

/// The documents that do not depend on what is stored.
#[derive(Debug)]
pub(crate) struct Edge {
    version: Document,
    discovery: Discovery,
    openapi: OpenApi,
}

/// Lets a caller in, or does not.
pub(crate) trait Gate {
    /// A view of what the caller may read.
    fn open(&self) -> Result<Box<dyn Source + '_>, Refused>;
}

/// The caller may not read.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Who asked.
    pub(crate) user: String,
}

/// The parts of a request that handlers look at.
struct Call<'a> {
    parts: &'a Parts,
    query: Query,
    layout: Layout,
    gate: &'a dyn Gate,
    now: Timestamp,
}

impl Edge {
    pub(crate) fn new(settings: &Settings) -> Edge {
        Edge {
            version: Document::of(&VersionInfo::new(&settings.product, settings.kubernetes)),
            discovery: Discovery::new(&CATALOGUE, &settings.address),
            openapi: OpenApi::new(&CATALOGUE, &settings.product.version),
        }
    }

    /// Answers a request. Never fails: a refusal is an answer.
    pub(crate) fn answer(&self, parts: &Parts, gate: &dyn Gate, now: Timestamp) -> Response<Bytes> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let layout = Layout::of(&query, &parts.headers);
        let call = Call { parts, query, layout, gate, now };
        let mut outcome = Outcome::default();
        let mut response = match self.dispatch(&call, &mut outcome) {
            Ok(response) => response,
            Err(failure) => {
                outcome.reason = Some(failure.reason());
                outcome.cause = failure.cause().map(str::to_owned);
                reply::failure(&failure, layout)
            }
        };
        response.extensions_mut().insert(outcome);
        if parts.method == Method::HEAD { reply::without_body(response) } else { response }
    }

    fn dispatch(&self, call: &Call<'_>, outcome: &mut Outcome) -> Result<Response<Bytes>, Failure> {
        let path = Path::parse(call.parts.uri.path())?;
        outcome.route = path.template();
        if let Path::Resource(path) = &path {
            return match find(&CATALOGUE, path, &call.parts.method)? {
                Target::List { resource, list, scope } => {
                    outcome.of("list", resource.plural);
                    let source = call.open("list", resource, path.namespace.as_deref(), None)?;
                    let rendering = call.rendering()?;
                    let options = ListOptions::parse(&call.query, resource, scope)?;
                    let list = collect(source.as_ref(), resource, list, scope, &options)?;
                    Ok(reply::written(rendering.list(resource.kind, list)?, call.layout))
                }
                Target::Get { resource, kind, get, namespace, name } => {
                    outcome.of("get", resource.plural);
                    let source = call.open("get", resource, path.namespace.as_deref(), Some(name))?;
                    let named = Named { resource: resource.group_resource(), namespace, name };
                    call.get(source.as_ref(), kind, get, &named)
                }
            };
        }
        if path == Path::Unknown {
            return Err(Failure::NoSuchApi);
        }
        if !matches!(call.parts.method, Method::GET | Method::HEAD) {
            return Err(Failure::MethodNotAllowed);
        }
        if path != Path::Version {
            // A refusal of discovery loses its text on the way through kubectl, but a 401 is understood.
            drop(call.gate.open().map_err(|_| Failure::Unauthorized)?);
        }
        self.document(call, &path)
    }

    fn document(&self, call: &Call<'_>, path: &Path) -> Result<Response<Bytes>, Failure> {
        match path {
            Path::Version => Ok(call.plain(&self.version)),
            Path::CoreVersions => call.discovery(&self.discovery.versions, &self.discovery.aggregated_core),
            Path::Groups => call.discovery(&self.discovery.group_list, &self.discovery.aggregated_groups),
            Path::Group(group) => {
                let document = self.discovery.group(group)?;
                accept_json(&call.parts.headers)?;
                Ok(call.plain(document))
            }
            Path::GroupVersion(GroupVersion { group, version }) => {
                let document = self.discovery.version(group, version)?;
                accept_json(&call.parts.headers)?;
                Ok(call.plain(document))
            }
            Path::OpenApiV2 => call.openapi(&self.openapi.v2, Keep::Revalidate),
            Path::OpenApiV3 => call.openapi(&self.openapi.v3_index, Keep::Revalidate),
            Path::OpenApiV3Document(of) => {
                let (gv, document) = self.openapi.v3(of)?;
                match call.query.text("hash") {
                    None => call.openapi(document, Keep::Revalidate),
                    Some(hash) if hash == document.hash => call.openapi(document, Keep::Forever),
                    Some(_) => Ok(reply::moved(&v3_address(gv, document))),
                }
            }
            Path::Resource(_) | Path::Unknown => Err(Failure::NoSuchApi),
        }
    }
}

impl Call<'_> {
    fn open(
        &self,
        verb: &'static str,
        resource: &Resource,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> Result<Box<dyn Source + '_>, Failure> {
        self.gate.open().map_err(|Refused { user }| Failure::Forbidden {
            resource: resource.group_resource(),
            name: name.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            verb,
            user,
        })
    }

    fn rendering(&self) -> Result<Rendering, Failure> {
        Rendering::negotiate(&self.parts.headers, &self.query, self.now)
    }

    fn get(
        &self,
        source: &dyn Source,
        kind: &Kind,
        get: Get,
        named: &Named<'_>,
    ) -> Result<Response<Bytes>, Failure> {
        let rendering = self.rendering()?;
        let wish = VersionWish::of_get(&self.query)?;
        if wish != VersionWish::Current {
            wish.accepts(current_version(source).map_err(|error| named.failure(error))?)?;
        }
        let object = get(source, named)?;
        Ok(reply::written(rendering.object(kind, object.as_ref())?, self.layout))
    }

    fn plain(&self, document: &Document) -> Response<Bytes> {
        reply::plain_document(document, self.layout)
    }

    fn discovery(&self, legacy: &Document, aggregated: &Document) -> Result<Response<Bytes>, Failure> {
        let headers = &self.parts.headers;
        let (document, content_type) = match DiscoveryForm::negotiate(headers)? {
            DiscoveryForm::Legacy => (legacy, "application/json"),
            DiscoveryForm::Aggregated => (aggregated, AGGREGATED_TYPE),
        };
        Ok(reply::tagged_document(document, content_type, Keep::Public, headers, self.layout))
    }

    fn openapi(&self, document: &Document, keep: Keep) -> Result<Response<Bytes>, Failure> {
        let headers = &self.parts.headers;
        accept_json(headers)?;
        Ok(reply::tagged_document(document, "application/json", keep, headers, self.layout))
    }
}
