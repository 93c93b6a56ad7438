//! The view of a tag that merges the stream with the image the tag points to (image-api 10).

mod edit;
mod refusal;
pub mod rules;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use edit::{check_version, set_spec_tag, stream_or_new};
pub use refusal::Refusal;

use crate::meta::{Column, Kind, NAME, ObjectMeta, Resource};
use crate::stream::ImageLookupPolicy;
use crate::wire::{is_default, nullable};
use crate::{Image, ImageStream, TagEvent, TagEventCondition, TagParts, TagReference, Timestamp, elapsed};

/// One tag of a stream and the image it points to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamTag {
    /// Named `<stream>:<tag>`; the rest is the stream's, the event's and the spec tag's.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The spec tag.
    pub tag: Option<TagReference>,
    /// Generation of the current event.
    #[serde(deserialize_with = "nullable")]
    pub generation: i64,
    /// The stream's.
    #[serde(deserialize_with = "nullable")]
    pub lookup_policy: ImageLookupPolicy,
    /// What went wrong with the tag.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub conditions: Vec<TagEventCondition>,
    /// The image.
    #[serde(deserialize_with = "nullable")]
    pub image: Image,
}

/// Takes a name `<stream>:<tag>` apart (image-api 3.4).
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    let (stream, tag) = name.split_once(':')?;
    let well_formed = !stream.is_empty() && !tag.is_empty() && !tag.contains(':') && !name.contains('@');
    well_formed.then_some((stream, tag))
}

/// The view of a tag. `image` is the image of [`TagParts::current`], if it was loaded and found;
/// otherwise an image stands in that has a name and a pull spec only.
///
/// It exists even where a request for it fails, since writes answer with it and patches start from
/// it; [`TagParts::current`] tells whether there is something to get.
pub fn view(parts: TagParts, image: Option<Image>) -> ImageStreamTag {
    let event = parts.current();
    let annotations = parts.spec.as_ref().and_then(|spec| spec.annotations.clone()).unwrap_or_default();
    let mut image = match (event, image) {
        (Some(_), Some(image)) => image.without_documents(),
        (event, _) => stand_in(event),
    };
    image.docker_image_reference = event.map(|event| parts.reference(event)).unwrap_or_default();
    if event.is_some() {
        image.metadata.annotations.extend(annotations.clone());
    }
    ImageStreamTag {
        generation: event.map_or(0, |event| event.generation),
        metadata: ObjectMeta {
            name: parts.name(),
            creation_timestamp: event.map(|event| event.created).or(parts.stream.creation_timestamp),
            annotations,
            namespace: parts.stream.namespace,
            uid: parts.stream.uid,
            resource_version: parts.stream.resource_version,
            labels: parts.stream.labels,
            ..ObjectMeta::default()
        },
        tag: parts.spec,
        lookup_policy: parts.lookup_policy,
        conditions: parts.status.map(|status| status.conditions).unwrap_or_default(),
        image,
    }
}

fn stand_in(event: Option<&TagEvent>) -> Image {
    let name = event.map(|event| event.image.clone()).unwrap_or_default();
    Image { metadata: ObjectMeta { name, ..ObjectMeta::default() }, ..Image::default() }
}

/// The tags of a stream that point to an image, by name, without their images (image-api 10.3).
pub fn list(stream: &ImageStream) -> Vec<ImageStreamTag> {
    TagParts::all(stream)
        .into_iter()
        .filter(|parts| parts.current().is_some())
        .map(|parts| view(parts, None))
        .collect()
}

