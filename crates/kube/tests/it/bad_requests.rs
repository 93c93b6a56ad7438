//! A table of requests that are refused, each of which leaves everything as it was.

use http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use weir_testkit::SampleImage;

use crate::api::{Api, B, N};

/// Everything clients can see, versions included.
async fn everything(api: &Api) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        "/api/v1/namespaces",
        "/api/v1/secrets",
        "/apis/image.openshift.io/v1/images",
        "/apis/image.openshift.io/v1/imagestreams",
        "/apis/image.openshift.io/v1/imagestreamtags",
    ] {
        seen.push(api.found(path).await);
    }
    seen
}

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

/// A request and how it is refused.
struct Bad {
    method: Method,
    path: String,
    content_type: &'static str,
    body: Vec<u8>,
    status: u16,
    reason: &'static str,
    /// How the message begins.
    message: &'static str,
}

fn bad(method: Method, path: &str, body: impl Into<Vec<u8>>, status: u16, message: &'static str) -> Bad {
    let reason = match status {
        400 => "BadRequest",
        413 => "RequestEntityTooLarge",
        415 => "UnsupportedMediaType",
        _ => "Invalid",
    };
    let (path, body) = (format!("{N}/{path}"), body.into());
    Bad { method, path, content_type: JSON, body, status, reason, message }
}

impl Bad {
    fn of_type(self, content_type: &'static str) -> Bad {
        Bad { content_type, ..self }
    }
}

