//! Coming from the apply that clients did on their own.

use serde_json::Value;

use super::compare::compare;
use super::extract::extract;
use super::field_set::FieldSet;
use crate::schema::Schema;

/// The manager whose applies succeed those of the same program on the client's side.
pub(super) const KUBECTL: &str = "kubectl";
const ANNOTATION: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

/// The fields that a client has set by applying on its own, and that still are as it left them. In
/// the hands of that client's server-side apply they are no conflicts, whoever is on record for
/// them: otherwise nobody could change over without force.
pub(super) fn last_applied(schema: &'static Schema, live: &Value) -> FieldSet {
    let text = live.pointer(ANNOTATION).and_then(Value::as_str).unwrap_or_default();
    let Ok(applied) = serde_json::from_str::<Value>(text) else { return FieldSet::default() };
    let mut fields = extract(schema, &applied);
    let comparison = compare(schema, &applied, live);
    fields.subtract(&comparison.changed);
    fields.subtract(&comparison.removed);
    fields
}
