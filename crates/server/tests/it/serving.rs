use weir_oci::Digest;

use crate::weir::Weir;

fn image(client: &mut crate::http::Client, repository: &str) -> (String, Digest) {
    let config = br#"{"architecture":"amd64","os":"linux"}"#;
    client.push_blob(repository, config);
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[]}}"#,
        Digest::sha256(config),
        config.len()
    );
    let digest = Digest::sha256(manifest.as_bytes());
    (manifest, digest)
}

#[test]
fn an_image_goes_in_and_comes_out_and_is_recorded() {
    let weir = Weir::start(&[]);
    let mut client = weir.connect();
    let (manifest, digest) = image(&mut client, "demo/app");
    let media_type = [("Content-Type", "application/vnd.oci.image.manifest.v1+json")];
    let put = client.ask("PUT", "/v2/demo/app/manifests/v1", &media_type, manifest.as_bytes());
    assert_eq!(put.status, 201, "{put:?}");
    let got = client.get("/v2/demo/app/manifests/v1");
    assert_eq!((got.status, got.text()), (200, manifest.as_str()));
    let stream = client.get("/apis/image.openshift.io/v1/namespaces/demo/imagestreams/app").json();
    let item = &stream["status"]["tags"][0]["items"][0];
    assert_eq!(item["image"], digest.to_string());
    let own = format!("{}/demo/app@{digest}", weir.address);
    assert_eq!(item["dockerImageReference"], own, "the name is the listen address");
}

#[test]
fn ranges_of_a_large_blob_are_exact() {
    let weir = Weir::start(&[]);
    let mut client = weir.connect();
    let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_be_bytes).collect();
    let path = client.push_blob("demo/app", &bytes);
    assert!(client.get(&path).body == bytes);
    let part = client.ask("GET", &path, &[("Range", "bytes=1048570-2097160")], b"");
    assert_eq!(part.status, 206);
    assert!(part.body == bytes[1_048_570..=2_097_160]);
    let parts = client.ask("GET", &path, &[("Range", "bytes=0-9,5000000-7000000")], b"");
    assert_eq!(parts.status, 206);
    let (boundary, body) = (parts.headers["content-type"].split("boundary=").nth(1).unwrap(), &parts.body);
    assert!(body.starts_with(format!("--{boundary}\r\n").as_bytes()) || body.starts_with(b"\r\n--"));
    assert!(body.windows(2_000_001).step_by(1).any(|window| window == &bytes[5_000_000..=7_000_000]));
    let head = client.ask("HEAD", &path, &[], b"");
    assert_eq!(head.headers["content-length"], bytes.len().to_string());
}

