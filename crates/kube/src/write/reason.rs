//! Why a caller writes, in the caller's words: a header of this server's own.

use http::HeaderMap;
use http::header::HeaderName;

use crate::failure::Failure;

const REASON: HeaderName = HeaderName::from_static("weir-reason");

/// Most bytes of a reason, as with pushes: it is kept for ever, in every entry it belongs to.
const MOST: usize = 1024;

/// The reason a request gives, if it gives one.
pub(crate) fn reason(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let mut lines = headers.get_all(REASON).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let refuse = |message: String| Err(Failure::BadRequest(message));
    if lines.any(|other| other != line) {
        return refuse(format!("{REASON} is given twice with different values"));
    }
    // A person may well write beyond ASCII.
    let Ok(text) = std::str::from_utf8(line.as_bytes()) else {
        return refuse(format!("{REASON} is not UTF-8"));
    };
    let text = text.trim();
    if text.len() > MOST {
        return refuse(format!("{REASON} has at most {MOST} bytes"));
    }
    if text.chars().any(char::is_control) {
        return refuse(format!("{REASON} holds a character that cannot be printed"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn given(lines: &[&[u8]]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(REASON, HeaderValue::from_bytes(line).unwrap());
        }
        reason(&headers).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_sentence_or_nothing() {
        assert_eq!(given(&[]), Ok(None));
        assert_eq!(given(&[b"  "]), Ok(None));
        assert_eq!(given(&[" zurück auf v1 ".as_bytes()]), Ok(Some("zurück auf v1".to_owned())));
        assert_eq!(given(&[b"same", b"same"]), Ok(Some("same".to_owned())));
        assert!(given(&[&[b'x'; 1024]]).is_ok());
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let long = [b'x'; 1025];
        for (lines, expected) in [
            (&[&b"one"[..], b"other"][..], "weir-reason is given twice with different values"),
            (&[&b"\xff"[..]][..], "weir-reason is not UTF-8"),
            (&[&long[..]][..], "weir-reason has at most 1024 bytes"),
            (&[&b"a\tb"[..]][..], "weir-reason holds a character that cannot be printed"),
        ] {
            assert_eq!(given(lines).unwrap_err(), expected);
        }
    }
}
