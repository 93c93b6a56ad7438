use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ImageSignature, SignatureIssuer, open_pgp};
use crate::Timestamp;

/// What the content of a signature claims (image-api 6.5). Nothing of it has been checked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    identity: String,
    created: Option<Timestamp>,
    further: BTreeMap<String, String>,
    key_id: Option<[u8; 8]>,
}

/// The payload of a simple signature.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    critical: Critical,
    optional: Option<Map<String, Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Critical {
    identity: Identity,
    image: Signed,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Identity {
    #[serde(rename = "docker-reference")]
    docker_reference: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Signed {
    #[serde(rename = "docker-manifest-digest")]
    docker_manifest_digest: String,
}

impl Claims {
    /// Reads a signature; `None` if its content cannot be read.
    pub(super) fn of(signature: &ImageSignature) -> Option<Claims> {
        if signature.r#type != ImageSignature::ATOMIC {
            return None;
        }
        let message = open_pgp::read(&signature.content.0)?;
        let payload: Payload = serde_json::from_slice(&message.text).ok()?;
        let optional = payload.optional.unwrap_or_default();
        let created = optional.get("timestamp").and_then(Value::as_i64).map(Timestamp::from_seconds);
        let mut further: BTreeMap<String, String> =
            optional.into_iter().map(|(name, value)| (name, text(value))).collect();
        let digest = payload.critical.image.docker_manifest_digest;
        if !digest.is_empty() {
            further.insert("docker-manifest-digest".to_owned(), digest);
        }
        let identity = payload.critical.identity.docker_reference;
        Some(Claims { identity, created, further, key_id: message.key_id })
    }

    /// Says when the signature was made, unless it says so itself.
    pub(super) fn fill_created(&self, signature: &mut ImageSignature) {
        signature.created = signature.created.or(self.created);
    }

    /// Says everything that the signature does not say itself.
    pub(super) fn fill(self, signature: &mut ImageSignature) {
        self.fill_created(signature);
        if signature.image_identity.is_empty() {
            signature.image_identity = self.identity;
        }
        if signature.signed_claims.is_empty() {
            signature.signed_claims = self.further;
        }
        if let (None, Some(id)) = (&signature.issued_by, self.key_id) {
            signature.issued_by =
                Some(SignatureIssuer { common_name: hex(id), ..SignatureIssuer::default() });
        }
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn hex(id: [u8; 8]) -> String {
    id.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02X}").expect("writing to a string does not fail");
        hex
    })
}
