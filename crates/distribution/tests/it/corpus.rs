//! Bad input, as data: `corpus/*.json` hold requests with the status and code they must get. After
//! each of them the registry must look as before.

use std::fs;
use std::path::Path;

use http::Method;
use serde::Deserialize;
use weir_oci::Digest;
use weir_testkit::{Rig, SampleImage};

/// One request of the corpus. `{digest}`, `{config}`, `{layer}` and `{session}` in a path, header or
/// body stand for what the registry holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    what: String,
    method: String,
    path: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    /// Repeats the body; for what is too large to write down.
    #[serde(default = "once")]
    times: usize,
    status: Vec<u16>,
    #[serde(default)]
    code: Option<String>,
}

fn once() -> usize {
    1
}

/// Everything that can be seen of a registry with one repository.
async fn picture(rig: &Rig, image: &SampleImage) -> Vec<(u16, bytes::Bytes)> {
    let mut picture = Vec::new();
    let blobs = image.blobs().map(|blob| format!("/v2/demo/app/blobs/{}", Digest::sha256(blob)));
    let fixed = ["/v2/_catalog", "/v2/demo/app/tags/list", "/v2/demo/app/manifests/v1"].map(str::to_owned);
    let referrers = format!("/v2/demo/app/referrers/{}", image.digest());
    for path in fixed.into_iter().chain([referrers]).chain(blobs) {
        let reply = rig.get(&path).await;
        picture.push((reply.status, reply.body));
    }
    picture
}

#[tokio::test]
async fn bad_requests_get_the_right_answer_and_change_nothing() {
    // reliability 7.7
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut tried = 0;
    for file in files {
        let cases: Vec<Case> =
            serde_json::from_slice(&fs::read(&file).unwrap()).unwrap_or_else(|e| panic!("{file:?}: {e}"));
        let rig = Rig::start().await;
        let image = SampleImage::of("corpus");
        rig.push("demo/app", "v1", &image).await;
        let session = rig.ask(Method::POST, "/v2/demo/app/blobs/uploads/").send().await.location().to_owned();
        let fill = |text: &str| {
            text.replace("{digest}", &image.digest().to_string())
                .replace("{config}", &Digest::sha256(&image.config).to_string())
                .replace("{layer}", &Digest::sha256(&image.layers[0]).to_string())
                .replace("{session}", &session)
        };
        let before = picture(&rig, &image).await;
        for case in cases {
            let what = format!("{}: {}", file.file_name().unwrap().display(), case.what);
            let mut ask = rig.ask(Method::from_bytes(case.method.as_bytes()).unwrap(), fill(&case.path));
            for (name, value) in &case.headers {
                ask = ask.header(name, &fill(value));
            }
            let reply = ask.body(fill(&case.body).repeat(case.times)).send().await;
            assert!(case.status.contains(&reply.status), "{what}: {reply:?}");
            if reply.status >= 400 && case.method != "HEAD" {
                assert_eq!(reply.header("content-type"), Some("application/json"), "{what}");
                let errors = reply.json()["errors"].as_array().expect(&what).clone();
                assert!(!errors.is_empty(), "{what}");
                let text = String::from_utf8_lossy(&reply.body).into_owned();
                assert!(!text.contains("/tmp") && !text.contains(".rs"), "{what}: {text}");
                if let Some(code) = &case.code {
                    assert_eq!(&reply.code(), code, "{what}");
                }
            }
            assert_eq!(picture(&rig, &image).await, before, "{what}: something changed");
            let stands = rig.get(&session).await;
            assert_eq!(
                (stands.status, stands.header("range")),
                (204, Some("0-0")),
                "{what}: the session moved"
            );
            tried += 1;
        }
    }
    assert!(tried >= 200, "only {tried} cases were read");
}
