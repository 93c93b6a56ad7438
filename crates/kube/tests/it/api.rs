//! The edge over a rig, and short ways to ask it.

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::Full;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use weir_access::{Access, Identity, OpenTo};
use weir_kube::{Caller, Kube, KubernetesVersion, Outcome, Payload, Product, Settings};
use weir_testkit::Rig;

pub(crate) const B: &str = "/apis/image.openshift.io/v1";
pub(crate) const N: &str = "/apis/image.openshift.io/v1/namespaces/demo";
pub(crate) const PROJECTS: &str = "/apis/project.openshift.io/v1/projects";

pub(crate) struct Api(pub(crate) Kube);

/// An answer that is all there.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) outcome: Outcome,
}

impl Api {
    pub(crate) fn over(rig: &Rig) -> Api {
        Api::open_to(rig, OpenTo::Admin)
    }

    pub(crate) fn open_to(rig: &Rig, open_to: OpenTo) -> Api {
        let settings = Settings {
            address: "registry.test:5000".to_owned(),
            kubernetes: KubernetesVersion { major: 1, minor: 34 },
            product: Product {
                version: "0.1.0".to_owned(),
                commit: String::new(),
                build_date: String::new(),
                platform: "linux/amd64".to_owned(),
            },
            stop: CancellationToken::new(),
        };
        Api(Kube::new(rig.registry.clone(), Access::open(open_to), rig.clock.clone(), &settings))
    }

    /// A registry with the namespace `demo`.
    pub(crate) async fn start() -> (Rig, Api) {
        let rig = Rig::start().await;
        let api = Api::over(&rig);
        api.make("/api/v1/namespaces", &serde_json::json!({"metadata": {"name": "demo"}})).await;
        (rig, api)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let caller = Caller { identity: Identity::anonymous(), request_id: "r-1".to_owned() };
        let (parts, payload) = self.0.serve(request, &caller).await.into_parts();
        let Payload::Bytes(body) = payload else { panic!("{path} goes on") };
        let outcome = parts.extensions.get::<Outcome>().unwrap().clone();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body, outcome }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, &[], body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, &[], body.to_string()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], "").await
    }

    /// Patches with a content type of `application/<what>`.
    pub(crate) async fn patch(&self, path: &str, what: &str, body: &Value) -> Reply {
        let content_type = format!("application/{what}");
        self.send(Method::PATCH, path, &[("content-type", &content_type)], body.to_string()).await
    }

    /// What is there.
    pub(crate) async fn found(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.json());
        reply.json()
    }

    /// Makes an object.
    pub(crate) async fn make(&self, path: &str, body: &Value) -> Value {
        let reply = self.post(path, body).await;
        assert_eq!(reply.status, 201, "{path}: {}", reply.json());
        reply.json()
    }

    pub(crate) async fn rows(&self, path: &str) -> Value {
        let accept = [("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")];
        let table = self.send(Method::GET, path, &accept, "").await.json();
        table["rows"].as_array().unwrap().iter().map(|row| row["cells"].clone()).collect()
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    /// Status, reason and message of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        let status = self.json();
        let text = |name: &str| status[name].as_str().unwrap_or_default().to_owned();
        (self.status, text("reason"), text("message"))
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let values = self.headers.get_all("warning").iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

/// The names of the objects of a list.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}
