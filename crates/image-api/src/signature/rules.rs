//! How signatures get into an image and out of it (image-api 6.2 to 6.5).

use serde_json::json;

use super::claims::Claims;
use super::{ImageSignature, SignatureCondition};
use crate::Image;
use crate::meta::rules::{self, Scope};
use crate::meta::{FieldError, FieldErrors};

/// What is said to a request for a signature under a name that cannot be one's.
pub const MALFORMED_NAME: &str = "ImageSignatures must be accessed with <imageName>@<signatureName>";

/// Takes in a new signature whose metadata has been prepared. What verifiers say about it is left
/// to them, but for the time it claims to have been made at.
pub fn create(signature: ImageSignature) -> Result<ImageSignature, FieldErrors> {
    let mut signature = ImageSignature {
        metadata: signature.metadata,
        r#type: signature.r#type,
        content: signature.content,
        ..ImageSignature::default()
    };
    let errors = validate(&signature);
    if !errors.is_empty() {
        return Err(errors);
    }
    if let Some(claims) = Claims::of(&signature) {
        claims.fill_created(&mut signature);
    }
    Ok(signature)
}

/// Fills in what the content claims, once a verifier has said what it thinks of it (image-api 6.5).
pub(crate) fn inform(signature: &mut ImageSignature) {
    if is_judged(signature)
        && let Some(claims) = Claims::of(signature)
    {
        claims.fill(signature);
    }
}

/// Image and signature of a name `<image>@<signature>`.
pub fn split_name(name: &str) -> Option<(&str, &str)> {
    let (image, signature) = name.split_once('@')?;
    (!image.is_empty() && !signature.is_empty() && !signature.contains('@')).then_some((image, signature))
}

/// The image with one more signature; `None` if it has one of that name, or the same one under
/// another name.
pub fn add(image: &Image, signature: &ImageSignature) -> Option<Image> {
    let same = |other: &ImageSignature| {
        other.metadata.name == signature.metadata.name
            || (other.r#type == signature.r#type && other.content == signature.content)
    };
    if image.signatures.iter().any(same) {
        return None;
    }
    let mut image = image.clone();
    image.signatures.push(signature.clone());
    Some(image)
}

/// The image without the signature of that name; `None` if it has none.
pub fn remove(image: &Image, name: &str) -> Option<Image> {
    let mut left = image.clone();
    left.signatures.retain(|signature| signature.metadata.name != name);
    (left.signatures.len() < image.signatures.len()).then_some(left)
}

/// What is wrong with a signature (image-api 6.3).
pub(crate) fn validate(signature: &ImageSignature) -> FieldErrors {
    let mut errors = rules::validate(&signature.metadata, Scope::Cluster, rules::path_segment);
    if !signature.metadata.labels.is_empty() {
        errors.push(FieldError::forbidden("metadata.labels", "signature labels cannot be set"));
    }
    if !signature.metadata.annotations.is_empty() {
        errors.push(FieldError::forbidden("metadata.annotations", "signature annotations cannot be set"));
    }
    if split_name(&signature.metadata.name).is_none() {
        let problem = "name must be of format <imageName>@<signatureName>";
        errors.push(FieldError::invalid("metadata.name", &json!(signature.metadata.name), problem));
    }
    if signature.r#type.is_empty() {
        errors.push(FieldError::required("type", ""));
    }
    if signature.content.0.is_empty() {
        errors.push(FieldError::required("content", ""));
    }
    let missing = match (latest(signature, "Trusted"), latest(signature, "ForImage")) {
        (Some(_), None) => Some("ForImage"),
        (None, Some(_)) => Some("Trusted"),
        _ => None,
    };
    if let Some(missing) = missing {
        let problem = format!("missing {missing:?} condition type");
        errors.push(FieldError::invalid_object("conditions", &signature.conditions, &problem));
    }
    if !is_judged(signature) {
        let problem = "must be unset for unknown signature state";
        if !signature.image_identity.is_empty() {
            errors.push(FieldError::invalid("imageIdentity", &json!(signature.image_identity), problem));
        }
        if !signature.signed_claims.is_empty() {
            errors.push(FieldError::invalid_object("signedClaims", &signature.signed_claims, problem));
        }
        if let Some(issuer) = &signature.issued_by {
            errors.push(FieldError::invalid_object("issuedBy", issuer, problem));
        }
        if let Some(subject) = &signature.issued_to {
            errors.push(FieldError::invalid_object("issuedTo", subject, problem));
        }
    }
    errors
}

/// Whether a verifier knows if the signature can be trusted.
fn is_judged(signature: &ImageSignature) -> bool {
    latest(signature, "Trusted").is_some_and(|condition| condition.status != "Unknown")
}

/// The condition of that type that was looked at last.
fn latest<'a>(signature: &'a ImageSignature, condition_type: &str) -> Option<&'a SignatureCondition> {
    let of_type = signature.conditions.iter().filter(|condition| condition.r#type == condition_type);
    of_type.max_by_key(|condition| condition.last_probe_time)
}

#[cfg(test)]
mod tests;
