//! Compression of large bodies (kubernetes-api 2.13).

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue, VARY};

/// Bodies up to this size are sent as they are: packing costs more time than sending. The threshold is
/// that of the Kubernetes API server.
const THRESHOLD: usize = 128 * 1024;

/// Compresses a body if it is large and the client takes gzip, and says so in the headers of the
/// response. Not for watches, which have no whole body.
pub(crate) fn gzip(body: Bytes, response: &mut HeaderMap, asked: &HeaderMap) -> Bytes {
    if body.len() <= THRESHOLD || response.contains_key(CONTENT_ENCODING) {
        return body;
    }
    // Also when it is not compressed: what a cache keeps for one client may not suit the next.
    response.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepts_gzip(asked) {
        return body;
    }
    // JSON shrinks to a tenth or so.
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(&body).expect("memory takes everything");
    let packed = encoder.finish().expect("memory takes everything");
    response.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response.remove(CONTENT_LENGTH);
    packed.into()
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|entry| {
        let (coding, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = parameters.split_once('=').is_some_and(|(name, quality)| {
            name.trim().eq_ignore_ascii_case("q") && quality.trim().parse() == Ok(0.0_f32)
        });
        coding.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn packed(length: usize, accept: &[&str]) -> (HeaderMap, Bytes) {
        let mut asked = HeaderMap::new();
        for line in accept {
            asked.append(ACCEPT_ENCODING, HeaderValue::from_str(line).unwrap());
        }
        let mut headers = HeaderMap::new();
        headers.insert(VARY, HeaderValue::from_static("Accept"));
        let body = gzip(vec![b'x'; length].into(), &mut headers, &asked);
        (headers, body)
    }

    fn is_packed(length: usize, accept: &[&str]) -> bool {
        packed(length, accept).0.contains_key(CONTENT_ENCODING)
    }

    /// kubernetes-api 72.
    #[test]
    fn only_on_request_and_above_the_threshold() {
        assert!(is_packed(THRESHOLD + 1, &["gzip"]));
        assert!(is_packed(THRESHOLD + 1, &["deflate, GZIP;q=0.5"]));
        assert!(is_packed(THRESHOLD + 1, &["br", "gzip"]));
        assert!(!is_packed(THRESHOLD, &["gzip"]));
        assert!(!is_packed(THRESHOLD + 1, &[]));
        assert!(!is_packed(THRESHOLD + 1, &["identity"]));
        assert!(!is_packed(THRESHOLD + 1, &["gzip;q=0"]));
        assert!(!is_packed(THRESHOLD + 1, &["gzip; q=0.000"]));
    }

    #[test]
    fn the_body_comes_back_and_caches_are_told() {
        let (headers, packed_body) = packed(THRESHOLD + 1, &["gzip"]);
        assert!(packed_body.len() < THRESHOLD / 10);
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(packed_body.as_ref()).read_to_end(&mut body).unwrap();
        assert_eq!(body, vec![b'x'; THRESHOLD + 1]);
        let vary: Vec<_> = headers.get_all(VARY).iter().collect();
        assert_eq!(vary, ["Accept", "Accept-Encoding"]);
        let (headers, plain) = packed(THRESHOLD + 1, &[]);
        assert_eq!((headers.get_all(VARY).iter().count(), plain.len()), (2, THRESHOLD + 1));
        assert_eq!(packed(10, &["gzip"]).0.get_all(VARY).iter().count(), 1);
    }
}
