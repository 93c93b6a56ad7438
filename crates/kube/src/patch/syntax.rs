//! Syntax errors in the words that clients of the API are used to.

use serde_json::error::Category;

/// What the parser expected, and how the same is put upstream.
const CONTEXTS: [(&str, &str); 7] = [
    ("expected value", "looking for beginning of value"),
    ("key must be a string", "looking for beginning of object key string"),
    ("expected `:`", "after object key"),
    ("expected `,` or `}`", "after object key:value pair"),
    ("expected `,` or `]`", "after array element"),
    ("trailing comma", "looking for beginning of value"),
    ("trailing characters", "after top-level value"),
];

/// What is wrong with a text that is no JSON.
pub(super) fn complaint(body: &[u8], error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Eof => "unexpected end of JSON input".to_owned(),
        Category::Io | Category::Data => error.to_string(),
        Category::Syntax => {
            let told = error.to_string();
            let context = CONTEXTS.iter().find(|(ours, _)| told.starts_with(ours));
            match (context, byte_at(body, error.line(), error.column())) {
                (Some((_, context)), Some(byte)) => {
                    format!("invalid character {} {context}", quoted(byte))
                }
                (None, _) | (_, None) => told,
            }
        }
    }
}

/// A character in the quotes of Go.
fn quoted(byte: u8) -> String {
    match byte {
        b'"' => "'\"'".to_owned(),
        byte => format!("'{}'", char::from(byte).escape_default()),
    }
}

/// Lines and columns count from 1, columns in bytes.
fn byte_at(body: &[u8], line: usize, column: usize) -> Option<u8> {
    let line = body.split(|byte| *byte == b'\n').nth(line.checked_sub(1)?)?;
    line.get(column.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn syntax_errors_name_the_character() {
        let cases = [
            ("", "unexpected end of JSON input"),
            (r#"{"a":"#, "unexpected end of JSON input"),
            ("{\n\"a\": x}", "invalid character 'x' looking for beginning of value"),
            (r"{a:1}", "invalid character 'a' looking for beginning of object key string"),
            (r#"{"a" 1}"#, "invalid character '1' after object key"),
            (r#"{"a":1 "b"}"#, "invalid character '\"' after object key:value pair"),
            ("[1 2]", "invalid character '2' after array element"),
            ("{} {}", "invalid character '{' after top-level value"),
        ];
        for (body, text) in cases {
            let error = serde_json::from_slice::<Value>(body.as_bytes()).unwrap_err();
            assert_eq!(complaint(body.as_bytes(), &error), text, "{body}");
        }
    }
}
