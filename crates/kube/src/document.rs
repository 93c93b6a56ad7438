//! A document that is made once and then only handed out.

use bytes::Bytes;
use serde::Serialize;
use weir_oci::{Algorithm, Digest};

/// JSON and the hash that names it.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) body: Bytes,
    /// Upper-case hexadecimal SHA-512 of the body, as upstream writes it in entity tags.
    pub(crate) hash: String,
}

impl Document {
    /// Serialises a value once and for all.
    pub(crate) fn of(value: &impl Serialize) -> Document {
        let mut body = serde_json::to_vec(value).expect("documents have text keys");
        body.push(b'\n');
        let hash = Digest::of(Algorithm::Sha512, &body).hex().to_uppercase();
        Document { body: body.into(), hash }
    }

    /// The entity tag.
    pub(crate) fn etag(&self) -> String {
        format!("\"{}\"", self.hash)
    }
}
