//! How to delete: `DeleteOptions`, as a body or as parameters (kubernetes-api 6.1).

use serde::Deserialize;
use serde_json::{Value, json};
use weir_image_api::meta::{FieldError, FieldErrors};
use weir_registry::api::{Deletion, Preconditions, Propagation};

use super::options::{Keep, keep};
use super::shape;
use crate::decode;
use crate::failure::Failure;
use crate::query::Query;
use crate::schema::meta::DELETE_OPTIONS;

const KIND: &str = "DeleteOptions";

/// The options as clients write them. All kinds here end at once, so that the time of grace is read
/// and means nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeleteOptions {
    kind: Option<String>,
    preconditions: Option<Conditions>,
    orphan_dependents: Option<bool>,
    propagation_policy: Option<String>,
    dry_run: Option<Vec<String>>,
    grace_period_seconds: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Conditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

/// Reads the options of a deletion. Without a body the parameters are read.
pub(super) fn read(
    content_type: Option<&str>,
    body: &[u8],
    query: &Query,
) -> Result<(Deletion, Keep), Failure> {
    let options = if body.is_empty() { of_query(query)? } else { of_body(content_type, body)? };
    judge(options)
}

fn of_body(content_type: Option<&str>, body: &[u8]) -> Result<DeleteOptions, Failure> {
    let accepted = decode::Accepted { kind: KIND, schema: &DELETE_OPTIONS };
    let decoded = decode::body(content_type, body, accepted)?;
    let unfit = |why: String| Failure::BadRequest(format!("{KIND} cannot be handled: json: {why}"));
    shape::check(&DELETE_OPTIONS, &decoded.value).map_err(unfit)?;
    let options: DeleteOptions =
        serde_json::from_value(decoded.value).map_err(|error| unfit(error.to_string()))?;
    // Typed clients name the group of the resource, others `v1` or `meta.k8s.io`: all mean the same.
    match options.kind.as_deref() {
        None | Some("" | KIND) => Ok(options),
        Some(other) => Err(Failure::BadRequest(format!("{other} cannot be handled as a {KIND}"))),
    }
}

fn of_query(query: &Query) -> Result<DeleteOptions, Failure> {
    let grace_period_seconds = Some(query.number("gracePeriodSeconds")?);
    let text = |name: &str| query.text(name).map(str::to_owned);
    let dry_run: Vec<String> = query.all("dryRun").map(str::to_owned).collect();
    Ok(DeleteOptions {
        preconditions: Some(Conditions {
            uid: text("preconditions.uid"),
            resource_version: text("preconditions.resourceVersion"),
        }),
        orphan_dependents: query.get("orphanDependents").map(|_| query.flag("orphanDependents")),
        propagation_policy: text("propagationPolicy"),
        dry_run: Some(dry_run),
        grace_period_seconds,
        kind: None,
    })
}

fn judge(options: DeleteOptions) -> Result<(Deletion, Keep), Failure> {
    let mut errors = FieldErrors::new();
    let field = "propagationPolicy";
    let policy = options.propagation_policy.as_deref().filter(|policy| !policy.is_empty());
    if let Some(policy) = policy.filter(|_| options.orphan_dependents.is_some()) {
        let detail = "orphanDependents and deletionPropagation cannot be both set";
        errors.push(FieldError::invalid(field, &json!(policy), detail));
    }
    let propagation = match policy {
        None => options
            .orphan_dependents
            .map(|orphan| if orphan { Propagation::Orphan } else { Propagation::Background }),
        Some("Foreground") => Some(Propagation::Foreground),
        Some("Background") => Some(Propagation::Background),
        Some("Orphan") => Some(Propagation::Orphan),
        Some(other) => {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            errors.push(FieldError::not_supported(field, &Value::from(other), &supported));
            None
        }
    };
    let dry_run = options.dry_run.unwrap_or_default();
    let keep = keep(&dry_run.iter().map(String::as_str).collect::<Vec<_>>(), &mut errors);
    if !errors.is_empty() {
        return Err(Failure::invalid_options(KIND, errors));
    }
    let Conditions { uid, resource_version } = options.preconditions.unwrap_or_default();
    Ok((Deletion { preconditions: Preconditions { uid, resource_version }, propagation }, keep))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str, query: &str) -> Result<(Deletion, Keep), String> {
        read(None, body.as_bytes(), &Query::parse(query)).map_err(|failure| failure.to_string())
    }

    // kubernetes-api 128
    #[test]
    fn a_body_or_parameters() {
        let wanted = Deletion {
            preconditions: Preconditions {
                uid: Some("u".to_owned()),
                resource_version: Some("7".to_owned()),
            },
            propagation: Some(Propagation::Background),
        };
        for version in ["v1", "meta.k8s.io/v1", "image.openshift.io/v1"] {
            let body = json!({
                "kind": "DeleteOptions", "apiVersion": version, "gracePeriodSeconds": -1, "dryRun": ["All"],
                "preconditions": {"uid": "u", "resourceVersion": "7"}, "propagationPolicy": "Background",
            });
            assert_eq!(of(&body.to_string(), "").unwrap(), (wanted.clone(), Keep::Nothing), "{version}");
        }
        let query =
            "preconditions.uid=u&preconditions.resourceVersion=7&propagationPolicy=Background&dryRun=All";
        assert_eq!(of("", query).unwrap(), (wanted, Keep::Nothing));
        assert_eq!(of("{}", query).unwrap(), (Deletion::default(), Keep::Result), "a body is all there is");
        let (orphaned, _) = of(r#"{"orphanDependents":true}"#, "").unwrap();
        assert_eq!(orphaned.propagation, Some(Propagation::Orphan));
    }

    // kubernetes-api 130
    #[test]
    fn what_makes_no_sense() {
        let start = "DeleteOptions.meta.k8s.io \"\" is invalid: ";
        for (body, expected) in [
            (
                r#"{"propagationPolicy":"Bogus"}"#,
                format!(
                    "{start}propagationPolicy: Unsupported value: \"Bogus\": supported values: \"Foreground\", \
                     \"Background\", \"Orphan\", \"nil\""
                ),
            ),
            (
                r#"{"propagationPolicy":"Orphan","orphanDependents":true}"#,
                format!(
                    "{start}propagationPolicy: Invalid value: \"Orphan\": orphanDependents and deletionPropagation \
                     cannot be both set"
                ),
            ),
            (
                r#"{"dryRun":["x"]}"#,
                format!("{start}dryRun: Unsupported value: [\"x\"]: supported values: \"All\""),
            ),
            (r#"{"kind":"ImageStream"}"#, "ImageStream cannot be handled as a DeleteOptions".to_owned()),
        ] {
            assert_eq!(of(body, "").unwrap_err(), expected, "{body}");
        }
        assert!(of("{", "").is_err());
        assert!(of(r#"{"preconditions":7}"#, "").is_err());
        assert!(of("", "gracePeriodSeconds=x").is_err());
    }
}