// kubernetes-api 3, 4, 6
#[test]
fn every_door_has_its_answer() {
    let weir = Weir::start(&[]);
    let mut client = weir.connect();
    for (path, status, media_type) in [
        ("/", 200, "application/json"),
        ("/v2/", 200, "application/json"),
        ("/extensions/v2/nowhere", 404, "application/json"),
        ("/version", 200, "application/json"),
        ("/apis", 200, "application/json"),
        ("/livez", 200, "text/plain; charset=utf-8"),
        ("/readyz?verbose", 200, "text/plain; charset=utf-8"),
        ("/readyz/store", 200, "text/plain; charset=utf-8"),
        ("/healthz", 200, "text/plain; charset=utf-8"),
        ("/metrics", 200, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("/favicon.ico", 404, "text/plain; charset=utf-8"),
        ("/%2F%2F..%2Fetc/passwd", 404, "text/plain; charset=utf-8"),
        ("//v2/", 404, "text/plain; charset=utf-8"),
    ] {
        let answer = client.ask("GET", path, &[("Accept", "text/html,*/*")], b"");
        assert_eq!((answer.status, answer.headers["content-type"].as_str()), (status, media_type), "{path}");
        assert!(answer.headers.contains_key("x-request-id"), "{path}");
    }
    assert!(client.get("/").json()["paths"].as_array().unwrap().iter().any(|path| path == "/v2/"));
    assert!(client.get("/readyz?verbose").text().ends_with("readyz check passed\n"));
    let refused = client.ask("POST", "/metrics", &[], b"");
    assert_eq!((refused.status, refused.headers["allow"].as_str()), (405, "GET, HEAD"));
    assert_eq!(client.ask("HEAD", "/", &[], b"").status, 200);
}

// field case C102; kubernetes-api 161
#[test]
fn one_request_is_one_line_with_its_name() {
    for (format, named) in [("text/info", "id=trace-me"), ("json/info", r#""id":"trace-me""#)] {
        let weir = Weir::start(&["--log", format]);
        let mut client = weir.connect();
        let headers = [("X-Request-Id", "trace-me"), ("User-Agent", "a\tb")];
        let answer = client.ask("GET", "/v2/demo/app/manifests/v1", &headers, b"");
        assert_eq!((answer.status, answer.headers["x-request-id"].as_str()), (404, "trace-me"));
        let line = weir.line(named);
        assert!(line.contains("/v2/{name}/manifests/{reference}") && line.contains("NAME_UNKNOWN"), "{line}");
        if format == "json/info" {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(
                (&line["status"], &line["repository"], &line["level"]),
                (&404.into(), &"demo/app".into(), &"INFO".into())
            );
        }
    }
}

#[test]
fn metrics_count_requests_bytes_and_what_is_below() {
    let weir = Weir::start(&["--log", "text/warn"]);
    let mut client = weir.connect();
    let path = client.push_blob("demo/app", &vec![1; 200_000]);
    client.get(&path);
    for n in 0..20 {
        client.get(&format!("/no/such/path/{n}"));
    }
    let text = client.get("/metrics").text().to_owned();
    for line in [
        r#"weir_http_request_duration_seconds_count{route="/v2/{name}/blobs/{digest}",method="GET",status="2xx"} 1"#,
        r#"weir_http_request_duration_seconds_count{route="other",method="GET",status="4xx"} 20"#,
        r#"weir_http_sent_bytes_total{route="/v2/{name}/blobs/{digest}"} 200000"#,
        r#"weir_http_received_bytes_total{route="/v2/{name}/blobs/uploads/"} 200000"#,
        r#"weir_store_operations_total{operation="finish"} 1"#,
        "weir_upload_requests_in_flight 0",
        "weir_connections 1",
    ] {
        assert!(text.lines().any(|there| there == line), "{line} is missing in\n{text}");
    }
    for name in [
        "weir_database_group_size_bucket{le=\"1.0\"}",
        "weir_database_commit_seconds_total{file=\"records\"}",
        "weir_store_operation_seconds_total{operation=\"append\"}",
        "process_anonymous_memory_bytes",
        "process_cpu_seconds_total",
    ] {
        assert!(text.contains(&format!("\n{name} ")), "{name} is missing in\n{text}");
    }
}

#[test]
fn an_open_registry_refuses_what_it_is_not_open_to() {
    let weir = Weir::start(&["--anonymous", "read"]);
    let mut client = weir.connect();
    let refused = client.ask("POST", "/v2/demo/app/blobs/uploads/", &[], b"");
    assert_eq!(refused.status, 403, "{refused:?}");
    assert_eq!(refused.json()["errors"][0]["code"], "DENIED");
}

#[test]
fn too_many_uploads_are_told_to_come_back() {
    let weir = Weir::start(&["--limits-uploads", "1"]);
    let mut first = weir.connect();
    let started = first.ask("POST", "/v2/demo/app/blobs/uploads/", &[], b"");
    let upload = started.headers["location"].clone();
    // Announces ten bytes and sends none, so that it holds its place.
    first.send("PATCH", &upload, &[("Content-Length", "10"), ("Expect", "100-continue")], b"");
    assert_eq!(first.head().0, 100, "it is being read");
    let mut second = weir.connect();
    let refused = second.ask("POST", "/v2/demo/app/blobs/uploads/", &[], b"more");
    assert_eq!((refused.status, refused.headers["retry-after"].as_str()), (429, "5"));
    assert_eq!(refused.json()["errors"][0]["code"], "TOOMANYREQUESTS");
    assert_eq!(refused.headers["docker-distribution-api-version"], "registry/2.0");
    assert_eq!(second.get("/v2/").status, 200);
    let text = second.get("/metrics").text().to_owned();
    for line in ["weir_upload_requests_in_flight 1", r#"weir_requests_refused_total{limit="uploads"} 1"#] {
        assert!(text.lines().any(|there| there == line), "{line} is missing in\n{text}");
    }
}

// distribution 1.4: containerd asks for the rest of a blob and closes after its part.
#[test]
fn a_client_that_has_enough_is_no_failure_of_the_server() {
    let weir = Weir::start(&["--log", "json/info"]);
    let mut client = weir.connect();
    let path = client.push_blob("demo/app", &vec![5; 48 << 20]);
    client.send("GET", &path, &[("Range", "bytes=1000-")], b"");
    assert_eq!(client.head().0, 206);
    client.bytes(1000);
    drop(client);
    let line: serde_json::Value = serde_json::from_str(&weir.line("\"aborted\":true")).unwrap();
    assert_eq!((&line["level"], &line["status"]), (&"INFO".into(), &206.into()), "{line}");
    assert!(line.get("cause").is_none(), "{line}");
    assert!(line["bytes_out"].as_u64().unwrap() < 48 << 20, "{line}");
}

// field case C040, and reliability 2.7: what is damaged is never served as if it were whole.
#[test]
fn a_damaged_blob_is_an_error_whose_cause_stands_in_the_log() {
    let weir = Weir::start(&[]);
    let path = weir.connect().push_blob("demo/app", &vec![3; 300_000]);
    let folder = weir.stop();
    let (_, hex) = path.rsplit_once(':').unwrap();
    let shelf = folder.path().join("data/blobs/sha256").join(&hex[..2]);
    let object = std::fs::read_dir(shelf).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
    std::fs::OpenOptions::new().write(true).open(object).unwrap().set_len(299_999).unwrap();
    let weir = Weir::start_in(folder, &["--log", "json/error"]);
    let answer = weir.connect().get(&path);
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains("299999") && !answer.text().contains("data/"), "{}", answer.text());
    let line: serde_json::Value = serde_json::from_str(&weir.line("\"message\":\"request\"")).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(line["cause"].as_str().unwrap().contains("299999"), "{line}");
    assert_eq!(line["id"], answer.headers["x-request-id"].as_str());
}
