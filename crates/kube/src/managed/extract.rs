//! Which fields an object has.

use serde_json::Value;

use super::field_set::FieldSet;
use super::form::Form;
use super::step::Step;
use crate::schema::Schema;

/// The fields that are present: those that an apply of this object asks to own. Elements of lists
/// and members of maps are there themselves; members of known types are if there is nothing in them.
pub(crate) fn extract(schema: &'static Schema, value: &Value) -> FieldSet {
    part(Form::Struct(schema), value)
}

fn part(form: Form, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    match (form, value) {
        (Form::Struct(_) | Form::Map(_), Value::Object(members)) => {
            for (name, value) in members {
                let mut inner = part(form.member(name), value);
                let empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
                if empty || matches!(form, Form::Map(_)) {
                    inner.own_itself();
                }
                set.place(Step::field(name), inner);
            }
        }
        (Form::Keyed(..) | Form::Set, Value::Array(items)) => match form.elements(items) {
            Some(elements) => {
                for (step, element) in elements {
                    let mut inner = part(form.element(), element);
                    inner.own_itself();
                    set.place(step, inner);
                }
            }
            None => set.own_itself(),
        },
        (Form::Leaf, _) => set.own_itself(),
        // Not of its type: read as if it were empty.
        (Form::Struct(_) | Form::Map(_) | Form::Keyed(..) | Form::Set, _) => {}
    }
    set
}
