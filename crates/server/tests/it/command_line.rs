use crate::weir::{Weir, program, run};

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn alone_it_explains_itself() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("serve") && stderr(&output).contains("healthcheck"),
        "{}",
        stderr(&output)
    );
    let output = run(&["--version"]);
    assert!(output.status.success());
    assert_eq!(stdout(&output), format!("weir {}\n", env!("CARGO_PKG_VERSION")));
    let output = run(&["serve", "--help"]);
    let help = stdout(&output);
    assert!(output.status.success());
    assert!(help.contains("WEIR_MANIFESTS_MISSING_BLOBS") && help.contains("--timeouts-blob-body"), "{help}");
}

#[test]
fn an_open_address_is_not_served_by_accident() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let output = run(&["serve", "--listen", "0.0.0.0:0", "--data", data.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--anonymous read"), "{}", stderr(&output));
    assert!(!data.try_exists().unwrap(), "nothing was made");
}

#[test]
fn a_check_says_what_counts_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weir.toml");
    std::fs::write(&file, "listen = '127.0.0.1:7000'\n\n[limits]\npage = 5\n").unwrap();
    let output = program()
        .args(["config", "check", file.to_str().unwrap(), "--limits-uploads=9"])
        .env("WEIR_LISTEN", "127.0.0.1:8000")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    let line = |key: &str| -> Vec<String> {
        let line = said.lines().find(|line| line.split_whitespace().next() == Some(key)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(line("listen")[1..], ["127.0.0.1:8000", "WEIR_LISTEN"]);
    assert_eq!(line("limits.page")[1..], ["5", &format!("{}:4", file.display())]);
    assert_eq!(line("limits.uploads")[1..], ["9", "--limits-uploads"]);
    assert_eq!(line("blobs.max-size")[1..], ["64GiB", "default"]);
}

#[test]
fn a_mistake_in_the_file_is_shown_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weir.toml");
    std::fs::write(&file, "listen = '127.0.0.1:0'\n[limits]\npages = 5\n").unwrap();
    for arguments in [vec!["config", "check"], vec!["serve", "--config"]] {
        let output = run(&[arguments.as_slice(), &[file.to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(2));
        let expected =
            format!("weir: {}:3: unknown key limits.pages; did you mean limits.page?\n", file.display());
        assert_eq!(stderr(&output), expected);
    }
    let output = run(&["serve", "--config", "/nowhere/weir.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("weir: /nowhere/weir.toml: cannot be read: "), "{}", stderr(&output));
}

#[test]
fn the_reference_is_a_file_the_check_accepts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weir.toml");
    std::fs::write(&file, run(&["config", "reference"]).stdout).unwrap();
    assert!(run(&["config", "check", file.to_str().unwrap()]).status.success());
}

#[test]
fn a_health_check_tells_a_server_that_is_there() {
    let mut weir = Weir::start(&[]);
    let url = format!("http://{}/readyz", weir.address);
    let output = run(&["healthcheck", &url]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(run(&["healthcheck", "--listen", &weir.address.to_string()]).status.success());
    weir.signal(rustix::process::Signal::INT);
    assert!(weir.wait().success());
    assert_eq!(run(&["healthcheck", &url]).status.code(), Some(1));
}
