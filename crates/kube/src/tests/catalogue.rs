//! Documents made from the catalogue, and that they agree with the router.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use super::{B, Bench, Door, N};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// kubernetes-api 8, 9, 10; image-api 1, 2.
#[test]
fn legacy_discovery() {
    let bench = Bench::new();
    for (name, path) in [
        ("api", "/api"),
        ("api_v1", "/api/v1"),
        ("apis", "/apis"),
        ("image_group", "/apis/image.openshift.io"),
        ("image_v1", B),
        ("project_v1", "/apis/project.openshift.io/v1"),
    ] {
        insta::assert_snapshot!(format!("legacy_{name}"), bench.get(path).shown());
    }
}

/// kubernetes-api 11, 12, 13, 21a.
#[test]
fn aggregated_discovery() {
    let bench = Bench::new();
    for (name, path) in [("api", "/api"), ("apis", "/apis")] {
        let reply = bench.get_as(AGGREGATED, path);
        insta::assert_snapshot!(format!("aggregated_{name}"), reply.shown());
        assert_eq!(reply.header("content-type"), AGGREGATED);
        assert_eq!(reply.header("vary"), "Accept");
        let headers = [("accept", AGGREGATED), ("if-none-match", reply.header("etag"))];
        let again = bench.send(Method::GET, path, &headers);
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert_eq!(again.header("etag"), reply.header("etag"));
    }
    assert_eq!(
        bench
            .get_as("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", "/apis")
            .status,
        406
    );
}

/// kubernetes-api 21: a verb is listed exactly when the router knows it. image-api 3, 4.
#[test]
fn discovery_agrees_with_the_router() {
    let bench = Bench::new();
    for document in ["/api/v1", B, "/apis/project.openshift.io/v1", "/apis/apps/v1", "/apis/batch/v1"] {
        let list = bench.get(document).json();
        for resource in list["resources"].as_array().unwrap() {
            let full = resource["name"].as_str().unwrap();
            let (plural, below) =
                full.split_once('/').map_or((full, None), |(plural, sub)| (plural, Some(sub)));
            let within = if resource["namespaced"] == true {
                format!("{document}/namespaces/team")
            } else {
                document.to_owned()
            };
            let collection = format!("{within}/{plural}");
            let object = match below {
                Some(below) => format!("{collection}/x/{below}"),
                None => format!("{collection}/x"),
            };
            let has = |verb: &str| resource["verbs"].as_array().unwrap().contains(&verb.into());
            let known = |path: &str, method: Method| {
                let reply = bench.send(method, path, &[]);
                reply.status != 405 && reply.message() != "the server could not find the requested resource"
            };
            assert_eq!(known(&object, Method::GET), has("get"), "get {full}");
            assert_eq!(known(&object, Method::PUT), has("update"), "update {full}");
            assert_eq!(known(&object, Method::PATCH), has("patch"), "patch {full}");
            assert_eq!(known(&object, Method::DELETE), has("delete"), "delete {full}");
            if below.is_none() {
                assert_eq!(known(&collection, Method::GET), has("list"), "list {full}");
                assert_eq!(known(&collection, Method::POST), has("create"), "create {full}");
                assert_eq!(
                    known(&collection, Method::DELETE),
                    has("deletecollection"),
                    "deletecollection {full}"
                );
                assert_eq!(
                    known(&format!("{collection}?watch=true"), Method::GET),
                    has("watch"),
                    "watch {full}"
                );
            }
        }
    }
}

/// kubernetes-api 1.
#[test]
fn version() {
    let bench = Bench::new();
    insta::assert_snapshot!("version", bench.get("/version").shown());
    assert_eq!(bench.get("/version/").body, bench.get("/version").body);
    let closed = bench.through(&Door::Closed, Method::GET, "/version?timeout=32s", &[]);
    assert_eq!(closed.status, 200, "asked before anybody has logged in");
}

/// kubernetes-api 16b.
#[test]
fn discovery_is_never_forbidden() {
    let bench = Bench::new();
    for path in ["/api", "/apis", B, "/openapi/v3"] {
        let reply = bench.through(&Door::Closed, Method::GET, path, &[]);
        assert_eq!((reply.status, reply.message()), (401, "Unauthorized".to_owned()), "{path}");
    }
}

/// kubernetes-api 68: discovery and refusals as well as objects.
#[test]
fn what_people_read_is_there_in_yaml() {
    let bench = Bench::new();
    for path in ["/version", "/api", "/apis", "/apis/image.openshift.io", "/api/v1", B] {
        let reply = bench.get_as("application/yaml", path);
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/yaml"), "{path}");
        let read = crate::decode::text(crate::decode::Format::Yaml, &reply.body, None).unwrap();
        assert_eq!(read.value, bench.get(path).json(), "{path}");
    }
    let absent = format!("{N}/imagestreams/nosuch");
    for path in [absent.as_str(), "/apis/nope"] {
        let reply = bench.get_as("application/yaml", path);
        assert_eq!((reply.status, reply.header("content-type")), (404, "application/yaml"), "{path}");
        assert!(reply.body.starts_with(b"apiVersion: v1\ncode: 404\n"), "{path}");
    }
    let aggregated = "application/yaml;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    assert_eq!(bench.get_as(aggregated, "/apis").status, 406, "nobody asks for it");
    assert_eq!(
        bench.get_as(&format!("{aggregated},application/json"), "/apis").json()["kind"],
        "APIGroupList"
    );
}

