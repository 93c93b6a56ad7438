use serde_json::Value;

use super::ImageTag;
use crate::core_v1::ObjectReference;
use crate::{NamedTagEventList, TagEvent, TagReference, Timestamp, elapsed};

/// The row of an image tag (image-api 2.4).
pub(super) fn row(tag: &ImageTag, now: Timestamp) -> Vec<Value> {
    let mut cells = tag.spec.as_ref().map(wanted).unwrap_or_default();
    let status = tag.status.as_ref();
    if let Some(event) = status.and_then(|status| status.items.first()) {
        cells.add_event(event, tag.spec.as_ref().and_then(|spec| spec.generation).unwrap_or(0));
    }
    let failure = status
        .iter()
        .flat_map(|status| &status.conditions)
        .find(|condition| condition.r#type == "ImportSuccess" && condition.status == "False");
    if let Some(failure) = failure {
        cells.status = format!("ImportFailed ({})", failure.reason);
    }
    if cells.status.is_empty() {
        cells.status = cells.source;
    }
    let history = status.map_or(0, |status| status.items.len());
    vec![
        tag.metadata.name.as_str().into(),
        cells.spec.into(),
        cells.status.into(),
        if history == 0 { Value::Null } else { history.into() },
        elapsed::ago_or_empty(status.and_then(updated), now).into(),
    ]
}

#[derive(Default)]
struct Cells {
    spec: &'static str,
    status: String,
    /// What the tag comes from, for a status that has nothing more to say.
    source: String,
}

/// What the spec tag alone says.
fn wanted(tag: &TagReference) -> Cells {
    let Some(from) = &tag.from else { return Cells::default() };
    let spec = match (tag.import_policy.scheduled, tag.reference) {
        (true, _) => "Scheduled",
        (false, true) => "Ref",
        (false, false) => "Tag",
    };
    match source(from) {
        // A name without a stream is another tag of this one, which is followed.
        Ok(source) if from.kind == "ImageStreamTag" && !from.name.contains(':') => {
            Cells { spec: "Track", source, ..Cells::default() }
        }
        Ok(source) => Cells { spec, source, ..Cells::default() },
        Err(problem) => Cells { spec, status: problem.to_owned(), ..Cells::default() },
    }
}

fn source(from: &ObjectReference) -> Result<String, &'static str> {
    let name = &from.name;
    match from.kind.as_str() {
        "DockerImage" => Ok(name.clone()),
        "ImageStreamImage" => {
            name.split_once('@').map(|(_, id)| format!("image/{id}")).ok_or("InvalidRefName")
        }
        "ImageStreamTag" if from.namespace.is_empty() => Ok(format!("istag/{name}")),
        "ImageStreamTag" => Ok(format!("istag {}/{name}", from.namespace)),
        _ => Err("InvalidRefKind"),
    }
}

impl Cells {
    /// What the newest event adds.
    fn add_event(&mut self, event: &TagEvent, wanted: i64) {
        let both_known = wanted > 0 && event.generation > 0;
        if both_known && event.generation < wanted {
            "Importing".clone_into(&mut self.status);
        } else if event.image.is_empty() {
            self.source.clone_from(&event.docker_image_reference);
        } else {
            self.source = format!("image/{}", event.image);
        }
        if self.spec == "Track" {
            return;
        }
        let pushed_over = both_known && event.generation > wanted;
        if pushed_over || (self.spec.is_empty() && !self.source.is_empty()) {
            self.spec = "Push";
        }
    }
}

