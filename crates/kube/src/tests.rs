//! The edge as a whole, asked over a shelf of objects made by hand.

mod answers;
mod catalogue;
mod lists;
mod shelf;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, Method, Request};
use http_body_util::Empty;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use weir_image_api::Timestamp;

use self::shelf::Shelf;
use crate::edge::{Edge, Gate, Refused};
use crate::payload::Payload;
use crate::resource::{List, Right, Watch};
use crate::source::Source;
use crate::watch::Log;
use crate::write::Pen;
use crate::{KubernetesVersion, Product, Settings};

const B: &str = "/apis/image.openshift.io/v1";
const N: &str = "/apis/image.openshift.io/v1/namespaces/team";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// The edge in front of a shelf, at a fixed time.
struct Bench {
    edge: Edge,
    shelf: Shelf,
}

/// Lets everybody in, or nobody.
enum Door<'a> {
    Open(&'a Shelf),
    Closed,
}

struct Reply {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Gate for Door<'_> {
    fn open(&self, _right: Right) -> Result<Box<dyn Source + '_>, Refused> {
        match self {
            Door::Open(stock) => Ok(Box::new(*stock)),
            Door::Closed => Err(Refused { user: "alice".to_owned() }),
        }
    }

    // Nothing is written or watched here: that takes a registry, and is tested over one.
    fn log(&self, _right: Right, _watch: Watch, _list: List) -> Result<Box<dyn Log>, Refused> {
        Err(Refused { user: "alice".to_owned() })
    }

    fn pen(&self, _right: Right, _headers: &HeaderMap) -> Result<Pen, Refused> {
        Err(Refused { user: "alice".to_owned() })
    }
}

impl Bench {
    fn new() -> Bench {
        let settings = Settings {
            address: "127.0.0.1:5000".to_owned(),
            kubernetes: KubernetesVersion { major: 1, minor: 34 },
            product: Product {
                version: "0.1.0".to_owned(),
                commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
                build_date: "2026-02-03T10:00:00Z".to_owned(),
                platform: "linux/amd64".to_owned(),
            },
            stop: CancellationToken::new(),
        };
        Bench { edge: Edge::new(&settings), shelf: Shelf::stocked() }
    }

    fn get(&self, path: impl AsRef<str>) -> Reply {
        self.send(Method::GET, path, &[])
    }

    fn get_as(&self, accept: &str, path: impl AsRef<str>) -> Reply {
        self.send(Method::GET, path, &[("accept", accept)])
    }

    fn send(&self, method: Method, path: impl AsRef<str>, headers: &[(&str, &str)]) -> Reply {
        self.through(&Door::Open(&self.shelf), method, path, headers)
    }

    fn through(
        &self,
        door: &Door<'_>,
        method: Method,
        path: impl AsRef<str>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path.as_ref());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let now = Timestamp::parse("2026-02-05T08:02:10Z").unwrap();
        let body = Empty::<Bytes>::new();
        let answer = self.edge.answer(&parts, body, door, now).now_or_never();
        let (parts, body) = answer.expect("nothing is waited for").into_parts();
        let Payload::Bytes(body) = body else { panic!("nothing here goes on") };
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    /// Status, content type and body, for a snapshot.
    fn shown(&self) -> String {
        let body = String::from_utf8(crate::indent::indent(self.body.trim_ascii_end())).unwrap();
        format!("{} {}\n{body}", self.status, self.header("content-type"))
    }

    /// `namespace/name` of each object of a list.
    fn names(&self) -> Vec<String> {
        let list = self.json();
        let items = list["items"].as_array().unwrap();
        let name = |item: &Value| {
            let metadata = &item["metadata"];
            let namespace = metadata["namespace"].as_str();
            let name = metadata["name"].as_str().unwrap();
            namespace.map_or(name.to_owned(), |namespace| format!("{namespace}/{name}"))
        };
        items.iter().map(name).collect()
    }
}