/// kubernetes-api 69: what is offered instead is what there is.
#[test]
fn what_cannot_be_had_says_what_can() {
    let bench = Bench::new();
    let listed = |types: &str| format!("only the following media types are accepted: {types}");
    for (path, types) in [
        (format!("{N}/imagestreams").as_str(), "application/json, application/yaml"),
        ("/apis", "application/json, application/yaml"),
        (B, "application/json, application/yaml"),
        ("/openapi/v3", "application/json"),
        ("/openapi/v2", "application/json, application/com.github.proto-openapi.spec.v2.v1.0+protobuf"),
    ] {
        let reply = bench.get_as("text/html", path);
        assert_eq!((reply.status, reply.header("content-type")), (406, "application/json"), "{path}");
        assert_eq!(reply.message(), listed(types), "{path}");
    }
}

/// kubernetes-api 22.
#[test]
fn openapi_v3_is_found_by_its_hash() {
    let bench = Bench::new();
    let index = bench.get("/openapi/v3").json();
    for (key, entry) in index["paths"].as_object().unwrap() {
        let address = entry["serverRelativeURL"].as_str().unwrap();
        let hashed = bench.get(address);
        assert_eq!(hashed.status, 200, "{key}");
        assert!(hashed.header("cache-control").contains("immutable"));
        let (path, hash) = address.split_once("?hash=").unwrap();
        assert_eq!(hashed.header("etag"), format!("\"{hash}\""));
        let plain = bench.get(path);
        assert_eq!((plain.status, plain.header("cache-control")), (200, "no-cache, private"));
        assert_eq!(plain.body, hashed.body);
        let wrong = bench.get(format!("{path}?hash=00"));
        assert_eq!((wrong.status, wrong.header("location")), (301, address));
    }
    assert_eq!(bench.get("/openapi/v3/apis/route.openshift.io/v1").status, 404);
}

