//! An object as a client sent it, before it has a type.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::options::Validation;
use super::shape;
use crate::decode::{self, Decoded};
use crate::failure::Failure;
use crate::resource::Kind;
use crate::resource::Scope;
use crate::route::Target;

/// The members of a submitted object. It is of the right kind, and has no unknown fields.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    kind: &'static Kind,
    value: Value,
}

impl Submitted {
    /// Reads a body that has to be an object of a kind.
    pub(super) fn read(
        content_type: Option<&str>,
        body: &[u8],
        kind: &'static Kind,
        validation: Validation,
        warnings: &mut Vec<String>,
    ) -> Result<Submitted, Failure> {
        let accepted = decode::Accepted { kind: kind.name, schema: kind.schema };
        let Decoded { value, unknown, duplicates } = decode::body(content_type, body, accepted)?;
        check_identity(&value, kind)?;
        let found = findings(&unknown, &duplicates);
        match validation {
            Validation::Strict if !found.is_empty() => {
                return Err(unhandled(
                    kind,
                    kind.name,
                    &format!("strict decoding error: {}", found.join(", ")),
                ));
            }
            Validation::Warn => warnings.extend(found),
            Validation::Strict | Validation::Ignore => {}
        }
        Ok(Submitted { kind, value })
    }

    /// The object, typed.
    pub(crate) fn object<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let kind = self.kind;
        typed(kind, self.value).map_err(|error| unhandled(kind, kind.name, &error))
    }

    /// Its name; empty if the server has to make one.
    pub(super) fn name(&self) -> &str {
        member(&self.value, "name")
    }

    /// Puts a new object into the namespace of the path, if it is not there already.
    pub(super) fn place(&mut self, target: &Target<'_>) -> Result<(), Failure> {
        let namespace = target.namespace();
        let given = member(&self.value, "namespace");
        if target.resource.scope == Scope::Namespaced && !given.is_empty() && given != namespace {
            let text =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Failure::BadRequest(text.to_owned()));
        }
        self.put_into(namespace);
        Ok(())
    }

    /// Fails unless the object is the one the path names.
    pub(super) fn check_place(&mut self, name: &str, namespace: &str) -> Result<(), Failure> {
        check_place(&self.value, name, namespace)?;
        self.put_into(namespace);
        Ok(())
    }

    fn put_into(&mut self, namespace: &str) {
        // Anything else that is no object is found fault with when it gets a type.
        if self.value["metadata"].is_null() {
            self.value["metadata"] = Value::Object(Map::new());
        }
        let Some(metadata) = self.metadata_mut() else { return };
        if namespace.is_empty() {
            metadata.remove("namespace");
        } else {
            metadata.insert("namespace".to_owned(), namespace.into());
        }
    }

    fn metadata_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.value.get_mut("metadata")?.as_object_mut()
    }
}

/// Gives an object its type.
pub(super) fn typed<T: DeserializeOwned>(kind: &Kind, value: Value) -> Result<T, String> {
    shape::check(kind.schema, &value).map_err(|why| format!("json: {why}"))?;
    serde_json::from_value(value).map_err(|error| format!("json: {error}"))
}

/// Fails if an object says that it is something else. One that says nothing is what the path says.
pub(super) fn check_identity(value: &Value, kind: &Kind) -> Result<(), Failure> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let ours = kind.gv.api_version();
    let (given, version) = (text("kind").unwrap_or(kind.name), text("apiVersion").unwrap_or(&ours));
    if given == kind.name && version == ours {
        return Ok(());
    }
    let short = version.rsplit('/').next().unwrap_or_default();
    let why = format!("no kind {given:?} is registered for version {version:?} at this path");
    Err(Failure::BadRequest(format!(
        "{given} in version {short:?} cannot be handled as a {}: {why}",
        kind.name
    )))
}

/// Fails unless an object has the name and the namespace of the path.
pub(super) fn check_place(value: &Value, name: &str, namespace: &str) -> Result<(), Failure> {
    let (given, within) = (member(value, "name"), member(value, "namespace"));
    let text = if given.is_empty() {
        format!("the name of the object ({name} based on URL) was undeterminable: name must be provided")
    } else if given != name {
        format!("the name of the object ({given}) does not match the name on the URL ({name})")
    } else if !namespace.is_empty() && !within.is_empty() && within != namespace {
        format!(
            "the namespace of the object ({within}) does not match the namespace on the request ({namespace})"
        )
    } else {
        return Ok(());
    };
    Err(Failure::BadRequest(text))
}

/// What is wrong with the fields of an object, one text each.
pub(super) fn findings(unknown: &[String], duplicates: &[String]) -> Vec<String> {
    let unknown = unknown.iter().map(|path| format!("unknown field {path:?}"));
    unknown.chain(duplicates.iter().map(|path| format!("duplicate field {path:?}"))).collect()
}

fn unhandled(kind: &Kind, given: &str, why: &str) -> Failure {
    let version = kind.gv.version;
    Failure::BadRequest(format!("{given} in version {version:?} cannot be handled as a {}: {why}", kind.name))
}

fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value["metadata"][name].as_str().unwrap_or_default()
}
