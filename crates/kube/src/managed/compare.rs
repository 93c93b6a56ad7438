//! Which fields differ between two objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::field_set::FieldSet;
use super::form::{Form, is_blank, is_zero};
use super::scope::Scope;
use super::step::Step;
use crate::schema::Schema;

/// What is different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Fields that are new, or have another value.
    pub(crate) changed: FieldSet,
    /// Fields that are gone.
    pub(crate) removed: FieldSet,
}

/// Compares two states of an object, field by field.
pub(crate) fn compare(schema: &'static Schema, old: &Value, new: &Value) -> Comparison {
    let mut out = Comparison::default();
    out.walk(Form::Struct(schema), Some(old), Some(new), &mut Vec::new());
    out
}

/// As [`compare`], for what a write can own.
pub(super) fn compare_within(scope: Scope, schema: &'static Schema, old: &Value, new: &Value) -> Comparison {
    let none = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&none), new.as_object().unwrap_or(&none));
    let mut out = Comparison::default();
    // What is out of reach, a long status for one, is not even looked at.
    for name in names(old, new).into_iter().filter(|name| scope.reaches(name)) {
        let form = Form::Struct(schema).member(name);
        out.walk(form, old.get(name), new.get(name), &mut vec![Step::field(name)]);
    }
    scope.narrow(&mut out.changed);
    scope.narrow(&mut out.removed);
    out
}

/// What was there before an object was made: it has every member of its own type, as of the types
/// within, at its zero value. So nobody owns a member for not having set it.
pub(super) fn blank(schema: &'static Schema, new: &Value) -> Value {
    before(Form::Struct(schema), new)
}

fn before(form: Form, new: &Value) -> Value {
    let members = new.as_object().into_iter().flatten();
    let members = members.filter_map(|(name, value)| {
        let before = match form.member(name) {
            _ if is_blank(value) || is_zero(value) => value.clone(),
            inner @ Form::Struct(_) => before(inner, value),
            Form::Leaf | Form::Map(_) | Form::Keyed(..) | Form::Set => return None,
        };
        Some((name.clone(), before))
    });
    members.collect()
}

impl Comparison {
    fn walk(&mut self, form: Form, old: Option<&Value>, new: Option<&Value>, path: &mut Vec<Step>) {
        if old == new {
            return;
        }
        // Two structures without content are told apart as wholes: null is not empty.
        if old.is_none_or(is_blank) && new.is_none_or(is_blank) {
            return self.leaf(old, new, path);
        }
        match form {
            Form::Leaf => return self.leaf(old, new, path),
            Form::Struct(_) | Form::Map(_) => self.members(form, old, new, path),
            Form::Keyed(..) | Form::Set => {
                if !self.elements(form, old, new, path) {
                    return self.leaf(old, new, path);
                }
            }
        }
        if old.is_none() {
            self.changed.insert(path);
        } else if new.is_none() {
            self.removed.insert(path);
        }
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>, path: &[Step]) {
        if new.is_none() {
            self.removed.insert(path);
        } else if old != new {
            self.changed.insert(path);
        }
    }

    fn members(&mut self, form: Form, old: Option<&Value>, new: Option<&Value>, path: &mut Vec<Step>) {
        let none = Map::new();
        let old = old.and_then(Value::as_object).unwrap_or(&none);
        let new = new.and_then(Value::as_object).unwrap_or(&none);
        for name in names(old, new) {
            path.push(Step::field(name));
            self.walk(form.member(name), old.get(name), new.get(name), path);
            path.pop();
        }
    }

    /// Whether the elements could be told apart.
    fn elements(
        &mut self,
        form: Form,
        old: Option<&Value>,
        new: Option<&Value>,
        path: &mut Vec<Step>,
    ) -> bool {
        let (Some(old), Some(new)) = (form.elements(items(old)), form.elements(items(new))) else {
            return false;
        };
        let old: BTreeMap<Step, &Value> = old.into_iter().collect();
        let new: BTreeMap<Step, &Value> = new.into_iter().collect();
        for step in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            path.push(step.clone());
            self.walk(form.element(), old.get(step).copied(), new.get(step).copied(), path);
            path.pop();
        }
        true
    }
}

fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn names<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> BTreeSet<&'a str> {
    old.keys().chain(new.keys()).map(String::as_str).collect()
}
