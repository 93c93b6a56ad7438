//! Unknown fields of a value that is there already, such as the result of a patch.

use serde_json::Value;

use super::findings::Findings;
use super::place::Place;
use crate::schema::Schema;

/// Removes what a schema does not know and names it, members of an object in order of their names.
/// Raw JSON is not looked into.
pub(crate) fn unknown_fields(schema: &'static Schema, value: &mut Value) -> Vec<String> {
    let mut findings = Findings::default();
    walk(Place::Object(schema), value, &mut findings);
    findings.unknown
}

fn walk(place: Place, value: &mut Value, findings: &mut Findings) {
    match value {
        Value::Object(members) if place.has_members() => members.retain(|name, member| {
            let mark = findings.enter(name);
            let below = place.member(name);
            match below {
                Some(below) => walk(below, member, findings),
                None => findings.unknown_here(),
            }
            findings.leave(mark);
            below.is_some()
        }),
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                let mark = findings.enter_element(index);
                walk(place.element(), element, findings);
                findings.leave(mark);
            }
        }
        _ => {}
    }
}
