use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256, Sha512};

/// A registered digest algorithm (image-spec, descriptor.md, "Registered Algorithms").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, the algorithm of nearly everything in the field.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// The name as written before the colon of a digest.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// Length in bytes of the hash.
    pub fn hash_bytes(self) -> usize {
        match self {
            Algorithm::Sha256 => 32,
            Algorithm::Sha512 => 64,
        }
    }

    /// The algorithm of that name, if this registry computes it.
    pub fn parse(name: &str) -> Option<Algorithm> {
        match name {
            "sha256" => Some(Algorithm::Sha256),
            "sha512" => Some(Algorithm::Sha512),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no colon between algorithm and hash.
    #[error("a digest is written <algorithm>:<hex>")]
    Format,
    /// The algorithm is not one this registry computes.
    #[error("unsupported digest algorithm; supported are sha256 and sha512")]
    Algorithm,
    /// The hash has the wrong length for its algorithm.
    #[error("the digest has the wrong length for its algorithm")]
    Length,
    /// The hash holds a character other than lower-case hexadecimal.
    #[error("a digest is written in lower-case hexadecimal")]
    Hex,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Hash {
    Sha256([u8; 32]),
    Sha512([u8; 64]),
}

/// A content digest in its canonical form, `algorithm:hex`.
///
/// Each algorithm's digest is a name of its own: the SHA-256 and the SHA-512 of the same bytes are
/// different digests and never compare equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Hash);

impl Digest {
    /// Parses `algorithm:hex`.
    pub fn parse(text: &str) -> Result<Digest, DigestError> {
        let (algorithm, hex) = text.split_once(':').ok_or(DigestError::Format)?;
        match Algorithm::parse(algorithm).ok_or(DigestError::Algorithm)? {
            Algorithm::Sha256 => Ok(Digest(Hash::Sha256(decode(hex)?))),
            Algorithm::Sha512 => Ok(Digest(Hash::Sha512(decode(hex)?))),
        }
    }

    /// The digest of `bytes`.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Digest {
        match algorithm {
            Algorithm::Sha256 => Digest::from_sha256(Sha256::digest(bytes).into()),
            Algorithm::Sha512 => Digest::from_sha512(Sha512::digest(bytes).into()),
        }
    }

    /// The SHA-256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Digest {
        Digest::of(Algorithm::Sha256, bytes)
    }

    pub(crate) fn from_sha256(hash: [u8; 32]) -> Digest {
        Digest(Hash::Sha256(hash))
    }

    pub(crate) fn from_sha512(hash: [u8; 64]) -> Digest {
        Digest(Hash::Sha512(hash))
    }

    /// The algorithm the digest was made with.
    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Hash::Sha256(_) => Algorithm::Sha256,
            Hash::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// The bytes of the hash.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Hash::Sha256(hash) => hash,
            Hash::Sha512(hash) => hash,
        }
    }

    /// The hash in lower-case hexadecimal, without the algorithm.
    pub fn hex(&self) -> String {
        let mut buffer = [0; MAX_HEX];
        self.write_hex(&mut buffer).to_owned()
    }

    /// Digests are written several times per answer, so not character by character.
    fn write_hex<'b>(&self, buffer: &'b mut [u8; MAX_HEX]) -> &'b str {
        let hash = self.as_bytes();
        for (pair, byte) in buffer.chunks_exact_mut(2).zip(hash) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        std::str::from_utf8(&buffer[..hash.len() * 2]).expect("hexadecimal digits are ASCII")
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// Characters of the longest hash.
const MAX_HEX: usize = 128;

fn decode<const N: usize>(hex: &str) -> Result<[u8; N], DigestError> {
    let hex = hex.as_bytes();
    if hex.len() != N * 2 {
        return Err(DigestError::Length);
    }
    let mut hash = [0; N];
    for (byte, pair) in hash.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Ok(hash)
}

fn nibble(digit: u8) -> Result<u8, DigestError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(DigestError::Hex),
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Digest, DigestError> {
        Digest::parse(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.algorithm().as_str())?;
        f.write_str(":")?;
        f.write_str(self.write_hex(&mut [0; MAX_HEX]))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Digest::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_canonical_forms_of_registered_algorithms_parse() {
        let hex64 = "0".repeat(64);
        let hex128 = "a".repeat(128);
        assert!(Digest::parse(&format!("sha256:{hex64}")).is_ok());
        assert!(Digest::parse(&format!("sha512:{hex128}")).is_ok());
        for (text, error) in [
            (hex64.clone(), DigestError::Format),
            (String::new(), DigestError::Format),
            (format!("sha384:{}", "0".repeat(96)), DigestError::Algorithm),
            (format!("SHA256:{hex64}"), DigestError::Algorithm),
            (format!("md5:{}", "0".repeat(32)), DigestError::Algorithm),
            ("sha256:".to_owned(), DigestError::Length),
            (format!("sha256:{}", "0".repeat(63)), DigestError::Length),
            (format!("sha256:{}", "0".repeat(65)), DigestError::Length),
            (format!("sha512:{hex64}"), DigestError::Length),
            (format!("sha256:{}", "A".repeat(64)), DigestError::Hex),
            (format!("sha256:{}g", "0".repeat(63)), DigestError::Hex),
            (format!("sha256:{}\0", "0".repeat(63)), DigestError::Hex),
        ] {
            assert_eq!(Digest::parse(&text), Err(error), "{text}");
        }
    }

    #[test]
    fn known_answers() {
        // The two blobs every client pushes sooner or later: the empty one and `{}`.
        assert_eq!(
            Digest::sha256(b"").to_string(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            Digest::sha256(b"{}").to_string(),
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
    }

    proptest! {
        #[test]
        fn print_then_parse_is_the_same_digest(bytes in any::<Vec<u8>>(), long in any::<bool>()) {
            let algorithm = if long { Algorithm::Sha512 } else { Algorithm::Sha256 };
            let digest = Digest::of(algorithm, &bytes);
            prop_assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
            prop_assert_eq!(digest.hex().len(), algorithm.hash_bytes() * 2);
        }

        #[test]
        fn whatever_parses_prints_as_it_was_written(text in "(sha256|sha512|sha1)?:?[0-9a-fA-F]{60,130}") {
            if let Ok(digest) = Digest::parse(&text) {
                prop_assert_eq!(digest.to_string(), text);
            }
        }
    }
}
