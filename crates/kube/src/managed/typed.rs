//! Whether an applied object fits its type.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::form::Form;
use super::step::{FieldPath, Step};
use crate::patch::GoValue;
use crate::schema::{Field, Schema, Shape};

/// Everything that does not fit, each with its path.
pub(super) fn misfits(schema: &'static Schema, applied: &Value) -> Vec<String> {
    let mut check = Check { path: Vec::new(), misfits: Vec::new() };
    check.members(applied.as_object().into_iter().flatten(), |name| {
        schema.fields.iter().find(|field| field.name == name).map(Slot::Field)
    });
    check.misfits
}

/// Where a value stands: in a member, which has merge rules, or within a list or a map.
#[derive(Clone, Copy)]
enum Slot {
    Field(&'static Field),
    Within(&'static Shape),
}

impl Slot {
    fn shape(self) -> &'static Shape {
        match self {
            Slot::Field(field) => &field.shape,
            Slot::Within(shape) => shape,
        }
    }

    fn form(self) -> Form {
        match self {
            Slot::Field(field) => Form::of(field),
            Slot::Within(shape) => Form::within(shape),
        }
    }
}

struct Check {
    path: Vec<Step>,
    misfits: Vec<String>,
}

impl Check {
    fn complain(&mut self, text: &str) {
        self.misfits.push(format!("{}: {text}", FieldPath(self.path.clone())));
    }

    fn value(&mut self, slot: Slot, value: &Value) {
        match (slot.shape(), value) {
            (_, Value::Null)
            | (Shape::Text | Shape::Bytes | Shape::Time, Value::String(_))
            | (Shape::Flag, Value::Bool(_))
            | (Shape::Raw, Value::Object(_)) => {}
            (Shape::Whole, Value::Number(number)) if number.as_i64().is_some() => {}
            (Shape::Object(schema), Value::Object(members)) => self.members(members, |name| {
                schema.fields.iter().find(|field| field.name == name).map(Slot::Field)
            }),
            (Shape::Map(inner), Value::Object(members)) => {
                self.members(members, |_| Some(Slot::Within(inner)));
            }
            (Shape::List(inner), Value::Array(items)) => self.elements(slot.form(), inner, items),
            (shape, value) => {
                let wanted = match shape {
                    Shape::Text | Shape::Bytes | Shape::Time => "string",
                    Shape::Flag => "boolean",
                    Shape::Whole => "integer",
                    Shape::List(_) => "list",
                    Shape::Raw | Shape::Object(_) | Shape::Map(_) => "map",
                };
                self.complain(&format!("expected {wanted}, got {}", GoValue(value)));
            }
        }
    }

    fn members<'a>(
        &mut self,
        members: impl IntoIterator<Item = (&'a String, &'a Value)>,
        slot: impl Fn(&str) -> Option<Slot>,
    ) {
        for (name, value) in members {
            self.path.push(Step::field(name));
            match slot(name) {
                Some(slot) => self.value(slot, value),
                None => self.complain("field not declared in schema"),
            }
            self.path.pop();
        }
    }

    fn elements(&mut self, form: Form, inner: &'static Shape, items: &[Value]) {
        let mut seen = BTreeSet::new();
        for (at, element) in items.iter().enumerate() {
            let step = match (form, form.step(element)) {
                (Form::Keyed(key, _), None) => {
                    self.complain(&format!(
                        "element {at}: associative list with keys has an element that omits key field {key:?} \
                         (and doesn't have default value)"
                    ));
                    continue;
                }
                (_, Some(step)) => {
                    if !seen.insert(step.clone()) {
                        self.complain(&format!("duplicate entries for key {step}"));
                    }
                    step
                }
                (Form::Leaf | Form::Struct(_) | Form::Map(_) | Form::Set, None) => Step::Index(at as u64),
            };
            self.path.push(step);
            self.value(Slot::Within(inner), element);
            self.path.pop();
        }
    }
}

/// Several complaints as one text.
pub(super) fn told(misfits: &[String]) -> String {
    match misfits {
        [only] => only.clone(),
        several => {
            let lines = several.iter().map(|misfit| format!("\n  {misfit}"));
            format!("errors:{}", lines.collect::<String>())
        }
    }
}

/// The object as messages name it: `team/app; image.openshift.io/v1, Kind=ImageStream`.
pub(super) fn named(applied: &Map<String, Value>, api_version: &str, kind: &str) -> String {
    let metadata = |name: &str| {
        let value = applied.get("metadata").and_then(|metadata| metadata.get(name));
        value.and_then(Value::as_str).unwrap_or_default()
    };
    let (namespace, name) = (metadata("namespace"), metadata("name"));
    format!("{namespace}/{name}; {}", group_version_kind(api_version, kind))
}

/// A kind as messages name it: `image.openshift.io/v1, Kind=ImageStream`, `/v1, Kind=Namespace`.
pub(super) fn group_version_kind(api_version: &str, kind: &str) -> String {
    let slash = if api_version.contains('/') { "" } else { "/" };
    format!("{slash}{api_version}, Kind={kind}")
}
