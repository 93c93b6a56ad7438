use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it, in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest one that is taken from a client.
const MOST: usize = 128;

/// Names requests: as the client or a proxy already did, else by a number after a random start, so
/// that two runs do not use the same names.
#[derive(Debug)]
pub(crate) struct RequestIds {
    run: u32,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> RequestIds {
        let (run, ..) = Uuid::new_v4().as_fields();
        RequestIds { run, next: AtomicU64::new(1) }
    }

    pub(crate) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(REQUEST_ID) {
            Some(given) if is_plain(given) => given.clone(),
            _ => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let name = format!("{:08x}-{number:x}", self.run);
                HeaderValue::try_from(name).expect("hexadecimal digits are header text")
            }
        }
    }
}

/// Whether it can stand in a log and a header without being looked at again.
fn is_plain(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    (1..=MOST).contains(&bytes.len()) && bytes.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_kept_and_any_other_replaced() {
        let ids = RequestIds::new();
        let of = |value: &str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(value).unwrap())]);
            ids.of(&headers).to_str().unwrap().to_owned()
        };
        for given in ["a", "7f9c-12", "Root=1-67891233-abcdef012345678912345678", &"x".repeat(128)] {
            assert_eq!(of(given), given);
        }
        for given in ["", "a b", "\"x\"", "<script>", &"x".repeat(129)] {
            assert_ne!(of(given), given);
        }
        let (one, two) = (ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
        assert_ne!(one, two);
        assert_ne!(RequestIds::new().run, ids.run);
    }
}
