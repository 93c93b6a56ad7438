//! What an owner sees of a structure: a whole, or something made of parts.

use serde_json::Value;

use super::step::Step;
use crate::schema::{Field, Merge, Schema, Shape};

/// Types of which an owner has all or nothing, as upstream declares them.
const ATOMIC_TYPES: [&str; 4] = [
    "io.k8s.api.core.v1.LocalObjectReference",
    "io.k8s.api.core.v1.ObjectReference",
    "io.k8s.api.core.v1.SecretReference",
    "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
];

/// How a value is owned.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// As one: a scalar, raw JSON, an atomic structure.
    Leaf,
    /// Member by member, of a known type.
    Struct(&'static Schema),
    /// Member by member, under names that are data.
    Map(&'static Shape),
    /// Element by element, each known by this member of it.
    Keyed(&'static str, &'static Shape),
    /// Element by element, each known by itself.
    Set,
}

impl Form {
    /// The form of a member.
    pub(super) fn of(field: &'static Field) -> Form {
        match (&field.shape, field.merge) {
            (Shape::List(element), Merge::ByKey(key) | Merge::MapByKey(key)) => Form::Keyed(key, element),
            (Shape::List(_), Merge::Set) => Form::Set,
            (_, Merge::Atomic | Merge::Replace) => Form::Leaf,
            (shape, _) => Form::within(shape),
        }
    }

    /// The form of an element of a list, or of a member of a map.
    pub(super) fn within(shape: &'static Shape) -> Form {
        match shape {
            Shape::Object(schema) if !ATOMIC_TYPES.contains(&schema.name) => Form::Struct(schema),
            Shape::Map(inner) => Form::Map(inner),
            Shape::Object(_)
            | Shape::List(_)
            | Shape::Raw
            | Shape::Text
            | Shape::Bytes
            | Shape::Time
            | Shape::Flag
            | Shape::Whole => Form::Leaf,
        }
    }

    /// The form of a member of an object with this form.
    pub(super) fn member(self, name: &str) -> Form {
        match self {
            Form::Struct(schema) => {
                schema.fields.iter().find(|field| field.name == name).map_or(Form::Leaf, Form::of)
            }
            Form::Map(shape) => Form::within(shape),
            Form::Leaf | Form::Keyed(..) | Form::Set => Form::Leaf,
        }
    }

    /// The elements of a list with this form, each with the step to it. None if they cannot be told
    /// apart, which only happens to objects that were not applied: the list is owned as one then.
    pub(super) fn elements(self, list: &[Value]) -> Option<Vec<(Step, &Value)>> {
        let steps = list.iter().map(|element| Some((self.step(element)?, element)));
        let elements: Vec<_> = steps.collect::<Option<_>>()?;
        let mut names: Vec<&Step> = elements.iter().map(|(step, _)| step).collect();
        names.sort_unstable();
        let distinct = names.windows(2).all(|pair| pair[0] != pair[1]);
        distinct.then_some(elements)
    }

    /// The step to an element of a list with this form.
    pub(super) fn step(self, element: &Value) -> Option<Step> {
        match self {
            Form::Keyed(key, _) => {
                element.get(key).filter(|name| !name.is_null()).map(|name| Step::key(key, name))
            }
            Form::Set => Some(Step::value(element)),
            Form::Leaf | Form::Struct(_) | Form::Map(_) => None,
        }
    }

    /// The form of the elements of a list with this form.
    pub(super) fn element(self) -> Form {
        match self {
            Form::Keyed(_, shape) => Form::within(shape),
            Form::Leaf | Form::Struct(_) | Form::Map(_) | Form::Set => Form::Leaf,
        }
    }
}

/// Whether a value says no more than its absence.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a scalar is what a member of a known type is when it is absent.
pub(super) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}
