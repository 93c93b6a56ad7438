use std::fmt;

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use weir_oci::Digest;

use crate::Error;

/// Bytes of the nonce before what it was used for. Random ones of this length never meet.
const NONCE: usize = 24;

/// What secrets are encrypted with.
#[derive(Clone)]
pub struct SecretKey {
    cipher: XChaCha20Poly1305,
    id: String,
}

impl SecretKey {
    /// The key of these bytes, which have to be random.
    pub fn new(key: [u8; 32]) -> SecretKey {
        // A name for the key that tells nothing about it: the key is as long as the digest.
        let digest = Digest::sha256(&[b"weir secret key ".as_slice(), &key].concat()).to_string();
        let id = digest.split_once(':').map_or("", |(_, hex)| &hex[..16]).to_owned();
        SecretKey { cipher: XChaCha20Poly1305::new(&key.into()), id }
    }

    /// The bytes of a new key.
    pub fn fresh() -> [u8; 32] {
        chacha20poly1305::Key::generate().into()
    }

    /// A name of the key that says nothing about it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Encrypts, for one place only.
    pub(crate) fn seal(&self, plain: &[u8], place: &str) -> Vec<u8> {
        let nonce = XNonce::generate();
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(&nonce, payload).expect("a secret is far from 256 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts what was encrypted for a place with the key of an id.
    pub(crate) fn open(&self, sealed: &[u8], id: &str, place: &str) -> Result<Vec<u8>, Error> {
        if id != self.id {
            return Err(Error::WrongSecretKey {
                secret: place.to_owned(),
                found: id.to_owned(),
                configured: self.id.clone(),
            });
        }
        let damaged = || Error::DamagedSecret(place.to_owned());
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(damaged)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| damaged())?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        self.cipher.decrypt(&nonce, payload).map_err(|_| damaged())
    }
}

impl From<[u8; 32]> for SecretKey {
    fn from(key: [u8; 32]) -> SecretKey {
        SecretKey::new(key)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_at_its_place_only() {
        let (key, other) = (SecretKey::new([7; 32]), SecretKey::new([8; 32]));
        let sealed = key.seal(b"hunter2", "team/pull");
        assert!(!sealed.windows(7).any(|bytes| bytes == b"hunter2"));
        assert_ne!(sealed, key.seal(b"hunter2", "team/pull"), "a nonce is never used twice");
        assert_eq!(key.open(&sealed, key.id(), "team/pull").unwrap(), b"hunter2");
        assert!(matches!(key.open(&sealed, key.id(), "team/x"), Err(Error::DamagedSecret(_))));
        assert!(matches!(key.open(&sealed[..10], key.id(), "team/pull"), Err(Error::DamagedSecret(_))));
        let wrong = other.open(&sealed, key.id(), "team/pull").unwrap_err();
        assert!(wrong.to_string().contains(key.id()) && wrong.to_string().contains(other.id()));
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = SecretKey::new([0xab; 32]);
        let printed = format!("{key:?}");
        assert!(printed.contains(key.id()));
        assert!(!printed.contains("171") && !printed.contains("abab"), "{printed}");
    }
}
