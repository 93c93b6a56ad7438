use proptest::prelude::*;

use super::*;
use crate::meta::summary;

fn parse(text: &str) -> Secret {
    let mut secret: Secret = serde_json::from_str(text).unwrap();
    "s".clone_into(&mut secret.metadata.name);
    "team".clone_into(&mut secret.metadata.namespace);
    secret
}

fn errors(text: &str) -> String {
    create(parse(text)).map_or_else(|errors| summary(&errors), |_| String::new())
}

#[test]
fn text_goes_over_the_values_and_the_type_is_opaque() {
    let secret =
        create(parse(r#"{"data":{"a":"AA==","b":"AA=="},"stringData":{"a":"text","c":"more"}}"#)).unwrap();
    assert_eq!(secret.r#type, "Opaque");
    let values: Vec<_> = secret.data.0.iter().map(|(k, v)| (k.as_str(), v.as_slice())).collect();
    assert_eq!(values, [("a", &b"text"[..]), ("b", &[0]), ("c", b"more")]);
    assert!(secret.string_data.0.is_empty());
}

#[test]
fn what_each_type_needs() {
    for (text, expected) in [
        (r#"{"type":"kubernetes.io/dockercfg"}"#, "data[.dockercfg]: Required value"),
        (
            r#"{"type":"kubernetes.io/dockercfg","stringData":{".dockercfg":"[]"}}"#,
            r#"data[.dockercfg]: Invalid value: "<secret contents redacted>": not a JSON object"#,
        ),
        (r#"{"type":"kubernetes.io/dockercfg","stringData":{".dockercfg":"{}"}}"#, ""),
        (r#"{"type":"kubernetes.io/dockerconfigjson"}"#, "data[.dockerconfigjson]: Required value"),
        (
            r#"{"type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"{\"auths\":{}}"}}"#,
            "",
        ),
        (
            r#"{"type":"kubernetes.io/service-account-token"}"#,
            "metadata.annotations[kubernetes.io/service-account.name]: Required value",
        ),
        (
            r#"{"type":"kubernetes.io/basic-auth"}"#,
            "[data[username]: Required value, data[password]: Required value]",
        ),
        (r#"{"type":"kubernetes.io/basic-auth","stringData":{"password":"p"}}"#, ""),
        (
            r#"{"type":"kubernetes.io/ssh-auth","stringData":{"ssh-privatekey":""}}"#,
            "data[ssh-privatekey]: Required value",
        ),
        (r#"{"type":"kubernetes.io/tls","stringData":{"tls.crt":"c"}}"#, "data[tls.key]: Required value"),
        (r#"{"type":"anything/else"}"#, ""),
    ] {
        assert_eq!(errors(text), expected, "{text}");
    }
}

#[test]
fn a_broken_value_is_not_repeated_in_the_error() {
    let text = r#"{"type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"{\"auth\":hunter2}"}}"#;
    let error = errors(text);
    let start = r#"data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": "#;
    assert!(error.starts_with(start), "{error}");
    assert!(!error.contains("hunter"), "{error}");
}

#[test]
fn keys_are_names_of_files() {
    const LETTERS: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' \
        (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
    for good in ["a", "A_b-c.d", ".dockercfg", "...x..".trim_start_matches('.'), &"k".repeat(253)] {
        assert_eq!(key_problems(good), [""; 0], "{good}");
    }
    assert_eq!(key_problems(""), [LETTERS]);
    assert_eq!(key_problems("a/b"), [LETTERS]);
    assert_eq!(key_problems("."), ["must not be '.'"]);
    assert_eq!(key_problems(".."), ["must not be '..'"]);
    assert_eq!(key_problems("..a"), ["must not start with '..'"]);
    assert_eq!(key_problems(&"k".repeat(254)), ["must be no more than 253 characters"]);
    assert_eq!(
        errors(r#"{"stringData":{"a/b":""}}"#),
        format!(r#"data[a/b]: Invalid value: "a/b": {LETTERS}"#)
    );
}

#[test]
fn all_values_together_have_a_mebibyte() {
    let with = |bytes: usize| {
        let mut secret = parse("{}");
        secret.data.0.insert("a".to_owned(), vec![0; bytes]);
        secret.data.0.insert("b".to_owned(), vec![0; 1]);
        create(secret).map_err(|errors| summary(&errors))
    };
    assert!(with(MAX_BYTES - 1).is_ok());
    assert_eq!(with(MAX_BYTES).unwrap_err(), "data: Too long: may not be more than 1048576 bytes");
}

#[test]
fn the_type_stays() {
    let old = create(parse(r#"{"type":"a/b"}"#)).unwrap();
    let errors = update(&old, parse(r#"{"type":"c/d"}"#)).unwrap_err();
    assert_eq!(summary(&errors), r#"type: Invalid value: "c/d": field is immutable"#);
    // A client that leaves it out asks for the default.
    let errors = update(&old, parse("{}")).unwrap_err();
    assert_eq!(summary(&errors), r#"type: Invalid value: "Opaque": field is immutable"#);
}

#[test]
fn what_is_immutable_stays() {
    let old = create(parse(r#"{"immutable":true,"stringData":{"k":"v"}}"#)).unwrap();
    assert!(update(&old, parse(r#"{"immutable":true,"stringData":{"k":"v"}}"#)).is_ok());
    assert_eq!(
        summary(&update(&old, parse(r#"{"stringData":{"k":"w"}}"#)).unwrap_err()),
        "[immutable: Forbidden: field is immutable when `immutable` is set, \
         data: Forbidden: field is immutable when `immutable` is set]"
    );
    let mutable = create(parse(r#"{"immutable":false,"stringData":{"k":"v"}}"#)).unwrap();
    let frozen = update(&mutable, parse(r#"{"immutable":true,"stringData":{"k":"w"}}"#)).unwrap();
    assert_eq!((frozen.immutable, frozen.data.0["k"].as_slice()), (Some(true), &b"w"[..]));
}

proptest! {
    #[test]
    fn what_was_taken_in_is_taken_in_again_unchanged(
        text in prop::collection::btree_map("[a-z.]{1,3}", ".{0,5}", 0..4),
    ) {
        let mut secret = parse("{}");
        secret.string_data.0 = text;
        if let Ok(once) = create(secret) {
            prop_assert_eq!(create(once.clone()), Ok(once.clone()));
            prop_assert_eq!(update(&once, once.clone()), Ok(once));
        }
    }
}
