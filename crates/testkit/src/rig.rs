use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::Value;
use weir_access::{Access, Identity, OpenTo};
use weir_distribution::{Caller, Distribution, Part, Payload, Settings as EdgeSettings};
use weir_image_api::{Namespace, StreamRef};
use weir_metadata::{Engine, Options, SecretKey};
use weir_oci::{Digest, ManifestType, RepositoryName};
use weir_registry::api::{Author, Deletion, MayPull};
use weir_registry::{BodyError, Content, Missing, Registry, Settings};
use weir_store::{LocalOptions, Operation, Store};

use crate::{ManualClock, SampleImage};

/// What a rig is made of.
#[derive(Clone, Debug)]
pub struct RigOptions {
    /// What everybody may do.
    pub open_to: OpenTo,
    /// Settings of the registry.
    pub registry: Settings,
    /// Settings of the edge.
    pub edge: EdgeSettings,
}

impl Default for RigOptions {
    fn default() -> RigOptions {
        RigOptions {
            open_to: OpenTo::Admin,
            registry: Settings {
                default_namespace: Namespace::parse("default").expect("it is a legal name"),
                also_known_as: vec!["127.0.0.1:5000".to_owned(), "localhost:5000".to_owned()],
                missing_blobs: Missing::Reject,
                missing_children: Missing::Accept,
                blob_limit: 1 << 30,
                deletes: true,
                read_only: false,
                automatic_mount: true,
                upload_idle_ms: 24 * 3_600_000,
                upload_life_ms: 7 * 24 * 3_600_000,
            },
            edge: EdgeSettings { external_url: None, manifest_bytes: 4 * 1024 * 1024, page_entries: 1000 },
        }
    }
}

/// A registry in a temporary folder, with its edge and without a socket.
#[derive(Debug)]
pub struct Rig {
    folder: tempfile::TempDir,
    options: RigOptions,
    /// The clock of the registry.
    pub clock: Arc<ManualClock>,
    /// The registry.
    pub registry: Arc<Registry>,
    distribution: Distribution,
}

impl Rig {
    /// An empty registry, open to everybody.
    pub async fn start() -> Rig {
        Rig::with(RigOptions::default()).await
    }

    /// An empty registry.
    pub async fn with(options: RigOptions) -> Rig {
        let folder = tempfile::tempdir().expect("the machine has a temporary folder");
        let clock = Arc::new(ManualClock::new());
        let (registry, distribution) = open(&folder, &options, &clock).await;
        Rig { folder, options, clock, registry, distribution }
    }

    /// Drops everything in memory without a word, as a crash would, and starts again on what is on
    /// disk.
    pub async fn restart(self) -> Rig {
        let options = self.options.clone();
        self.restart_with(options).await
    }

    /// The same, set otherwise.
    pub async fn restart_with(self, options: RigOptions) -> Rig {
        let Rig { folder, clock, registry, distribution, .. } = self;
        drop(distribution);
        drop(registry);
        let (registry, distribution) = open(&folder, &options, &clock).await;
        Rig { folder, options, clock, registry, distribution }
    }

    /// The folder everything is in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How many objects too large for memory have been opened.
    pub fn opened(&self) -> u64 {
        self.registry.store().stats().of(Operation::Open).count
    }

    /// The stream of a repository, whose name has its namespace.
    pub fn stream(repository: &str) -> StreamRef {
        let repository = RepositoryName::parse(repository).expect("a test names a repository");
        let default = Namespace::parse("default").expect("it is a legal name");
        StreamRef::of(&repository, &default).expect("names in tests are short")
    }

    /// Deletes a repository, as the image API does with its stream.
    pub async fn delete_repository(&self, repository: &str) {
        let (access, identity) = (Access::open(OpenTo::Admin), Identity::anonymous());
        let write = access.authorize(&identity, ()).expect("everybody may");
        let manage = access.authorize(&identity, ()).expect("everybody may");
        let author = Author { identity, client: None, reason: None, may_pull: MayPull::new(|_| Ok(())) };
        let writer = self.registry.writer(&write, author, false);
        let gone = writer.delete_stream(&manage, Rig::stream(repository), Deletion::default()).await;
        gone.expect("it is there");
    }

