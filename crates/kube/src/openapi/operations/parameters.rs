//! Parameters of operations.

use serde_json::{Value, json};

use crate::openapi::Dialect;
use crate::resource::{Verb, Verbs};

/// A parameter of the query: name, type, meaning.
pub(super) type Parameter = (&'static str, &'static str, &'static str);

const LIST: [Parameter; 6] = [
    ("continue", "string", "Where to go on, from the metadata of the last page."),
    ("fieldSelector", "string", "Restricts the list by the fields of its objects. Defaults to everything."),
    ("labelSelector", "string", "Restricts the list by the labels of its objects. Defaults to everything."),
    ("limit", "integer", "Most objects to return."),
    ("resourceVersion", "string", "The version of the server's state the list has to show."),
    ("resourceVersionMatch", "string", "How resourceVersion is applied."),
];

const WATCH: [Parameter; 4] = [
    ("allowWatchBookmarks", "boolean", "Whether the client understands messages that only tell a version."),
    ("sendInitialEvents", "boolean", "Whether a watch begins with what there is."),
    ("timeoutSeconds", "integer", "How long a watch lasts."),
    ("watch", "boolean", "Watch for changes instead of listing."),
];

const DRY_RUN: Parameter = ("dryRun", "string", "With All, everything is done and nothing is kept.");

const WRITE: [Parameter; 3] = [
    DRY_RUN,
    ("fieldManager", "string", "Who is noted as having set the fields. Defaults to the name of the program."),
    (
        "fieldValidation",
        "string",
        "What becomes of unknown and duplicate fields: Ignore, Warn or Strict. Defaults to Warn.",
    ),
];

const FORCE: Parameter = ("force", "boolean", "Whether an apply takes fields from other managers.");

const DELETE: [Parameter; 4] = [
    DRY_RUN,
    ("gracePeriodSeconds", "integer", "Objects here are deleted at once, whatever this says."),
    ("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
    ("propagationPolicy", "string", "What becomes of dependents: Orphan, Background or Foreground."),
];

/// The parameters of a verb.
pub(super) fn of(verb: Verb, verbs: Verbs) -> Vec<Parameter> {
    match verb {
        Verb::Get | Verb::Watch => Vec::new(),
        Verb::List if verbs.has(Verb::Watch) => LIST.into_iter().chain(WATCH).collect(),
        Verb::List => LIST.to_vec(),
        Verb::Create | Verb::Update => WRITE.to_vec(),
        Verb::Patch => WRITE.into_iter().chain([FORCE]).collect(),
        Verb::Delete => DELETE.to_vec(),
        Verb::DeleteCollection => LIST.into_iter().chain(DELETE).collect(),
    }
}

/// Those that stand in a path, and what every operation of it takes.
pub(super) fn shared(path: &str, dialect: Dialect) -> Vec<Value> {
    let parts = ["name", "namespace"].into_iter().filter(|part| path.contains(&format!("{{{part}}}")));
    let parts = parts.map(|part| {
        let mut parameter = written(part, "path", "string", "Taken from the path.", dialect);
        parameter["required"] = json!(true);
        parameter
    });
    let pretty = written("pretty", "query", "string", "If 'true', then the output is indented.", dialect);
    parts.chain([pretty]).collect()
}

/// One in the query.
pub(super) fn in_query((name, of, text): Parameter, dialect: Dialect) -> Value {
    written(name, "query", of, text, dialect)
}

fn written(name: &str, place: &str, of: &str, text: &str, dialect: Dialect) -> Value {
    let mut out = json!({"name": name, "in": place, "description": text});
    match dialect {
        Dialect::V2 => {
            out["type"] = json!(of);
            out["uniqueItems"] = json!(true);
        }
        Dialect::V3 => out["schema"] = json!({"type": of, "uniqueItems": true}),
    }
    out
}
