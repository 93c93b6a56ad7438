//! An object on its way out, whatever its kind.

use std::fmt;

use serde::Serialize;
use weir_image_api::Timestamp;
use weir_image_api::meta::{IncludeObject, ObjectMeta, Resource, Table, TableRow, Typed};

/// What the edge needs from an object to filter it and to print it.
pub(crate) trait Record: fmt::Debug {
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;

    /// Its row in a table.
    fn row(&self, include: IncludeObject, now: Timestamp) -> TableRow;

    /// Appends its JSON.
    fn write(&self, typing: Typing, out: &mut Vec<u8>);

    /// The text at a path of member names, for a field that can be selected by.
    fn field(&self, path: &str) -> Option<String>;
}

/// Whether an object says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// At the top of a document.
    Typed,
    /// As an item of a list.
    Bare,
}

impl<T: Resource + fmt::Debug> Record for T {
    fn meta(&self) -> &ObjectMeta {
        self.metadata()
    }

    fn row(&self, include: IncludeObject, now: Timestamp) -> TableRow {
        Table::of_one(self, include, now).rows.pop().expect("the table of one object has one row")
    }

    fn write(&self, typing: Typing, out: &mut Vec<u8>) {
        match typing {
            Typing::Typed => write_json(&Typed::of(self), out),
            Typing::Bare => write_json(self, out),
        }
    }

    fn field(&self, path: &str) -> Option<String> {
        let value = serde_json::to_value(self).ok()?;
        let found = path.split('.').try_fold(&value, |value, member| value.get(member))?;
        found.as_str().map(str::to_owned)
    }
}

/// Appends the JSON of a value.
pub(crate) fn write_json(value: &impl Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("API objects have text keys, and writing to memory cannot fail");
}
