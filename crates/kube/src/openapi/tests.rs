//! The documents of the whole catalogue, and version 2 in protobuf.

use std::collections::BTreeSet;

use http::HeaderValue;
use http::header::ACCEPT;

use super::*;
use crate::patch::PatchType;
use crate::resource::{Scope, Verb, Verbs};
use crate::resources::CATALOGUE;

const DIALECTS: [Dialect; 2] = [Dialect::V2, Dialect::V3];

fn query_names(operation: &Value) -> BTreeSet<&str> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(|one| one["in"] == "query").map(|one| one["name"].as_str().unwrap()).collect()
}

fn taken_types(operation: &Value, dialect: Dialect) -> BTreeSet<&str> {
    match dialect {
        Dialect::V2 => {
            operation["consumes"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
        }
        Dialect::V3 => {
            operation["requestBody"]["content"].as_object().unwrap().keys().map(String::as_str).collect()
        }
    }
}

/// kubernetes-api 23, 24: of every kind, also below objects; with the names on the operation itself.
#[test]
fn every_patch_says_what_kubectl_looks_for() {
    for dialect in DIALECTS {
        let paths = operations::paths(&CATALOGUE, dialect);
        let patches: Vec<_> =
            paths.iter().filter_map(|(path, item)| Some((path, item.get("patch")?))).collect();
        let resources = CATALOGUE.iter().flat_map(|group| group.resources);
        let verbs = resources.flat_map(|resource| {
            let below = resource.subresources.iter().map(|below| below.verbs);
            below.chain([resource.verbs])
        });
        assert_eq!(patches.len(), verbs.filter(|verbs| verbs.has(Verb::Patch)).count());
        for (path, patch) in patches {
            let gvk = patch["x-kubernetes-group-version-kind"].as_object().unwrap();
            assert_eq!(gvk.keys().collect::<Vec<_>>(), ["group", "kind", "version"], "{path}");
            assert_eq!(patch["x-kubernetes-action"], "patch");
            let names = BTreeSet::from(["dryRun", "fieldManager", "fieldValidation", "force"]);
            assert_eq!(query_names(patch), names, "{path}");
            // Of a tag nobody keeps who set what, so that it cannot be applied.
            let applies = !path.contains("tags/");
            let types = PatchType::ALL.into_iter().filter(|of| applies || *of != PatchType::Apply);
            let types: BTreeSet<&str> = types.map(PatchType::media_type).collect();
            assert_eq!(taken_types(patch, dialect), types, "{path}");
        }
    }
}

#[test]
fn operations_follow_the_verbs() {
    let paths = operations::paths(&CATALOGUE, Dialect::V3);
    let agrees = |path: &str, verbs: Verbs, of: &[(Verb, &str, &str)]| {
        for (verb, method, action) in of {
            // A list that only answers a question has no type.
            if let Some(operation) = paths.get(path).and_then(|item| item.get(*method)) {
                assert!(verbs.has(*verb), "{method} {path}");
                assert_eq!(operation["x-kubernetes-action"], *action, "{method} {path}");
            } else {
                assert!(!verbs.has(*verb) || *verb == Verb::List, "{method} {path}");
            }
        }
    };
    for resource in CATALOGUE.iter().flat_map(|group| group.resources) {
        let root = format!("/{}", resource.kind.gv.path());
        let within = match resource.scope {
            Scope::Cluster => root.clone(),
            Scope::Namespaced => format!("{root}/namespaces/{{namespace}}"),
        };
        let collection = format!("{within}/{}", resource.plural);
        let on_collection = [
            (Verb::List, "get", "list"),
            (Verb::Create, "post", "post"),
            (Verb::DeleteCollection, "delete", "deletecollection"),
        ];
        agrees(&collection, resource.verbs, &on_collection);
        let on_object = [
            (Verb::Get, "get", "get"),
            (Verb::Update, "put", "put"),
            (Verb::Patch, "patch", "patch"),
            (Verb::Delete, "delete", "delete"),
        ];
        agrees(&format!("{collection}/{{name}}"), resource.verbs, &on_object);
        for below in resource.subresources {
            agrees(&format!("{collection}/{{name}}/{}", below.name), below.verbs, &on_object);
        }
        if let Some(list) = paths.get(&collection).and_then(|item| item.get("get")) {
            assert_eq!(query_names(list).contains("watch"), resource.verbs.has(Verb::Watch), "{collection}");
        }
        if let Some(create) = paths.get(&collection).and_then(|item| item.get("post")) {
            assert_eq!(query_names(create), BTreeSet::from(["dryRun", "fieldManager", "fieldValidation"]));
            assert_eq!(
                taken_types(create, Dialect::V3),
                BTreeSet::from(["application/json", "application/yaml"])
            );
        }
    }
}

#[test]
fn operations_have_names_of_their_own() {
    for dialect in DIALECTS {
        let mut names = BTreeSet::new();
        for (path, item) in &operations::paths(&CATALOGUE, dialect) {
            for (method, operation) in item.as_object().unwrap() {
                if let Some(name) = operation.get("operationId") {
                    assert!(names.insert(name.to_string()), "{method} {path}: {name}");
                }
            }
        }
        assert!(names.contains("\"listImageOpenshiftIoV1NamespacedImageStream\""));
    }
}

/// kubernetes-api 25: every reference resolves, in the document of each group and in that of all.
#[test]
fn every_reference_resolves() {
    let groups = CATALOGUE.iter().map(|group| (std::slice::from_ref(group), Dialect::V3));
    for (groups, dialect) in groups.chain([(&CATALOGUE[..], Dialect::V2)]) {
        let schemas = types::schemas(groups, dialect);
        let known: BTreeSet<String> = schemas.keys().map(|name| dialect.reference(name)).collect();
        let mut used = BTreeSet::new();
        collect(&Value::Object(operations::paths(groups, dialect)), &mut used);
        collect(&Value::Object(schemas), &mut used);
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty() && !used.is_empty(), "{missing:?}");
    }
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        _ => {}
    }
}

