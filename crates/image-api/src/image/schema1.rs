use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

#[derive(Deserialize)]
struct Signed {
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    protected: String,
}

/// Where the signatures were put into the document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Protected {
    format_length: usize,
    format_tail: String,
}

/// What of a manifest of schema 1 its digest is made of: everything but the signatures, which were
/// put in before the last few bytes.
pub(super) fn payload(manifest: &str) -> Option<Vec<u8>> {
    let signed: Signed = serde_json::from_str(manifest).ok()?;
    let Some(signature) = signed.signatures.first() else { return Some(manifest.into()) };
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    let protected: Protected = serde_json::from_slice(&decode(&signature.protected)?).ok()?;
    let front = manifest.as_bytes().get(..protected.format_length)?;
    Some([front, &decode(&protected.format_tail)?].concat())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A manifest with a signature put in before its closing bracket.
    pub(in crate::image) fn sign(manifest: &str) -> String {
        let front = manifest.strip_suffix("\n}").unwrap();
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let protected = format!(r#"{{"formatLength":{},"formatTail":"{}"}}"#, front.len(), encode("\n}"));
        format!(r#"{front},"signatures":[{{"header":{{}},"protected":"{}"}}]{}"#, encode(&protected), "\n}")
    }

    #[test]
    fn the_payload_is_what_was_there_before_the_signatures() {
        let manifest = "{\"schemaVersion\":1,\"name\":\"x\"\n}";
        assert_eq!(payload(&sign(manifest)).unwrap(), manifest.as_bytes());
        assert_eq!(payload(manifest).unwrap(), manifest.as_bytes());
    }

    #[test]
    fn broken_signatures_have_no_payload() {
        let protected = |text: &str| {
            let protected = BASE64_URL_SAFE_NO_PAD.encode(text);
            payload(&format!(r#"{{"signatures":[{{"protected":"{protected}"}}]}}"#))
        };
        for broken in [
            "",
            "{}",
            r#"{"formatLength":9999,"formatTail":"fQ"}"#,
            r#"{"formatLength":-1,"formatTail":"fQ"}"#,
            r#"{"formatLength":1,"formatTail":"!"}"#,
        ] {
            assert_eq!(protected(broken), None, "{broken}");
        }
        assert_eq!(protected(r#"{"formatLength":1,"formatTail":"fQ"}"#).unwrap(), b"{}");
        for broken in [
            "",
            "{",
            r#"{"signatures":7}"#,
            r#"{"signatures":[{}]}"#,
            r#"{"signatures":[{"protected":"!"}]}"#,
        ] {
            assert_eq!(payload(broken), None, "{broken}");
        }
    }
}
