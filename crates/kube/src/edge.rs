//! One request in, one response out; everything but who may ask.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body::Body;
use weir_image_api::Timestamp;
use weir_image_api::meta::IncludeObject;
use weir_registry::BodyError;

use crate::continuation::ListScope;
use crate::discovery::{AGGREGATED_TYPE, Discovery, DiscoveryForm};
use crate::document::Document;
use crate::failure::{Failure, GroupResource};
use crate::form::{Encoding, Form, include_object};
use crate::list_options::{ListOptions, VersionWish, selectors};
use crate::listing::{collect, current_version};
use crate::openapi::{OpenApi, V2_PROTOBUF_TYPE, V2Form, accept_json, v3_address};
use crate::path::{GroupVersion, Path};
use crate::payload::Payload;
use crate::query::Query;
use crate::render::Rendering;
use crate::reply::{self, Keep, Layout};
use crate::resource::{Delete, Get, List, Named, Right, Verb, Watch};
use crate::resources::CATALOGUE;
use crate::route::{Action, Reading, Target, find};
use crate::source::Source;
use crate::version::VersionInfo;
use crate::watch::{Log, Rings, Selection, Watching};
use crate::write::{Answer, Answered, Pen, Writing, reason};
use crate::{Outcome, Settings, TurnedAway, body, timeout, watch};

/// The documents that do not depend on what is stored.
#[derive(Debug)]
pub(crate) struct Edge {
    version: Document,
    discovery: Discovery,
    openapi: OpenApi,
    rings: Rings,
}

/// Lets a caller in, or does not.
pub(crate) trait Gate: Sync {
    /// A view of what the caller may read with a right.
    fn open(&self, right: Right) -> Result<Box<dyn Source + '_>, Refused>;

    /// What may be read and watched of a resource, with a right.
    fn log(&self, right: Right, watch: Watch, list: List) -> Result<Box<dyn Log>, Refused>;

    /// The leave to write, for a caller who has a right.
    fn pen(&self, right: Right, headers: &HeaderMap) -> Result<Pen, Refused>;
}

/// The caller has no such right.
#[derive(Clone, Debug)]
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
    rings: &'a Rings,
    now: Timestamp,
}

impl Edge {
    pub(crate) fn new(settings: &Settings) -> Edge {
        Edge {
            version: Document::of(&VersionInfo::new(&settings.product, settings.kubernetes)),
            discovery: Discovery::new(&CATALOGUE, &settings.address),
            openapi: OpenApi::new(&CATALOGUE, &settings.product.version),
            rings: Rings::default(),
        }
    }

    /// Answers a request. Never fails: a refusal is an answer.
    pub(crate) async fn answer<B>(
        &self,
        parts: &Parts,
        body: B,
        gate: &dyn Gate,
        now: Timestamp,
    ) -> Response<Payload>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BodyError>,
    {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let layout = Layout::of(&query, &parts.headers);
        let call = Call { parts, query, layout, gate, rings: &self.rings, now };
        let mut outcome = Outcome::default();
        let mut response = match self.dispatch(&call, body, &mut outcome).await {
            Ok(response) => response,
            Err(failure) => {
                outcome.reason = Some(failure.reason());
                outcome.cause = failure.cause().map(str::to_owned);
                reply::failure(&failure, Encoding::of_refusal(&parts.headers), layout)
            }
        };
        response.extensions_mut().insert(outcome);
        if parts.method == Method::HEAD { reply::without_body(response) } else { response }
    }

    /// Refuses a request by its head alone.
    pub(crate) fn turn_away(parts: &Parts, why: TurnedAway) -> Response<Payload> {
        let failure = match why {
            TurnedAway::Busy => Failure::TooManyRequests,
            TurnedAway::Stopping => Failure::ShuttingDown,
        };
        let mut outcome = Outcome { reason: Some(failure.reason()), ..Outcome::default() };
        if let Ok(path) = Path::parse(parts.uri.path()) {
            outcome.route = path.template();
        }
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let encoding = Encoding::of_refusal(&parts.headers);
        let mut response = reply::failure(&failure, encoding, Layout::of(&query, &parts.headers));
        response.extensions_mut().insert(outcome);
        if parts.method == Method::HEAD { reply::without_body(response) } else { response }
    }

    async fn dispatch<B>(
        &self,
        call: &Call<'_>,
        body: B,
        outcome: &mut Outcome,
    ) -> Result<Response<Payload>, Failure>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BodyError>,
    {
        let path = Path::parse(call.parts.uri.path())?;
        outcome.route = path.template();
        if let Path::Resource(path) = &path {
            let reading = if call.query.flag("watch") { Reading::Watching } else { Reading::Once };
            let target = find(&CATALOGUE, path, &call.parts.method, reading)?;
            outcome.of(target.verb().as_str(), target.resource.plural);
            timeout::check(&call.query)?;
            return call.carry_out(&target, body).await;
        }
        if path == Path::Unknown {
            return Err(Failure::NoSuchApi);
        }
        if !matches!(call.parts.method, Method::GET | Method::HEAD) {
            return Err(Failure::MethodNotAllowed);
        }
        if path != Path::Version {
            // A refusal of discovery loses its text on the way through kubectl, but a 401 is understood.
            drop(call.gate.open(Right::Read).map_err(|_| Failure::Unauthorized)?);
        }
        self.document(call, &path)
    }

