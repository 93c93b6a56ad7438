//! The view of one image of a stream (image-api 12), and how images are found by a part of their
//! name (image-api 3.4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weir_oci::Digest;

use crate::meta::{Column, Kind, NAME, ObjectMeta, Resource};
use crate::wire::nullable;
use crate::{Image, Timestamp, elapsed};

/// One image of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStreamImage {
    /// Named `<stream>@<id>` as it was asked for.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The image.
    #[serde(deserialize_with = "nullable")]
    pub image: Image,
}

/// Takes a name `<stream>@<id>` apart (image-api 3.4).
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    let (stream, id) = name.split_once('@')?;
    (!stream.is_empty() && !id.is_empty() && !id.contains('@')).then_some((stream, id))
}

/// The images that an id may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// None.
    Missing,
    /// This one.
    One(String),
    /// All of these, in order.
    Ambiguous(Vec<String>),
}

/// Finds the image that `id` means among `names`: the one of that name, else the only one whose
/// name, or the hash in it, starts with `id` (image-api 3.4, Q22).
pub fn find<'a>(names: impl IntoIterator<Item = &'a str>, id: &str) -> Match {
    let mut matching: BTreeSet<&str> = names.into_iter().filter(|name| matches(name, id)).collect();
    if matching.contains(id) {
        return Match::One(id.to_owned());
    }
    match (matching.pop_first(), matching.is_empty()) {
        (None, _) => Match::Missing,
        (Some(only), true) => Match::One(only.to_owned()),
        (Some(first), false) => {
            Match::Ambiguous([first].into_iter().chain(matching).map(str::to_owned).collect())
        }
    }
}

/// Whether `id` is the start of a name, or of the hash in it.
pub fn matches(name: &str, id: &str) -> bool {
    name.starts_with(id) || Digest::parse(name).is_ok_and(|digest| digest.hex().starts_with(id))
}

/// The view of an image that `stream` makes pullable and that was asked for as `id`.
pub fn view(stream: &ObjectMeta, id: &str, image: Image) -> ImageStreamImage {
    ImageStreamImage {
        metadata: ObjectMeta {
            name: format!("{}@{id}", stream.name),
            namespace: stream.namespace.clone(),
            creation_timestamp: image.metadata.creation_timestamp,
            annotations: stream.annotations.clone(),
            ..ObjectMeta::default()
        },
        image: image.without_documents(),
    }
}

impl Kind for ImageStreamImage {
    const KIND: &'static str = "ImageStreamImage";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageStreamImage {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            NAME,
            Column::text("Updated", "Time since the image was first seen."),
            Column::text("Image Reference", "The pull spec the image was first seen under.").wide(),
            Column::text("Image Name", "Name of the image.").wide(),
        ];
        COLUMNS
    }

    fn row(&self, now: Timestamp) -> Vec<Value> {
        vec![
            self.metadata.name.as_str().into(),
            elapsed::ago_or_empty(self.metadata.creation_timestamp, now).into(),
            self.image.docker_image_reference.as_str().into(),
            self.image.metadata.name.as_str().into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_two_halves() {
        // image-api 144
        assert_eq!(split_name("app@sha256:12"), Some(("app", "sha256:12")));
        assert_eq!(split_name("b~c@12"), Some(("b~c", "12")));
        for bad in ["", "app", "app@", "@12", "app@a@b", "app:latest"] {
            assert_eq!(split_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_image_is_found_by_any_unique_start_of_its_name() {
        // image-api 142, 144
        let (a, b) = (format!("sha256:ab1{}", "0".repeat(61)), format!("sha256:ab2{}", "0".repeat(61)));
        let names = || [b.as_str(), a.as_str(), "odd", "odder", a.as_str()];
        let one = |name: &str| Match::One(name.to_owned());
        assert_eq!(find(names(), &a), one(&a));
        assert_eq!(find(names(), "sha256:ab1"), one(&a));
        assert_eq!(find(names(), "ab2"), one(&b));
        assert_eq!(find(names(), "ab"), Match::Ambiguous(vec![a.clone(), b.clone()]));
        assert_eq!(find(names(), "odd"), one("odd"));
        assert_eq!(find(names(), "odde"), one("odder"));
        for missing in ["b1", "sha256:c", "dd", "AB1"] {
            assert_eq!(find(names(), missing), Match::Missing, "{missing}");
        }
    }

    #[test]
    fn the_view_shows_the_stream_and_the_image_as_it_is() {
        // image-api 145
        let stream: ObjectMeta = serde_json::from_str(
            r#"{"name":"app","namespace":"team","uid":"u","resourceVersion":"7","generation":3,
                "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"l":"m"},"annotations":{"a":"b"}}"#,
        )
        .unwrap();
        let image: Image = serde_json::from_str(
            r#"{"metadata":{"name":"sha256:12","creationTimestamp":"2026-01-02T00:00:00Z"},
                "dockerImageReference":"r","dockerImageManifest":"{}","dockerImageConfig":"{}"}"#,
        )
        .unwrap();
        let view = view(&stream, "12", image);
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            concat!(
                r#"{"metadata":{"name":"app@12","namespace":"team","creationTimestamp":"2026-01-02T00:00:00Z","#,
                r#""annotations":{"a":"b"}},"image":{"metadata":{"name":"sha256:12","#,
                r#""creationTimestamp":"2026-01-02T00:00:00Z"},"dockerImageReference":"r","#,
                r#""dockerImageMetadata":{"kind":"DockerImage","apiVersion":"image.openshift.io/1.0","Id":"","#,
                r#""Created":null,"ContainerConfig":{}},"dockerImageMetadataVersion":"1.0"}}"#
            )
        );
        // image-api 22
        let now = Timestamp::parse("2026-01-04T00:00:00Z").unwrap();
        assert_eq!(view.row(now), ["app@12", "2 days ago", "r", "sha256:12"]);
        let columns: Vec<_> = ImageStreamImage::columns().iter().map(|c| (c.name(), c.is_wide())).collect();
        let expected = [("Name", false), ("Updated", false), ("Image Reference", true), ("Image Name", true)];
        assert_eq!(columns, expected);
    }
}
