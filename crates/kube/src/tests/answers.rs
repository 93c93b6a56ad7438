//! Objects one by one, in every form, and refusals.

use http::Method;

use super::shelf::{NEW, OLD};
use super::{B, Bench, Door, N, TABLE};

/// image-api 5, 115, 119, 135, 144, 145; kubernetes-api 74.
#[test]
fn each_kind_as_an_object() {
    let bench = Bench::new();
    for (name, path) in [
        ("namespace", "/api/v1/namespaces/team".to_owned()),
        ("project", "/apis/project.openshift.io/v1/projects/team".to_owned()),
        ("image", format!("{B}/images/{NEW}")),
        ("stream", format!("{N}/imagestreams/app-x")),
        ("layers", format!("{N}/imagestreams/app/layers")),
        ("stream_tag", format!("{N}/imagestreamtags/app:pinned")),
        ("image_tag", format!("{N}/imagetags/app:failed")),
        ("stream_image", format!("{N}/imagestreamimages/app@sha256:7090")),
    ] {
        insta::assert_snapshot!(format!("object_{name}"), bench.get(path).shown());
    }
    let escaped = bench.get(format!("{N}/imagestreamtags/app%3Apinned"));
    assert_eq!(escaped.body, bench.get(format!("{N}/imagestreamtags/app:pinned")).body);
    let status = bench.get(format!("{N}/imagestreams/app/status"));
    assert_eq!(status.body, bench.get(format!("{N}/imagestreams/app")).body);
}

/// image-api 22, 141; kubernetes-api 91, 92.
#[test]
fn each_kind_as_a_table() {
    let bench = Bench::new();
    for (name, path) in [
        ("namespaces", "/api/v1/namespaces".to_owned()),
        ("projects", "/apis/project.openshift.io/v1/projects".to_owned()),
        ("images", format!("{B}/images")),
        ("streams", format!("{B}/imagestreams")),
        ("stream", format!("{N}/imagestreams/app")),
        ("layers", format!("{N}/imagestreams/app/layers")),
        ("stream_tags", format!("{N}/imagestreamtags")),
        ("image_tags", format!("{N}/imagetags")),
        ("stream_image", format!("{N}/imagestreamimages/app@{OLD}")),
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let reply = bench.get_as(TABLE, format!("{path}{separator}includeObject=None"));
        insta::assert_snapshot!(format!("table_{name}"), reply.shown());
    }
}

/// kubernetes-api 92.
#[test]
fn table_rows_carry_what_is_asked_for() {
    let bench = Bench::new();
    let object = |include: &str| {
        let reply = bench.get_as(TABLE, format!("{N}/imagestreams/app-x{include}"));
        assert_eq!(reply.json()["metadata"]["resourceVersion"], "20418");
        reply.json()["rows"][0]["object"].clone()
    };
    assert_eq!(object("")["kind"], "PartialObjectMetadata");
    assert_eq!(object("?includeObject=Metadata")["metadata"]["labels"]["size"], "9");
    assert_eq!(object("?includeObject=None"), serde_json::Value::Null);
    assert_eq!(object("?includeObject=Object")["kind"], "ImageStream");
    let bad = bench.get_as(TABLE, format!("{N}/imagestreams?includeObject=Bogus"));
    insta::assert_snapshot!("table_bad_include", bad.shown());
    assert_eq!(bench.get(format!("{N}/imagestreams?includeObject=Bogus")).status, 200, "no table, no matter");
}

/// image-api 23; kubernetes-api 94.
#[test]
fn metadata_only() {
    const ONE: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    const LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let bench = Bench::new();
    insta::assert_snapshot!("partial_object", bench.get_as(ONE, format!("{N}/imagestreams/app")).shown());
    insta::assert_snapshot!("partial_list", bench.get_as(LIST, format!("{B}/images?limit=1")).shown());
    let wrong = bench.get_as(ONE, format!("{N}/imagestreams"));
    insta::assert_snapshot!("partial_of_list", wrong.shown());
    assert_eq!(bench.get_as(LIST, format!("{N}/imagestreams/app")).status, 406);
}