    fn document(&self, call: &Call<'_>, path: &Path) -> Result<Response<Payload>, Failure> {
        match path {
            Path::Version => {
                let encoding = Encoding::of_refusal(&call.parts.headers);
                Ok(reply::plain_document(&self.version, encoding, call.layout))
            }
            Path::CoreVersions => call.discovery(&self.discovery.versions, &self.discovery.aggregated_core),
            Path::Groups => call.discovery(&self.discovery.group_list, &self.discovery.aggregated_groups),
            Path::Group(group) => call.plain(self.discovery.group(group)?),
            Path::GroupVersion(GroupVersion { group, version }) => {
                call.plain(self.discovery.version(group, version)?)
            }
            Path::OpenApiV2 => call.openapi_v2(&self.openapi),
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
    /// Does what a request wants of a resource.
    async fn carry_out<B>(&self, target: &Target<'_>, body: B) -> Result<Response<Payload>, Failure>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BodyError>,
    {
        match target.action {
            Action::List(list) => self.list(target, list),
            Action::Get(get) => self.get(target, get),
            Action::Watch(watch, list) => self.watch(target, watch, list),
            Action::Permission if self.query.flag("watch") => {
                Err(Failure::WatchNotSupported(target.resource.group_resource()))
            }
            Action::Permission => {
                drop(self.pen(target)?);
                self.answered(target, Answer::success())
            }
            Action::Create(create) => {
                let (writing, body) = self.writing(target, body).await?;
                self.answered(target, writing.create(create, &body).await?)
            }
            Action::Update(update) => {
                let (writing, body) = self.writing(target, body).await?;
                self.answered(target, writing.update(update, &body).await?)
            }
            Action::Patch(update) => {
                let (writing, body) = self.writing(target, body).await?;
                self.answered(target, writing.patch(update, &body).await?)
            }
            Action::Delete(delete) => {
                let (writing, body) = self.writing(target, body).await?;
                self.answered(target, writing.delete(delete, &body).await?)
            }
            Action::DeleteCollection(delete, list) => {
                let (writing, body) = self.writing(target, body).await?;
                self.delete_all(target, &writing, (delete, list), &body).await
            }
        }
    }

    fn open(&self, target: &Target<'_>) -> Result<Box<dyn Source + '_>, Failure> {
        self.gate.open(target.right()).map_err(|Refused { user }| target.forbidden(&user))
    }

    fn pen(&self, target: &Target<'_>) -> Result<Pen, Failure> {
        let pen = self.gate.pen(target.right(), &self.parts.headers);
        let mut pen = pen.map_err(|Refused { user }| target.forbidden(&user))?;
        pen.author.reason = reason(&self.parts.headers)?;
        Ok(pen)
    }

    /// What a write starts with: nobody's body is read who may not write.
    async fn writing<'a, B>(
        &'a self,
        target: &'a Target<'a>,
        body: B,
    ) -> Result<(Writing<'a>, Bytes), Failure>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<BodyError>,
    {
        let pen = self.pen(target)?;
        let rendering = self.rendering()?;
        match target.verb() {
            Verb::DeleteCollection => rendering.check_list(target.kind)?,
            _ => rendering.check_object(target.kind)?,
        }
        let body = body::read(body).await?;
        Ok((Writing { parts: self.parts, query: &self.query, target, pen, now: self.now }, body))
    }

    fn rendering(&self) -> Result<Rendering, Failure> {
        Rendering::negotiate(&self.parts.headers, &self.query, self.now)
    }

    fn list(&self, target: &Target<'_>, list: List) -> Result<Response<Payload>, Failure> {
        let source = self.open(target)?;
        let rendering = self.rendering()?;
        let options = ListOptions::parse(&self.query, target.resource, target.scope)?;
        let list = collect(source.as_ref(), target.resource, list, target.scope, &options)?;
        let body = rendering.list(target.kind, list)?;
        Ok(reply::written(StatusCode::OK, body, rendering.encoding(), self.layout))
    }

    fn watch(&self, target: &Target<'_>, watch: Watch, list: List) -> Result<Response<Payload>, Failure> {
        let log = self.gate.log(target.right(), watch, list);
        let log = log.map_err(|Refused { user }| target.forbidden(&user))?;
        let form = Form::of_events(&self.parts.headers)?;
        let include =
            if form == Form::Table { include_object(&self.query)? } else { IncludeObject::default() };
        let (labels, fields) = selectors(&self.query, target.resource)?;
        let given = match target.scope {
            ListScope::Cluster => None,
            ListScope::Namespace(namespace) => Some(namespace),
            ListScope::AllNamespaces => fields.exact("metadata.namespace"),
        };
        let selection = Selection { namespace: given.map(str::to_owned), labels, fields };
        let GroupResource { group, resource } = target.resource.group_resource();
        let ring = self.rings.of(group, resource);
        let shown = (form, include, self.now);
        let watching = Watching::new(target.resource, log, ring, selection, &self.query, shown)?;
        Ok(reply::events(watch::open(watching)?))
    }

    fn get(&self, target: &Target<'_>, get: Get) -> Result<Response<Payload>, Failure> {
        let source = self.open(target)?;
        let rendering = self.rendering()?;
        let named = Named {
            resource: target.resource.group_resource(),
            namespace: target.namespace(),
            name: target.name.unwrap_or_default(),
            query: &self.query,
        };
        let wish = VersionWish::of_get(&self.query)?;
        if wish != VersionWish::Current {
            wish.accepts(current_version(source.as_ref()).map_err(|error| named.failure(error))?)?;
        }
        let object = get(source.as_ref(), &named)?;
        let body = rendering.object(target.kind, object.as_ref())?;
        Ok(reply::written(StatusCode::OK, body, rendering.encoding(), self.layout))
    }

    /// Deletes what the selectors choose, one after the other, and shows what there was.
    async fn delete_all(
        &self,
        target: &Target<'_>,
        writing: &Writing<'_>,
        (delete, list): (Delete, List),
        body: &Bytes,
    ) -> Result<Response<Payload>, Failure> {
        let rendering = self.rendering()?;
        let deletion = writing.deletion(body)?;
        let options = ListOptions::parse(&self.query, target.resource, target.scope)?;
        let chosen = {
            let source = self.open(target)?;
            collect(source.as_ref(), target.resource, list, target.scope, &options)?
        };
        for object in &chosen.items {
            let meta = object.meta();
            writing.delete_one(delete, (&meta.namespace, &meta.name), &deletion).await?;
        }
        let body = rendering.list(target.kind, chosen)?;
        Ok(reply::written(StatusCode::OK, body, rendering.encoding(), self.layout))
    }

    fn answered(&self, target: &Target<'_>, answer: Answer) -> Result<Response<Payload>, Failure> {
        let Answer { result, warnings } = answer;
        let rendering = self.rendering()?;
        let (status, body) = match &result {
            Answered::Changed(object) => (StatusCode::OK, rendering.object(target.kind, object.as_ref())?),
            Answered::Made(object) => (StatusCode::CREATED, rendering.object(target.kind, object.as_ref())?),
            Answered::Done(status) => (StatusCode::OK, reply::status(status)),
            Answered::Recorded(status) => (StatusCode::CREATED, reply::status(status)),
        };
        let response = reply::written(status, body, rendering.encoding(), self.layout);
        Ok(reply::with_warnings(response, &warnings))
    }

    fn plain(&self, document: &Document) -> Result<Response<Payload>, Failure> {
        let encoding = Encoding::of_document(&self.parts.headers)?;
        Ok(reply::plain_document(document, encoding, self.layout))
    }

    fn discovery(&self, legacy: &Document, aggregated: &Document) -> Result<Response<Payload>, Failure> {
        let headers = &self.parts.headers;
        let (document, content_type) = match DiscoveryForm::negotiate(headers)? {
            DiscoveryForm::Legacy(Encoding::Json) => (legacy, "application/json"),
            DiscoveryForm::Legacy(Encoding::Yaml) => return self.plain(legacy),
            DiscoveryForm::Aggregated => (aggregated, AGGREGATED_TYPE),
        };
        Ok(reply::tagged_document(document, content_type, Keep::Public, headers, self.layout))
    }

    fn openapi_v2(&self, openapi: &OpenApi) -> Result<Response<Payload>, Failure> {
        let headers = &self.parts.headers;
        let (document, content_type, layout) = match V2Form::negotiate(headers)? {
            V2Form::Json => (&openapi.v2, "application/json", self.layout),
            V2Form::Protobuf => (&openapi.v2_protobuf, V2_PROTOBUF_TYPE, Layout::Compact),
        };
        Ok(reply::tagged_document(document, content_type, Keep::Revalidate, headers, layout))
    }

    fn openapi(&self, document: &Document, keep: Keep) -> Result<Response<Payload>, Failure> {
        let headers = &self.parts.headers;
        accept_json(headers)?;
        Ok(reply::tagged_document(document, "application/json", keep, headers, self.layout))
    }
}
