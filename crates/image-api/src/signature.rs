//! Signatures of images.

mod claims;
mod open_pgp;
pub mod rules;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::meta::{Kind, ObjectMeta, Resource};
use crate::wire::{is_default, nullable};
use crate::{Base64Bytes, Timestamp};

/// A signature of an image, stored inside the image.
///
/// Everything after `content` repeats what the content claims, or what a verifier said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageSignature {
    /// Named `<image>@<signature>`.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// Format of the content, usually `AtomicImageV1`.
    #[serde(deserialize_with = "nullable")]
    pub r#type: String,
    /// The signature itself.
    pub content: Base64Bytes,
    /// What verifiers found.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub conditions: Vec<SignatureCondition>,
    /// The reference that was signed.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub image_identity: String,
    /// Further claims.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub signed_claims: BTreeMap<String, String>,
    /// When it was signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Who signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<SignatureIssuer>,
    /// For whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_to: Option<SignatureSubject>,
}

/// What a verifier found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignatureCondition {
    /// `Trusted`, `ForImage`, `Expired`, `Revoked`.
    #[serde(deserialize_with = "nullable")]
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "nullable")]
    pub status: String,
    /// When it was last looked at.
    pub last_probe_time: Timestamp,
    /// When it last changed.
    pub last_transition_time: Timestamp,
    /// For a program.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub reason: String,
    /// For a person.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub message: String,
}

/// Who signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignatureIssuer {
    /// Organisation.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub organization: String,
    /// Name, or the id of the key.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub common_name: String,
}

/// For whom it was signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignatureSubject {
    /// Organisation.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub organization: String,
    /// Name.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub common_name: String,
    /// Id of the key.
    #[serde(rename = "publicKeyID", deserialize_with = "nullable")]
    pub public_key_id: String,
}

impl ImageSignature {
    /// The type of signatures as `GnuPG` makes them: an `OpenPGP` message around a JSON document.
    pub const ATOMIC: &'static str = "AtomicImageV1";
}

impl Kind for ImageSignature {
    const KIND: &'static str = "ImageSignature";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageSignature {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let text = concat!(
            r#"{"metadata":{"name":"i@s"},"type":"AtomicImageV1","content":"AAEC","#,
            r#""conditions":[{"type":"Trusted","status":"True","lastProbeTime":"2026-02-03T10:16:00Z","#,
            r#""lastTransitionTime":null,"reason":"r","message":"m"}],"imageIdentity":"id","#,
            r#""signedClaims":{"a":"b"},"created":"2026-02-03T10:16:00Z","#,
            r#""issuedBy":{"organization":"o","commonName":"c"},"#,
            r#""issuedTo":{"organization":"o","commonName":"c","publicKeyID":"k"}}"#
        );
        let signature: ImageSignature = serde_json::from_str(text).unwrap();
        assert_eq!(signature.content.0, [0, 1, 2]);
        assert_eq!(serde_json::to_string(&signature).unwrap(), text);
    }

    #[test]
    fn required_members_are_always_shown() {
        let signature: ImageSignature = serde_json::from_str(r#"{"issuedTo":{},"conditions":null}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&signature).unwrap(),
            r#"{"metadata":{},"type":"","content":null,"issuedTo":{"publicKeyID":""}}"#
        );
    }
}
