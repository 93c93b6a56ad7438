//! The history of a tag, and the rules by which it grows (image-api 4.1, 4.2).

mod provenance;

use serde::{Deserialize, Serialize, Serializer};

pub use provenance::Provenance;

use crate::wire::{is_default, nullable};
use crate::{StreamRef, TagReference, Timestamp};

/// The tag that stands for no tag.
pub const DEFAULT_TAG: &str = "latest";

/// The history of one tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamedTagEventList {
    /// The tag.
    #[serde(deserialize_with = "nullable")]
    pub tag: String,
    /// What it pointed to, newest first.
    #[serde(deserialize_with = "nullable", serialize_with = "null_if_empty")]
    pub items: Vec<TagEvent>,
    /// What went wrong.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub conditions: Vec<TagEventCondition>,
}

fn null_if_empty<S: Serializer>(items: &[TagEvent], serializer: S) -> Result<S::Ok, S::Error> {
    if items.is_empty() { serializer.serialize_none() } else { items.serialize(serializer) }
}

impl NamedTagEventList {
    /// The current event, if it names an image. The tag can be pulled by it.
    pub fn current(&self) -> Option<&TagEvent> {
        self.items.first().filter(|event| !event.image.is_empty())
    }

    /// Applies an event. A change clears the conditions.
    pub fn apply(&mut self, next: TagEvent) -> bool {
        match apply(self.items.first(), next) {
            TagChange::Unchanged => return false,
            TagChange::Amend(event) => self.items[0] = event,
            TagChange::Prepend(event) => self.items.insert(0, event),
        }
        self.conditions.clear();
        true
    }
}

/// What a tag pointed to from some time on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TagEvent {
    /// Since when.
    pub created: Timestamp,
    /// The pull spec.
    #[serde(deserialize_with = "nullable")]
    pub docker_image_reference: String,
    /// Name of the image; empty for a tag that only points elsewhere.
    #[serde(deserialize_with = "nullable")]
    pub image: String,
    /// Generation of the spec tag the event answers to.
    #[serde(deserialize_with = "nullable")]
    pub generation: i64,
    /// How it came about. Only the complete view of a tag shows it; no rule looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}

/// What went wrong with a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TagEventCondition {
    /// Only `ImportSuccess`.
    #[serde(deserialize_with = "nullable")]
    pub r#type: String,
    /// Only `False`: success is that there is no condition.
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    /// Since when.
    pub last_transition_time: Timestamp,
    /// For a program.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub reason: String,
    /// For a person.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub message: String,
    /// Generation of the spec tag the attempt was for.
    #[serde(deserialize_with = "nullable")]
    pub generation: i64,
}

/// What an event does to the history of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagChange {
    /// Nothing; conditions stay.
    Unchanged,
    /// The newest event becomes this one; conditions are cleared.
    Amend(TagEvent),
    /// This one goes in front, and the history is kept; conditions are cleared.
    Prepend(TagEvent),
}

/// What `next` does to the history that starts with `head` (image-api 4.1).
///
/// Only the newest event is compared, so an image seen further back comes in front again.
pub fn apply(head: Option<&TagEvent>, next: TagEvent) -> TagChange {
    let Some(head) = head else { return TagChange::Prepend(next) };
    let same_reference = head.docker_image_reference == next.docker_image_reference;
    let same_image = head.image == next.image;
    if same_reference && same_image && head.generation == next.generation {
        TagChange::Unchanged
    } else if same_reference || same_image {
        TagChange::Amend(TagEvent { created: head.created, ..next })
    } else {
        TagChange::Prepend(next)
    }
}

/// The tags that follow `updated` within the stream, and so get its events (image-api 4.2).
///
/// One level only: a tag that follows one of them is not among them.
pub fn tracking(stream: &StreamRef, spec_tags: &[TagReference], updated: &str) -> Vec<String> {
    spec_tags
        .iter()
        .filter(|tag| tag.name != updated && followed(stream, tag) == Some(updated))
        .map(|tag| tag.name.clone())
        .collect()
}

