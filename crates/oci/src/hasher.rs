use std::fmt;

use sha2::digest::common::hazmat::SerializableState;
use sha2::{Digest as _, Sha256, Sha512};

use crate::{Algorithm, Digest};

/// Computes a digest while bytes arrive, and can be put away and taken up again.
#[derive(Clone)]
pub struct Hasher {
    state: State,
    hashed: u64,
}

#[derive(Clone)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
}

/// Layout of a saved hasher. The state inside is only stable within one 0.11.x line of `sha2`, so
/// the number changes whenever that dependency changes its minor version.
const FORMAT: u8 = 1;
/// Format, algorithm, bytes hashed.
const HEADER: usize = 1 + 1 + 8;
/// A flipped bit in the state is not noticed when it is loaded, hence a checksum of our own.
const CHECKSUM: usize = 8;

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new(algorithm: Algorithm) -> Hasher {
        let state = match algorithm {
            Algorithm::Sha256 => State::Sha256(Sha256::new()),
            Algorithm::Sha512 => State::Sha512(Sha512::new()),
        };
        Hasher { state, hashed: 0 }
    }

    /// The algorithm of the digest this hasher will give.
    pub fn algorithm(&self) -> Algorithm {
        match self.state {
            State::Sha256(_) => Algorithm::Sha256,
            State::Sha512(_) => Algorithm::Sha512,
        }
    }

    /// Number of bytes seen.
    pub fn hashed(&self) -> u64 {
        self.hashed
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
        self.hashed += bytes.len() as u64;
    }

    /// The digest of all bytes seen.
    pub fn finish(self) -> Digest {
        match self.state {
            State::Sha256(state) => Digest::from_sha256(state.finalize().into()),
            State::Sha512(state) => Digest::from_sha512(state.finalize().into()),
        }
    }

    /// The state as bytes to keep across a restart. Server-side only: whoever can change them can
    /// make a digest check fail, though never pass.
    pub fn save(&self) -> Vec<u8> {
        let (tag, state) = match &self.state {
            State::Sha256(state) => (0, state.serialize().to_vec()),
            State::Sha512(state) => (1, state.serialize().to_vec()),
        };
        let mut saved = Vec::with_capacity(HEADER + state.len() + CHECKSUM);
        saved.extend([FORMAT, tag]);
        saved.extend(self.hashed.to_le_bytes());
        saved.extend(state);
        let checksum = Sha256::digest(&saved);
        saved.extend(&checksum[..CHECKSUM]);
        saved
    }

    /// The hasher that was saved, or nothing if the bytes are not whole or of another version. The
    /// caller then hashes the stored bytes again.
    pub fn restore(saved: &[u8]) -> Option<Hasher> {
        let (body, checksum) = saved.split_at_checked(saved.len().checked_sub(CHECKSUM)?)?;
        if Sha256::digest(body)[..CHECKSUM] != *checksum {
            return None;
        }
        let (header, state) = body.split_at_checked(HEADER)?;
        let hashed = u64::from_le_bytes(header[2..].try_into().ok()?);
        let state = match header[..2] {
            [FORMAT, 0] => State::Sha256(Sha256::deserialize(state.try_into().ok()?).ok()?),
            [FORMAT, 1] => State::Sha512(Sha512::deserialize(state.try_into().ok()?).ok()?),
            _ => return None,
        };
        Some(Hasher { state, hashed })
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("algorithm", &self.algorithm())
            .field("hashed", &self.hashed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // distribution 88: a session's hash survives a restart at any byte.
        #[test]
        fn saved_anywhere_it_gives_the_digest_of_the_whole(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            cut in any::<prop::sample::Index>(),
            long in any::<bool>(),
        ) {
            let algorithm = if long { Algorithm::Sha512 } else { Algorithm::Sha256 };
            let cut = cut.index(bytes.len() + 1);
            let mut first = Hasher::new(algorithm);
            first.update(&bytes[..cut]);
            let mut second = Hasher::restore(&first.save()).expect("it was just saved");
            prop_assert_eq!(second.hashed(), cut as u64);
            second.update(&bytes[cut..]);
            prop_assert_eq!(second.finish(), Digest::of(algorithm, &bytes));
        }

        // reliability V15: a damaged state is noticed, never trusted.
        #[test]
        fn a_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut hasher = Hasher::new(Algorithm::Sha256);
            hasher.update(b"some bytes");
            let mut saved = hasher.save();
            let at = at.index(saved.len());
            saved[at] ^= 1 << bit;
            prop_assert!(Hasher::restore(&saved).is_none());
        }

        #[test]
        fn arbitrary_bytes_are_refused(bytes in any::<Vec<u8>>()) {
            prop_assert!(Hasher::restore(&bytes).is_none());
        }
    }
}
