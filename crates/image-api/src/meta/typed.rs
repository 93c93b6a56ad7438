use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::{Column, List, ObjectMeta, table};
use crate::Timestamp;

/// A type that can stand at the top of a document and then says what it is.
pub trait Kind {
    /// Its `kind`.
    const KIND: &'static str;
    /// Its `apiVersion`; empty where the document has none.
    const API_VERSION: &'static str;
}

/// A kind whose objects are served one by one, in lists and in tables.
pub trait Resource: Kind + Serialize {
    /// The object's metadata.
    fn metadata(&self) -> &ObjectMeta;

    /// The columns of its tables (image-api 2.4).
    fn columns() -> &'static [Column] {
        table::DEFAULT_COLUMNS
    }

    /// Its row in a table, one cell for each column.
    fn row(&self, now: Timestamp) -> Vec<serde_json::Value> {
        let _ = now;
        table::default_row(self.metadata())
    }
}

/// An object with `kind` and `apiVersion`, as it stands at the top of a document. Nested objects
/// carry neither (image-api 1.2).
#[derive(Clone, Debug, Serialize)]
pub struct Typed<'a, T> {
    kind: Cow<'static, str>,
    #[serde(rename = "apiVersion", skip_serializing_if = "str::is_empty")]
    api_version: &'static str,
    #[serde(flatten)]
    object: &'a T,
}

impl<'a, T: Kind> Typed<'a, T> {
    /// The object under its kind.
    pub fn of(object: &'a T) -> Typed<'a, T> {
        Typed { kind: Cow::Borrowed(T::KIND), api_version: T::API_VERSION, object }
    }
}

impl<'a, T: Kind> Typed<'a, List<T>> {
    /// The list under the kind of its items.
    pub fn list(list: &'a List<T>) -> Typed<'a, List<T>> {
        Typed { kind: Cow::Owned(format!("{}List", T::KIND)), api_version: T::API_VERSION, object: list }
    }
}

/// Serialises a nested object that carries its kind all the same.
pub(crate) fn serialize_typed<T, S>(object: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Kind + Serialize,
    S: Serializer,
{
    Typed::of(object).serialize(serializer)
}