/// kubernetes-api 30, 31: version 2 in both forms under one entity tag; never JSON to a client that
/// takes only protobuf.
#[test]
fn openapi_v2_is_json_or_protobuf() {
    let bench = Bench::new();
    let asked = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    // With a line break or two it would be another message, whoever asks.
    let headers = [("accept", asked), ("user-agent", "curl/8")];
    let protobuf = bench.send(Method::GET, "/openapi/v2?pretty=true", &headers);
    assert_eq!(protobuf.status, 200);
    assert_eq!(protobuf.header("content-type"), "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    assert!(protobuf.body.starts_with(b"\x0a\x032.0\x12"));
    let json = bench.get("/openapi/v2");
    assert_eq!(json.json()["swagger"], "2.0");
    assert_eq!(json.header("content-type"), "application/json");
    for reply in [&json, &protobuf] {
        assert_eq!(reply.header("vary"), "Accept");
        assert_eq!(reply.header("etag"), json.header("etag"));
    }
    let headers = [("accept", asked), ("if-none-match", json.header("etag"))];
    let again = bench.send(Method::GET, "/openapi/v2", &headers);
    assert_eq!((again.status, again.body.len()), (304, 0));

    let third = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
    for (accept, path) in
        [(third, "/openapi/v3"), (asked, "/openapi/v3/api/v1"), ("text/html", "/openapi/v2")]
    {
        let reply = bench.get_as(accept, path);
        assert_eq!((reply.status, reply.json()["reason"].as_str()), (406, Some("NotAcceptable")), "{path}");
    }
}

/// kubernetes-api 25: every reference resolves, merge keys are those of the reference.
#[test]
fn openapi_is_whole() {
    let bench = Bench::new();
    let image = bench.get("/openapi/v3/apis/image.openshift.io/v1").json();
    let core = bench.get("/openapi/v3/api/v1").json();
    let both = bench.get("/openapi/v2").json();
    for (document, prefix, schemas) in [
        (&image, "#/components/schemas/", &image["components"]["schemas"]),
        (&core, "#/components/schemas/", &core["components"]["schemas"]),
        (&both, "#/definitions/", &both["definitions"]),
    ] {
        let mut references = BTreeSet::new();
        collect_references(document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let name = reference.strip_prefix(prefix).unwrap_or_else(|| panic!("{reference}"));
            assert!(schemas.get(name).is_some(), "{reference}");
        }
    }
    let schema = |name: &str| {
        &image["components"]["schemas"][format!("com.github.openshift.api.image.v1.{name}")]["properties"]
    };
    let key = |field: &Value| field["x-kubernetes-patch-merge-key"].as_str().map(str::to_owned);
    assert_eq!(key(&schema("ImageStreamSpec")["tags"]).as_deref(), Some("name"));
    assert_eq!(key(&schema("ImageStreamStatus")["tags"]).as_deref(), Some("tag"));
    assert_eq!(key(&schema("Image")["signatures"]).as_deref(), Some("name"));
    assert_eq!(key(&schema("ImageSignature")["conditions"]).as_deref(), Some("type"));
    assert_eq!(key(&schema("NamedTagEventList")["items"]), None);
    assert_eq!(schema("Image")["dockerImageMetadata"]["x-kubernetes-patch-strategy"], "replace");
    insta::assert_snapshot!(
        "openapi_stream_schema",
        serde_json::to_string_pretty(
            &image["components"]["schemas"]["com.github.openshift.api.image.v1.ImageStream"]
        )
        .unwrap()
    );
    insta::assert_snapshot!(
        "openapi_stream_path",
        serde_json::to_string_pretty(
            &image["paths"]["/apis/image.openshift.io/v1/namespaces/{namespace}/imagestreams"]
        )
        .unwrap()
    );
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found.insert(reference.clone());
            }
            members.values().for_each(|member| collect_references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// kubernetes-api 25a: nothing in an object that its schema does not describe.
#[test]
fn every_member_is_described() {
    let bench = Bench::new();
    let both = bench.get("/openapi/v2").json();
    for (path, schema) in [
        ("/api/v1/namespaces/team".to_owned(), "io.k8s.api.core.v1.Namespace"),
        (
            "/apis/project.openshift.io/v1/projects/team".to_owned(),
            "com.github.openshift.api.project.v1.Project",
        ),
        (format!("{B}/images/{}", super::shelf::NEW), "com.github.openshift.api.image.v1.Image"),
        (format!("{N}/imagestreams/app"), "com.github.openshift.api.image.v1.ImageStream"),
        (format!("{N}/imagestreams/app/layers"), "com.github.openshift.api.image.v1.ImageStreamLayers"),
        (format!("{N}/imagestreamtags/app:pinned"), "com.github.openshift.api.image.v1.ImageStreamTag"),
        (format!("{N}/imagetags/app:failed"), "com.github.openshift.api.image.v1.ImageTag"),
        (
            format!("{N}/imagestreamimages/app@{}", super::shelf::OLD),
            "com.github.openshift.api.image.v1.ImageStreamImage",
        ),
    ] {
        let reply = bench.get(&path);
        assert_eq!(reply.status, 200, "{path}");
        described(&reply.json(), &both["definitions"][schema], &both["definitions"], &path);
    }
}

fn described(value: &Value, schema: &Value, definitions: &Value, path: &str) {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/definitions/"));
    let schema = reference.map_or(schema, |name| &definitions[name]);
    match value {
        Value::Object(members) => {
            // A bare object is raw JSON.
            if schema.get("properties").is_none() && schema.get("additionalProperties").is_none() {
                assert_eq!(schema["type"], "object", "{path}");
                return;
            }
            for (name, member) in members {
                let of = schema["properties"].get(name).or_else(|| schema.get("additionalProperties"));
                let of = of.unwrap_or_else(|| panic!("{path}.{name} is not described"));
                described(member, of, definitions, &format!("{path}.{name}"));
            }
        }
        Value::Array(items) => {
            assert_eq!(schema["type"], "array", "{path}");
            for item in items {
                described(item, &schema["items"], definitions, path);
            }
        }
        Value::String(_) => assert_eq!(schema["type"], "string", "{path}"),
        Value::Number(_) => assert_eq!(schema["type"], "integer", "{path}"),
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{path}"),
        Value::Null => {}
    }
}

/// kubernetes-api 19.
#[test]
fn what_is_not_there_is_a_status_without_a_name() {
    let bench = Bench::new();
    for path in [
        "/",
        "/apis/route.openshift.io",
        "/apis/route.openshift.io/v1",
        "/apis/image.openshift.io/v2",
        "/api/v2",
        "/api/v1/services",
        "/apis/image.openshift.io/v1/bogus",
        "/apis/image.openshift.io/v1/imagestreams/app",
        "/apis/image.openshift.io/v1/namespaces/team/images",
        "/version/openshift",
        "/openapi/v1",
        "/apis/image.openshift.io/v1/namespaces/team/imagestreamimages",
        "/apis/image.openshift.io/v1/namespaces/team/imagestreams/app/bogus",
    ] {
        let reply = bench.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.json()["details"], serde_json::json!({}), "{path}");
        assert_eq!(reply.header("content-type"), "application/json");
    }
    insta::assert_snapshot!("no_such_api", bench.get("/apis/route.openshift.io/v1").shown());
}
