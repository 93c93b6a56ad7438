//! Image streams: what a repository looks like through the image API.

mod generations;
mod resolve;
pub mod rules;
mod tag_reference;
mod tag_summary;
mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use tag_reference::{TagImportPolicy, TagReference, TagReferencePolicy};

use crate::meta::{Column, Kind, NAME, ObjectMeta, Resource};
use crate::wire::{is_default, nullable};
use crate::{NamedTagEventList, PullSpec, Timestamp, elapsed};

/// An image stream: the tags of a repository, wanted and actual, with their history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStream {
    /// Metadata.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// What the user wants.
    #[serde(deserialize_with = "nullable")]
    pub spec: ImageStreamSpec,
    /// What there is.
    #[serde(deserialize_with = "nullable")]
    pub status: ImageStreamStatus,
}

/// What the user wants of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamSpec {
    /// Whether the stream answers short image names.
    #[serde(deserialize_with = "nullable")]
    pub lookup_policy: ImageLookupPolicy,
    /// An external repository behind the whole stream.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_image_repository: String,
    /// The wanted tags, by name. Reading sorts them; of two with one name the last stays.
    #[serde(deserialize_with = "sorted", skip_serializing_if = "is_default")]
    pub tags: Vec<TagReference>,
}

/// Who may use the stream under which name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageLookupPolicy {
    /// The stream answers short image names in its namespace.
    #[serde(deserialize_with = "nullable")]
    pub local: bool,
}

/// What there is of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageStreamStatus {
    /// Where the stream is served.
    #[serde(deserialize_with = "nullable")]
    pub docker_image_repository: String,
    /// Where it is served to the world.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub public_docker_image_repository: String,
    /// The tags with their history, by name. Reading sorts them; of two with one name the last stays.
    #[serde(deserialize_with = "sorted", skip_serializing_if = "is_default")]
    pub tags: Vec<NamedTagEventList>,
}

/// Something kept under the name of a tag.
trait Named {
    fn tag_name(&self) -> &str;
}

impl Named for TagReference {
    fn tag_name(&self) -> &str {
        &self.name
    }
}

impl Named for NamedTagEventList {
    fn tag_name(&self) -> &str {
        &self.tag
    }
}

fn sorted<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Named + Deserialize<'de>,
{
    let submitted = Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default();
    let by_name: BTreeMap<String, T> =
        submitted.into_iter().map(|tag| (tag.tag_name().to_owned(), tag)).collect();
    Ok(by_name.into_values().collect())
}

impl ImageStreamSpec {
    /// The wanted tag of that name.
    pub fn tag(&self, name: &str) -> Option<&TagReference> {
        self.tags.iter().find(|tag| tag.name == name)
    }
}

impl ImageStreamStatus {
    /// The history of the tag of that name.
    pub fn tag(&self, name: &str) -> Option<&NamedTagEventList> {
        self.tags.iter().find(|tag| tag.tag == name)
    }

    /// The history of the tag of that name to be changed; an empty one if there is none.
    pub(crate) fn tag_or_new(&mut self, name: &str) -> &mut NamedTagEventList {
        let new = || NamedTagEventList { tag: name.to_owned(), ..NamedTagEventList::default() };
        let place = self.tags.binary_search_by(|tag| tag.tag.as_str().cmp(name));
        let index = place.unwrap_or_else(|index| {
            self.tags.insert(index, new());
            index
        });
        &mut self.tags[index]
    }
}

impl ImageStream {
    /// Puts the tags of spec and status in the order in which they are shown and looked for.
    pub(crate) fn sort_tags(&mut self) {
        self.spec.tags.sort_by(|a, b| a.name.cmp(&b.name));
        self.status.tags.sort_by(|a, b| a.tag.cmp(&b.tag));
    }

    /// Shows where the stream is served (image-api 7.3) and what was pushed here under the name this
    /// registry goes by. Without a `host` the external repository behind the stream stands in.
    pub fn render(&mut self, host: &str, public_host: Option<&str>) {
        let path = format!("{}/{}", self.metadata.namespace, self.metadata.name.replace('~', "/"));
        let at = |host: &str| format!("{host}/{path}");
        self.status.docker_image_repository =
            if host.is_empty() { self.spec.docker_image_repository.clone() } else { at(host) };
        self.status.public_docker_image_repository = public_host.map(at).unwrap_or_default();
        for event in self.status.tags.iter_mut().flat_map(|tag| &mut tag.items) {
            event.docker_image_reference = PullSpec::render(&event.docker_image_reference, host);
        }
    }
}

