//! What an apply makes of an object before anything is taken away.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::form::{Form, is_zero};
use super::step::Step;
use crate::schema::Schema;

/// The live object with everything that was applied. Lists keep their order, new elements come last.
pub(super) fn merged(schema: &'static Schema, live: &Value, applied: &Value) -> Value {
    value(Form::Struct(schema), Some(live), applied)
}

fn value(form: Form, live: Option<&Value>, applied: &Value) -> Value {
    match (form, applied) {
        (Form::Struct(_) | Form::Map(_), Value::Object(applied)) => {
            members(form, live.and_then(Value::as_object), applied)
        }
        (Form::Keyed(..) | Form::Set, Value::Array(applied)) => {
            let live = live.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            elements(form, live, applied)
        }
        (Form::Leaf | Form::Struct(_) | Form::Map(_) | Form::Keyed(..) | Form::Set, applied) => {
            applied.clone()
        }
    }
}

fn members(form: Form, live: Option<&Map<String, Value>>, applied: &Map<String, Value>) -> Value {
    let mut out = live.cloned().unwrap_or_default();
    for (name, applied) in applied {
        if applied.is_null() {
            // The manager wants to own that there is nothing.
            out.remove(name);
        } else if matches!(form, Form::Struct(_)) && is_zero(applied) && is_absent(live, name) {
            // A live object leaves zeros out; to write one in would look like a change.
        } else {
            let merged = value(form.member(name), out.get(name), applied);
            out.insert(name.clone(), merged);
        }
    }
    Value::Object(out)
}

fn is_absent(live: Option<&Map<String, Value>>, name: &str) -> bool {
    live.is_some_and(|live| !live.contains_key(name))
}

fn elements(form: Form, live: &[Value], applied: &[Value]) -> Value {
    // Elements without identity are replaced as the one thing they are.
    let mut out = if form.elements(live).is_some() { live.to_vec() } else { Vec::new() };
    let steps = out.iter().enumerate().filter_map(|(at, element)| Some((form.step(element)?, at)));
    let mut places: BTreeMap<Step, usize> = steps.collect();
    for element in applied {
        let Some(step) = form.step(element) else { continue };
        if let Some(&at) = places.get(&step) {
            out[at] = value(form.element(), Some(&out[at]), element);
        } else {
            places.insert(step, out.len());
            out.push(value(form.element(), None, element));
        }
    }
    Value::Array(out)
}
