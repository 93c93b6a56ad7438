//! `Warning` headers (kubernetes-api 2.11).

use std::collections::BTreeSet;

use http::HeaderValue;

/// Most characters of all warnings of an answer. Beyond it each is cut, and then no more are sent:
/// proxies refuse answers with long headers.
const MOST: usize = 4096;
/// Most characters of each when there is more to say than fits.
const CUT: usize = 256;

/// The values of the headers that say these things. The same thing is said once.
pub(crate) fn headers(texts: &[String]) -> Vec<HeaderValue> {
    let mut seen = BTreeSet::new();
    let texts: Vec<&String> = texts.iter().filter(|text| seen.insert(text.as_str())).collect();
    let whole: usize = texts.iter().map(|text| text.chars().count()).sum();
    let most = if whole > MOST { CUT } else { MOST };
    let mut left = MOST;
    let mut values = Vec::new();
    for text in texts {
        let text: String = text.chars().take(most).collect();
        let Some(rest) = left.checked_sub(text.chars().count()) else { break };
        left = rest;
        values.extend(HeaderValue::from_bytes(format!("299 - {}", quoted(&text)).as_bytes()).ok());
    }
    values
}

/// A quoted string of HTTP. What may not stand in a header is left out.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(texts: &[&str]) -> Vec<String> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let values = headers(&texts);
        values.iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    }

    #[test]
    fn each_thing_is_said_once_in_quotes() {
        assert_eq!(
            shown(&["unknown field \"spec.tagz\"", "a\nb", "a\nb"]),
            ["299 - \"unknown field \\\"spec.tagz\\\"\"", "299 - \"ab\""]
        );
    }

    #[test]
    fn what_is_too_long_is_cut_and_then_left_out() {
        let long: Vec<String> = (0..20).map(|number| format!("{number:0300}")).collect();
        let values = headers(&long);
        assert_eq!(values.len(), 16);
        assert!(values.iter().all(|value| value.len() == 256 + "299 - \"\"".len()));
        let fitting = "x".repeat(4096);
        assert_eq!(headers(&[fitting])[0].len(), 4096 + 8);
    }
}