    /// Begins a request.
    pub fn ask(&self, method: Method, path: impl AsRef<str>) -> Ask<'_> {
        let request = Request::builder().method(method).uri(path.as_ref());
        Ask { rig: self, request, body: Full::default().map_err(|never| match never {}).boxed_unsync() }
    }

    /// `GET`.
    pub async fn get(&self, path: impl AsRef<str>) -> Reply {
        self.ask(Method::GET, path).send().await
    }

    /// `HEAD`.
    pub async fn head(&self, path: impl AsRef<str>) -> Reply {
        self.ask(Method::HEAD, path).send().await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: impl AsRef<str>) -> Reply {
        self.ask(Method::DELETE, path).send().await
    }

    /// Pushes a blob in one request.
    pub async fn push_blob(&self, repository: &str, content: impl Into<Bytes>) -> Digest {
        let content = content.into();
        let digest = Digest::sha256(&content);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let reply = self.ask(Method::POST, path).body(content).send().await;
        assert_eq!(reply.status, 201, "{reply:?}");
        digest
    }

    /// Pushes a manifest.
    pub async fn push_manifest(
        &self,
        repository: &str,
        reference: &str,
        kind: ManifestType,
        raw: Bytes,
    ) -> Reply {
        self.ask(Method::PUT, format!("/v2/{repository}/manifests/{reference}"))
            .header("content-type", kind.as_str())
            .body(raw)
            .send()
            .await
    }

    /// Pushes an image with everything it names.
    pub async fn push(&self, repository: &str, reference: &str, image: &SampleImage) -> Digest {
        for blob in image.blobs() {
            self.push_blob(repository, blob.clone()).await;
        }
        let reply = self.push_manifest(repository, reference, image.media_type, image.manifest.clone()).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        image.digest()
    }
}

async fn open(
    folder: &tempfile::TempDir,
    options: &RigOptions,
    clock: &Arc<ManualClock>,
) -> (Arc<Registry>, Distribution) {
    // Flushing is what other tests are about; here it would only take time.
    let store = Store::open_local(folder.path(), LocalOptions { fsync: false, ..LocalOptions::default() })
        .await
        .expect("a fresh folder holds a store");
    let records =
        Options { secret_key: Some(SecretKey::from([7; 32])), ..Options::new("registry.test:5000") };
    let engine = Engine::open(folder.path(), records).expect("a fresh folder holds a database");
    let registry = Registry::new(store, engine, clock.clone(), options.registry.clone());
    let registry = Arc::new(registry);
    let access = Access::open(options.open_to);
    let distribution = Distribution::new(registry.clone(), access, options.edge.clone());
    (registry, distribution)
}

/// A request under way.
#[must_use]
#[derive(Debug)]
pub struct Ask<'a> {
    rig: &'a Rig,
    request: http::request::Builder,
    body: UnsyncBoxBody<Bytes, BodyError>,
}

impl Ask<'_> {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// A body of known length.
    pub fn body(mut self, content: impl Into<Bytes>) -> Self {
        self.body = Full::new(content.into()).map_err(|never| match never {}).boxed_unsync();
        self
    }

    /// A body of unknown length, in these frames. An error is the client going away.
    pub fn frames(self, frames: Vec<Result<Bytes, BodyError>>) -> Self {
        self.stream(futures_util::stream::iter(frames))
    }

    /// A body whose frames come when the test lets them.
    pub fn stream(mut self, frames: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static) -> Self {
        self.body = StreamBody::new(frames.map(|frame| frame.map(http_body::Frame::data))).boxed_unsync();
        self
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Reply {
        let request = self.request.body(self.body).expect("a test writes a well-formed request");
        let caller = Caller { identity: Identity::anonymous() };
        Reply::read(self.rig.distribution.serve(request, &caller).await).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    async fn read(response: Response<Payload>) -> Reply {
        let (parts, payload) = response.into_parts();
        let body = match payload {
            Payload::Empty => Bytes::new(),
            Payload::Bytes(bytes) => bytes,
            Payload::Blob(content) => content.into_bytes().await.expect("the blob is readable"),
            Payload::Parts(pieces) => {
                let mut body = BytesMut::new();
                for piece in pieces {
                    body.extend_from_slice(&match piece {
                        Part::Bytes(bytes) => bytes,
                        Part::Blob(content) => {
                            Content::into_bytes(content).await.expect("the blob is readable")
                        }
                    });
                }
                body.freeze()
            }
        };
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where the answer points.
    pub fn location(&self) -> &str {
        self.header("location").expect("the answer has a Location")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The first code of an error body.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().expect("the body is an error").to_owned()
    }
}