/// kubernetes-api 25: the table of section 5.4.
#[test]
fn merge_keys_are_those_of_the_reference() {
    let schemas = types::schemas(&CATALOGUE, Dialect::V3);
    let mut marked = Vec::new();
    for (name, schema) in &schemas {
        let kind = name.rsplit('.').next().unwrap();
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let key = property.get("x-kubernetes-patch-merge-key").and_then(Value::as_str);
            let strategy = property.get("x-kubernetes-patch-strategy").and_then(Value::as_str);
            if let Some(strategy) = strategy {
                marked.push(format!("{kind}.{field} {strategy} {}", key.unwrap_or("-")));
            } else {
                assert_eq!(key, None);
            }
        }
    }
    assert_eq!(
        marked,
        [
            "Image.dockerImageMetadata replace -",
            "Image.signatures merge name",
            "ImageSignature.conditions merge type",
            "ImageStreamSpec.tags merge name",
            "ImageStreamStatus.tags merge tag",
            "ObjectMeta.finalizers merge -",
            "ObjectMeta.ownerReferences merge uid",
        ]
    );
}

/// kubernetes-api 30, 31.
#[test]
fn version_2_comes_in_two_forms() {
    let form = |accept: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
        V2Form::negotiate(&headers).ok()
    };
    let asked = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    assert_eq!(form(asked), Some(V2Form::Protobuf));
    assert_eq!(form(V2_PROTOBUF_TYPE), Some(V2Form::Protobuf));
    assert_eq!(form(&format!("{asked}, application/json;q=0.5")), Some(V2Form::Protobuf));
    assert_eq!(form(&format!("{asked};q=0.5, application/json")), Some(V2Form::Json));
    assert_eq!(form(&format!("{asked}, */*")), Some(V2Form::Protobuf));
    assert_eq!(form("*/*"), Some(V2Form::Json));
    assert_eq!(form("application/*"), Some(V2Form::Json));
    assert_eq!(form("text/html"), None);
    assert_eq!(form("application/com.github.proto-openapi.spec.v3@v1.0+protobuf"), None);
}

