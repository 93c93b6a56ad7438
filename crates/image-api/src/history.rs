//! What happened to the tags of a stream, deletions included. A kind of this server's own.

use serde::{Deserialize, Serialize};

use crate::meta::{Kind, ObjectMeta, Resource};
use crate::wire::{is_default, nullable};
use crate::{ResourceVersion, Timestamp};

/// What happened to the tags of a stream, newest first. It outlives the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStreamHistory {
    /// Name and namespace of the stream.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The events; an array even when there are none.
    #[serde(deserialize_with = "nullable")]
    pub entries: Vec<HistoryEntry>,
}

/// One thing that happened to one tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HistoryEntry {
    /// The tag.
    #[serde(deserialize_with = "nullable")]
    pub tag: String,
    /// Its place in the commit order.
    pub version: ResourceVersion,
    /// When.
    pub created: Timestamp,
    /// What brought it about: `push`, `tag`, `import`, `mapping`, `rollback`, `tracked`, `status` or
    /// `deleted`.
    #[serde(deserialize_with = "nullable")]
    pub kind: String,
    /// The image the tag then pointed to; for `deleted`, the one it pointed to before, which is what
    /// to go back to. Empty where it pointed elsewhere.
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    /// The pull spec it then pointed to; for `deleted`, the one before.
    #[serde(deserialize_with = "nullable")]
    pub docker_image_reference: String,
    /// Generation of the spec tag the event answers to.
    #[serde(deserialize_with = "nullable")]
    pub generation: i64,
    /// Who did it.
    #[serde(deserialize_with = "nullable")]
    pub user: String,
    /// With which program.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub client: Option<String>,
    /// Why, in the words of whoever did it.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub reason: Option<String>,
    /// Whether the tag points there now.
    #[serde(deserialize_with = "nullable")]
    pub current: bool,
    /// Whether the image can be pulled from this repository now, so that there is something to go
    /// back to.
    #[serde(deserialize_with = "nullable")]
    pub pullable: bool,
}

impl Kind for ImageStreamHistory {
    const KIND: &'static str = "ImageStreamHistory";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageStreamHistory {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    #[test]
    fn who_and_when_are_always_shown_and_why_if_it_is_known() {
        let push = HistoryEntry {
            tag: "latest".to_owned(),
            version: ResourceVersion(7),
            created: Timestamp::from_seconds(0),
            kind: "push".to_owned(),
            image: "sha256:1".to_owned(),
            docker_image_reference: "r.io/team/app@sha256:1".to_owned(),
            generation: 1,
            user: "alice".to_owned(),
            client: Some("docker/29.0".to_owned()),
            reason: Some("fix".to_owned()),
            current: true,
            pullable: true,
        };
        let removal =
            HistoryEntry { tag: "old".to_owned(), kind: "deleted".to_owned(), ..Default::default() };
        let history = ImageStreamHistory {
            metadata: ObjectMeta {
                name: "app".to_owned(),
                namespace: "team".to_owned(),
                ..Default::default()
            },
            entries: vec![push, removal],
        };
        let text = concat!(
            r#"{"kind":"ImageStreamHistory","apiVersion":"image.openshift.io/v1","#,
            r#""metadata":{"name":"app","namespace":"team"},"entries":["#,
            r#"{"tag":"latest","version":"7","created":"1970-01-01T00:00:00Z","kind":"push","image":"sha256:1","#,
            r#""dockerImageReference":"r.io/team/app@sha256:1","generation":1,"user":"alice","#,
            r#""client":"docker/29.0","reason":"fix","current":true,"pullable":true},"#,
            r#"{"tag":"old","version":"0","created":null,"kind":"deleted","image":"","dockerImageReference":"","#,
            r#""generation":0,"user":"","current":false,"pullable":false}]}"#
        );
        assert_eq!(serde_json::to_string(&Typed::of(&history)).unwrap(), text);
        assert_eq!(serde_json::from_str::<ImageStreamHistory>(text).unwrap(), history);
        assert_eq!(
            serde_json::to_string(&ImageStreamHistory::default()).unwrap(),
            r#"{"metadata":{},"entries":[]}"#
        );
    }
}
