//! What makes a secret a good one, in the words of Kubernetes.

use serde_json::{Value, json};

use super::Secret;
use crate::meta::rules::{self, Scope};
use crate::meta::{FieldError, FieldErrors};

/// Most bytes the values of one secret may have together.
pub const MAX_BYTES: usize = 1024 * 1024;

/// What stands in an error for a value.
const REDACTED: &str = "<secret contents redacted>";
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// Takes in a new secret whose metadata has been prepared.
pub fn create(secret: Secret) -> Result<Secret, FieldErrors> {
    let secret = completed(secret);
    let errors = validate(&secret);
    if errors.is_empty() { Ok(secret) } else { Err(errors) }
}

/// Takes in a new state of a secret. The caller has compared the versions.
pub fn update(old: &Secret, new: Secret) -> Result<Secret, FieldErrors> {
    let mut new = completed(new);
    rules::prepare_update(&old.metadata, &mut new.metadata);
    new.metadata.resource_version = old.metadata.resource_version;
    let mut errors = rules::validate_update(&old.metadata, &new.metadata);
    if new.r#type != old.r#type {
        errors.push(FieldError::invalid("type", &json!(new.r#type), "field is immutable"));
    }
    if old.immutable == Some(true) {
        if new.immutable != Some(true) {
            errors.push(FieldError::forbidden("immutable", IMMUTABLE));
        }
        if new.data != old.data {
            errors.push(FieldError::forbidden("data", IMMUTABLE));
        }
    }
    errors.extend(validate(&new));
    if errors.is_empty() { Ok(new) } else { Err(errors) }
}

/// The secret with its text among the values, and with a type.
fn completed(mut secret: Secret) -> Secret {
    let text = std::mem::take(&mut secret.string_data);
    secret.data.0.extend(text.0.into_iter().map(|(key, value)| (key, value.into_bytes())));
    if secret.r#type.is_empty() {
        Secret::OPAQUE.clone_into(&mut secret.r#type);
    }
    secret
}

/// What is wrong with a completed secret.
fn validate(secret: &Secret) -> FieldErrors {
    let mut errors = rules::validate(&secret.metadata, Scope::Namespaced, rules::dns_subdomain);
    for key in secret.data.0.keys() {
        let invalid = |problem: String| FieldError::invalid(at(key), &json!(key), &problem);
        errors.extend(key_problems(key).into_iter().map(invalid));
    }
    if secret.data.0.values().map(Vec::len).sum::<usize>() > MAX_BYTES {
        errors.push(FieldError::too_long_bytes("data", MAX_BYTES));
    }
    errors.extend(missing(secret));
    errors
}

/// What a secret of its type must have and this one has not.
fn missing(secret: &Secret) -> FieldErrors {
    let has = |key: &str| secret.data.0.contains_key(key);
    let required = |keys: &[&str]| keys.iter().map(|key| FieldError::required(at(key), "")).collect();
    match secret.r#type.as_str() {
        Secret::DOCKERCFG => json_object(secret, Secret::DOCKERCFG_KEY),
        Secret::DOCKERCONFIGJSON => json_object(secret, Secret::DOCKERCONFIGJSON_KEY),
        "kubernetes.io/service-account-token" => {
            const NAME: &str = "kubernetes.io/service-account.name";
            let named = secret.metadata.annotations.get(NAME).is_some_and(|name| !name.is_empty());
            let field = format!("metadata.annotations[{NAME}]");
            if named { Vec::new() } else { vec![FieldError::required(field, "")] }
        }
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            required(&["username", "password"])
        }
        "kubernetes.io/ssh-auth" if secret.data.0.get("ssh-privatekey").is_none_or(Vec::is_empty) => {
            required(&["ssh-privatekey"])
        }
        "kubernetes.io/tls" => {
            let absent: Vec<&str> = ["tls.crt", "tls.key"].into_iter().filter(|key| !has(key)).collect();
            required(&absent)
        }
        _ => Vec::new(),
    }
}

fn json_object(secret: &Secret, key: &str) -> FieldErrors {
    let Some(value) = secret.data.0.get(key) else { return vec![FieldError::required(at(key), "")] };
    match serde_json::from_slice::<Value>(value) {
        Ok(Value::Object(_) | Value::Null) => Vec::new(),
        Ok(_) => vec![FieldError::invalid(at(key), &json!(REDACTED), "not a JSON object")],
        // Says where and what, but nothing of the text: serde_json's syntax errors quote none.
        Err(error) => vec![FieldError::invalid(at(key), &json!(REDACTED), &error.to_string())],
    }
}

fn at(key: &str) -> String {
    format!("data[{key}]")
}

/// What is wrong with a key.
fn key_problems(key: &str) -> Vec<String> {
    const MAX_KEY_BYTES: usize = 253;
    let mut problems = Vec::new();
    if key.len() > MAX_KEY_BYTES {
        problems.push(format!("must be no more than {MAX_KEY_BYTES} characters"));
    }
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if key.is_empty() || !key.bytes().all(legal) {
        problems.push(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or \
             'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
                .to_owned(),
        );
    }
    match key {
        "." | ".." => problems.push(format!("must not be '{key}'")),
        _ if key.starts_with("..") => problems.push("must not start with '..'".to_owned()),
        _ => {}
    }
    problems
}

#[cfg(test)]
mod tests;
