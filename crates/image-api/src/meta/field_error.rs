//! What is wrong with a member of a submitted object, in the words clients know (image-api 1.3).

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::StatusCause;

/// One thing that is wrong with one member. Displays as `field: body`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the member.
    pub field: String,
    /// What sort of error it is.
    pub reason: FieldReason,
    /// For a person.
    pub body: String,
}

/// Sort of a [`FieldError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldReason {
    /// The member is missing.
    Required,
    /// Its value is wrong.
    Invalid,
    /// It must not be there, or not from this caller.
    Forbidden,
    /// What it refers to does not exist.
    NotFound,
    /// Its value is too long.
    TooLong,
    /// Its value is not one of a few.
    NotSupported,
    /// Its value is there twice.
    Duplicate,
    /// It could not be judged.
    Internal,
}

/// Everything that is wrong with an object; empty if it is valid.
pub type FieldErrors = Vec<FieldError>;

impl FieldReason {
    /// The reason of the cause in a status.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldReason::Required => "FieldValueRequired",
            FieldReason::Invalid => "FieldValueInvalid",
            FieldReason::Forbidden => "FieldValueForbidden",
            FieldReason::NotFound => "FieldValueNotFound",
            FieldReason::TooLong => "FieldValueTooLong",
            FieldReason::NotSupported => "FieldValueNotSupported",
            FieldReason::Duplicate => "FieldValueDuplicate",
            FieldReason::Internal => "InternalError",
        }
    }
}

impl FieldError {
    /// The member is missing.
    pub fn required(field: impl Into<String>, detail: &str) -> FieldError {
        FieldError::new(field, FieldReason::Required, with_detail("Required value", detail))
    }

    /// The value is wrong.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> FieldError {
        let body = with_detail(&format!("Invalid value: {}", shown(value)), detail);
        FieldError::new(field, FieldReason::Invalid, body)
    }

    /// The value, which is more than a text or a number, is wrong. It is shown with its members in the
    /// order in which clients know them.
    pub fn invalid_object(field: impl Into<String>, value: &impl Serialize, detail: &str) -> FieldError {
        let shown = serde_json::to_string(value).expect("values of the API serialise");
        let body = with_detail(&format!("Invalid value: {shown}"), detail);
        FieldError::new(field, FieldReason::Invalid, body)
    }

    /// The member must not be there.
    pub fn forbidden(field: impl Into<String>, detail: &str) -> FieldError {
        FieldError::new(field, FieldReason::Forbidden, with_detail("Forbidden", detail))
    }

    /// What the value refers to does not exist.
    pub fn not_found(field: impl Into<String>, value: &Value) -> FieldError {
        FieldError::new(field, FieldReason::NotFound, format!("Not found: {}", shown(value)))
    }

    /// The value has more than `max` bytes.
    pub fn too_long_bytes(field: impl Into<String>, max: usize) -> FieldError {
        let body = format!("Too long: may not be more than {max} bytes");
        FieldError::new(field, FieldReason::TooLong, body)
    }

    /// The value is not one of the few.
    pub fn not_supported(field: impl Into<String>, value: &Value, supported: &[&str]) -> FieldError {
        let supported: Vec<String> = supported.iter().map(|value| quoted(value)).collect();
        let detail = format!("supported values: {}", supported.join(", "));
        let body = with_detail(&format!("Unsupported value: {}", shown(value)), &detail);
        FieldError::new(field, FieldReason::NotSupported, body)
    }

    /// The value is there twice.
    pub fn duplicate(field: impl Into<String>, value: &Value) -> FieldError {
        FieldError::new(field, FieldReason::Duplicate, format!("Duplicate value: {}", shown(value)))
    }

    /// The member could not be judged.
    pub fn internal(field: impl Into<String>, detail: &str) -> FieldError {
        FieldError::new(field, FieldReason::Internal, with_detail("Internal error", detail))
    }

    fn new(field: impl Into<String>, reason: FieldReason, body: String) -> FieldError {
        FieldError { field: field.into(), reason, body }
    }

    /// The error as seen from the object that has the member `prefix`.
    #[must_use]
    pub fn under(self, prefix: &str) -> FieldError {
        let joint = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        FieldError { field: format!("{prefix}{joint}{}", self.field), ..self }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body)
    }
}

