use bytes::Bytes;
use serde::Serialize;
use weir_image_api::meta::{
    IncludeObject, ListMeta, ObjectMeta, PartialObjectMetadata, Status, Table, TableRow, Typed,
};
use weir_image_api::{ResourceVersion, Timestamp};

use crate::record::{Record, Typing, write_json};
use crate::resource::Kind;

/// How a watch shows objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) form: FrameForm,
    pub(super) now: Timestamp,
}

/// The form of an object in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameForm {
    Object,
    Partial,
    Table(IncludeObject),
}

/// What happened, from where the watcher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Added,
    Modified,
    Deleted,
}

/// What decides about the bytes that are sent of a change.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) word: Word,
    pub(super) form: FrameForm,
}

/// Says that a client has seen everything there was when it came.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

impl Word {
    fn as_str(self) -> &'static str {
        match self {
            Word::Added => "ADDED",
            Word::Modified => "MODIFIED",
            Word::Deleted => "DELETED",
        }
    }
}

impl Frame {
    const FORMS: usize = 5;
    /// Number of different frames that one change may be sent as.
    pub(super) const VARIETIES: usize = 3 * Frame::FORMS;

    /// The place of these bytes among all that a change may be sent as.
    pub(super) fn index(self) -> usize {
        let form = match self.form {
            FrameForm::Object => 0,
            FrameForm::Partial => 1,
            FrameForm::Table(IncludeObject::None) => 2,
            FrameForm::Table(IncludeObject::Metadata) => 3,
            FrameForm::Table(IncludeObject::Object) => 4,
        };
        self.word as usize * Frame::FORMS + form
    }

    /// One line: the word and the object.
    pub(super) fn of_object(self, kind: &Kind, now: Timestamp, object: &dyn Record) -> Bytes {
        line(self.word.as_str(), |out| match self.form {
            FrameForm::Object => object.write(Typing::Typed, out),
            FrameForm::Partial => {
                write_json(&Typed::of(&PartialObjectMetadata { metadata: object.meta().clone() }), out);
            }
            FrameForm::Table(include) => {
                let version = object.meta().resource_version;
                write_table(kind, version, object.row(include, now), out);
            }
        })
    }
}

/// Tells how far the client is, without an object.
pub(super) fn bookmark(kind: &Kind, form: FrameForm, version: u64, initial_end: bool) -> Bytes {
    let mut metadata =
        ObjectMeta { resource_version: Some(ResourceVersion(version)), ..ObjectMeta::default() };
    if initial_end {
        metadata.annotations.insert(INITIAL_EVENTS_END.to_owned(), "true".to_owned());
    }
    line("BOOKMARK", |out| match form {
        FrameForm::Object => {
            write_json(&Marker { kind: kind.name, api_version: kind.gv.api_version(), metadata }, out);
        }
        FrameForm::Partial => write_json(&Typed::of(&PartialObjectMetadata { metadata }), out),
        FrameForm::Table(_) => {
            let version = metadata.resource_version;
            let object = serde_json::value::to_raw_value(&Typed::of(&PartialObjectMetadata { metadata }))
                .expect("metadata has text keys");
            let cells = vec![serde_json::Value::Null; (kind.columns)().len()];
            write_table(kind, version, TableRow { cells, object: Some(object) }, out);
        }
    })
}

/// Says why the watch cannot go on.
pub(super) fn error(status: &Status) -> Bytes {
    line("ERROR", |out| write_json(&Typed::of(status), out))
}

/// An object of which only the metadata matters.
#[derive(Serialize)]
struct Marker {
    kind: &'static str,
    #[serde(rename = "apiVersion")]
    api_version: String,
    metadata: ObjectMeta,
}

fn write_table(kind: &Kind, version: Option<ResourceVersion>, row: TableRow, out: &mut Vec<u8>) {
    let metadata = ListMeta { resource_version: version, ..ListMeta::default() };
    let table = Table { metadata, column_definitions: (kind.columns)(), rows: vec![row] };
    write_json(&Typed::of(&table), out);
}

fn line(word: &str, write_object: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    out.extend(b"{\"type\":\"");
    out.extend(word.as_bytes());
    out.extend(b"\",\"object\":");
    write_object(&mut out);
    out.extend(b"}\n");
    out.into()
}
