use std::collections::BTreeMap;

use crate::meta::ObjectMeta;
use crate::stream::{ImageLookupPolicy, TagReferencePolicy};
use crate::{ImageStream, NamedTagEventList, PullSpec, TagEvent, TagReference};

/// What the views of one tag are made from: the tag's share of its stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagParts {
    /// Metadata of the stream.
    pub stream: ObjectMeta,
    /// The stream's.
    pub lookup_policy: ImageLookupPolicy,
    /// Where the stream is served (`status.dockerImageRepository`).
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// What the user wants of it.
    pub spec: Option<TagReference>,
    /// Its history, as far as the view shows it: the stream tag only looks at the newest event.
    pub status: Option<NamedTagEventList>,
}

impl TagParts {
    /// The parts of one tag, whether the stream has it or not.
    pub fn of(stream: &ImageStream, tag: &str) -> TagParts {
        TagParts::gather(stream, tag, stream.spec.tag(tag), stream.status.tag(tag))
    }

    /// The parts of every tag that the stream wants or has, by name.
    pub fn all(stream: &ImageStream) -> Vec<TagParts> {
        let mut tags: BTreeMap<&str, (Option<&TagReference>, Option<&NamedTagEventList>)> = BTreeMap::new();
        for spec in &stream.spec.tags {
            tags.entry(&spec.name).or_default().0 = Some(spec);
        }
        for status in &stream.status.tags {
            tags.entry(&status.tag).or_default().1 = Some(status);
        }
        tags.into_iter().map(|(tag, (spec, status))| TagParts::gather(stream, tag, spec, status)).collect()
    }

    fn gather(
        stream: &ImageStream,
        tag: &str,
        spec: Option<&TagReference>,
        status: Option<&NamedTagEventList>,
    ) -> TagParts {
        TagParts {
            stream: stream.metadata.clone(),
            lookup_policy: stream.spec.lookup_policy,
            repository: stream.status.docker_image_repository.clone(),
            tag: tag.to_owned(),
            spec: spec.cloned(),
            status: status.cloned(),
        }
    }

    /// `<stream>:<tag>`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.stream.name, self.tag)
    }

    /// The current event, if it names an image. Without one there is no stream tag to get.
    pub fn current(&self) -> Option<&TagEvent> {
        self.status.as_ref()?.current()
    }

    /// The pull spec for consumers (image-api 4.7): through this registry if the spec tag says so,
    /// else where the event says.
    pub(crate) fn reference(&self, event: &TagEvent) -> String {
        self.local_reference(event).unwrap_or_else(|| event.docker_image_reference.clone())
    }

    fn local_reference(&self, event: &TagEvent) -> Option<String> {
        let spec = self.spec.as_ref()?;
        if spec.reference_policy.r#type != TagReferencePolicy::LOCAL || event.image.is_empty() {
            return None;
        }
        Some(PullSpec::parse(&self.repository).ok()?.with_id(&event.image).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_of_spec_and_status_once_and_in_order() {
        let stream: ImageStream = serde_json::from_str(
            r#"{"metadata":{"name":"app"},"spec":{"tags":[{"name":"c"},{"name":"a"}]},
                "status":{"tags":[{"tag":"a"},{"tag":"b"}]}}"#,
        )
        .unwrap();
        let all = TagParts::all(&stream);
        let seen: Vec<_> = all.iter().map(|p| (p.name(), p.spec.is_some(), p.status.is_some())).collect();
        assert_eq!(
            seen,
            [
                ("app:a".to_owned(), true, true),
                ("app:b".to_owned(), false, true),
                ("app:c".to_owned(), true, false)
            ]
        );
        for parts in all {
            assert_eq!(TagParts::of(&stream, &parts.tag), parts);
        }
    }

    #[test]
    fn a_local_tag_is_pulled_through_this_registry() {
        // image-api 119, 120
        let digest = format!("sha256:{}", "0".repeat(64));
        let event = TagEvent {
            docker_image_reference: "quay.io/x/y:1".to_owned(),
            image: digest.clone(),
            ..TagEvent::default()
        };
        let mut parts = TagParts { repository: "in:5000/team/app".to_owned(), ..TagParts::default() };
        assert_eq!(parts.reference(&event), "quay.io/x/y:1");
        parts.spec = Some(TagReference::default());
        assert_eq!(parts.reference(&event), "quay.io/x/y:1");
        parts.spec.as_mut().unwrap().reference_policy.r#type = "Local".to_owned();
        assert_eq!(parts.reference(&event), format!("in:5000/team/app@{digest}"));
        let pointer = TagEvent { image: String::new(), ..event.clone() };
        assert_eq!(parts.reference(&pointer), "quay.io/x/y:1");
        for unusable in ["", "Not A Repository"] {
            unusable.clone_into(&mut parts.repository);
            assert_eq!(parts.reference(&event), "quay.io/x/y:1");
        }
    }
}
