use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body;
use weir_access::{Access, Action, Identity, Permit};
use weir_oci::{ErrorCode, ReferenceError, RepositoryName};
use weir_registry::{BodyError, Registry};

use crate::query::Query;
use crate::route::{Route, RouteError};
use crate::{ApiError, Payload, response};

/// How the edge is set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme, host and port that stand before every `Location`. Without, they start with `/v2/`,
    /// which survives any proxy.
    pub external_url: Option<String>,
    /// Most bytes of a manifest.
    pub manifest_bytes: usize,
    /// Most entries of a page that the client gave a size for.
    pub page_entries: usize,
}

/// Who sends a request, as far as the listener could tell.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who it is.
    pub identity: Identity,
}

/// What a request turned out to be, for the log and the metrics. Rides in the extensions of the
/// response.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The endpoint, without its variable parts; empty if there is none.
    pub route: &'static str,
    /// The repository it was about.
    pub repository: Option<RepositoryName>,
    /// The code of the error body.
    pub code: Option<ErrorCode>,
    /// What went wrong inside.
    pub cause: Option<String>,
}

/// The `/v2/` edge, with the `/extensions/v2/` that belongs to it.
#[derive(Debug)]
pub struct Distribution {
    pub(crate) registry: Arc<Registry>,
    pub(crate) access: Access,
    pub(crate) settings: Settings,
}

/// A request whose path and query are read: what every handler gets.
pub(crate) struct Call<'a, B> {
    pub(crate) edge: &'a Distribution,
    pub(crate) caller: &'a Caller,
    pub(crate) headers: &'a http::HeaderMap,
    pub(crate) query: Query<'a>,
    pub(crate) body: B,
}

impl Distribution {
    /// An edge in front of a registry.
    pub fn new(registry: Arc<Registry>, access: Access, settings: Settings) -> Distribution {
        Distribution { registry, access, settings }
    }

    /// Answers one request. Never fails: an error is an answer.
    pub async fn serve<B>(&self, request: Request<B>, caller: &Caller) -> Response<Payload>
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: Into<BodyError>,
    {
        let (parts, body) = request.into_parts();
        let head = parts.method == Method::HEAD;
        let route = Route::parse(parts.uri.path());
        let mut outcome = Outcome::default();
        let answer = match route {
            Err(error) => Err(refuse_path(error, &parts.method)),
            Ok(route) => {
                outcome.route = route.template();
                outcome.repository = route.repository().cloned();
                let query = Query::parse(parts.uri.query());
                let call = Call { edge: self, caller, headers: &parts.headers, query, body };
                dispatch(call, route, &parts.method).await
            }
        };
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                outcome.code = Some(error.code());
                outcome.cause = error.cause().map(str::to_owned);
                error.into_response()
            }
        };
        let mut response = response::finish(response, head);
        response.extensions_mut().insert(outcome);
        response
    }

    /// Where a path of this registry is, for `Location` and `Link`.
    pub(crate) fn location(&self, path: &str) -> String {
        format!("{}{path}", self.settings.external_url.as_deref().unwrap_or_default())
    }
}

/// The futures of what writes are large and boxed, so that the rest, which is most of all requests, is
/// not moved about in a future of their size.
async fn dispatch<B>(call: Call<'_, B>, route: Route, method: &Method) -> Result<Response<Payload>, ApiError>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<BodyError>,
{
    let read = matches!(*method, Method::GET | Method::HEAD);
    match (route, method) {
        (Route::Base, _) if read => Ok(response::document("application/json", "{}")),
        (Route::Catalog, _) if read => call.catalog(),
        (Route::Extensions(repository), _) if read => call.extensions(repository),
        (Route::TagHistory(repository, tag), _) if read => call.tag_history(&repository, &tag),
        (Route::Tags(repository), _) if read => call.tags(&repository),
        (Route::Referrers(repository, subject), _) if read => {
            Box::pin(call.referrers(repository, subject)).await
        }
        (Route::Signatures(repository, digest), &Method::GET) => call.get_signatures(repository, &digest),
        (Route::Signatures(repository, digest), &Method::PUT) => {
            Box::pin(call.put_signature(repository, digest)).await
        }
        (Route::Blob(repository, digest), &Method::GET) => call.get_blob(repository, digest).await,
        (Route::Blob(repository, digest), &Method::HEAD) => call.head_blob(repository, &digest),
        (Route::Blob(repository, digest), &Method::DELETE) => {
            Box::pin(call.delete_blob(repository, &digest)).await
        }
        (Route::Manifest(repository, reference), &Method::GET) => {
            call.get_manifest(repository, reference).await
        }
        (Route::Manifest(repository, reference), &Method::HEAD) => call.head_manifest(repository, &reference),
        (Route::Manifest(repository, reference), &Method::PUT) => {
            Box::pin(call.put_manifest(repository, reference)).await
        }
        (Route::Manifest(repository, reference), &Method::DELETE) => {
            Box::pin(call.delete_manifest(repository, reference)).await
        }
        (Route::Uploads(repository), &Method::POST) => Box::pin(call.post_upload(repository)).await,
        (Route::Upload(repository, id), _) if read => Box::pin(call.get_upload(repository, id)).await,
        (Route::Upload(repository, id), &Method::PATCH) => Box::pin(call.patch_upload(repository, id)).await,
        (Route::Upload(repository, id), &Method::PUT) => Box::pin(call.put_upload(repository, id)).await,
        (Route::Upload(repository, id), &Method::DELETE) => {
            Box::pin(call.delete_upload(repository, id)).await
        }
        (route, _) => {
            Err(ApiError::new(ErrorCode::Unsupported, format!("{method} is not a method of this endpoint"))
                .with_header(header::ALLOW, http::HeaderValue::from_static(route.methods())))
        }
    }
}

/// Reading something by a name that cannot exist finds nothing; writing to it is a mistake.
fn refuse_path(error: RouteError, method: &Method) -> ApiError {
    match error {
        RouteError::Reference(ReferenceError::Tag(_)) if method != Method::PUT => {
            ApiError::new(ErrorCode::ManifestUnknown, "no manifest can have this name")
                .with_status(StatusCode::NOT_FOUND)
        }
        error => error.into(),
    }
}

impl<B> Call<'_, B> {
    /// Asks for permission, before anything is looked up.
    pub(crate) fn permit<A>(&self, repository: RepositoryName) -> Result<Permit<A>, ApiError>
    where
        A: Action<Target = RepositoryName>,
    {
        Ok(self.edge.access.authorize::<A>(&self.caller.identity, repository)?)
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.edge.registry
    }

    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