/// The tag of the same stream that a tag follows.
pub(crate) fn followed<'a>(stream: &StreamRef, tag: &'a TagReference) -> Option<&'a str> {
    let from = tag.from.as_ref().filter(|from| from.kind == "ImageStreamTag")?;
    if !from.namespace.is_empty() && from.namespace != stream.namespace.as_str() {
        return None;
    }
    match from.name.split_once(':') {
        None => Some(&from.name),
        Some((name, _)) if name != stream.name.as_str() => None,
        Some((_, "")) => Some(DEFAULT_TAG),
        Some((_, tag)) => Some(tag),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core_v1::ObjectReference;
    use crate::{Namespace, StreamName};

    fn event(created: i64, reference: &str, image: &str, generation: i64) -> TagEvent {
        TagEvent {
            created: Timestamp::from_seconds(created),
            docker_image_reference: reference.to_owned(),
            image: image.to_owned(),
            generation,
            provenance: None,
        }
    }

    #[test]
    fn the_table_of_cases() {
        // image-api 56, 71, 72, 73, 74
        let head = event(1, "r", "i", 1);
        let on = |next| apply(Some(&head), next);
        assert_eq!(apply(None, event(2, "r", "i", 1)), TagChange::Prepend(event(2, "r", "i", 1)));
        assert_eq!(on(event(2, "r", "i", 1)), TagChange::Unchanged);
        assert_eq!(on(event(2, "r", "i", 2)), TagChange::Amend(event(1, "r", "i", 2)));
        assert_eq!(on(event(2, "r", "j", 2)), TagChange::Amend(event(1, "r", "j", 2)));
        assert_eq!(on(event(2, "s", "i", 2)), TagChange::Amend(event(1, "s", "i", 2)));
        assert_eq!(on(event(2, "s", "j", 1)), TagChange::Prepend(event(2, "s", "j", 1)));
        // Both references of a tag that only points elsewhere name no image.
        let pointer = event(1, "r", "", 1);
        let moved = apply(Some(&pointer), event(2, "s", "", 2));
        assert_eq!(moved, TagChange::Amend(event(1, "s", "", 2)));
    }

    #[test]
    fn a_change_clears_conditions_and_keeps_history() {
        // image-api 72, 75, 151, 162
        let failed = TagEventCondition { r#type: "ImportSuccess".to_owned(), ..Default::default() };
        let mut tag = NamedTagEventList {
            tag: "latest".to_owned(),
            items: vec![event(1, "r1", "i1", 1)],
            conditions: vec![failed],
        };
        assert!(!tag.apply(event(2, "r1", "i1", 1)));
        assert_eq!(tag.conditions.len(), 1);
        assert!(tag.apply(event(2, "r2", "i2", 1)));
        assert_eq!(tag.conditions, []);
        assert!(tag.apply(event(3, "r1", "i1", 1)));
        assert_eq!(tag.items, [event(3, "r1", "i1", 1), event(2, "r2", "i2", 1), event(1, "r1", "i1", 1)]);
        assert_eq!(tag.current(), Some(&event(3, "r1", "i1", 1)));
        assert!(tag.apply(event(4, "r3", "", 1)));
        assert_eq!(tag.current(), None);
    }

    /// The rows of the table, one after the other, over (reference, image, generation, created).
    fn model(history: &[(u8, u8, i64, i64)], next: (u8, u8, i64, i64)) -> Vec<(u8, u8, i64, i64)> {
        let mut history = history.to_vec();
        match history.first_mut() {
            None => history.push(next),
            Some(head) => match (head.0 == next.0, head.1 == next.1, head.2 == next.2) {
                (true, true, true) => {}
                (true, true, false) => head.2 = next.2,
                (true, false, _) => (head.1, head.2) = (next.1, next.2),
                (false, true, _) => (head.0, head.2) = (next.0, next.2),
                (false, false, _) => history.insert(0, next),
            },
        }
        history
    }

    proptest! {
        #[test]
        fn history_grows_as_the_table_says(
            events in prop::collection::vec((0..3_u8, 0..3_u8, 0..3_i64), 0..20),
        ) {
            let mut expected = Vec::new();
            let mut tag = NamedTagEventList::default();
            for (created, (reference, image, generation)) in (0_i64..).zip(events) {
                let before = expected.clone();
                expected = model(&expected, (reference, image, generation, created));
                let next = event(created, &format!("r{reference}"), &format!("i{image}"), generation);
                prop_assert_eq!(tag.apply(next), expected != before);
            }
            let expected: Vec<TagEvent> = expected
                .into_iter()
                .map(|(r, i, generation, created)| event(created, &format!("r{r}"), &format!("i{i}"), generation))
                .collect();
            prop_assert_eq!(tag.items, expected);
        }
    }

    #[test]
    fn who_follows_whom() {
        // image-api 59, 60, 61, 153
        let stream =
            StreamRef::new(Namespace::parse("team").unwrap(), StreamName::parse("b~c").unwrap()).unwrap();
        let tag = |name: &str, kind: &str, namespace: &str, from: &str| TagReference {
            name: name.to_owned(),
            from: Some(ObjectReference {
                kind: kind.to_owned(),
                namespace: namespace.to_owned(),
                name: from.to_owned(),
                ..ObjectReference::default()
            }),
            ..TagReference::default()
        };
        let istag = "ImageStreamTag";
        let pointing = TagReference { reference: true, ..tag("pointing", istag, "", "latest") };
        let tags = [
            tag("bare", istag, "", "latest"),
            tag("full", istag, "", "b~c:latest"),
            tag("empty", istag, "", "b~c:"),
            tag("own-namespace", istag, "team", "b~c:latest"),
            pointing,
            tag("second-level", istag, "", "bare"),
            tag("other-tag", istag, "", "b~c:stable"),
            tag("other-stream", istag, "", "app:latest"),
            tag("other-namespace", istag, "other", "b~c:latest"),
            tag("image", "ImageStreamImage", "", "latest"),
            tag("docker", "DockerImage", "", "latest"),
            tag("latest", istag, "", "latest"),
            TagReference { name: "none".to_owned(), ..TagReference::default() },
        ];
        assert_eq!(
            tracking(&stream, &tags, "latest"),
            ["bare", "full", "empty", "own-namespace", "pointing"]
        );
        assert_eq!(tracking(&stream, &tags, "bare"), ["second-level"]);
        assert_eq!(tracking(&stream, &tags, "nothing"), [""; 0]);
    }
}
