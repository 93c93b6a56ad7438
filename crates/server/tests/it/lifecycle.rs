use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use crate::weir::{Weir, program};

/// More than every buffer between server and client holds.
const LARGE: usize = 48 << 20;

fn large() -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..LARGE).map(|_| next()).collect()
}

// reliability 176, 177
#[test]
fn a_download_that_runs_ends_before_the_server_does() {
    let mut weir = Weir::start(&["--shutdown-drain-delay", "1s"]);
    let bytes = large();
    let mut client = weir.connect();
    let path = client.push_blob("demo/app", &bytes);
    client.send("GET", &path, &[], b"");
    assert_eq!(client.head().0, 200);

    weir.signal(Signal::TERM);
    weir.line("still accepting");
    let ready = weir.connect().get("/readyz");
    assert_eq!(ready.status, 500);
    assert!(ready.text().contains("[-]shutdown failed"), "{}", ready.text());
    assert_eq!(weir.connect().get("/livez").status, 200);
    weir.line("finishing the requests");
    assert!(client.bytes(LARGE) == bytes, "every byte came");
    assert!(weir.wait().success());
}

// kubernetes-api 96, 108
#[test]
fn a_watch_ends_in_order_when_the_server_does() {
    let mut weir = Weir::start(&["--shutdown-drain-timeout", "20s"]);
    let mut watcher = weir.connect();
    watcher.send("GET", "/api/v1/namespaces?watch=true", &[], b"");
    let (status, headers) = watcher.head();
    assert_eq!(
        (status, headers["transfer-encoding"].as_str()),
        (200, "chunked"),
        "before there is any event"
    );
    let body = br#"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"demo"}}"#;
    let made =
        weir.connect().ask("POST", "/api/v1/namespaces", &[("content-type", "application/json")], body);
    assert_eq!(made.status, 201, "{}", made.text());
    let event = watcher.line() + &watcher.line();
    assert!(event.contains(r#"{"type":"ADDED","object":{"kind":"Namespace""#), "{event}");

    weir.signal(Signal::INT);
    let rest = watcher.rest();
    assert!(rest.ends_with(b"\r\n0\r\n\r\n") || rest == b"0\r\n\r\n", "{:?}", String::from_utf8_lossy(&rest));
    assert!(weir.wait().success());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut weir = Weir::start(&[]);
    let mut client = weir.connect();
    let path = client.push_blob("demo/app", &large());
    client.send("GET", &path, &[], b"");
    assert_eq!(client.head().0, 200);
    weir.signal(Signal::INT);
    weir.line("finishing the requests");
    weir.signal(Signal::INT);
    assert!(weir.wait().success());
}

#[test]
fn what_was_pushed_is_there_after_a_restart() {
    let weir = Weir::start(&[]);
    let path = weir.connect().push_blob("demo/app", b"some bytes");
    let weir = Weir::start_in(weir.stop(), &[]);
    assert_eq!(weir.connect().get(&path).body, b"some bytes");
}

#[test]
fn one_folder_serves_one_process() {
    let weir = Weir::start(&[]);
    let data = weir.folder.path().join("data");
    let output = program().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("in use"), "{said}");
}

#[test]
fn an_address_that_is_taken_is_said_with_a_way_out() {
    let weir = Weir::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let address = weir.address.to_string();
    let output = program()
        .args(["serve", "--listen", &address, "--data"])
        .arg(folder.path().join("data"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("cannot listen on {address}")) && said.contains("--listen"), "{said}");
}

// reliability 140
#[test]
fn nobody_else_may_read_the_data() {
    let weir = Weir::start(&[]);
    weir.connect().push_blob("demo/app", &vec![7; 100_000]);
    let mut left = vec![weir.folder.path().join("data")];
    let mut seen = 0;
    while let Some(path) = left.pop() {
        // The database makes and removes files of its own meanwhile.
        let Ok(meta) = std::fs::symlink_metadata(&path) else { continue };
        assert_eq!(meta.permissions().mode() & 0o077, 0, "{}", path.display());
        seen += 1;
        if meta.is_dir() {
            left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(seen > 3);
}