impl Kind for ImageStreamTag {
    const KIND: &'static str = "ImageStreamTag";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageStreamTag {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            NAME,
            Column::text("Image Reference", "The pull spec of the image."),
            Column::text("Updated", "Time since the tag got the image."),
            Column::text("Image Name", "Name of the image.").wide(),
        ];
        COLUMNS
    }

    fn row(&self, now: Timestamp) -> Vec<Value> {
        vec![
            self.metadata.name.as_str().into(),
            self.image.docker_image_reference.as_str().into(),
            elapsed::ago_or_empty(self.metadata.creation_timestamp, now).into(),
            self.image.metadata.name.as_str().into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> ImageStream {
        serde_json::from_str(
            r#"{"metadata":{"name":"app","namespace":"team","uid":"u","resourceVersion":"7","generation":3,
                "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"l":"m"},"annotations":{"stream":"s"}},
                "spec":{"lookupPolicy":{"local":true},"tags":[
                  {"name":"latest","annotations":{"spec":"a"},"generation":3},
                  {"name":"pointer","reference":true,"annotations":{"spec":"p"}},{"name":"wanted"}]},
                "status":{"tags":[
                  {"tag":"latest","items":[{"created":"2026-01-02T00:00:00Z","dockerImageReference":"r","image":"i",
                    "generation":2}],"conditions":[{"type":"ImportSuccess","status":"False"}]},
                  {"tag":"pointer","items":[{"created":"2026-01-03T00:00:00Z","dockerImageReference":"p","image":"",
                    "generation":2}]},
                  {"tag":"pushed","items":[{"created":"2026-01-04T00:00:00Z","dockerImageReference":"q","image":"j",
                    "generation":1}]}]}}"#,
        )
        .unwrap()
    }

    #[test]
    fn names_have_two_halves() {
        // image-api 118
        assert_eq!(split_name("app:latest"), Some(("app", "latest")));
        assert_eq!(split_name("b~c:latest"), Some(("b~c", "latest")));
        for bad in ["", "app", "app:", ":latest", "app:a:b", "app@x", "app:a@x", ":"] {
            assert_eq!(split_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn stream_event_spec_tag_and_image_are_merged() {
        // image-api 115, 119
        let image = Image {
            metadata: ObjectMeta {
                name: "i".to_owned(),
                annotations: [("spec", "of the image"), ("own", "o")]
                    .map(|(k, v)| (k.into(), v.into()))
                    .into(),
                ..ObjectMeta::default()
            },
            docker_image_reference: "first seen under".to_owned(),
            docker_image_manifest: "{}".to_owned(),
            docker_image_config: "{}".to_owned(),
            docker_image_manifest_media_type: "m".to_owned(),
            ..Image::default()
        };
        let parts = TagParts::of(&stream(), "latest");
        assert_eq!(parts.current().unwrap().image, "i");
        let view = view(parts, Some(image));
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            concat!(
                r#"{"metadata":{"name":"app:latest","namespace":"team","uid":"u","resourceVersion":"7","#,
                r#""creationTimestamp":"2026-01-02T00:00:00Z","labels":{"l":"m"},"annotations":{"spec":"a"}},"#,
                r#""tag":{"name":"latest","annotations":{"spec":"a"},"generation":3,"importPolicy":{},"#,
                r#""referencePolicy":{"type":"Source"}},"generation":2,"lookupPolicy":{"local":true},"#,
                r#""conditions":[{"type":"ImportSuccess","status":"False","lastTransitionTime":null,"generation":0}],"#,
                r#""image":{"metadata":{"name":"i","annotations":{"own":"o","spec":"a"}},"#,
                r#""dockerImageReference":"r","dockerImageMetadata":{"kind":"DockerImage","#,
                r#""apiVersion":"image.openshift.io/1.0","Id":"","Created":null,"ContainerConfig":{}},"#,
                r#""dockerImageMetadataVersion":"1.0","dockerImageManifestMediaType":"m"}}"#
            )
        );
        let now = Timestamp::parse("2026-01-02T00:00:05Z").unwrap();
        // image-api 22
        assert_eq!(view.row(now), ["app:latest", "r", "5 seconds ago", "i"]);
        let columns: Vec<_> = ImageStreamTag::columns().iter().map(|c| (c.name(), c.is_wide())).collect();
        let expected =
            [("Name", false), ("Image Reference", false), ("Updated", false), ("Image Name", true)];
        assert_eq!(columns, expected);
    }

    #[test]
    fn a_tag_without_image_is_an_empty_view() {
        // image-api 116, 134a
        for tag in ["pointer", "wanted"] {
            let parts = TagParts::of(&stream(), tag);
            assert_eq!(parts.current(), None, "{tag}");
            let view = view(parts, None);
            assert_eq!(view.generation, 0, "{tag}");
            assert_eq!(view.metadata.creation_timestamp, stream().metadata.creation_timestamp, "{tag}");
            assert_eq!(view.image, Image::default(), "{tag}");
            assert_eq!(view.tag.unwrap().name, tag);
        }
    }

    #[test]
    fn a_list_has_the_tags_with_image_and_does_not_load_them() {
        // image-api 121
        let list = list(&stream());
        let seen: Vec<_> = list
            .iter()
            .map(|view| {
                let image = &view.image;
                (
                    view.metadata.name.as_str(),
                    image.metadata.name.as_str(),
                    image.docker_image_reference.as_str(),
                )
            })
            .collect();
        assert_eq!(seen, [("app:latest", "i", "r"), ("app:pushed", "j", "q")]);
    }
}
