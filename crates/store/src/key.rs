use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use uuid::Uuid;
use weir_oci::{Algorithm, Digest};

/// Name of one stored copy of some bytes: fresh for each copy and never used again.
///
/// Two uploads of the same bytes get two keys, so no write ever meets an existing object, a late
/// delete cannot hit new content, and whatever is cached under a key is right for ever.
///
/// On disk it is `blobs/<algorithm>/<2 hex>/<hex>-<id>`, so that a person finds a blob by its
/// digest; in a bucket, where bytes go straight to their final place before their digest is known,
/// `data/<2 hex>/<id>`. The id is a ULID in lower case: 48 bits of milliseconds, 80 random bits.
/// The fields hold nothing but numbers, so no key ever needs escaping or leaves its folder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    content: Option<Digest>,
    /// Big-endian, as bytes: errors carry keys, and a number of 128 bits would pad them.
    id: [u8; ID_BYTES],
}

/// The text is no object key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an object key")]
pub struct KeyError;

const ID_BYTES: usize = 16;
/// Milliseconds come first, in 48 bits.
const TIME_BYTES: usize = 6;
/// Crockford's base 32: no i, l, o, u.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID_LEN: usize = 26;

impl ObjectKey {
    /// A key nobody has used, for bytes stored at `now_ms`.
    pub(crate) fn fresh(content: Option<Digest>, now_ms: u64) -> ObjectKey {
        // A version 4 UUID has fixed bits in bytes 6 and 8; the others are random.
        let random = Uuid::new_v4().into_bytes();
        let mut id = [0; ID_BYTES];
        id[..TIME_BYTES].copy_from_slice(&now_ms.to_be_bytes()[8 - TIME_BYTES..]);
        id[TIME_BYTES..12].copy_from_slice(&random[..6]);
        id[12..].copy_from_slice(&random[12..]);
        ObjectKey { content, id }
    }

    /// Parses what [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Result<ObjectKey, KeyError> {
        let (folder, file) = text.rsplit_once('/').ok_or(KeyError)?;
        let key = match folder.split_once('/').ok_or(KeyError)? {
            ("blobs", rest) => {
                let (algorithm, _) = rest.split_once('/').ok_or(KeyError)?;
                let algorithm = Algorithm::parse(algorithm).ok_or(KeyError)?;
                let (hex, id) = file.split_once('-').ok_or(KeyError)?;
                let digest = Digest::parse(&format!("{algorithm}:{hex}")).map_err(|_| KeyError)?;
                ObjectKey { content: Some(digest), id: parse_id(id)? }
            }
            ("data", _) => ObjectKey { content: None, id: parse_id(file)? },
            _ => return Err(KeyError),
        };
        // The folder follows from the rest: only the one right spelling counts.
        if key.to_string() == text { Ok(key) } else { Err(KeyError) }
    }

    /// When the key was drawn, in milliseconds since 1970.
    pub fn time_ms(&self) -> u64 {
        self.id[..TIME_BYTES].iter().fold(0, |time, byte| time << 8 | u64::from(*byte))
    }

    /// The digest the key spells out, if it does.
    pub fn digest(&self) -> Option<&Digest> {
        self.content.as_ref()
    }

    fn id_text(self) -> String {
        let mut rest = u128::from_be_bytes(self.id);
        let mut text = [0; ID_LEN];
        for digit in text.iter_mut().rev() {
            *digit = DIGITS[usize::try_from(rest % 32).expect("it is less than 32")];
            rest /= 32;
        }
        text.into_iter().map(char::from).collect()
    }
}

fn parse_id(text: &str) -> Result<[u8; ID_BYTES], KeyError> {
    // 26 digits hold 130 bits: the first may only use three of its five.
    if text.len() != ID_LEN || text.as_bytes()[0] > b'7' {
        return Err(KeyError);
    }
    let id = text.bytes().try_fold(0, |id: u128, digit| {
        let value = DIGITS.iter().position(|known| *known == digit).ok_or(KeyError)?;
        Ok(id << 5 | value as u128)
    })?;
    Ok(id.to_be_bytes())
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id_text();
        match &self.content {
            Some(digest) => {
                let hex = digest.hex();
                write!(f, "blobs/{}/{}/{hex}-{id}", digest.algorithm(), &hex[..2])
            }
            // The id starts with its time, its end is what spreads.
            None => write!(f, "data/{:02x}/{id}", self.id[ID_BYTES - 1]),
        }
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<ObjectKey, KeyError> {
        ObjectKey::parse(text)
    }
}

/// The id alone already tells keys apart.
impl Hash for ObjectKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_its_own_spelling_parses() {
        let digest = Digest::sha256(b"x");
        let key = ObjectKey::fresh(Some(digest), 1_700_000_000_000);
        let text = key.to_string();
        assert_eq!(ObjectKey::parse(&text), Ok(key));
        let id = text.rsplit_once('-').expect("it has one").1;
        let hex = digest.hex();
        for wrong in [
            String::new(),
            text.to_uppercase(),
            format!("/{text}"),
            format!("{text}#1"),
            format!("{text}/"),
            text.replace("blobs", "data"),
            format!("blobs/sha256/zz/{hex}-{id}"),
            format!("blobs/sha256/{}/{hex}-8{}", &hex[..2], &id[1..]),
            format!("blobs/sha256/{}/../{hex}-{id}", &hex[..2]),
            format!("data/../{id}"),
            format!("data/zz/{id}"),
        ] {
            assert_eq!(ObjectKey::parse(&wrong), Err(KeyError), "{wrong}");
        }
    }

    #[test]
    fn keys_sort_by_their_time_and_never_meet() {
        let early = ObjectKey::fresh(None, 5).id_text();
        let late = ObjectKey::fresh(None, 6).id_text();
        assert!(early < late);
        let drawn: std::collections::HashSet<ObjectKey> =
            (0..1000).map(|_| ObjectKey::fresh(None, 5)).collect();
        assert_eq!(drawn.len(), 1000);
    }

    proptest! {
        #[test]
        fn print_then_parse_is_the_same_key(
            bytes in any::<[u8; 4]>(), now_ms in 0..1_u64 << 48, form in 0..3u8,
        ) {
            let content = match form {
                0 => None,
                1 => Some(Digest::of(Algorithm::Sha512, &bytes)),
                _ => Some(Digest::sha256(&bytes)),
            };
            let key = ObjectKey::fresh(content, now_ms);
            prop_assert_eq!(ObjectKey::parse(&key.to_string()), Ok(key));
            prop_assert_eq!(key.time_ms(), now_ms);
            prop_assert_eq!(key.digest().copied(), content);
        }

        #[test]
        fn whatever_parses_prints_as_it_was_written(text in "(blobs/sha256/[0-9a-f]{2}|data/[0-9a-f]{2})/[0-9a-z-]{20,95}") {
            if let Ok(key) = ObjectKey::parse(&text) {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
