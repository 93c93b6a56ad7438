use serde_json::json;

use super::super::open_pgp::tests::{literal, one_pass, packet};
use super::*;
use crate::meta::summary;
use crate::{SignatureIssuer, Timestamp};

/// A signed message around a payload.
fn content(payload: &serde_json::Value) -> Vec<u8> {
    let text = serde_json::to_vec(payload).unwrap();
    [one_pass(), packet(11, &literal(&text)), packet(2, b"not looked at")].concat()
}

fn payload() -> serde_json::Value {
    json!({
        "critical": {
            "identity": {"docker-reference": "quay.io/acme/tool:1.0"},
            "image": {"docker-manifest-digest": "sha256:1"},
            "type": "atomic container signature",
        },
        "optional": {"creator": "test 1", "timestamp": 1_770_113_730, "n": {"a": [1]}},
    })
}

fn signature(text: &serde_json::Value) -> ImageSignature {
    let mut whole = json!({"metadata": {"name": "i@s"}, "type": "AtomicImageV1", "content": "AA=="});
    for (name, value) in text.as_object().unwrap() {
        whole[name] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

fn condition(condition_type: &str, status: &str, probed: &str) -> serde_json::Value {
    json!({"type": condition_type, "status": status, "lastProbeTime": probed, "lastTransitionTime": null})
}

fn problems(text: &serde_json::Value) -> String {
    summary(&validate(&signature(text)))
}

/// What `GnuPG` 2 made of a file: packets of the old form.
const OF_FILE: &str = concat!(
    "kA0DAAgWepJlp/jlLpoBrQEjYgxwYXlsb2FkLmpzb25rBxpPeyJjcml0aWNhbCI6eyJpZGVudGl0eSI6eyJkb2NrZXItcmVmZXJl",
    "bmNlIjoicXVheS5pby9hY21lL3Rvb2w6MS4wIn0sImltYWdlIjp7ImRvY2tlci1tYW5pZmVzdC1kaWdlc3QiOiJzaGEyNTY6NzA5",
    "MDdiMjI5MzE4ZjVlZjFkZmY3ZGY2ZDk1ODY3YTJhYWMzOGM1MWE3MzUzNTFlN2ViMTllNDRlMDkwZjk1OCJ9LCJ0eXBlIjoiYXRv",
    "bWljIGNvbnRhaW5lciBzaWduYXR1cmUifSwib3B0aW9uYWwiOnsiY3JlYXRvciI6IndlaXIgdGVzdCIsInRpbWVzdGFtcCI6MTc3",
    "MDExMzczMH19iHUEABYIAB0WIQTcr895Q13NBVdr5k96kmWn+OUumgUCawcaTwAKCRB6kmWn+OUumsDyAQCpT18dDSVG/GI1AaDf",
    "a7gCSBPSmSaty18ERNNoGtDP2wD/a/1XlNe0n2CaVHrxkvvBVa/Oi9pXG7HAs0PMCLnTEws=",
);

/// What it made of its standard input: a packet in parts.
const OF_STREAM: &str = concat!(
    "kA0DAAgWepJlp/jlLpoBy8BXYgBrBxpPeyJjcml0aWNhbCI6eyJpZGVudGl0eSI6eyJkb2NrZXItcmVmZXJlbmNlIjoicXVheS5p",
    "by9hY21lL3Rvb2w6MS4wIn0sImltYWdlIjp7ImRvY2tlci1tYW5pZmVzdC1kaWdlc3QiOiJzaGEyNTY6NzA5MDdiMjI5MzE4ZjVl",
    "ZjFkZmY3ZGY2ZDk1ODY3YTJhYWMzOGM1MWE3MzUzNTFlN2ViMTllNDRlMDkwZjk1OCJ9LCJ0eXBlIjoiYXRvbWljIGNvbnRhaW5l",
    "ciBzaWduYXR1cmUifSwib3B0aW9uYWwiOnsiY3JlYXRvciI6IndlaXIgdGVzdCIsInRpbWVzdGFtcCI6MTc3MDExMzczMH19iHUE",
    "ABYIAB0WIQTcr895Q13NBVdr5k96kmWn+OUumgUCawcaTwAKCRB6kmWn+OUumsDyAQCpT18dDSVG/GI1AaDfa7gCSBPSmSaty18E",
    "RNNoGtDP2wD/a/1XlNe0n2CaVHrxkvvBVa/Oi9pXG7HAs0PMCLnTEws=",
);

// image-api 106b
#[test]
fn messages_of_gnupg() {
    for content in [OF_FILE, OF_STREAM] {
        let created = create(signature(&json!({"content": content}))).unwrap();
        assert_eq!(created.created, Some(Timestamp::parse("2026-02-03T10:15:30Z").unwrap()));
        let mut judged = signature(&json!({
            "content": content,
            "conditions": [condition("Trusted", "True", EARLY), condition("ForImage", "True", EARLY)],
        }));
        inform(&mut judged);
        assert_eq!(judged.image_identity, "quay.io/acme/tool:1.0");
        assert_eq!(judged.issued_by.unwrap().common_name, "7A9265A7F8E52E9A");
        let digest = "sha256:70907b229318f5ef1dff7df6d95867a2aac38c51a735351e7eb19e44e090f958";
        assert_eq!(judged.signed_claims["docker-manifest-digest"], digest);
        assert_eq!(judged.signed_claims["creator"], "weir test");
    }
}

const EARLY: &str = "2026-02-03T10:16:00Z";
const LATE: &str = "2026-02-03T10:17:00Z";

// image-api 99, 103
#[test]
fn what_verifiers_say_is_cleared() {
    let submitted = signature(&json!({
        "conditions": [condition("Trusted", "True", EARLY)], "imageIdentity": "x", "signedClaims": {"a": "b"},
        "created": EARLY, "issuedBy": {"commonName": "me"}, "issuedTo": {"commonName": "you"},
    }));
    assert_eq!(create(submitted), Ok(signature(&json!({}))));
}

// image-api 106b
#[test]
fn the_time_it_claims_is_filled_in() {
    let mut readable = signature(&json!({}));
    readable.content.0 = content(&payload());
    let created = create(readable.clone()).unwrap();
    assert_eq!(created.created, Some(Timestamp::parse("2026-02-03T10:15:30Z").unwrap()));
    assert_eq!(ImageSignature { created: None, ..created }, readable);
    // Of another type nobody knows what the content is.
    readable.r#type = "other".to_owned();
    assert_eq!(create(readable).unwrap().created, None);
}

// image-api 106b
#[test]
fn unreadable_content_is_stored_all_the_same() {
    for bytes in [
        b"no message at all".to_vec(),
        content(&json!([])),
        content(&json!({"optional": {"timestamp": "soon"}})),
        content(&json!({"critical": {"identity": 7}, "optional": {"timestamp": 7}})),
        // Compressed.
        packet(8, b"x"),
    ] {
        let mut unreadable = signature(&json!({}));
        unreadable.content.0 = bytes;
        assert_eq!(create(unreadable.clone()), Ok(unreadable));
    }
}

// image-api 106, 106b
#[test]
fn once_it_is_judged_it_tells_what_it_claims() {
    let with = |conditions: serde_json::Value| {
        let mut signature = signature(&json!({"conditions": conditions}));
        signature.content.0 = content(&payload());
        inform(&mut signature);
        signature
    };
    let judged = with(json!([condition("Trusted", "False", EARLY), condition("ForImage", "True", EARLY)]));
    assert_eq!(judged.image_identity, "quay.io/acme/tool:1.0");
    assert_eq!(judged.created, Some(Timestamp::parse("2026-02-03T10:15:30Z").unwrap()));
    assert_eq!(
        judged.issued_by,
        Some(SignatureIssuer { common_name: "DEADBEEF01020304".to_owned(), ..SignatureIssuer::default() })
    );
    let claims: Vec<_> = judged.signed_claims.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        claims,
        [
            ("creator", "test 1"),
            ("docker-manifest-digest", "sha256:1"),
            ("n", r#"{"a":[1]}"#),
            ("timestamp", "1770113730"),
        ]
    );
    assert_eq!(validate(&judged), []);
    for unknown in
        [json!([]), json!([condition("Trusted", "Unknown", EARLY), condition("ForImage", "True", EARLY)])]
    {
        let unknown = with(unknown);
        assert_eq!((unknown.image_identity.as_str(), unknown.created), ("", None));
    }
}

#[test]
fn what_the_verifier_says_itself_stays() {
    let mut said = signature(&json!({
        "conditions": [condition("Trusted", "True", EARLY), condition("ForImage", "True", EARLY)],
        "imageIdentity": "x", "signedClaims": {"a": "b"}, "created": EARLY, "issuedBy": {"organization": "me"},
    }));
    said.content.0 = content(&payload());
    let before = said.clone();
    inform(&mut said);
    assert_eq!(said, before);
}

// image-api 100
#[test]
fn names_have_two_parts() {
    assert_eq!(split_name("sha256:1@s"), Some(("sha256:1", "s")));
    for bad in ["", "i", "@s", "i@", "i@s@t", "@"] {
        assert_eq!(split_name(bad), None, "{bad}");
    }
    assert_eq!(
        problems(&json!({"metadata": {"name": "i@s@t"}})),
        r#"metadata.name: Invalid value: "i@s@t": name must be of format <imageName>@<signatureName>"#
    );
    assert_eq!(
        problems(&json!({"metadata": {}})),
        concat!(
            "[metadata.name: Required value: name or generateName is required, ",
            r#"metadata.name: Invalid value: "": name must be of format <imageName>@<signatureName>]"#
        )
    );
}

// image-api 104, 106
#[test]
fn what_is_wrong_with_a_signature() {
    let trusted = condition("Trusted", "True", EARLY);
    let for_image = condition("ForImage", "True", EARLY);
    let unknown = condition("Trusted", "Unknown", LATE);
    let shown = |condition: &serde_json::Value| {
        let probed = condition["lastProbeTime"].as_str().unwrap();
        format!(
            r#"[{{"type":{},"status":{},"lastProbeTime":"{probed}","lastTransitionTime":null}}]"#,
            condition["type"], condition["status"]
        )
    };
    for (text, expected) in [
        (json!({}), String::new()),
        (
            json!({"metadata": {"name": "i@s", "labels": {"a": "b"}}}),
            "metadata.labels: Forbidden: signature labels cannot be set".to_owned(),
        ),
        (
            json!({"metadata": {"name": "i@s", "annotations": {"a": "b"}}}),
            "metadata.annotations: Forbidden: signature annotations cannot be set".to_owned(),
        ),
        (json!({"type": ""}), "type: Required value".to_owned()),
        (json!({"content": ""}), "content: Required value".to_owned()),
        (
            json!({"conditions": [trusted]}),
            format!(r#"conditions: Invalid value: {}: missing "ForImage" condition type"#, shown(&trusted)),
        ),
        (
            json!({"conditions": [for_image]}),
            format!(r#"conditions: Invalid value: {}: missing "Trusted" condition type"#, shown(&for_image)),
        ),
        (json!({"conditions": [trusted, for_image], "imageIdentity": "x"}), String::new()),
        (
            json!({"conditions": [unknown, trusted, for_image], "imageIdentity": "x"}),
            r#"imageIdentity: Invalid value: "x": must be unset for unknown signature state"#.to_owned(),
        ),
        (
            json!({"signedClaims": {"a": "b"}}),
            r#"signedClaims: Invalid value: {"a":"b"}: must be unset for unknown signature state"#.to_owned(),
        ),
        (
            json!({"issuedBy": {"commonName": "c"}, "issuedTo": {}}),
            concat!(
                r#"[issuedBy: Invalid value: {"commonName":"c"}: must be unset for unknown signature state, "#,
                r#"issuedTo: Invalid value: {"publicKeyID":""}: must be unset for unknown signature state]"#
            )
            .to_owned(),
        ),
        // Q13: others may come first.
        (
            json!({"conditions": [condition("Expired", "True", LATE), condition("Revoked", "True", LATE)]}),
            String::new(),
        ),
        (json!({"conditions": [condition("Expired", "True", LATE), trusted, for_image]}), String::new()),
    ] {
        assert_eq!(problems(&text), expected, "{text}");
    }
}

// image-api 102
#[test]
fn the_same_signature_is_added_once() {
    let one = signature(&json!({}));
    let image = add(&Image::default(), &one).unwrap();
    assert_eq!(image.signatures, std::slice::from_ref(&one));
    assert_eq!(add(&image, &signature(&json!({"content": "AQ=="}))), None);
    assert_eq!(add(&image, &signature(&json!({"metadata": {"name": "i@t"}}))), None);
    let other_type = signature(&json!({"metadata": {"name": "i@t"}, "type": "other"}));
    let other_content = signature(&json!({"metadata": {"name": "i@u"}, "content": "AQ=="}));
    let image = add(&add(&image, &other_type).unwrap(), &other_content).unwrap();
    assert_eq!(image.signatures, [one, other_type, other_content]);
}

// image-api 105
#[test]
fn just_that_one_is_removed() {
    let named = |name: &str| signature(&json!({"metadata": {"name": name}}));
    let image = Image { signatures: vec![named("i@s"), named("i@t")], ..Image::default() };
    assert_eq!(remove(&image, "i@s").unwrap().signatures, [named("i@t")]);
    assert_eq!(remove(&image, "i@u"), None);
}
