//! Paths and operations of some groups: one for each verb that a resource has.

mod parameters;

use serde_json::{Map, Value, json};

use super::Dialect;
use super::types::list_name;
use crate::patch::PatchType;
use crate::resource::{Group, Gv, Kind, Permission, Resource, Scope, Verb, Verbs};
use crate::schema::meta::{DELETE_OPTIONS, PATCH, STATUS};

/// What bodies may be.
const BODIES: [&str; 2] = ["application/json", "application/yaml"];

/// Where operations are: the names of things around them, as operation names spell them.
struct Place<'a> {
    kind: &'a Kind,
    verbs: Verbs,
    patch_types: &'static [PatchType],
    /// `ImageOpenshiftIoV1`
    group: String,
    /// `Namespaced` or nothing
    scoped: &'static str,
    /// What comes after the kind: `Status`, `ForAllNamespaces`
    suffix: String,
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
    let root = format!("/{}", resource.kind.gv.path());
    let (within, scoped) = match resource.scope {
        Scope::Cluster => (root.clone(), ""),
        Scope::Namespaced => (format!("{root}/namespaces/{{namespace}}"), "Namespaced"),
    };
    let place = |kind: &'static Kind, verbs, suffix| Place {
        kind,
        verbs,
        patch_types: resource.patch_types(),
        group: camel(kind.gv),
        scoped,
        suffix,
    };
    let own = place(resource.kind, resource.verbs, String::new());
    let collection = format!("{within}/{}", resource.plural);
    own.add(&collection, &[Verb::List, Verb::Create, Verb::DeleteCollection], dialect, paths);
    if resource.scope == Scope::Namespaced {
        let all = Place {
            scoped: "",
            suffix: "ForAllNamespaces".to_owned(),
            ..place(resource.kind, resource.verbs, String::new())
        };
        all.add(&format!("{root}/{}", resource.plural), &[Verb::List], dialect, paths);
    }
    let object = format!("{collection}/{{name}}");
    let of_object = [Verb::Get, Verb::Update, Verb::Patch, Verb::Delete];
    own.add(&object, &of_object, dialect, paths);
    for below in resource.subresources {
        let place = place(below.kind, below.verbs, capital(below.name));
        place.add(&format!("{object}/{}", below.name), &of_object, dialect, paths);
    }
}

impl Place<'_> {
    /// Adds a path with those of the verbs that work there.
    fn add(&self, path: &str, verbs: &[Verb], dialect: Dialect, paths: &mut Map<String, Value>) {
        let mut item = Map::new();
        // A list that only answers a question has no type.
        let typeless = |verb| verb == Verb::List && self.verbs.permission == Permission::Asked;
        for verb in verbs.iter().copied().filter(|verb| self.verbs.has(*verb) && !typeless(*verb)) {
            let (method, operation) = self.operation(verb, dialect);
            item.insert(method.to_owned(), operation);
        }
        if !item.is_empty() {
            item.insert("parameters".to_owned(), json!(parameters::shared(path, dialect)));
            paths.insert(path.to_owned(), Value::Object(item));
        }
    }

    fn operation(&self, verb: Verb, dialect: Dialect) -> (&'static str, Value) {
        let kind = self.kind;
        let (method, word, action, answer) = match verb {
            Verb::List | Verb::Watch => ("get", "list", "list", list_name(kind)),
            Verb::Get => ("get", "read", "get", kind.schema.name.to_owned()),
            Verb::Create => ("post", "create", "post", kind.schema.name.to_owned()),
            Verb::Update => ("put", "replace", "put", kind.schema.name.to_owned()),
            Verb::Patch => ("patch", "patch", "patch", kind.schema.name.to_owned()),
            Verb::Delete => ("delete", "delete", "delete", STATUS.name.to_owned()),
            Verb::DeleteCollection => ("delete", "delete", "deletecollection", list_name(kind)),
        };
        let Place { group, scoped, suffix, .. } = self;
        let many = if verb == Verb::DeleteCollection { "Collection" } else { "" };
        let gvk = json!({"group": kind.gv.group, "version": kind.gv.version, "kind": kind.name});
        let mut operation = json!({
            "operationId": format!("{word}{group}{many}{scoped}{}{suffix}", kind.name),
            "tags": [tag(kind.gv)],
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk,
        });
        let taken = parameters::of(verb, self.verbs).into_iter();
        let mut taken: Vec<Value> = taken.map(|taken| parameters::in_query(taken, dialect)).collect();
        let body = match verb {
            Verb::Create | Verb::Update => Some((kind.schema.name, BODIES.to_vec())),
            Verb::Patch => Some((
                PATCH.name,
                self.patch_types.iter().map(|patch_type| patch_type.media_type()).collect(),
            )),
            Verb::Delete | Verb::DeleteCollection => Some((DELETE_OPTIONS.name, BODIES.to_vec())),
            Verb::Get | Verb::List | Verb::Watch => None,
        };
        // Nobody has to say how to delete.
        let required = !matches!(verb, Verb::Delete | Verb::DeleteCollection);
        if let Some((schema, types)) = body {
            let schema = json!({"$ref": dialect.reference(schema)});
            match dialect {
                Dialect::V2 => {
                    operation["consumes"] = json!(types);
                    taken.push(json!({"name": "body", "in": "body", "required": required, "schema": schema}));
                }
                Dialect::V3 => {
                    let content = types.into_iter().map(|of| (of.to_owned(), json!({"schema": schema})));
                    let content: Map<String, Value> = content.collect();
                    operation["requestBody"] = json!({"required": required, "content": content});
                }
            }
        }
        if !taken.is_empty() {
            operation["parameters"] = json!(taken);
        }
        answers(verb, &answer, dialect, &mut operation);
        (method, operation)
    }
}

fn answers(verb: Verb, answer: &str, dialect: Dialect, operation: &mut Value) {
    let schema = json!({"$ref": dialect.reference(answer)});
    let response = |text: &str| match dialect {
        Dialect::V2 => json!({"description": text, "schema": schema}),
        Dialect::V3 => json!({"description": text, "content": {"application/json": {"schema": schema}}}),
    };
    if dialect == Dialect::V2 {
        operation["produces"] = json!(["application/json"]);
        operation["schemes"] = json!(["https"]);
    }
    let (done, made) = (response("OK"), response("Created"));
    operation["responses"] = match verb {
        Verb::Create => json!({"201": made}),
        Verb::Update | Verb::Patch => json!({"200": done, "201": made}),
        _ => json!({"200": done}),
    };
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
