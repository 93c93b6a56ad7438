//! Schemas of every type that is reachable from the kinds of some groups.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Dialect;
use crate::resource::{Group, Kind, Verb, Verbs};
use crate::schema::meta::{DELETE_OPTIONS, LIST_META, PATCH, STATUS};
use crate::schema::{API_VERSION, Field, KIND, Merge, Need, Schema, Shape, field};

/// All types, by name.
pub(super) fn schemas(groups: &[Group], dialect: Dialect) -> Map<String, Value> {
    let mut found = BTreeMap::new();
    for resource in groups.iter().flat_map(|group| group.resources) {
        add(resource.kind.schema, dialect, &mut found);
        mark(resource.kind, resource.kind.schema.name, resource.kind.name, &mut found);
        let all = resource.subresources.iter().map(|below| below.verbs).chain([resource.verbs]);
        for verbs in all {
            add_bodies(verbs, dialect, &mut found);
        }
        for below in resource.subresources {
            add(below.kind.schema, dialect, &mut found);
            mark(below.kind, below.kind.schema.name, below.kind.name, &mut found);
        }
        if resource.verbs.list.is_some() {
            add(&LIST_META, dialect, &mut found);
            let name = list_name(resource.kind);
            found.insert(name.clone(), list(resource.kind, dialect));
            mark(resource.kind, &name, &format!("{}List", resource.kind.name), &mut found);
        }
    }
    found.into_iter().collect()
}

/// What is sent and answered besides objects.
fn add_bodies(verbs: Verbs, dialect: Dialect, found: &mut BTreeMap<String, Value>) {
    if verbs.has(Verb::Patch) {
        add(&PATCH, dialect, found);
    }
    if verbs.has(Verb::Delete) || verbs.has(Verb::DeleteCollection) {
        add(&DELETE_OPTIONS, dialect, found);
        add(&STATUS, dialect, found);
    }
}

/// Name of the list type of a kind.
pub(super) fn list_name(kind: &Kind) -> String {
    format!("{}List", kind.schema.name)
}

fn add(schema: &'static Schema, dialect: Dialect, found: &mut BTreeMap<String, Value>) {
    if found.contains_key(schema.name) {
        return;
    }
    found.insert(schema.name.to_owned(), object(schema, dialect));
    for inner in schema.fields.iter().filter_map(|field| field.shape.schema()) {
        add(inner, dialect, found);
    }
}

/// Says which kind a type is, which is how clients find it.
fn mark(kind: &Kind, schema: &str, name: &str, found: &mut BTreeMap<String, Value>) {
    if let Some(Value::Object(schema)) = found.get_mut(schema) {
        let gvk = json!([{"group": kind.gv.group, "version": kind.gv.version, "kind": name}]);
        schema.insert("x-kubernetes-group-version-kind".to_owned(), gvk);
    }
}

fn object(schema: &Schema, dialect: Dialect) -> Value {
    let properties: Map<String, Value> =
        schema.fields.iter().map(|field| (field.name.to_owned(), property(field, dialect))).collect();
    let required = schema.fields.iter().filter(|field| field.need == Need::Required);
    let required: Vec<&str> = required.map(|field| field.name).collect();
    let mut out = json!({"type": "object", "description": schema.description, "properties": properties});
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    out
}

fn list(kind: &Kind, dialect: Dialect) -> Value {
    const METADATA: Field = field("metadata", Shape::Object(&LIST_META), "Standard list metadata.");
    let items = json!({
        "type": "array",
        "description": format!("items is the list of {} objects.", kind.name),
        "items": referring(kind.schema, dialect),
    });
    json!({
        "type": "object",
        "description": format!("{0}List is a list of {0} objects.", kind.name),
        "required": ["items"],
        "properties": {
            "apiVersion": property(&API_VERSION, dialect),
            "kind": property(&KIND, dialect),
            "metadata": property(&METADATA, dialect),
            "items": items,
        },
    })
}

fn property(field: &Field, dialect: Dialect) -> Value {
    let mut out = shape(&field.shape, dialect);
    out["description"] = json!(field.description);
    match field.merge {
        Merge::Whole => {}
        Merge::ByKey(key) => {
            out["x-kubernetes-patch-merge-key"] = json!(key);
            out["x-kubernetes-patch-strategy"] = json!("merge");
        }
        Merge::MapByKey(key) => {
            out["x-kubernetes-patch-merge-key"] = json!(key);
            out["x-kubernetes-patch-strategy"] = json!("merge");
            out["x-kubernetes-list-type"] = json!("map");
            out["x-kubernetes-list-map-keys"] = json!([key]);
        }
        Merge::Set => {
            out["x-kubernetes-patch-strategy"] = json!("merge");
            out["x-kubernetes-list-type"] = json!("set");
        }
        Merge::Replace => out["x-kubernetes-patch-strategy"] = json!("replace"),
        Merge::Atomic => out["x-kubernetes-list-type"] = json!("atomic"),
    }
    out
}

fn shape(of: &Shape, dialect: Dialect) -> Value {
    match of {
        Shape::Text => json!({"type": "string"}),
        Shape::Bytes => json!({"type": "string", "format": "byte"}),
        Shape::Time => json!({"type": "string", "format": "date-time"}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Whole => json!({"type": "integer", "format": "int64"}),
        Shape::Raw => json!({"type": "object"}),
        Shape::Object(schema) => referring(schema, dialect),
        Shape::List(inner) => json!({"type": "array", "items": shape(inner, dialect)}),
        Shape::Map(inner) => json!({"type": "object", "additionalProperties": shape(inner, dialect)}),
    }
}

/// In version 3 a reference may have no neighbours, so it is wrapped; clients follow the first
/// member of `allOf`.
fn referring(schema: &Schema, dialect: Dialect) -> Value {
    let reference = dialect.reference(schema.name);
    match dialect {
        Dialect::V2 => json!({"$ref": reference}),
        Dialect::V3 => json!({"allOf": [{"$ref": reference}]}),
    }
}
