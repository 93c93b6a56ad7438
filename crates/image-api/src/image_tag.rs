//! The complete view of a tag, which exists as soon as the tag is wanted or has a history
//! (image-api 11).

mod row;
pub mod rules;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::meta::{Column, ColumnType, Kind, NAME, ObjectMeta, Resource};
use crate::wire::nullable;
use crate::{Image, ImageStream, NamedTagEventList, TagParts, TagReference, Timestamp};

/// One tag of a stream: what is wanted of it, its history and its image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageTag {
    /// The stream's, but for the name `<stream>:<tag>`.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The spec tag.
    pub spec: Option<TagReference>,
    /// The history.
    pub status: Option<NamedTagEventList>,
    /// The image the tag points to.
    pub image: Option<Image>,
}

/// The view of a tag. `image` is the image of [`TagParts::current`], if it was loaded and found.
pub fn view(parts: TagParts, image: Option<Image>) -> ImageTag {
    let image = parts.current().zip(image).map(|(event, image)| Image {
        docker_image_reference: parts.reference(event),
        ..image.without_documents()
    });
    ImageTag {
        metadata: ObjectMeta { name: parts.name(), ..parts.stream },
        spec: parts.spec,
        status: parts.status,
        image,
    }
}

/// Every tag that a stream wants or has, by name, without their images (image-api 11.2).
pub fn list(stream: &ImageStream) -> Vec<ImageTag> {
    TagParts::all(stream).into_iter().map(|parts| view(parts, None)).collect()
}

impl Kind for ImageTag {
    const KIND: &'static str = "ImageTag";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageTag {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            NAME,
            Column::text("Spec", "How the tag gets its images."),
            Column::text("Status", "What the tag points to, or what went wrong."),
            Column::text("History", "How many images the tag has pointed to.").of_type(ColumnType::Number),
            Column::text("Updated", "Time since the tag last changed."),
        ];
        COLUMNS
    }

    fn row(&self, now: Timestamp) -> Vec<Value> {
        row::row(self, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> ImageStream {
        serde_json::from_str(
            r#"{"metadata":{"name":"app","namespace":"team","generation":3,"annotations":{"a":"b"}},
                "spec":{"tags":[{"name":"wanted","annotations":{"x":"y"}}]},
                "status":{"tags":[
                  {"tag":"pointer","items":[{"dockerImageReference":"p","image":""}]},
                  {"tag":"pushed","items":[{"dockerImageReference":"q","image":"j"}]}]}}"#,
        )
        .unwrap()
    }

    #[test]
    fn shows_the_stream_the_tag_and_the_image() {
        // image-api 135
        let image = Image {
            docker_image_reference: "first seen under".to_owned(),
            docker_image_manifest: "{}".to_owned(),
            docker_image_config: "{}".to_owned(),
            ..Image::default()
        };
        let tag = view(TagParts::of(&stream(), "pushed"), Some(image.clone()));
        assert_eq!(
            serde_json::to_string(&tag).unwrap(),
            concat!(
                r#"{"metadata":{"name":"app:pushed","namespace":"team","generation":3,"annotations":{"a":"b"}},"#,
                r#""spec":null,"status":{"tag":"pushed","items":[{"created":null,"dockerImageReference":"q","#,
                r#""image":"j","generation":0}]},"image":{"metadata":{},"dockerImageReference":"q","#,
                r#""dockerImageMetadata":{"kind":"DockerImage","apiVersion":"image.openshift.io/1.0","Id":"","#,
                r#""Created":null,"ContainerConfig":{}},"dockerImageMetadataVersion":"1.0"}}"#
            )
        );
        // image-api 134a
        let pointer = view(TagParts::of(&stream(), "pointer"), Some(image));
        assert_eq!(pointer.image, None);
        assert_eq!(pointer.status.unwrap().items[0].docker_image_reference, "p");
        let wanted = view(TagParts::of(&stream(), "wanted"), None);
        assert_eq!(
            (wanted.spec.unwrap().name, wanted.status, wanted.image),
            ("wanted".to_owned(), None, None)
        );
    }

    #[test]
    fn a_list_has_every_tag_and_no_image() {
        // image-api 137
        let list = list(&stream());
        let names: Vec<_> = list.iter().map(|tag| tag.metadata.name.as_str()).collect();
        assert_eq!(names, ["app:pointer", "app:pushed", "app:wanted"]);
        assert!(list.iter().all(|tag| tag.image.is_none()));
    }
}