/// Bodies that are no streams, and streams that may not be.
fn creations() -> Vec<Bad> {
    let post = |body: &str, status, message| bad(Method::POST, "imagestreams", body, status, message);
    let unrecognized = "the object provided is unrecognized (must be of type ImageStream): couldn't get version/kind; json parse error: ";
    let unknown_format = "the body of the request was in an unknown format - accepted media types include: application/json, \
         application/yaml, application/vnd.kubernetes.protobuf";
    let annotated = json!({"metadata": {"name": "x", "annotations": {"a": "b".repeat(262_144)}}}).to_string();
    vec![
        post("{bad json", 400, unrecognized),
        post("", 400, unrecognized),
        post("{}", 415, unknown_format).of_type("text/plain"),
        post("{}", 415, unknown_format).of_type("application/cbor"),
        post(&" ".repeat((3 << 20) + 1), 413, "Request entity too large: limit is 3145728"),
        post(
            r#"{"kind":"Image","apiVersion":"image.openshift.io/v1","metadata":{"name":"x"}}"#,
            400,
            "Image in version \"v1\" cannot be handled as a ImageStream: ",
        ),
        post(
            r#"{"metadata":{"name":"x"},"spec":{"tags":"x"}}"#,
            400,
            "ImageStream in version \"v1\" cannot be handled as a ImageStream: json: ",
        ),
        post(
            r#"{"metadata":["x"]}"#,
            400,
            "ImageStream in version \"v1\" cannot be handled as a ImageStream: json: ",
        ),
        post(
            r#"{"metadata":{"name":"x","namespace":"other"}}"#,
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        post(
            r#"{"metadata":{"name":"x","resourceVersion":"7"}}"#,
            400,
            "resourceVersion should not be set on objects to be created",
        ),
        post(
            "{}",
            422,
            "ImageStream.image.openshift.io \"\" is invalid: metadata.name: Required value: name or generateName is \
             required",
        ),
        post(
            r#"{"metadata":{"name":"Upper"}}"#,
            422,
            "ImageStream.image.openshift.io \"Upper\" is invalid: metadata.name: Invalid value: \"Upper\": must match ",
        ),
        post(
            r#"{"metadata":{"name":"three","labels":{"bad key!":"v"},"finalizers":["short"]}}"#,
            422,
            "ImageStream.image.openshift.io \"three\" is invalid: [metadata.labels: Invalid value: \"bad key!\": ",
        ),
        post(
            &annotated,
            422,
            "ImageStream.image.openshift.io \"x\" is invalid: metadata.annotations: Too long: may not be more than \
             262144 bytes",
        ),
        post(
            r#"{"metadata":{"name":"x"},"spec":{"dockerImageRepository":"a/b:tag"}}"#,
            422,
            "ImageStream.image.openshift.io \"x\" is invalid: spec.dockerImageRepository: Invalid value: \"a/b:tag\": ",
        ),
    ]
}

/// Parameters that make no sense, and objects at the wrong place.
fn parameters() -> Vec<Bad> {
    let put = |body: &str, message| bad(Method::PUT, "imagestreams/app", body, 400, message);
    vec![
        bad(
            Method::POST,
            "imagestreams?fieldValidation=Bogus",
            r#"{"metadata":{"name":"x"}}"#,
            422,
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Bogus\": supported values: \
             \"\", \"Ignore\", \"Strict\", \"Warn\"",
        ),
        bad(
            Method::DELETE,
            "imagestreams/app?dryRun=bogus",
            "",
            422,
            "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"bogus\"]: supported values: \"All\"",
        ),
        bad(
            Method::DELETE,
            "imagestreams/app",
            r#"{"propagationPolicy":"Bogus"}"#,
            422,
            "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: \"Bogus\"",
        ),
        bad(Method::DELETE, "imagestreams/app", "x", 415, "the body of the request was in an unknown format")
            .of_type("text/plain"),
        bad(
            Method::DELETE,
            "imagestreams/app?timeout=abc",
            "",
            400,
            "invalid timeout specified in the request URL - time: invalid duration \"abc\"",
        ),
        put(
            r#"{"metadata":{"name":"other"}}"#,
            "the name of the object (other) does not match the name on the URL (app)",
        ),
        put(
            r#"{"metadata":{"name":"app","namespace":"other"}}"#,
            "the namespace of the object (other) does not match the namespace on the request (demo)",
        ),
        put(
            r#"{"metadata":{"name":"app","resourceVersion":"abc"}}"#,
            "ImageStream in version \"v1\" cannot be handled as a ImageStream: json: ",
        ),
        bad(
            Method::PUT,
            "imagestreamtags/app",
            r#"{"metadata":{"name":"app"}}"#,
            400,
            "ImageStreamTags must be retrieved with <name>:<tag>",
        ),
        bad(
            Method::POST,
            "imagestreammappings",
            r#"{"metadata":{"name":"app"},"image":{"metadata":{"name":"x"},"dockerImageReference":"a/b"},"tag":""}"#,
            422,
            "ImageStreamMapping.image.openshift.io \"app\" is invalid: tag: Required value",
        ),
    ]
}

/// Patches that are none.
fn patches() -> Vec<Bad> {
    let of = |query: &str, content_type, body: &str, status, message| {
        let path = format!("imagestreams/app{query}");
        bad(Method::PATCH, &path, body, status, message).of_type(content_type)
    };
    vec![
        of(
            "",
            MERGE,
            "[]",
            400,
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
        of("", MERGE, "{", 400, "error decoding patch: "),
        of(
            "",
            "application/json-patch+json",
            "{}",
            400,
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
        ),
        of(
            "?force=true",
            MERGE,
            "{}",
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch",
        ),
        of(
            "",
            "application/apply-patch+yaml",
            "{}",
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ),
    ]
}

// kubernetes-api 33, 34, 36, 37, 38, 39, 52, 56, 60, 62, 66, 67, 70, 112, 113, 123, 130, 159;
// image-api 15, 16, 18, 42, 44, 100, 118, 154
#[tokio::test]
async fn refused_and_nothing_changes() {
    let (rig, api) = Api::start().await;
    rig.push("demo/app", "v1", &SampleImage::of("x")).await;
    let before = everything(&api).await;
    let signature = Bad {
        path: format!("{B}/imagesignatures"),
        ..bad(
            Method::POST,
            "",
            r#"{"metadata":{"name":"one"},"type":"AtomicImageV1","content":"AA=="}"#,
            422,
            "ImageSignature.image.openshift.io \"one\" is invalid: metadata.name: Invalid value: \"one\": name must be of \
             format <imageName>@<signatureName>",
        )
    };
    let table = creations().into_iter().chain(parameters()).chain(patches()).chain([signature]);
    for Bad { method, path, content_type, body, status, reason, message } in table {
        let shown = format!("{method} {path} {}", String::from_utf8_lossy(&body[..body.len().min(60)]));
        let reply = api.send(method, &path, &[("content-type", content_type)], body).await;
        let refusal = reply.refusal();
        assert_eq!((refusal.0, refusal.1.as_str()), (status, reason), "{shown}: {}", refusal.2);
        assert!(refusal.2.starts_with(message), "{shown}: {}", refusal.2);
        let document = reply.json();
        assert_eq!((&document["kind"], &document["code"]), (&json!("Status"), &json!(status)), "{shown}");
        assert_eq!(reply.headers["content-type"], "application/json", "{shown}");
        assert_eq!(everything(&api).await, before, "{shown} left a trace");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "kind",
        "apiVersion",
        "metadata",
        "name",
        "namespace",
        "labels",
        "finalizers",
        "ownerReferences",
        "spec",
        "tags",
        "from",
        "status",
        "tag",
        "image",
        "items",
        "data",
        "op",
        "path",
        "value",
        "$patch",
        "generation",
        "annotations",
        "signatures",
        "managedFields",
        "resourceVersion",
        "dockerImageMetadata",
        "import",
        "images",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec![
            "app",
            "app:v1",
            "demo",
            "ImageStream",
            "image.openshift.io/v1",
            "delete",
            "replace",
            "/spec",
            "",
            "a/b@sha256:0",
            "DockerImage",
            "ImageStreamTag",
        ])
        .prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

// kubernetes-api 163
#[test]
fn no_body_breaks_the_server() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (rig, api) = runtime.block_on(async {
        let (rig, api) = Api::start().await;
        rig.push("demo/app", "v1", &SampleImage::of("x")).await;
        (rig, api)
    });
    let targets = prop::sample::select(vec![
        (Method::POST, "imagestreams"),
        (Method::POST, "imagestreamtags"),
        (Method::POST, "imagetags"),
        (Method::POST, "imagestreammappings"),
        (Method::PUT, "imagestreams/app"),
        (Method::PUT, "imagestreams/app/status"),
        (Method::PUT, "imagestreamtags/app:v1"),
        (Method::PUT, "imagetags/app:v2"),
        (Method::PATCH, "imagestreams/app"),
        (Method::PATCH, "imagestreams/app/status"),
        (Method::PATCH, "imagestreamtags/app:v1"),
        (Method::DELETE, "imagestreams/nosuch"),
    ]);
    let types = prop::sample::select(vec![
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        "application/json-patch+json",
        "application/apply-patch+yaml",
    ]);
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(targets, types, any_json()), |((method, path), patch_type, body)| {
        let content_type = if method == Method::PATCH { patch_type } else { JSON };
        let path = format!("{N}/{path}?dryRun=All&fieldManager=tests");
        let reply =
            runtime.block_on(api.send(method, &path, &[("content-type", content_type)], body.to_string()));
        prop_assert!(reply.status < 500, "{path} {content_type}: {reply:?}");
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(async move { drop(rig) });
}