/// The texts of kubernetes-api 62, 63 and image-api 10, 11, 116, 117, 118, 136, 144.
#[test]
fn what_is_not_found() {
    let bench = Bench::new();
    for (path, status, message) in [
        ("imagestreams/nosuch", 404, "imagestreams.image.openshift.io \"nosuch\" not found"),
        ("imagestreams/No!", 404, "imagestreams.image.openshift.io \"No!\" not found"),
        ("imagestreams/nosuch/layers", 404, "imagestreams.image.openshift.io \"nosuch\" not found"),
        ("imagestreamtags/nosuch:latest", 404, "imagestreamtags.image.openshift.io \"nosuch\" not found"),
        ("imagestreamtags/app:nosuch", 404, "imagestreamtags.image.openshift.io \"app:nosuch\" not found"),
        ("imagestreamtags/app:failed", 404, "imagestreamtags.image.openshift.io \"app:failed\" not found"),
        ("imagestreamtags/app:pointer", 404, "imagestreamtags.image.openshift.io \"app:pointer\" not found"),
        (
            "imagestreamtags/app:lost",
            404,
            "imagestreamtags.image.openshift.io \
             \"sha256:22f1f3426b191434674e28383abbcebba301ac2e74d05816e7f33b225e5b4942\" not found",
        ),
        ("imagestreamtags/app", 400, "ImageStreamTags must be retrieved with <name>:<tag>"),
        ("imagestreamtags/app:a:b", 400, "ImageStreamTags must be retrieved with <name>:<tag>"),
        ("imagestreamtags/app@x", 400, "ImageStreamTags must be retrieved with <name>:<tag>"),
        ("imagetags/app", 400, "ImageTags must be retrieved with <name>:<tag>"),
        ("imagetags/nosuch:x", 404, "imagetags.image.openshift.io \"nosuch\" not found"),
        ("imagetags/app:x", 404, "imagetags.image.openshift.io \"app:x\" not found"),
        ("imagestreamimages/app", 400, "ImageStreamImages must be retrieved with <name>@<id>"),
        ("imagestreamimages/nosuch@12", 404, "imagestreamimages.image.openshift.io \"nosuch\" not found"),
        ("imagestreamimages/app@zz", 404, "imagestreamimage.image.openshift.io \"app@zz\" not found"),
        (
            "imagestreamimages/app@22f1",
            404,
            "imagestreamimages.image.openshift.io \
             \"sha256:22f1f3426b191434674e28383abbcebba301ac2e74d05816e7f33b225e5b4942\" not found",
        ),
        (
            "imagestreamimages/app@sha256:",
            409,
            "Operation cannot be fulfilled on imagestreamimage.image.openshift.io \"sha256:\": multiple images match \
             the prefix \"sha256:\": sha256:1b6133670abcea78a74c297ddd236b124736bf5dec4ee7baf0a8e413c679a4ed, \
             sha256:22f1f3426b191434674e28383abbcebba301ac2e74d05816e7f33b225e5b4942, \
             sha256:70907b229318f5ef1dff7df6d95867a2aac38c51a735351e7eb19e44e090f958",
        ),
    ] {
        let reply = bench.get(format!("{N}/{path}"));
        assert_eq!((reply.status, reply.message().as_str()), (status, message), "{path}");
        assert_eq!(reply.header("content-type"), "application/json");
    }
    insta::assert_snapshot!(
        "not_found_stream",
        bench.get(format!("{N}/imagestreamtags/nosuch:latest")).shown()
    );
    insta::assert_snapshot!("not_found_image", bench.get(format!("{B}/images/sha256:00")).shown());
    insta::assert_snapshot!("not_found_namespace", bench.get("/api/v1/namespaces/nons").shown());
    assert_eq!(
        bench.get("/apis/project.openshift.io/v1/projects/x").message(),
        "projects.project.openshift.io \"x\" not found"
    );
}

