use std::collections::BTreeMap;

use super::names::{is_name_part, qualified_name, too_long};
use super::{FieldErrors, all_invalid};

const VALUE_DETAIL: &str = "a valid label must be an empty string or consist of alphanumeric \
    characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
    'MyValue',  or 'my_value',  or '12345', regex used for validation is \
    '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
/// The most characters the value of a label has.
const MAX_VALUE: usize = 63;

pub(super) fn errors(labels: &BTreeMap<String, String>) -> FieldErrors {
    const FIELD: &str = "metadata.labels";
    labels
        .iter()
        .flat_map(|(key, value)| {
            all_invalid(FIELD, key, qualified_name(key)).chain(all_invalid(
                FIELD,
                value,
                value_details(value),
            ))
        })
        .collect()
}

fn value_details(value: &str) -> Vec<String> {
    let mut details = too_long(value, MAX_VALUE);
    if !value.is_empty() && !is_name_part(value) {
        details.push(VALUE_DETAIL.to_owned());
    }
    details
}
