//! The image API of a running server, for commands that look at it or change it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use clap::{Arg, ArgMatches};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use weir_image_api::{Namespace, StreamRef};
use weir_oci::{RepositoryName, Tag};

/// Variable that names the server.
const VARIABLE: &str = "WEIR_SERVER";
const DEFAULT: &str = "http://127.0.0.1:5000";
/// A server that needs longer is not well.
const PATIENCE: Duration = Duration::from_mins(1);
/// Most bytes of an answer.
const MOST: usize = 64 << 20;

/// Why the server could not be asked, or what it said.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("{0:?} is no URL of a plain HTTP server; write it like http://127.0.0.1:5000")]
    Url(String),
    #[error("{0:?} is no repository, or no repository and a tag; write it like team/app or team/app:v1")]
    Reference(String),
    #[error("cannot reach {server}: {source}")]
    Unreachable { server: String, source: io::Error },
    #[error("the connection to {server} broke: {source}")]
    Broken { server: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{server} did not answer within {} seconds", PATIENCE.as_secs())]
    Slow { server: String },
    /// In the words of the server, which are made for people.
    #[error("{0}")]
    Refused(String),
    #[error("{server} answered something that is no JSON")]
    Gibberish { server: String },
}

/// A server.
#[derive(Debug)]
pub(super) struct Api {
    server: String,
    authority: String,
}

/// What a command is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) stream: StreamRef,
    pub(super) tag: Option<Tag>,
}

/// The flag that names the server.
pub(super) fn server_flag() -> Arg {
    Arg::new("server")
        .long("server")
        .value_name("URL")
        .env(VARIABLE)
        .default_value(DEFAULT)
        .help("The server to ask")
}

impl Subject {
    /// Reads `REPOSITORY` or `REPOSITORY:TAG`.
    pub(super) fn parse(text: &str) -> Result<Subject, ApiError> {
        let unreadable = || ApiError::Reference(text.to_owned());
        let (repository, tag) = match text.rsplit_once(':') {
            Some((repository, tag)) => (repository, Some(Tag::parse(tag).map_err(|_| unreadable())?)),
            None => (text, None),
        };
        let repository = RepositoryName::parse(repository).map_err(|_| unreadable())?;
        let default = Namespace::parse("default").expect("the namespace of names without one is a name");
        let stream = StreamRef::of(&repository, &default).map_err(|_| unreadable())?;
        Ok(Subject { stream, tag })
    }
}

impl Api {
    /// The server that the command line names.
    pub(super) fn of(options: &ArgMatches) -> Result<Api, ApiError> {
        let server = options.get_one::<String>("server").map_or(DEFAULT, String::as_str);
        let unreadable = || ApiError::Url(server.to_owned());
        let uri: Uri = server.parse().map_err(|_| unreadable())?;
        if uri.scheme_str() != Some("http") || !matches!(uri.path(), "" | "/") {
            return Err(unreadable());
        }
        let authority = uri.authority().ok_or_else(unreadable)?;
        let port = authority.port_u16().unwrap_or(80);
        Ok(Api {
            server: server.trim_end_matches('/').to_owned(),
            authority: format!("{}:{port}", authority.host()),
        })
    }

    /// Where the objects of a namespace are.
    pub(super) fn namespaced(namespace: &Namespace, rest: &str) -> String {
        format!("/apis/image.openshift.io/v1/namespaces/{}/{rest}", namespace.as_str())
    }

    /// Reads an object. Blocks.
    pub(super) fn get(&self, path: &str) -> Result<Value, ApiError> {
        self.ask(Method::GET, path, Bytes::new())
    }

    /// Makes an object. Blocks.
    pub(super) fn create(&self, path: &str, object: &Value) -> Result<Value, ApiError> {
        self.ask(Method::POST, path, object.to_string().into())
    }

    fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Value, ApiError> {
        let unreachable = |source| ApiError::Unreachable { server: self.server.clone(), source };
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unreachable)?;
        let (status, body) = runtime
            .block_on(async {
                let exchange = self.exchange(method, path, body);
                tokio::time::timeout(PATIENCE, exchange).await
            })
            .map_err(|_| ApiError::Slow { server: self.server.clone() })??;
        let document: Result<Value, _> = serde_json::from_slice(&body);
        if status.is_success() {
            return document.map_err(|_| ApiError::Gibberish { server: self.server.clone() });
        }
        let message = document.ok().and_then(|status| Some(status.get("message")?.as_str()?.to_owned()));
        Err(ApiError::Refused(message.unwrap_or_else(|| format!("{} answered {status}", self.server))))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), ApiError> {
        let broken = |source: Box<dyn std::error::Error + Send + Sync>| ApiError::Broken {
            server: self.server.clone(),
            source,
        };
        let tcp = self
            .connect()
            .await
            .map_err(|source| ApiError::Unreachable { server: self.server.clone(), source })?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(tcp)).await.map_err(|error| broken(error.into()))?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.authority)
            .header(USER_AGENT, concat!("weir/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| broken(error.into()))?;
        let answer = async {
            let response = sender.send_request(request).await.map_err(|error| broken(error.into()))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MOST).collect().await.map_err(broken)?;
            Ok((head.status, body.to_bytes()))
        };
        tokio::pin!(connection);
        tokio::select! {
            biased;
            answer = answer => answer,
            // It ends before the answer only when it fails.
            ended = &mut connection => Err(broken(match ended {
                Err(error) => error.into(),
                Ok(()) => io::Error::from(io::ErrorKind::UnexpectedEof).into(),
            })),
        }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host(&self.authority).await?.collect();
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> Option<(String, String, Option<String>)> {
        let Subject { stream, tag } = Subject::parse(text).ok()?;
        let tag = tag.map(|tag| tag.as_str().to_owned());
        Some((stream.namespace.as_str().to_owned(), stream.name.as_str().to_owned(), tag))
    }

    #[test]
    fn a_subject_is_a_repository_with_or_without_a_tag() {
        let of = |namespace: &str, name: &str, tag: Option<&str>| {
            Some((namespace.to_owned(), name.to_owned(), tag.map(str::to_owned)))
        };
        assert_eq!(subject("team/app"), of("team", "app", None));
        assert_eq!(subject("team/app:v1"), of("team", "app", Some("v1")));
        assert_eq!(subject("app:v1"), of("default", "app", Some("v1")));
        assert_eq!(subject("a/b/c:v1"), of("a", "b~c", Some("v1")));
        for bad in ["", "team/app:", "Team/app", "team/app:a b", ":v1"] {
            assert_eq!(subject(bad), None, "{bad:?}");
        }
    }
}