/// All errors in one text: one stands alone, several in brackets; the same text is said once.
pub fn summary(errors: &[FieldError]) -> String {
    let mut seen = BTreeSet::new();
    let texts: Vec<String> =
        errors.iter().map(ToString::to_string).filter(|text| seen.insert(text.clone())).collect();
    match texts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// The errors one by one, repetitions included.
pub fn causes(errors: &[FieldError]) -> Vec<StatusCause> {
    errors
        .iter()
        .map(|error| StatusCause {
            reason: error.reason.as_str().to_owned(),
            message: error.body.clone(),
            field: error.field.clone(),
        })
        .collect()
}

fn with_detail(body: &str, detail: &str) -> String {
    if detail.is_empty() { body.to_owned() } else { format!("{body}: {detail}") }
}

/// Texts in quotes, everything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A text in quotes, spelled as Go spells it.
pub(crate) fn quoted(text: &str) -> String {
    let mut spelled = String::with_capacity(text.len() + 2);
    spelled.push('"');
    for character in text.chars() {
        match character {
            '"' => spelled.push_str("\\\""),
            '\\' => spelled.push_str("\\\\"),
            '\u{7}' => spelled.push_str("\\a"),
            '\u{8}' => spelled.push_str("\\b"),
            '\u{c}' => spelled.push_str("\\f"),
            '\n' => spelled.push_str("\\n"),
            '\r' => spelled.push_str("\\r"),
            '\t' => spelled.push_str("\\t"),
            '\u{b}' => spelled.push_str("\\v"),
            '\'' => spelled.push('\''),
            // What does not print would hide, or turn around, the text next to it.
            hidden if hidden.escape_debug().len() > 1 => escape(hidden, &mut spelled),
            printing => spelled.push(printing),
        }
    }
    spelled.push('"');
    spelled
}

fn escape(character: char, spelled: &mut String) {
    let code = u32::from(character);
    let written = match code {
        0..0x80 => write!(spelled, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(spelled, "\\u{code:04x}"),
        _ => write!(spelled, "\\U{code:08x}"),
    };
    written.expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_by_reason() {
        // image-api 1.3
        let name = json!("App");
        for (error, reason, text) in [
            (FieldError::required("f", ""), "FieldValueRequired", "f: Required value"),
            (FieldError::required("f", "why"), "FieldValueRequired", "f: Required value: why"),
            (FieldError::invalid("f", &name, "why"), "FieldValueInvalid", r#"f: Invalid value: "App": why"#),
            (FieldError::invalid("f", &json!(0), "why"), "FieldValueInvalid", "f: Invalid value: 0: why"),
            (FieldError::invalid("f", &json!(true), ""), "FieldValueInvalid", "f: Invalid value: true"),
            (
                FieldError::invalid("f", &json!({"a": "b"}), "why"),
                "FieldValueInvalid",
                r#"f: Invalid value: {"a":"b"}: why"#,
            ),
            (FieldError::forbidden("f", "why"), "FieldValueForbidden", "f: Forbidden: why"),
            (FieldError::not_found("f", &name), "FieldValueNotFound", r#"f: Not found: "App""#),
            (
                FieldError::too_long_bytes("f", 9),
                "FieldValueTooLong",
                "f: Too long: may not be more than 9 bytes",
            ),
            (
                FieldError::not_supported("f", &name, &["a", "b"]),
                "FieldValueNotSupported",
                r#"f: Unsupported value: "App": supported values: "a", "b""#,
            ),
            (FieldError::duplicate("f", &name), "FieldValueDuplicate", r#"f: Duplicate value: "App""#),
            (FieldError::internal("[]", "why"), "InternalError", "[]: Internal error: why"),
        ] {
            assert_eq!((error.reason.as_str(), error.to_string().as_str()), (reason, text));
        }
    }

    #[test]
    fn texts_are_quoted_as_go_quotes_them() {
        assert_eq!(quoted("a'b\"c\\d\n\u{7}\u{1}é\u{202e}"), r#""a'b\"c\\d\n\a\x01é\u202e""#);
    }

    #[test]
    fn a_path_grows_to_the_left() {
        let at = |field: &str| FieldError::required(field, "").under("spec").field;
        assert_eq!([at("tags"), at("[0]"), at("")], ["spec.tags", "spec[0]", "spec"]);
    }

    #[test]
    fn the_summary_says_a_text_once_and_causes_keep_it() {
        let a = FieldError::required("a", "");
        let b = FieldError::required("b", "");
        assert_eq!(summary(&[]), "");
        assert_eq!(summary(&[a.clone(), a.clone()]), "a: Required value");
        let three = [a.clone(), b, a];
        assert_eq!(summary(&three), "[a: Required value, b: Required value]");
        let fields: Vec<_> = causes(&three).into_iter().map(|c| (c.field, c.reason, c.message)).collect();
        let cause =
            |field: &str| (field.to_owned(), "FieldValueRequired".to_owned(), "Required value".to_owned());
        assert_eq!(fields, [cause("a"), cause("b"), cause("a")]);
    }
}
