//! Whether a write was one.

use serde_json::{Map, Value};

use super::entries::{ManagedFields, put};
use super::form::is_blank;

/// Whether an object says what the live one says, so that there is nothing to store. When somebody
/// last wrote is no news by itself: else every repeated apply would be a change.
pub(crate) fn is_unchanged(live: &Value, object: &Value) -> bool {
    let content = |object: &Value| {
        let mut content = object.clone();
        put(&mut content, Vec::new());
        content
    };
    let owners = |object| ManagedFields::of(object).without_times();
    owners(live) == owners(object) && says_the_same(&content(live), &content(object))
}

/// Equal, where a member with nothing in it is as good as none: that is how objects are stored.
fn says_the_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let half = |a: &Map<String, Value>, b: &Map<String, Value>| {
                a.iter().all(|(name, value)| match b.get(name) {
                    Some(other) => says_the_same(value, other),
                    None => is_blank(value),
                })
            };
            half(a, b) && half(b, a)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_the_same(a, b))
        }
        (one, other) => one == other || is_blank(one) && is_blank(other),
    }
}
