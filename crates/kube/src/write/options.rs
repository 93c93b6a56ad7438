//! The parameters of a write (kubernetes-api 2.6, 2.8).

use http::HeaderMap;
use http::header::USER_AGENT;
use serde_json::json;
use weir_image_api::meta::{FieldError, FieldErrors};

use crate::failure::Failure;
use crate::managed;
use crate::query::Query;

/// Most bytes of the name of a field manager.
const MOST_MANAGER: usize = 128;

/// What a client asked of a write, besides the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WriteOptions {
    pub(crate) keep: Keep,
    pub(crate) validation: Validation,
    /// Who is to be noted as having set the fields.
    pub(crate) manager: String,
    /// Whether an apply may take fields from others.
    pub(crate) force: bool,
}

impl Default for WriteOptions {
    fn default() -> WriteOptions {
        WriteOptions {
            keep: Keep::Result,
            validation: Validation::Warn,
            manager: String::new(),
            force: false,
        }
    }
}

/// Whether what is done is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Result,
    /// A dry run.
    Nothing,
}

/// What becomes of fields that the schema does not know or that occur twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validation {
    Ignore,
    Warn,
    Strict,
}

/// The kinds of write, by which the complaints about their parameters differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteKind {
    Create,
    Update,
    Patch,
    Apply,
}

impl WriteKind {
    fn options(self) -> &'static str {
        match self {
            WriteKind::Create => "CreateOptions",
            WriteKind::Update => "UpdateOptions",
            WriteKind::Patch | WriteKind::Apply => "PatchOptions",
        }
    }
}

impl WriteOptions {
    /// Reads and judges the parameters.
    pub(crate) fn parse(
        query: &Query,
        headers: &HeaderMap,
        kind: WriteKind,
    ) -> Result<WriteOptions, Failure> {
        let mut errors = FieldErrors::new();
        let given: Vec<&str> = query.all("dryRun").collect();
        let keep = keep(&given, &mut errors);
        let force = query.get("force").map(|_| query.flag("force"));
        let manager = query.text("fieldManager");
        match kind {
            WriteKind::Apply if manager.is_none() => {
                errors.push(FieldError::required("fieldManager", "is required for apply patch"));
            }
            WriteKind::Patch if force.is_some() => {
                errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
            }
            WriteKind::Create | WriteKind::Update | WriteKind::Patch | WriteKind::Apply => {}
        }
        if let Some(manager) = manager {
            judge_manager(manager, &mut errors);
        }
        let validation = validation(query, &mut errors);
        if !errors.is_empty() {
            return Err(Failure::invalid_options(kind.options(), errors));
        }
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let manager = managed::manager(manager, agent);
        Ok(WriteOptions { keep, validation, manager, force: force.unwrap_or_default() })
    }
}

/// Reads the values of `dryRun`, of which there is only one.
pub(super) fn keep(given: &[&str], errors: &mut FieldErrors) -> Keep {
    if given.iter().any(|value| *value != "All") {
        errors.push(FieldError::not_supported("dryRun", &json!(given), &["All"]));
    }
    if given.is_empty() { Keep::Result } else { Keep::Nothing }
}

fn validation(query: &Query, errors: &mut FieldErrors) -> Validation {
    match query.text("fieldValidation") {
        None | Some("Warn") => Validation::Warn,
        Some("Ignore") => Validation::Ignore,
        Some("Strict") => Validation::Strict,
        Some(other) => {
            let supported = ["", "Ignore", "Strict", "Warn"];
            errors.push(FieldError::not_supported("fieldValidation", &json!(other), &supported));
            Validation::Warn
        }
    }
}

fn judge_manager(manager: &str, errors: &mut FieldErrors) {
    if manager.len() > MOST_MANAGER {
        errors.push(FieldError::too_long_bytes("fieldManager", MOST_MANAGER));
    }
    if manager.chars().any(char::is_control) {
        let detail = "should only contain printable characters";
        errors.push(FieldError::invalid("fieldManager", &json!(manager), detail));
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parse(query: &str, kind: WriteKind) -> Result<WriteOptions, String> {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static("kubectl/v1.34 (linux/amd64)"));
        WriteOptions::parse(&Query::parse(query), &headers, kind).map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_is_meant_when_nothing_is_said() {
        let options = parse("", WriteKind::Create).unwrap();
        assert_eq!(
            (options.keep, options.validation, options.force),
            (Keep::Result, Validation::Warn, false)
        );
        assert_eq!(options.manager, "kubectl");
        let options = parse("fieldValidation=&fieldManager=", WriteKind::Create).unwrap();
        assert_eq!((options.validation, options.manager.as_str()), (Validation::Warn, "kubectl"));
    }

    #[test]
    fn what_clients_say() {
        let options = parse(
            "dryRun=All&dryRun=All&fieldValidation=Strict&fieldManager=me&force=true",
            WriteKind::Apply,
        );
        let options = options.unwrap();
        assert_eq!((options.keep, options.validation), (Keep::Nothing, Validation::Strict));
        assert_eq!((options.manager.as_str(), options.force), ("me", true));
    }

    // kubernetes-api 56, 60, 113, 123
    #[test]
    fn what_makes_no_sense() {
        let long = format!("fieldManager={}", "m".repeat(129));
        for (query, kind, expected) in [
            (
                "fieldValidation=Bogus",
                WriteKind::Create,
                "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Bogus\": supported \
                 values: \"\", \"Ignore\", \"Strict\", \"Warn\"",
            ),
            (
                "dryRun=bogus",
                WriteKind::Update,
                "UpdateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"bogus\"]: supported values: \
                 \"All\"",
            ),
            (
                "force=true",
                WriteKind::Patch,
                "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
            ),
            (
                "",
                WriteKind::Apply,
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
            ),
            (
                long.as_str(),
                WriteKind::Create,
                "CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more than 128 bytes",
            ),
            (
                "dryRun=x&force=1",
                WriteKind::Patch,
                "PatchOptions.meta.k8s.io \"\" is invalid: [dryRun: Unsupported value: [\"x\"]: supported values: \
                 \"All\", force: Forbidden: may not be specified for non-apply patch]",
            ),
        ] {
            assert_eq!(parse(query, kind).unwrap_err(), expected, "{query}");
        }
    }
}
