use http::{HeaderMap, HeaderName};
use weir_oci::ErrorCode;

use crate::ApiError;

/// Why the caller moves or removes a tag, for its history.
const REASON: HeaderName = HeaderName::from_static("weir-reason");

/// Most bytes of a reason: a sentence or two. It is kept for ever, in every entry it belongs to.
const MAX_REASON: usize = 1024;

/// The reason a request gives, if it gives one.
pub(crate) fn reason(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut lines = headers.get_all(REASON).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let refuse = |message: String| Err(ApiError::new(ErrorCode::ReasonInvalid, message));
    if lines.any(|other| other != line) {
        return refuse(format!("{REASON} is given twice with different values"));
    }
    // A person may well write beyond ASCII.
    let Ok(text) = std::str::from_utf8(line.as_bytes()) else {
        return refuse(format!("{REASON} is not UTF-8"));
    };
    let text = text.trim();
    if text.len() > MAX_REASON {
        return refuse(format!("{REASON} has at most {MAX_REASON} bytes"));
    }
    if text.chars().any(char::is_control) {
        return refuse(format!("{REASON} holds a character that cannot be printed"));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(lines: &[&[u8]]) -> Result<Option<String>, ErrorCode> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(REASON, HeaderValue::from_bytes(line).unwrap());
        }
        reason(&headers).map_err(|error| error.code())
    }

    #[test]
    fn a_reason_is_printable_and_short() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[b"  "]), Ok(None));
        assert_eq!(of(&[" zurück auf v1 ".as_bytes()]), Ok(Some("zurück auf v1".to_owned())));
        assert_eq!(of(&[b"a", b"a"]), Ok(Some("a".to_owned())));
        assert_eq!(of(&[&[b'a'; 1024]]), Ok(Some("a".repeat(1024))));
        for bad in [&[&[b'a'; 1025][..]][..], &[b"a", b"b"], &[b"\xff"], &[b"a\tb"], &["a\u{85}b".as_bytes()]]
        {
            assert_eq!(of(bad), Err(ErrorCode::ReasonInvalid), "{bad:?}");
        }
    }
}
