use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Kind, ListMeta, ObjectMeta, PartialObjectMetadata, Resource, Typed};
use crate::Timestamp;

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    name: &'static str,
    r#type: ColumnType,
    format: &'static str,
    description: &'static str,
    priority: u8,
}

/// Type of the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Text.
    String,
    /// A number.
    Number,
    /// A point in time.
    Date,
}

impl Column {
    /// A column of text.
    pub(crate) const fn text(name: &'static str, description: &'static str) -> Column {
        Column { name, r#type: ColumnType::String, format: "", description, priority: 0 }
    }

    /// A column of another type.
    pub(crate) const fn of_type(self, column_type: ColumnType) -> Column {
        Column { r#type: column_type, ..self }
    }

    /// A column that is only shown when all are asked for.
    pub(crate) const fn wide(self) -> Column {
        Column { priority: 1, ..self }
    }

    /// The header.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type of the cells.
    pub fn column_type(&self) -> ColumnType {
        self.r#type
    }

    /// Whether the column is only shown when all are asked for.
    pub fn is_wide(&self) -> bool {
        self.priority > 0
    }
}

/// The column every table starts with; clients find the name by its format.
pub(crate) const NAME: Column =
    Column { format: "name", ..Column::text("Name", "Name of the object, unique within its namespace.") };

pub(super) const DEFAULT_COLUMNS: &[Column] = &[
    NAME,
    Column::text("Created At", "When the object was made, by the clock of the server.")
        .of_type(ColumnType::Date),
];

pub(super) fn default_row(metadata: &ObjectMeta) -> Vec<Value> {
    let created = metadata.creation_timestamp.map_or(Value::Null, |time| time.to_string().into());
    vec![metadata.name.as_str().into(), created]
}

/// What of the object each row carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

/// Objects as rows of text for a person to read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Of the list, or of the one object.
    pub metadata: ListMeta,
    /// The header.
    pub column_definitions: &'static [Column],
    /// One row for each object.
    pub rows: Vec<TableRow>,
}

/// One row of a [`Table`].
#[derive(Clone, Debug, Serialize)]
pub struct TableRow {
    /// One cell for each column.
    pub cells: Vec<Value>,
    /// The object, as far as it was asked for.
    pub object: Option<Box<RawValue>>,
}

impl Kind for Table {
    const KIND: &'static str = "Table";
    const API_VERSION: &'static str = "meta.k8s.io/v1";
}

impl Table {
    /// The table of `objects`.
    pub fn of<'a, T: Resource + 'a>(
        metadata: ListMeta,
        objects: impl IntoIterator<Item = &'a T>,
        include: IncludeObject,
        now: Timestamp,
    ) -> Table {
        let rows = objects.into_iter().map(|object| TableRow::of(object, include, now)).collect();
        Table { metadata, column_definitions: T::columns(), rows }
    }

    /// The table of one object, under the version of that object.
    pub fn of_one<T: Resource>(object: &T, include: IncludeObject, now: Timestamp) -> Table {
        let metadata =
            ListMeta { resource_version: object.metadata().resource_version, ..ListMeta::default() };
        Table::of(metadata, [object], include, now)
    }
}

impl TableRow {
    fn of<T: Resource>(object: &T, include: IncludeObject, now: Timestamp) -> TableRow {
        let shown = match include {
            IncludeObject::None => None,
            IncludeObject::Metadata => Some(raw(&Typed::of(&PartialObjectMetadata::of(object)))),
            IncludeObject::Object => Some(raw(&Typed::of(object))),
        };
        TableRow { cells: object.row(now), object: shown }
    }
}

fn raw(object: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(object).expect("objects have string keys and finite numbers only")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageStreamLayers, ResourceVersion};

    fn layers() -> ImageStreamLayers {
        let metadata = ObjectMeta {
            name: "app".to_owned(),
            resource_version: Some(ResourceVersion(7)),
            creation_timestamp: Some(Timestamp::from_seconds(0)),
            ..ObjectMeta::default()
        };
        ImageStreamLayers { metadata, ..ImageStreamLayers::default() }
    }

    #[test]
    fn a_kind_without_columns_of_its_own_shows_name_and_age() {
        // image-api 22
        let table = Table::of_one(&layers(), IncludeObject::Metadata, Timestamp::from_seconds(9));
        assert_eq!(
            serde_json::to_string(&Typed::of(&table)).unwrap(),
            concat!(
                r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7"},"#,
                r#""columnDefinitions":[{"name":"Name","type":"string","format":"name","#,
                r#""description":"Name of the object, unique within its namespace.","priority":0},"#,
                r#"{"name":"Created At","type":"date","format":"","#,
                r#""description":"When the object was made, by the clock of the server.","priority":0}],"#,
                r#""rows":[{"cells":["app","1970-01-01T00:00:00Z"],"#,
                r#""object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":"#,
                r#"{"name":"app","resourceVersion":"7","creationTimestamp":"1970-01-01T00:00:00Z"}}}]}"#
            )
        );
    }

    #[test]
    fn rows_carry_as_much_of_the_object_as_asked_for() {
        let object = |include| {
            let table = Table::of(ListMeta::default(), [&layers()], include, Timestamp::from_seconds(9));
            serde_json::to_value(&table).unwrap()["rows"][0]["object"].clone()
        };
        assert_eq!(object(IncludeObject::None), Value::Null);
        assert_eq!(object(IncludeObject::Metadata)["kind"], "PartialObjectMetadata");
        assert_eq!(object(IncludeObject::Object)["kind"], "ImageStreamLayers");
        assert_eq!(object(IncludeObject::Object)["blobs"], serde_json::json!({}));
    }
}
