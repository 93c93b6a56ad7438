use http::{HeaderMap, header};
use weir_oci::{Digest, ErrorCode};
use weir_registry::Condition;

use crate::ApiError;

/// Whether the client already has what `digest` names: `If-None-Match` holds its entity tag, in
/// whatever dress the field puts on it, or `*`.
pub(crate) fn is_current(headers: &HeaderMap, digest: &Digest) -> bool {
    let digest = digest.to_string();
    entity_tags(headers, header::IF_NONE_MATCH).any(|tag| tag == "*" || tag == digest)
}

/// Whether a `Range` may be honoured: there is no `If-Range`, or it names this very content.
pub(crate) fn range_applies(headers: &HeaderMap, digest: &Digest) -> bool {
    let digest = digest.to_string();
    !headers.contains_key(header::IF_RANGE) || entity_tags(headers, header::IF_RANGE).any(|tag| tag == digest)
}

/// The state a tag must be in for a write: `If-Match: "<digest>", …`, `If-Match: *` or
/// `If-None-Match: *`.
pub(crate) fn condition(headers: &HeaderMap) -> Result<Option<Condition>, ApiError> {
    let mut expected = Vec::new();
    for tag in entity_tags(headers, header::IF_MATCH) {
        if tag == "*" {
            return Ok(Some(Condition::Exists));
        }
        expected.push(Digest::parse(tag)?);
    }
    if !expected.is_empty() {
        return Ok(Some(Condition::At(expected)));
    }
    match entity_tags(headers, header::IF_NONE_MATCH).next() {
        None => Ok(None),
        Some("*") => Ok(Some(Condition::Absent)),
        Some(_) => Err(ApiError::new(ErrorCode::Unsupported, "If-None-Match of a write takes * only")
            .with_status(http::StatusCode::BAD_REQUEST)),
    }
}

/// The entity tags of every line of a header, without quotes and weakness.
fn entity_tags(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
        .filter(|tag| !tag.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: &header::HeaderName, lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn an_entity_tag_is_found_in_any_dress() {
        // distribution 33
        let digest = Digest::sha256(b"x");
        for line in [
            format!("\"{digest}\""),
            digest.to_string(),
            format!("W/\"{digest}\""),
            format!("\"a\", \"{digest}\""),
            "*".to_owned(),
        ] {
            assert!(is_current(&headers(&header::IF_NONE_MATCH, &[&line]), &digest), "{line}");
        }
        assert!(is_current(&headers(&header::IF_NONE_MATCH, &["\"a\"", &format!("\"{digest}\"")]), &digest));
        assert!(!is_current(&headers(&header::IF_NONE_MATCH, &["\"a\""]), &digest));
        assert!(!is_current(&HeaderMap::new(), &digest));
    }

    #[test]
    fn a_write_names_the_state_it_expects() {
        // distribution 138
        let digest = Digest::sha256(b"x");
        let at = headers(&header::IF_MATCH, &[&format!("\"{digest}\"")]);
        assert_eq!(condition(&at).unwrap(), Some(Condition::At(vec![digest])));
        assert_eq!(condition(&headers(&header::IF_MATCH, &["*"])).unwrap(), Some(Condition::Exists));
        assert_eq!(condition(&headers(&header::IF_NONE_MATCH, &["*"])).unwrap(), Some(Condition::Absent));
        let other = Digest::sha256(b"y");
        for lines in [
            vec![format!("\"{digest}\", \"{other}\"")],
            vec![format!("\"{digest}\""), format!("W/\"{other}\"")],
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let one_of = headers(&header::IF_MATCH, &lines);
            assert_eq!(condition(&one_of).unwrap(), Some(Condition::At(vec![digest, other])));
        }
        let any = headers(&header::IF_MATCH, &[&format!("\"{digest}\", *")]);
        assert_eq!(condition(&any).unwrap(), Some(Condition::Exists));
        assert!(condition(&headers(&header::IF_MATCH, &[&format!("\"{digest}\", \"x\"")])).is_err());
        assert_eq!(condition(&HeaderMap::new()).unwrap(), None);
        assert!(condition(&headers(&header::IF_MATCH, &["\"nonsense\""])).is_err());
        assert!(condition(&headers(&header::IF_NONE_MATCH, &["\"x\""])).is_err());
    }
}
