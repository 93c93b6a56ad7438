use std::error::Error as StdError;

use rusqlite::Row;
use rusqlite::types::Type;
use weir_image_api::tag_event::Provenance;
use weir_image_api::{Namespace, StreamName, StreamRef, TagEvent, Timestamp};
use weir_oci::{Digest, ManifestType};

/// A column of text that `parse` understands.
pub(crate) fn parsed<T, E>(
    row: &Row<'_>,
    index: usize,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> rusqlite::Result<T>
where
    E: StdError + Send + Sync + 'static,
{
    let text = row.get_ref(index)?.as_str().map_err(|error| damaged(index, error))?;
    parse(text).map_err(|error| damaged(index, error))
}

pub(crate) fn digest(row: &Row<'_>, index: usize) -> rusqlite::Result<Digest> {
    parsed(row, index, Digest::parse)
}

pub(crate) fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get(index).map(i64::cast_unsigned)
}

pub(crate) fn timestamp(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    row.get(index).map(Timestamp::from_seconds)
}

pub(crate) fn media_type(row: &Row<'_>, index: usize) -> rusqlite::Result<ManifestType> {
    parsed(row, index, |text| ManifestType::parse(text).ok_or(UnknownWord))
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<T> {
    parsed(row, index, |text| serde_json::from_str(text))
}

/// A stream from the columns of its namespace and name, which stand side by side.
pub(crate) fn stream(row: &Row<'_>, index: usize) -> rusqlite::Result<StreamRef> {
    let namespace = parsed(row, index, Namespace::parse)?;
    let name = parsed(row, index + 1, StreamName::parse)?;
    StreamRef::new(namespace, name).map_err(|error| damaged(index, error))
}

/// The column holds a word this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown word")]
pub(crate) struct UnknownWord;

fn damaged(index: usize, error: impl StdError + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}

/// Milliseconds as a column has them.
pub(crate) fn ms(now_ms: u64) -> i64 {
    now_ms.cast_signed()
}

/// Whole seconds of a time in milliseconds, as the image API shows them.
pub(crate) fn seconds(now_ms: u64) -> Timestamp {
    Timestamp::from_seconds((now_ms / 1000).cast_signed())
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("records hold strings, numbers, lists and maps of them")
}

/// A number of rows as LIMIT takes it.
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A tag event from its four columns, which stand side by side.
pub(crate) fn tag_event(row: &Row<'_>, index: usize) -> rusqlite::Result<TagEvent> {
    Ok(TagEvent {
        created: timestamp(row, index)?,
        docker_image_reference: row.get(index + 1)?,
        image: row.get(index + 2)?,
        generation: row.get(index + 3)?,
        provenance: None,
    })
}

/// How an event came about, from its four columns, which stand side by side.
pub(crate) fn provenance(row: &Row<'_>, index: usize) -> rusqlite::Result<Provenance> {
    Ok(Provenance {
        by: row.get(index)?,
        user: row.get(index + 1)?,
        client: row.get(index + 2)?,
        reason: row.get(index + 3)?,
    })
}

/// What stands with a change.
pub(crate) fn detail<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| damaged(0, error))
}
