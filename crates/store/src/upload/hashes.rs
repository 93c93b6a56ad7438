use bytes::Bytes;
use weir_oci::{Algorithm, Digest, Hasher};

/// The running digests of an upload: SHA-256 always, SHA-512 when the client announced it. The
/// latter costs four times the former, so nobody pays for it unasked.
#[derive(Clone, Debug)]
pub(crate) struct Hashes {
    sha256: Hasher,
    sha512: Option<Hasher>,
}

impl Hashes {
    pub(crate) fn new(announced: Option<Algorithm>) -> Hashes {
        Hashes {
            sha256: Hasher::new(Algorithm::Sha256),
            sha512: (announced == Some(Algorithm::Sha512)).then(|| Hasher::new(Algorithm::Sha512)),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(bytes);
        }
    }

    pub(crate) fn update_all(&mut self, pieces: &[Bytes]) {
        for piece in pieces {
            self.update(piece);
        }
    }

    /// Number of bytes seen.
    pub(crate) fn hashed(&self) -> u64 {
        self.sha256.hashed()
    }

    /// The digest so far, unless nobody asked for the algorithm in time.
    pub(crate) fn digest(&self, algorithm: Algorithm) -> Option<Digest> {
        match algorithm {
            Algorithm::Sha256 => Some(self.sha256.clone().finish()),
            Algorithm::Sha512 => self.sha512.clone().map(Hasher::finish),
        }
    }

    pub(crate) fn save(&self) -> Vec<Vec<u8>> {
        std::iter::once(&self.sha256).chain(&self.sha512).map(Hasher::save).collect()
    }

    /// The saved hashes, if they are whole and all stand at `offset`.
    pub(crate) fn restore(announced: Option<Algorithm>, saved: &[Vec<u8>], offset: u64) -> Option<Hashes> {
        let mut hashes = Hashes::new(announced);
        let slots = std::iter::once(&mut hashes.sha256).chain(&mut hashes.sha512);
        let mut saved = saved.iter();
        for slot in slots {
            let restored = Hasher::restore(saved.next()?)?;
            if restored.algorithm() != slot.algorithm() || restored.hashed() != offset {
                return None;
            }
            *slot = restored;
        }
        Some(hashes)
    }
}