/// A field with a length, as the wire format has it.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let tag =
        if number < 16 { vec![number << 3 | 2] } else { vec![(number << 3 & 0x7f) | 0x82, number >> 4] };
    let length = u8::try_from(content.len() & 0x7f).unwrap();
    let length = match content.len() >> 7 {
        0 => vec![length],
        more => vec![length | 0x80, u8::try_from(more).unwrap()],
    };
    [tag, length, content.to_vec()].concat()
}

fn text(number: u8, content: &str) -> Vec<u8> {
    field(number, content.as_bytes())
}

fn all(parts: &[Vec<u8>]) -> Vec<u8> {
    parts.concat()
}

/// kubernetes-api 30: the numbers of the `.proto` file of gnostic, put together by hand. The bytes are
/// those that gnostic itself writes for this document.
#[test]
fn protobuf_is_written_as_gnostic_has_it() {
    let small = json!({
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/x/{name}": {
            "parameters": [{"name": "name", "in": "path", "required": true, "type": "string", "uniqueItems": true}],
            "patch": {
                "operationId": "p",
                "consumes": ["a/b"],
                "parameters": [
                    {"name": "f", "in": "query", "type": "string", "uniqueItems": true},
                    {"name": "body", "in": "body", "required": true, "schema": {"$ref": "#/definitions/K"}},
                ],
                "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/K"}}},
            },
        }},
        "definitions": {"K": {
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": {"type": "array", "items": {"type": "string"}},
                "b": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "x-k": [{"kind": "K"}],
        }},
    });
    let of_type = |name: &str| field(22, &text(1, name));
    let reference = text(1, "#/definitions/K");
    let query = all(&[text(2, "query"), text(4, "f"), text(6, "string"), vec![0xa0, 1, 1]]);
    let body = all(&[text(2, "body"), text(3, "body"), vec![4 << 3, 1], field(5, &reference)]);
    let in_path =
        all(&[vec![1 << 3, 1], text(2, "path"), text(4, "name"), text(5, "string"), vec![0x98, 1, 1]]);
    let answer = all(&[text(1, "OK"), field(2, &field(1, &reference))]);
    let patch = all(&[
        text(5, "p"),
        text(7, "a/b"),
        field(8, &field(1, &field(2, &field(3, &query)))),
        field(8, &field(1, &field(1, &body))),
        field(9, &field(1, &all(&[text(1, "200"), field(2, &field(1, &answer))]))),
    ]);
    let item = all(&[field(8, &patch), field(9, &field(1, &field(2, &field(4, &in_path))))]);
    let list = all(&[of_type("array"), field(23, &field(1, &of_type("string")))]);
    let map = all(&[field(21, &field(1, &of_type("string"))), of_type("object")]);
    let properties =
        [("a", list), ("b", map)].map(|(name, of)| field(1, &all(&[text(1, name), field(2, &of)])));
    let schema = all(&[
        text(19, "a"),
        of_type("object"),
        field(25, &all(&properties)),
        field(31, &all(&[text(1, "x-k"), field(2, &text(2, "- kind: K\n"))])),
    ]);
    let expected = all(&[
        text(1, "2.0"),
        field(2, &all(&[text(1, "T"), text(2, "1")])),
        field(8, &field(2, &all(&[text(1, "/x/{name}"), field(2, &item)]))),
        field(9, &field(1, &all(&[text(1, "K"), field(2, &schema)]))),
    ]);
    assert_eq!(gnostic::document(&small), expected);
}

/// Every member of the real document has a place in the tables; what has none panics in tests.
#[test]
fn the_real_document_is_written_whole() {
    let openapi = OpenApi::new(&CATALOGUE, "0.1.0");
    assert_eq!(openapi.v2_protobuf.etag(), openapi.v2.etag());
    let written = &openapi.v2_protobuf.body;
    for schema in types::schemas(&CATALOGUE, Dialect::V2).keys() {
        let named = field(1, schema.as_bytes());
        assert!(written.windows(named.len()).any(|window| window == named), "{schema}");
    }
}
