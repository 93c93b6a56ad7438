//! Paths and operations of some groups: one for each verb that a resource has.

use serde_json::{Map, Value, json};

use super::Dialect;
use super::types::list_name;
use crate::resource::{Group, Gv, Kind, Resource, Scope};

const LIST_PARAMETERS: [(&str, &str, &str); 6] = [
    ("continue", "string", "Where to go on, from the metadata of the last page."),
    ("fieldSelector", "string", "Restricts the list by the fields of its objects. Defaults to everything."),
    ("labelSelector", "string", "Restricts the list by the labels of its objects. Defaults to everything."),
    ("limit", "integer", "Most objects to return."),
    ("resourceVersion", "string", "The version of the server's state the list has to show."),
    ("resourceVersionMatch", "string", "How resourceVersion is applied."),
];

/// One operation: what is done, to what, and what comes back.
struct Operation<'a> {
    id: String,
    action: &'static str,
    kind: &'a Kind,
    answer: String,
    parameters: &'static [(&'static str, &'static str, &'static str)],
}

/// All paths.
pub(super) fn paths(groups: &[Group], dialect: Dialect) -> Map<String, Value> {
    let mut paths = Map::new();
    for resource in groups.iter().flat_map(|group| group.resources) {
        add(resource, dialect, &mut paths);
    }
    paths
}

fn add(resource: &Resource, dialect: Dialect, paths: &mut Map<String, Value>) {
    let kind = resource.kind;
    let group = camel(kind.gv);
    let root = format!("/{}", kind.gv.path());
    let (within, scoped) = match resource.scope {
        Scope::Cluster => (root.clone(), ""),
        Scope::Namespaced => (format!("{root}/namespaces/{{namespace}}"), "Namespaced"),
    };
    let collection = format!("{within}/{}", resource.plural);
    if resource.verbs.list.is_some() {
        let mut list = Operation {
            id: format!("list{group}{scoped}{}", kind.name),
            action: "list",
            kind,
            answer: list_name(kind),
            parameters: &LIST_PARAMETERS,
        };
        paths.insert(collection.clone(), path_item(&collection, &list, dialect));
        if resource.scope == Scope::Namespaced {
            list.id = format!("list{group}{}ForAllNamespaces", kind.name);
            let all = format!("{root}/{}", resource.plural);
            paths.insert(all.clone(), path_item(&all, &list, dialect));
        }
    }
    let mut read = |path: String, id: String, kind: &Kind| {
        let answer = kind.schema.name.to_owned();
        let item = path_item(&path, &Operation { id, action: "get", kind, answer, parameters: &[] }, dialect);
        paths.insert(path, item);
    };
    let object = format!("{collection}/{{name}}");
    let name = format!("read{group}{scoped}{}", kind.name);
    for below in resource.subresources.iter().filter(|below| below.verbs.get.is_some()) {
        read(format!("{object}/{}", below.name), format!("{name}{}", capital(below.name)), below.kind);
    }
    if resource.verbs.get.is_some() {
        read(object, name, kind);
    }
}

fn path_item(path: &str, operation: &Operation<'_>, dialect: Dialect) -> Value {
    let mut shared: Vec<Value> = ["name", "namespace"]
        .into_iter()
        .filter(|part| path.contains(&format!("{{{part}}}")))
        .map(|part| {
            let mut parameter = parameter(part, "path", "string", "Taken from the path.", dialect);
            parameter["required"] = json!(true);
            parameter
        })
        .collect();
    shared.push(parameter("pretty", "query", "string", "If 'true', then the output is indented.", dialect));
    let gvk = json!({
        "group": operation.kind.gv.group,
        "version": operation.kind.gv.version,
        "kind": operation.kind.name,
    });
    let schema = json!({"$ref": dialect.reference(&operation.answer)});
    let mut get = json!({
        "operationId": operation.id,
        "tags": [tag(operation.kind.gv)],
        "x-kubernetes-action": operation.action,
        "x-kubernetes-group-version-kind": gvk,
    });
    match dialect {
        Dialect::V2 => {
            get["produces"] = json!(["application/json"]);
            get["schemes"] = json!(["https"]);
            get["responses"] = json!({"200": {"description": "OK", "schema": schema}});
        }
        Dialect::V3 => {
            let content = json!({"application/json": {"schema": schema}});
            get["responses"] = json!({"200": {"description": "OK", "content": content}});
        }
    }
    let parameters = operation.parameters.iter();
    let parameters: Vec<Value> =
        parameters.map(|(name, of, text)| parameter(name, "query", of, text, dialect)).collect();
    if !parameters.is_empty() {
        get["parameters"] = json!(parameters);
    }
    json!({"parameters": shared, "get": get})
}

fn parameter(name: &str, place: &str, of: &str, text: &str, dialect: Dialect) -> Value {
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

/// `image.openshift.io/v1` as operation names spell it: `ImageOpenshiftIoV1`.
fn camel(gv: Gv) -> String {
    let group = if gv.group.is_empty() { "core" } else { gv.group };
    group.split('.').chain([gv.version]).map(capital).collect()
}

/// `image.openshift.io/v1` as tags spell it: `imageOpenshiftIo_v1`.
fn tag(gv: Gv) -> String {
    let group = if gv.group.is_empty() { "core" } else { gv.group };
    let mut parts = group.split('.');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest: String = parts.map(capital).collect();
    format!("{first}{rest}_{}", gv.version)
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}