impl Kind for ImageStream {
    const KIND: &'static str = "ImageStream";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageStream {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            NAME,
            Column::text("Image Repository", "Where the stream is served."),
            Column::text("Tags", "The tags with the newest images."),
            Column::text("Updated", "Time since a tag last got an image."),
        ];
        COLUMNS
    }

    fn row(&self, now: Timestamp) -> Vec<Value> {
        let repository = [
            &self.status.public_docker_image_repository,
            &self.spec.docker_image_repository,
            &self.status.docker_image_repository,
        ]
        .into_iter()
        .find(|repository| !repository.is_empty());
        let updated = self.status.tags.iter().filter_map(|tag| tag.items.first()).map(|e| e.created).max();
        vec![
            self.metadata.name.as_str().into(),
            repository.map_or("", String::as_str).into(),
            tag_summary::summary(&self.status.tags).into(),
            elapsed::ago_or_empty(updated, now).into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TagEvent;
    use crate::meta::Typed;

    fn parse(text: &str) -> ImageStream {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_empty_stream_shows_what_is_always_shown() {
        assert_eq!(
            serde_json::to_string(&Typed::of(&ImageStream::default())).unwrap(),
            concat!(
                r#"{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{},"#,
                r#""spec":{"lookupPolicy":{"local":false}},"status":{"dockerImageRepository":""}}"#
            )
        );
        let nulls = r#"{"spec":{"tags":null,"lookupPolicy":null},"status":{"tags":null}}"#;
        assert_eq!(parse(nulls), ImageStream::default());
        assert_eq!(parse(r#"{"spec":null,"status":null}"#), ImageStream::default());
    }

    #[test]
    fn members_keep_their_order() {
        // image-api 8, 9
        let text = concat!(
            r#"{"metadata":{"name":"app"},"spec":{"lookupPolicy":{"local":true},"dockerImageRepository":"r","#,
            r#""tags":[{"name":"a","annotations":null,"from":{"kind":"DockerImage","name":"n"},"reference":true,"#,
            r#""generation":2,"importPolicy":{"insecure":true,"scheduled":true,"importMode":"Legacy"},"#,
            r#""referencePolicy":{"type":"Source"}}]},"#,
            r#""status":{"dockerImageRepository":"d","publicDockerImageRepository":"p","#,
            r#""tags":[{"tag":"a","items":[{"created":"2026-02-03T10:16:00Z","dockerImageReference":"n","#,
            r#""image":"","generation":2}],"conditions":[{"type":"ImportSuccess","status":"False","#,
            r#""lastTransitionTime":"2026-02-03T10:16:00Z","reason":"r","message":"m","generation":2}]},"#,
            r#"{"tag":"b","items":null}]}}"#
        );
        assert_eq!(serde_json::to_string(&parse(text)).unwrap(), text);
    }

    #[test]
    fn reading_sorts_tags_and_keeps_the_last_of_a_name() {
        // image-api 6, 7
        let stream = parse(
            r#"{"spec":{"tags":[{"name":"b"},{"name":"a","generation":1},{"name":"a","generation":2}]},
                "status":{"tags":[{"tag":"d"},{"tag":"c"}]}}"#,
        );
        let spec: Vec<_> = stream.spec.tags.iter().map(|tag| (tag.name.as_str(), tag.generation)).collect();
        assert_eq!(spec, [("a", Some(2)), ("b", None)]);
        let status: Vec<_> = stream.status.tags.iter().map(|tag| tag.tag.as_str()).collect();
        assert_eq!(status, ["c", "d"]);
        assert_eq!(stream.spec.tag("a").unwrap().generation, Some(2));
        assert_eq!(stream.status.tag("e"), None);
    }

    #[test]
    fn repositories_are_spelled_with_slashes() {
        // image-api 30, 31, 32
        let mut stream = parse(
            r#"{"metadata":{"namespace":"a","name":"b~c"},"spec":{"dockerImageRepository":"quay.io/x/y"},
                "status":{"dockerImageRepository":"stale","publicDockerImageRepository":"stale","tags":[
                {"tag":"t","items":[{"dockerImageReference":"/a/b/c@d"},{"dockerImageReference":"quay.io/x/y"}]}]}}"#,
        );
        let mut other = stream.clone();
        stream.render("in:5000", Some("out"));
        assert_eq!(stream.status.docker_image_repository, "in:5000/a/b/c");
        assert_eq!(stream.status.public_docker_image_repository, "out/a/b/c");
        let references: Vec<_> =
            stream.status.tags[0].items.iter().map(|e| e.docker_image_reference.as_str()).collect();
        assert_eq!(references, ["in:5000/a/b/c@d", "quay.io/x/y"]);
        other.render("", None);
        assert_eq!(other.status.docker_image_repository, "quay.io/x/y");
        assert_eq!(other.status.public_docker_image_repository, "");
    }

    #[test]
    fn a_row_shows_the_best_repository_and_the_newest_tag() {
        // image-api 22
        let event = |seconds| TagEvent { created: Timestamp::from_seconds(seconds), ..TagEvent::default() };
        let tag = |tag: &str, items| NamedTagEventList { tag: tag.to_owned(), items, ..Default::default() };
        let mut stream = ImageStream::default();
        stream.metadata.name = "app".to_owned();
        let now = Timestamp::from_seconds(1_000);
        assert_eq!(stream.row(now), ["app", "", "", ""]);
        stream.status.docker_image_repository = "internal".to_owned();
        stream.status.tags =
            vec![tag("a", vec![event(500)]), tag("b", vec![event(990), event(999)]), tag("c", vec![])];
        assert_eq!(stream.row(now), ["app", "internal", "b,a,c", "10 seconds ago"]);
        stream.spec.docker_image_repository = "spec".to_owned();
        assert_eq!(stream.row(now)[1], "spec");
        stream.status.public_docker_image_repository = "public".to_owned();
        assert_eq!(stream.row(now)[1], "public");
        let names: Vec<_> = ImageStream::columns().iter().map(Column::name).collect();
        assert_eq!(names, ["Name", "Image Repository", "Tags", "Updated"]);
    }
}
