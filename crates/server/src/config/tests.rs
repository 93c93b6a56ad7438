use std::path::{Path, PathBuf};

use super::*;

fn flags(pairs: &[(&'static str, &str)]) -> Layer {
    let setting = |text: &str, key: &str| Setting {
        text: text.to_owned(),
        origin: Origin::Flag(key.replace('.', "-")),
    };
    pairs.iter().map(|(key, text)| (*key, setting(text, key))).collect()
}

fn variables(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weir.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn refused(pairs: &[(&'static str, &str)]) -> String {
    resolve(flags(pairs), &Variables::new(), None).unwrap_err().to_string()
}

#[test]
fn flag_before_variable_before_file_before_default() {
    let (_folder, path) = file("[limits]\npage = 4\n");
    let flag = [("limits.page", "2")];
    let variable = [("WEIR_LIMITS_PAGE", "3")];
    for (flag, variable, file, page, origin) in [
        (&flag[..], &variable[..], Some(path.as_path()), 2, "--limits-page".to_owned()),
        (&[], &variable[..], Some(path.as_path()), 3, "WEIR_LIMITS_PAGE".to_owned()),
        (&[], &[], Some(path.as_path()), 4, format!("{}:2", path.display())),
        (&[], &[], None, 1000, "default".to_owned()),
        (&flag[..], &[], None, 2, "--limits-page".to_owned()),
    ] {
        let resolved = resolve(flags(flag), &variables(variable), file).unwrap();
        assert_eq!(resolved.config.limits.page, page);
        assert_eq!(resolved.settings["limits.page"].origin.to_string(), origin);
    }
}

#[test]
fn nothing_set_serves_the_loopback_to_everybody() {
    let config = resolve(Layer::new(), &Variables::new(), None).unwrap().config;
    assert_eq!(config.listen.to_string(), "127.0.0.1:5000");
    assert_eq!(config.data, Path::new("./weir-data"));
    assert_eq!(config.open_to, OpenTo::Admin);
    assert_eq!(config.blob_bytes, 64 << 30);
    assert_eq!(config.timeouts.blob_body, Duration::from_mins(2));
    assert!(config.notes.is_empty());
}

#[test]
fn an_address_others_reach_needs_a_word() {
    for address in ["0.0.0.0:5000", "[::]:5000", "192.0.2.7:5000"] {
        let said = refused(&[("listen", address)]);
        assert!(said.starts_with("--listen: listen: "), "{said}");
        assert!(said.contains("--anonymous read") && said.contains("127.0.0.1:5000"), "{said}");
        let config = resolve(flags(&[("listen", address), ("anonymous", "write")]), &Variables::new(), None)
            .unwrap()
            .config;
        assert_eq!(config.open_to, OpenTo::Write);
    }
    for address in ["127.0.0.1:0", "127.9.9.9:5000", "[::1]:5000", "localhost:5000"] {
        assert!(resolve(flags(&[("listen", address)]), &Variables::new(), None).is_ok(), "{address}");
    }
}

#[test]
fn a_wrong_value_names_its_place_and_what_would_be_right() {
    for (key, text, said) in [
        ("listen", ":5000", "127.0.0.1:5000"),
        ("log", "yaml/info", "text/info"),
        ("log", "text", "text/info"),
        ("anonymous", "root", "read, write, admin"),
        ("hostname", "http://x", "registry.example.com"),
        ("external-url", "registry.example.com", "https://registry.example.com"),
        ("external-url", "https://x/path", "without a path"),
        ("default-namespace", "a/b", "first part"),
        ("verify-on-read", "full", "not supported"),
        ("manifests.missing-blobs", "maybe", "reject"),
        ("manifests.max-size", "1MiB", "less than 4096 KiB"),
        ("limits.connections", "0", "at least 1"),
        ("limits.connections", "many", "no number"),
        ("limits.api-requests", "0", "at least 1"),
        ("limits.watches", "18446744073709551615", "at most 1000000000"),
        ("timeouts.head", "10", "30s"),
        ("timeouts.head", "0s", "longer"),
        ("read-only", "yes", "true"),
    ] {
        let error = refused(&[(key, text)]);
        assert!(error.starts_with(&format!("--{}: {key}: ", key.replace('.', "-"))), "{error}");
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn all_mistakes_are_said_at_once() {
    let error = resolve(flags(&[("log", "x"), ("limits.page", "x")]), &Variables::new(), None).unwrap_err();
    assert_eq!(error.0.len(), 2, "{error}");
}

#[test]
fn a_misspelt_variable_is_noted() {
    let set = variables(&[
        ("WEIR_LISTN", "x"),
        ("WEIR_SERVICE_HOST", "10.0.0.1"),
        ("WEIR_PORT_5000_TCP", "x"),
        ("WEIR_CONFIG", "x"),
        ("HOME", "/"),
    ]);
    let config = resolve(Layer::new(), &set, None).unwrap().config;
    assert_eq!(config.notes, ["the variable WEIR_LISTN is no option and has no effect"]);
}

#[test]
fn the_reference_is_a_file_that_changes_nothing() {
    let text = reference();
    let (_folder, path) = file(&text);
    assert!(resolve(Layer::new(), &Variables::new(), Some(&path)).is_ok());
    let uncommented: String = text
        .lines()
        .filter(|line| !line.contains('…'))
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let (_folder, path) = file(&uncommented);
    let resolved = resolve(Layer::new(), &Variables::new(), Some(&path)).unwrap();
    for (key, setting) in defaults() {
        assert_eq!(resolved.settings[key].text, setting.text, "{key}");
    }
}

#[test]
fn names_that_can_stand_in_a_pull_spec() {
    for host in ["registry.example.com", "10.0.0.5:5000", "[::1]:5000", "weir", "localhost:80"] {
        let config = resolve(flags(&[("hostname", host)]), &Variables::new(), None).unwrap().config;
        assert_eq!(config.hostname.as_deref(), Some(host));
    }
    for host in ["", "a/b", "a b", "-a", "a:b", "a:0", "::1", "user@host"] {
        assert!(resolve(flags(&[("hostname", host)]), &Variables::new(), None).is_err(), "{host}");
    }
}
