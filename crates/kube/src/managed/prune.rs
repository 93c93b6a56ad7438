//! Taking away what its manager no longer applies.

use serde_json::{Map, Value};

use super::field_set::FieldSet;
use super::form::{Form, is_blank};
use super::step::Step;
use crate::schema::Schema;

/// Removes from an object the fields in `gone`, none of which is in `kept`, the fields that have an
/// owner. An element of a list or a map goes with all that is in it; a structure goes when the last
/// thing in it went and nobody owns anything there.
pub(super) fn prune(schema: &'static Schema, object: &mut Value, gone: &FieldSet, kept: &FieldSet) {
    let Some(members) = object.as_object_mut() else { return };
    for (step, gone) in gone.below() {
        let Step::Field(name) = step else { continue };
        if let Some(value) = members.get_mut(name) {
            // The outermost structures stay, even empty: they are part of every object.
            inside(Form::Struct(schema).member(name), value, gone, kept.at(step));
        }
    }
}

fn inside(form: Form, value: &mut Value, gone: &FieldSet, kept: Option<&FieldSet>) {
    match (form, value) {
        (Form::Struct(_) | Form::Map(_), Value::Object(found)) => members(form, found, gone, kept),
        (Form::Keyed(..) | Form::Set, Value::Array(items)) => elements(form, items, gone, kept),
        (Form::Leaf | Form::Struct(_) | Form::Map(_) | Form::Keyed(..) | Form::Set, _) => {}
    }
}

fn members(form: Form, members: &mut Map<String, Value>, gone: &FieldSet, kept: Option<&FieldSet>) {
    for (step, gone) in gone.below() {
        let Step::Field(name) = step else { continue };
        let Some(value) = members.get_mut(name) else { continue };
        let inner = form.member(name);
        let kept = kept.and_then(|kept| kept.at(step));
        let is_one = matches!(inner, Form::Leaf) || matches!(form, Form::Map(_));
        if !(is_one && gone.owns_itself()) {
            inside(inner, value, gone, kept);
            // Without content only who owns the structure itself has anything there.
            if !is_blank(value) || kept.is_some_and(FieldSet::owns_itself) {
                continue;
            }
        }
        members.remove(name);
    }
}

fn elements(form: Form, items: &mut Vec<Value>, gone: &FieldSet, kept: Option<&FieldSet>) {
    items.retain_mut(|element| {
        let Some(step) = form.step(element) else { return true };
        let Some(gone) = gone.at(&step) else { return true };
        if gone.owns_itself() {
            return false;
        }
        let key = match form {
            Form::Keyed(key, _) => element.get(key).cloned().map(|value| (key, value)),
            Form::Leaf | Form::Struct(_) | Form::Map(_) | Form::Set => None,
        };
        inside(form.element(), element, gone, kept.and_then(|kept| kept.at(&step)));
        // What an element is known by stays as long as the element does.
        if let (Some((key, value)), Value::Object(members)) = (key, element) {
            members.insert(key.to_owned(), value);
        }
        true
    });
}
