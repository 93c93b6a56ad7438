//! Objects made by hand: what pushes, and what only later writes of the API will make.

use serde_json::json;
use weir_image_api::core_v1::Secret;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{
    Image, ImageStream, ImageStreamHistory, ImageStreamImage, ImageStreamLayers, ImageStreamTag, ImageTag,
    Namespace, ResourceVersion, StreamRef, TagParts, core_v1, image_tag, layers, stream_image, stream_tag,
};
use weir_registry::view::{Listed, Page, ViewError};

use crate::source::Source;

pub(super) const OLD: &str = "sha256:70907b229318f5ef1dff7df6d95867a2aac38c51a735351e7eb19e44e090f958";
pub(super) const NEW: &str = "sha256:1b6133670abcea78a74c297ddd236b124736bf5dec4ee7baf0a8e413c679a4ed";
const GONE: &str = "sha256:22f1f3426b191434674e28383abbcebba301ac2e74d05816e7f33b225e5b4942";
pub(super) const VERSION: u64 = 20_420;

/// Everything there is, in list order.
#[derive(Debug)]
pub(super) struct Shelf {
    namespaces: Vec<core_v1::Namespace>,
    images: Vec<Image>,
    streams: Vec<ImageStream>,
}

impl Shelf {
    /// The golden example of image-api 20, and tags in every other state.
    pub(super) fn stocked() -> Shelf {
        let namespace = |name: &str, version| {
            core_v1::Namespace::active(ObjectMeta {
                name: name.to_owned(),
                uid: format!("a2f0c1de-0000-4000-8000-{version:012}"),
                resource_version: Some(ResourceVersion(version)),
                creation_timestamp: Some("2026-02-03T10:16:00Z".parse().unwrap()),
                ..ObjectMeta::default()
            })
        };
        let image = |name: &str, version: &str| -> Image {
            serde_json::from_value(json!({
                "metadata": {
                    "name": name, "uid": "b0b7c1a2-93a5-4d0c-8f0e-3a1d5a0f7e42", "resourceVersion": version,
                    "creationTimestamp": "2026-02-04T08:02:10Z",
                    "annotations": {"openshift.io/image.managed": "true"},
                },
                "dockerImageReference": format!("registry.example.com/team/app@{name}"),
                "dockerImageMetadata": {
                    "kind": "DockerImage", "apiVersion": "image.openshift.io/1.0", "Architecture": "amd64", "Size": 9,
                },
                "dockerImageMetadataVersion": "1.0",
                "dockerImageLayers": [{
                    "name": "sha256:c518c81df830675b130c1b014f9a5bd6281b361e5249473f2bfacf014eab079c",
                    "size": 2_811_969, "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                }],
                "dockerImageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json",
            }))
            .unwrap()
        };
        Shelf {
            namespaces: vec![namespace("demo", 9), namespace("team", 7)],
            images: vec![image(NEW, "20416"), image(OLD, "20410")],
            streams: vec![
                plain_stream("demo", "one", "20420", "none"),
                app(),
                plain_stream("team", "app-x", "20418", "9"),
                plain_stream("team", "b~c", "20419", "10"),
            ],
        }
    }
}

/// A stream with one pushed tag.
fn plain_stream(namespace: &str, name: &str, version: &str, size: &str) -> ImageStream {
    serde_json::from_value(json!({
        "metadata": {
            "name": name, "namespace": namespace, "uid": format!("5d1f3b1e-0000-4000-8000-0000000{version}"),
            "resourceVersion": version, "generation": 1, "creationTimestamp": "2026-02-03T10:16:00Z",
            "labels": {"size": size},
        },
        "spec": {"lookupPolicy": {"local": false}},
        "status": {
            "dockerImageRepository": format!("registry.example.com/{namespace}/{}", name.replace('~', "/")),
            "tags": [{"tag": "v1", "items": [event("2026-02-03T10:16:01Z", OLD)]}],
        },
    }))
    .unwrap()
}

fn event(created: &str, image: &str) -> serde_json::Value {
    json!({
        "created": created, "dockerImageReference": format!("registry.example.com/team/app@{image}"),
        "image": image, "generation": 1,
    })
}

/// A stream with a tag in each state.
fn app() -> ImageStream {
    serde_json::from_value(json!({
        "metadata": {
            "name": "app", "namespace": "team", "uid": "5d1f3b1e-6a0c-4c7e-9d27-0f2a7f3b9c11",
            "resourceVersion": "20417", "generation": 3, "creationTimestamp": "2026-02-03T10:16:00Z",
            "labels": {"tier": "web", "size": "5"}, "annotations": {"team": "blue"},
        },
        "spec": {
            "lookupPolicy": {"local": true},
            "dockerImageRepository": "quay.io/acme/app",
            "tags": [
                {"name": "failed", "from": {"kind": "DockerImage", "name": "quay.io/acme/app:bad"}, "generation": 2,
                 "importPolicy": {"scheduled": true}, "referencePolicy": {"type": "Source"}},
                {"name": "pinned", "from": {"kind": "ImageStreamTag", "name": "app:latest"}, "generation": 2,
                 "annotations": {"description": "the good one"}, "referencePolicy": {"type": "Local"}},
                {"name": "pointer", "from": {"kind": "DockerImage", "name": "quay.io/acme/app:x"}, "reference": true,
                 "generation": 3, "referencePolicy": {"type": "Source"}},
            ],
        },
        "status": {
            "dockerImageRepository": "registry.example.com/team/app",
            "tags": [
                {"tag": "failed", "items": null, "conditions": [{
                    "type": "ImportSuccess", "status": "False", "lastTransitionTime": "2026-02-04T08:00:00Z",
                    "reason": "NotFound", "message": "no such image", "generation": 2,
                }]},
                {"tag": "latest", "items": [event("2026-02-04T08:02:10Z", NEW), event("2026-02-03T10:16:01Z", OLD)]},
                {"tag": "lost", "items": [event("2026-02-01T10:16:01Z", GONE)]},
                {"tag": "pinned", "items": [event("2026-02-04T08:02:10Z", NEW)]},
                {"tag": "pointer", "items": [{
                    "created": "2026-02-04T08:02:10Z", "dockerImageReference": "quay.io/acme/app:x", "image": "",
                    "generation": 3,
                }]},
            ],
        },
    }))
    .unwrap()
}

type Result<T> = std::result::Result<T, ViewError>;

impl Shelf {
    fn stream(&self, stream: &StreamRef) -> Result<&ImageStream> {
        let wanted = (stream.namespace.as_str(), stream.name.as_str());
        let mut streams = self.streams.iter();
        streams
            .find(|found| (found.metadata.namespace.as_str(), found.metadata.name.as_str()) == wanted)
            .ok_or(ViewError::StreamNotFound)
    }

    fn parts(&self, of: Option<&Namespace>, page: &Page) -> Listed<TagParts> {
        let streams = self.streams.iter().filter(|stream| within(of, &stream.metadata));
        let parts = streams.flat_map(TagParts::all).collect();
        cut(parts, page, |parts| (parts.stream.namespace.clone(), parts.name()))
    }

    fn find_image(&self, name: &str) -> Option<Image> {
        self.images.iter().find(|image| image.metadata.name == name).cloned()
    }
}

impl Source for &Shelf {
    fn history(&self, _stream: &StreamRef, _tag: Option<&str>, _limit: usize) -> Result<ImageStreamHistory> {
        Err(ViewError::StreamNotFound)
    }

    fn secret(&self, _namespace: &Namespace, _name: &str) -> Result<Secret> {
        Err(ViewError::SecretNotFound)
    }

    fn secrets(&self, _of: Option<&Namespace>, page: &Page) -> Result<Listed<Secret>> {
        Ok(cut(Vec::new(), page, |secret: &Secret| key(&secret.metadata)))
    }

    fn namespace(&self, name: &str) -> Result<core_v1::Namespace> {
        let found = self.namespaces.iter().find(|namespace| namespace.metadata.name == name);
        found.cloned().ok_or(ViewError::NamespaceNotFound)
    }

    fn namespaces(&self, page: &Page) -> Result<Listed<core_v1::Namespace>> {
        Ok(cut(self.namespaces.clone(), page, |found| key(&found.metadata)))
    }

    fn image(&self, name: &str) -> Result<Image> {
        self.find_image(name).ok_or_else(|| ViewError::ImageNotFound(name.to_owned()))
    }

    fn images(&self, page: &Page) -> Result<Listed<Image>> {
        Ok(cut(self.images.clone(), page, |found| key(&found.metadata)))
    }

    fn image_stream(&self, stream: &StreamRef) -> Result<ImageStream> {
        self.stream(stream).cloned()
    }

    fn image_streams(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStream>> {
        let streams = self.streams.iter().filter(|stream| within(of, &stream.metadata));
        Ok(cut(streams.cloned().collect(), page, |found| key(&found.metadata)))
    }

    fn stream_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageStreamTag> {
        let parts = TagParts::of(self.stream(stream)?, tag);
        let name = parts.current().map(|event| event.image.clone()).ok_or(ViewError::TagNotFound)?;
        let image = self.image(&name)?;
        Ok(stream_tag::view(parts, Some(image)))
    }

    fn stream_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageStreamTag>> {
        let Listed { mut items, version, next, remaining } = self.parts(of, page);
        items.retain(|parts| parts.current().is_some());
        let items = items.into_iter().map(|parts| stream_tag::view(parts, None)).collect();
        Ok(Listed { items, version, next, remaining })
    }

    fn image_tag(&self, stream: &StreamRef, tag: &str) -> Result<ImageTag> {
        let parts = TagParts::of(self.stream(stream)?, tag);
        if parts.spec.is_none() && parts.status.is_none() {
            return Err(ViewError::TagNotFound);
        }
        let image = parts.current().and_then(|event| self.find_image(&event.image));
        Ok(image_tag::view(parts, image))
    }

    fn image_tags(&self, of: Option<&Namespace>, page: &Page) -> Result<Listed<ImageTag>> {
        let Listed { items, version, next, remaining } = self.parts(of, page);
        let items = items.into_iter().map(|parts| image_tag::view(parts, None)).collect();
        Ok(Listed { items, version, next, remaining })
    }

    fn stream_image(&self, stream: &StreamRef, id: &str) -> Result<ImageStreamImage> {
        let layers = self.stream_layers(stream)?;
        match stream_image::find(layers.images.keys().map(String::as_str), id) {
            stream_image::Match::Missing => Err(ViewError::StreamImageNotFound),
            stream_image::Match::Ambiguous(names) => Err(ViewError::Ambiguous(names)),
            stream_image::Match::One(name) => {
                Ok(stream_image::view(&layers.metadata, id, self.image(&name)?))
            }
        }
    }

    fn stream_layers(&self, stream: &StreamRef) -> Result<ImageStreamLayers> {
        let stream = self.stream(stream)?;
        let events = stream.status.tags.iter().flat_map(|tag| &tag.items);
        let history: Vec<String> = events.map(|event| event.image.clone()).collect();
        Ok(layers::build(|name: &str| self.find_image(name), history.into_iter(), stream.metadata.clone()))
    }
}

fn within(of: Option<&Namespace>, metadata: &ObjectMeta) -> bool {
    of.is_none_or(|namespace| namespace.as_str() == metadata.namespace)
}

fn key(metadata: &ObjectMeta) -> (String, String) {
    (metadata.namespace.clone(), metadata.name.clone())
}

/// A page, as the engine cuts it: tags by stream and then by tag.
fn cut<T>(all: Vec<T>, page: &Page, key: impl Fn(&T) -> (String, String)) -> Listed<T> {
    let order = |(namespace, name): &(String, String)| -> (String, Vec<String>) {
        (namespace.clone(), name.splitn(2, ':').map(str::to_owned).collect())
    };
    let after = page.after.as_ref().map(order);
    let mut items: Vec<T> = all
        .into_iter()
        .filter(|item| after.as_ref().is_none_or(|after| order(&key(item)) > *after))
        .collect();
    let total = items.len();
    items.truncate(page.limit.unwrap_or(usize::MAX));
    let left = total - items.len();
    let next = items.last().map(&key).filter(|_| left > 0);
    Listed { remaining: next.as_ref().map(|_| left as u64), next, items, version: ResourceVersion(VERSION) }
}
