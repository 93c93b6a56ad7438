//! The verbs of the image API, each checking that the server answered what it had to.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::http::{Body, Client, Request};
use crate::protocol::{answer, wrong};

const GROUP: &str = "/apis/image.openshift.io/v1";
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// The path of a namespaced collection.
pub(crate) fn collection(namespace: &str, plural: &str) -> String {
    format!("{GROUP}/namespaces/{namespace}/{plural}")
}

/// The path of the collection of images, which belong to no namespace.
pub(crate) fn images() -> String {
    format!("{GROUP}/images")
}

pub(crate) fn get(client: &mut Client, target: &str) -> Result<Vec<u8>, Failure> {
    answer(client, &reading(target), 200).map(|(_, body)| body)
}

/// POST or PUT of something that is new.
pub(crate) fn make(
    client: &mut Client,
    method: &'static str,
    target: &str,
    body: &str,
) -> Result<(), Failure> {
    let body = Body::Sized(&[body.as_bytes()]);
    answer(client, &Request { method, target, headers: &[JSON], body }, 201).map(drop)
}

/// A page of a collection, from its beginning or behind what `token` stands for.
pub(crate) fn page(
    client: &mut Client,
    collection: &str,
    limit: usize,
    token: Option<&str>,
) -> Result<Vec<u8>, Failure> {
    let behind = token.map(|token| format!("&continue={token}")).unwrap_or_default();
    get(client, &format!("{collection}?limit={limit}{behind}"))
}

/// What stands for the page behind so many others; `None` if there are not so many.
pub(crate) fn token_behind(
    client: &mut Client,
    collection: &str,
    limit: usize,
    pages: usize,
) -> Result<Option<String>, Failure> {
    let mut token: Option<String> = None;
    for _ in 0..pages {
        let body = page(client, collection, limit, token.as_deref())?;
        let list = parse(collection, &body)?;
        // Tokens are base64url, perhaps with padding.
        token = list["metadata"]["continue"].as_str().map(|token| token.replace('=', "%3D"));
        if token.is_none() {
            return Ok(None);
        }
    }
    Ok(token)
}

/// The version of a collection now.
pub(crate) fn version(client: &mut Client, collection: &str) -> Result<String, Failure> {
    let body = page(client, collection, 1, None)?;
    let list = parse(collection, &body)?;
    let version = list["metadata"]["resourceVersion"].as_str().map(str::to_owned);
    version.ok_or_else(|| wrong(&reading(collection), "a list without a version".to_owned()))
}

pub(crate) fn parse(target: &str, body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|error| wrong(&reading(target), format!("no JSON: {error}")))
}

/// A mapping that makes an image the newest one of a tag: about what a registry sends for an image of two layers.
pub(crate) fn mapping(stream: &str, tag: &str, image: &str, name: usize) -> String {
    let layer = "application/vnd.oci.image.layer.v1.tar+gzip";
    json!({
        "kind": "ImageStreamMapping",
        "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": stream},
        "tag": tag,
        "image": {
            "metadata": {
                "name": image,
                "annotations": {
                    "image.openshift.io/dockerLayersOrder": "ascending",
                    "image.openshift.io/manifestBlobStored": "true",
                    "openshift.io/image.managed": "true",
                },
            },
            "dockerImageMetadata": {
                "kind": "DockerImage",
                "apiVersion": "image.openshift.io/1.0",
                "Id": digest(name ^ (1 << 40)),
                "Created": "2026-02-03T10:16:00Z",
                "Config": {
                    "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
                    "Entrypoint": ["/app"],
                    "WorkingDir": "/",
                    "Labels": {"version": name.to_string()},
                },
                "Architecture": "amd64",
                "Size": 2_814_233,
            },
            "dockerImageMetadataVersion": "1.0",
            "dockerImageLayers": [
                {"name": digest(1 << 50), "size": 2_811_969, "mediaType": layer},
                {"name": digest(name ^ (1 << 41)), "size": 1687, "mediaType": layer},
            ],
            "dockerImageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        },
    })
    .to_string()
}

/// What `oc tag` sends: a tag of a stream, from a tag or an image of the same stream.
pub(crate) fn stream_tag(stream: &str, tag: &str, from: &Value) -> String {
    json!({
        "kind": "ImageStreamTag",
        "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": format!("{stream}:{tag}")},
        "tag": {"name": tag, "from": from, "referencePolicy": {"type": "Source"}},
    })
    .to_string()
}

/// A digest of nothing that exists: the records of the image API need no bytes behind them.
pub(crate) fn digest(number: usize) -> String {
    let part = |at: u64| crate::content::mix(crate::content::mix(number as u64) ^ at);
    format!("sha256:{:016x}{:016x}{:016x}{:016x}", part(0), part(1), part(2), part(3))
}

fn reading(target: &str) -> Request<'_> {
    Request { method: "GET", target, headers: &[], body: Body::Absent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_look_like_digests_and_differ() {
        assert_eq!(digest(5).len(), 71);
        assert_eq!(digest(5), digest(5));
        assert_ne!(digest(5), digest(6));
    }
}