fn updated(status: &NamedTagEventList) -> Option<Timestamp> {
    let event = status.items.first().map(|event| event.created);
    status.conditions.iter().map(|condition| condition.last_transition_time).chain(event).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::{Column, ColumnType, Resource};

    fn cells(tag: &str) -> Vec<Value> {
        let mut tag: ImageTag = serde_json::from_str(tag).unwrap();
        tag.metadata.name = "app:t".to_owned();
        tag.row(Timestamp::parse("2026-01-01T00:01:00Z").unwrap())
    }

    #[test]
    fn the_columns() {
        // image-api 22
        let columns: Vec<_> = ImageTag::columns().iter().map(|c| (c.name(), c.column_type())).collect();
        let text = |name| (name, ColumnType::String);
        assert_eq!(
            columns,
            [text("Name"), text("Spec"), text("Status"), ("History", ColumnType::Number), text("Updated")]
        );
        assert!(!ImageTag::columns().iter().any(Column::is_wide));
    }

    #[test]
    fn spec_and_status_in_every_combination() {
        // image-api 141
        let event = r#"{"items":[{"image":"sha256:1","dockerImageReference":"r","generation":2}]}"#;
        let pointer = r#"{"items":[{"image":"","dockerImageReference":"r","generation":2}]}"#;
        let failed = r#"{"conditions":[{"type":"ImportSuccess","status":"False","reason":"NotFound"}],
            "items":[{"image":"sha256:1","dockerImageReference":"r","generation":2}]}"#;
        let docker = r#""from":{"kind":"DockerImage","name":"quay.io/a"}"#;
        for (spec, status, expected) in [
            // No spec tag, or one that follows nothing.
            ("null", "null", ("", "")),
            ("null", event, ("Push", "image/sha256:1")),
            ("null", pointer, ("Push", "r")),
            ("{}", "null", ("", "")),
            ("{}", event, ("Push", "image/sha256:1")),
            // What a spec tag follows, before anything happened.
            (&format!("{{{docker}}}"), "null", ("Tag", "quay.io/a")),
            (&format!(r#"{{"reference":true,{docker}}}"#), "null", ("Ref", "quay.io/a")),
            (
                &format!(r#"{{"importPolicy":{{"scheduled":true}},{docker}}}"#),
                "null",
                ("Scheduled", "quay.io/a"),
            ),
            (
                &format!(r#"{{"reference":true,"importPolicy":{{"scheduled":true}},{docker}}}"#),
                "null",
                ("Scheduled", "quay.io/a"),
            ),
            (r#"{"from":{"kind":"ImageStreamTag","name":"latest"}}"#, "null", ("Track", "istag/latest")),
            (
                r#"{"from":{"kind":"ImageStreamTag","name":"app:latest"}}"#,
                "null",
                ("Tag", "istag/app:latest"),
            ),
            (
                r#"{"from":{"kind":"ImageStreamTag","namespace":"o","name":"app:latest"}}"#,
                "null",
                ("Tag", "istag o/app:latest"),
            ),
            (r#"{"from":{"kind":"ImageStreamImage","name":"app@12"}}"#, "null", ("Tag", "image/12")),
            (r#"{"from":{"kind":"ImageStreamImage","name":"app"}}"#, "null", ("Tag", "InvalidRefName")),
            (r#"{"from":{"kind":"Foo","name":"app"}}"#, "null", ("Tag", "InvalidRefKind")),
            // Against the generation of the event, which is 2.
            (&format!(r#"{{"generation":1,{docker}}}"#), event, ("Push", "image/sha256:1")),
            (&format!(r#"{{"generation":2,{docker}}}"#), event, ("Tag", "image/sha256:1")),
            (&format!(r#"{{"generation":3,{docker}}}"#), event, ("Tag", "Importing")),
            (&format!(r#"{{"generation":0,{docker}}}"#), event, ("Tag", "image/sha256:1")),
            (&format!(r#"{{"generation":2,"reference":true,{docker}}}"#), pointer, ("Ref", "r")),
            (
                r#"{"generation":1,"from":{"kind":"ImageStreamTag","name":"latest"}}"#,
                event,
                ("Track", "image/sha256:1"),
            ),
            // A failure outweighs everything.
            (&format!(r#"{{"generation":3,{docker}}}"#), failed, ("Tag", "ImportFailed (NotFound)")),
            (r#"{"from":{"kind":"Foo","name":"app"}}"#, failed, ("Tag", "ImportFailed (NotFound)")),
        ] {
            let row = cells(&format!(r#"{{"spec":{spec},"status":{status}}}"#));
            assert_eq!((row[1].as_str().unwrap(), row[2].as_str().unwrap()), expected, "{spec} {status}");
        }
    }

    #[test]
    fn history_and_age() {
        let row = cells(r#"{"status":{"items":[{"created":"2026-01-01T00:00:30Z"},{}]}}"#);
        assert_eq!((&row[0], &row[3], &row[4]), (&"app:t".into(), &2.into(), &"30 seconds ago".into()));
        let row = cells(
            r#"{"status":{"items":[{"created":"2026-01-01T00:00:30Z"}],
                "conditions":[{"lastTransitionTime":"2026-01-01T00:00:50Z"}]}}"#,
        );
        assert_eq!(row[4], "10 seconds ago");
        let row = cells(r#"{"status":{"conditions":[]}}"#);
        assert_eq!((&row[3], &row[4]), (&Value::Null, &"".into()));
    }
}
