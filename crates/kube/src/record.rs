//! An object on its way out, whatever its kind.

use std::{fmt, io};

use serde::Serialize;
use weir_image_api::Timestamp;
use weir_image_api::meta::{IncludeObject, ObjectMeta, Resource, Table, TableRow, Typed};

/// What the edge needs from an object to filter it and to print it.
pub(crate) trait Record: fmt::Debug + Send + Sync {
    /// Its metadata.
    fn meta(&self) -> &ObjectMeta;

    /// What a table shows of it: one row, but for an object that is itself a list.
    fn rows(&self, include: IncludeObject, now: Timestamp) -> Vec<TableRow>;

    /// The row of an object that is no list.
    fn row(&self, include: IncludeObject, now: Timestamp) -> TableRow {
        self.rows(include, now).pop().expect("the table of one object has one row")
    }

    /// Appends its JSON.
    fn write(&self, typing: Typing, out: &mut Vec<u8>);

    /// The text at a path of member names, for a field that can be selected by.
    fn field(&self, path: &str) -> Option<String>;

    /// About how much memory it takes: the length of its JSON.
    fn weight(&self) -> usize;
}

/// Whether an object says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// At the top of a document.
    Typed,
    /// As an item of a list.
    Bare,
}

impl<T: Resource + fmt::Debug + Send + Sync> Record for T {
    fn meta(&self) -> &ObjectMeta {
        self.metadata()
    }

    fn rows(&self, include: IncludeObject, now: Timestamp) -> Vec<TableRow> {
        Table::of_one(self, include, now).rows
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

    fn weight(&self) -> usize {
        let mut counter = Counter(0);
        write_json_to(self, &mut counter);
        counter.0
    }
}

/// Counts what is written and keeps nothing of it.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Appends the JSON of a value.
pub(crate) fn write_json(value: &impl Serialize, out: &mut Vec<u8>) {
    write_json_to(value, out);
}

fn write_json_to(value: &impl Serialize, out: impl io::Write) {
    serde_json::to_writer(out, value).expect("API objects have text keys, and writing to memory cannot fail");
}