/// kubernetes-api 62, 73.
#[test]
fn refusals() {
    let bench = Bench::new();
    let streams = format!("{N}/imagestreams");
    for method in [Method::PUT, Method::HEAD, Method::OPTIONS, Method::PATCH] {
        let reply = bench.send(method.clone(), &streams, &[]);
        assert_eq!(reply.status, 405, "{method}");
    }
    for path in [format!("{B}/imagestreams"), format!("{streams}/app"), format!("{streams}/app/status")] {
        assert_eq!(bench.send(Method::POST, &path, &[]).status, 405, "{path}");
    }
    assert_eq!(
        bench.send(Method::DELETE, format!("{B}/imagestreams"), &[]).status,
        405,
        "not of all namespaces"
    );
    // image-api 3, 4
    for collection in [
        &format!("{N}/imagestreammappings"),
        &format!("{N}/imagestreamimports"),
        &format!("{B}/imagesignatures"),
    ] {
        assert_eq!(bench.get(collection).status, 405, "{collection}");
    }
    for below in ["layers", "secrets", "history"] {
        assert_eq!(bench.send(Method::PUT, format!("{streams}/app/{below}"), &[]).status, 405, "{below}");
    }
    let nowhere = bench.send(Method::POST, format!("{B}/imagestreams"), &[]);
    insta::assert_snapshot!("method_not_allowed", nowhere.shown());
    insta::assert_snapshot!("watch_refused", bench.get("/apis/apps/v1/deployments?watch=true").shown());
    assert_eq!(bench.get(format!("{N}/imagestreams/app?watch=true")).status, 200, "a plain get");
    insta::assert_snapshot!("not_acceptable", bench.get_as("text/html", &streams).shown());
    insta::assert_snapshot!("bad_escape", bench.get("/api/v1/namespaces/%zz").shown());
    insta::assert_snapshot!(
        "forbidden_get",
        bench.through(&Door::Closed, Method::GET, format!("{N}/imagestreams/app"), &[]).shown()
    );
    insta::assert_snapshot!(
        "forbidden_list",
        bench.through(&Door::Closed, Method::GET, format!("{B}/imagestreams"), &[]).shown()
    );
}

/// kubernetes-api 85.
#[test]
fn a_version_from_the_future_is_told_to_come_back() {
    let bench = Bench::new();
    let reply = bench.get(format!("{N}/imagestreams/app?resourceVersion=99999"));
    insta::assert_snapshot!("version_too_large", reply.shown());
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(bench.get(format!("{N}/imagestreams/app?resourceVersion=20420")).status, 200);
    assert_eq!(bench.get(format!("{N}/imagestreams/app?resourceVersion=0")).status, 200);
    let bad = bench.get(format!("{N}/imagestreams/app?resourceVersion=abc"));
    assert_eq!(bad.status, 400);
}

/// kubernetes-api 71.
#[test]
fn line_breaks_for_people() {
    let bench = Bench::new();
    let path = "/api/v1/namespaces/team";
    let lines = |query: &str, agent: &str| {
        let reply = bench.send(Method::GET, format!("{path}{query}"), &[("user-agent", agent)]);
        let text = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(text.ends_with("}\n"));
        text.lines().count()
    };
    assert_eq!(lines("", "kubectl/v1.32.4"), 1);
    assert!(lines("", "curl/8.5.0") > 1);
    assert!(lines("?pretty=true", "kubectl/v1.32.4") > 1);
    assert_eq!(lines("?pretty=false", "curl/8.5.0"), 1);
    let refused = bench.send(Method::GET, "/apis/route.openshift.io?pretty=1", &[]);
    assert!(refused.shown().lines().count() > 2 && refused.body.starts_with(b"{\n"));
}

#[test]
fn head_of_a_document_has_its_length_and_no_body() {
    let bench = Bench::new();
    let reply = bench.send(Method::HEAD, "/apis", &[]);
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-length"), bench.get("/apis").body.len().to_string());
}

/// kubernetes-api 68: objects and lists as YAML.
#[test]
fn yaml_on_request() {
    let bench = Bench::new();
    for path in [format!("{N}/imagestreams/app"), format!("{N}/imagestreams")] {
        let json = bench.get(&path);
        let yaml = bench.get_as("application/yaml, application/json;q=0.9", &path);
        assert_eq!((yaml.status, yaml.header("content-type")), (200, "application/yaml"), "{path}");
        let read = crate::decode::text(crate::decode::Format::Yaml, &yaml.body, None).unwrap();
        assert_eq!(read.value, json.json(), "{path}");
    }
}
