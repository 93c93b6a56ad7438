//! Protobuf, in bytes made by hand from the wire format and the numbers of the public `.proto` files.

use proptest::prelude::*;
use serde_json::json as value;

use super::*;
use crate::schema::meta::OBJECT_META;

const PROTOBUF: Option<&str> = Some("application/vnd.kubernetes.protobuf");
/// Stands in for the schemas of kinds that are not in the catalogue; protobuf has tables of its own.
const OPTIONS: Accepted = Accepted { kind: "DeleteOptions", schema: &OBJECT_META };

/// A field with a length.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    if number >= 16 {
        out = vec![(number << 3 & 0x7f) | 0x82, number >> 4];
    }
    let mut length = content.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    [&out, content].concat()
}

fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
    let type_meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [b"k8s\0".as_slice(), &field(1, &type_meta), &field(2, raw), &field(3, b""), &field(4, b"")].concat()
}

/// What the encoder of Go writes for metadata that says no more than a name: everything that is no
/// pointer is there.
fn name_only(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, text) in [(1, name), (2, ""), (3, ""), (4, ""), (5, ""), (6, "")] {
        out.extend(field(number, text.as_bytes()));
    }
    out.extend([7 << 3, 0]);
    out.extend(field(8, b""));
    out
}

/// kubernetes-api 76: what `kubectl create namespace` sends.
#[test]
fn a_namespace_with_nothing_but_a_name() {
    let raw = [field(1, &name_only("team")), field(2, b""), field(3, &field(1, b""))].concat();
    let bytes = envelope("v1", "Namespace", &raw);
    assert_eq!(
        bytes[..39],
        *b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x1c\x0a\x14\x0a\x04team\x12\x00\x1a\x00\x22\x00\
           \x2a\x00"
    );
    let decoded = body(PROTOBUF, &bytes, NAMESPACE_BODY).unwrap();
    assert_eq!(
        decoded.value,
        value!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}, "spec": {}, "status": {}})
    );
    assert!(decoded.unknown.is_empty() && decoded.duplicates.is_empty());
}

#[test]
fn metadata_is_complete() {
    let pair = |key: &str, value: &str| [field(1, key.as_bytes()), field(2, value.as_bytes())].concat();
    let time = b"\x08\xe0\x95\x87\xcc\x06\x10\x05";
    let owner =
        [field(1, b"Pod"), field(3, b"p"), field(4, b"u-1"), field(5, b"v1"), vec![6 << 3, 0, 7 << 3, 1]];
    let entry = [
        field(1, b"kubectl"),
        field(2, b"Update"),
        field(3, b"v1"),
        field(4, time),
        field(6, b"FieldsV1"),
        field(7, &field(1, br#"{"f:data":{}}"#)),
        field(8, b"status"),
    ];
    let metadata = [
        field(1, b"n"),
        field(2, b"g-"),
        field(3, b"ns"),
        field(4, b"/self"),
        field(5, b"u"),
        field(6, b"12"),
        vec![7 << 3, 0xac, 2],
        field(8, time),
        field(9, time),
        vec![10 << 3, 0],
        field(11, &pair("a", "1")),
        field(11, &pair("b", "")),
        field(12, &pair("", "x")),
        field(13, &owner.concat()),
        field(14, b"f1"),
        field(14, b"f2"),
        field(17, &entry.concat()),
        // Removed from Kubernetes long ago, still sent by old clients.
        field(15, b"cluster"),
    ];
    let bytes = envelope("v1", "Namespace", &field(1, &metadata.concat()));
    let decoded = body(PROTOBUF, &bytes, NAMESPACE_BODY).unwrap();
    assert_eq!(
        decoded.value["metadata"],
        value!({
            "name": "n", "generateName": "g-", "namespace": "ns", "selfLink": "/self", "uid": "u",
            "resourceVersion": "12", "generation": 300,
            "creationTimestamp": "2026-02-03T10:16:00Z", "deletionTimestamp": "2026-02-03T10:16:00Z",
            "deletionGracePeriodSeconds": 0,
            "labels": {"a": "1", "b": ""}, "annotations": {"": "x"},
            "ownerReferences": [{
                "kind": "Pod", "name": "p", "uid": "u-1", "apiVersion": "v1",
                "controller": false, "blockOwnerDeletion": true,
            }],
            "finalizers": ["f1", "f2"],
            "managedFields": [{
                "manager": "kubectl", "operation": "Update", "apiVersion": "v1", "time": "2026-02-03T10:16:00Z",
                "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}}, "subresource": "status",
            }],
        })
    );
}

/// kubernetes-api 76.
#[test]
fn a_secret() {
    let pair = |key: &str, value: &[u8]| [field(1, key.as_bytes()), field(2, value)].concat();
    let raw = [
        field(1, &name_only("pull")),
        field(2, &pair(".dockerconfigjson", b"{\"auths\":{}}")),
        field(2, &pair("raw", &[0, 0xff])),
        field(2, &field(1, b"empty")),
        field(3, b"kubernetes.io/dockerconfigjson"),
        field(4, &pair("plain", b"text")),
        vec![5 << 3, 0],
    ]
    .concat();
    let secret = Accepted { kind: "Secret", schema: &OBJECT_META };
    let decoded = body(PROTOBUF, &envelope("v1", "Secret", &raw), secret).unwrap();
    assert_eq!(
        decoded.value,
        value!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"},
            "data": {".dockerconfigjson": "eyJhdXRocyI6e319", "raw": "AP8=", "empty": ""},
            "type": "kubernetes.io/dockerconfigjson", "stringData": {"plain": "text"}, "immutable": false,
        })
    );
}

#[test]
fn options_in_any_version() {
    let raw = [
        vec![1 << 3, 0],
        field(2, &[field(1, b"u-1"), field(2, b"9")].concat()),
        vec![3 << 3, 0],
        field(4, b"Background"),
        field(5, b"All"),
    ]
    .concat();
    let members = value!({
        "gracePeriodSeconds": 0, "preconditions": {"uid": "u-1", "resourceVersion": "9"}, "orphanDependents": false,
        "propagationPolicy": "Background", "dryRun": ["All"],
    });
    for version in ["v1", "meta.k8s.io/v1", "image.openshift.io/v1"] {
        let mut expected = members.clone();
        expected["apiVersion"] = version.into();
        expected["kind"] = "DeleteOptions".into();
        assert_eq!(
            body(PROTOBUF, &envelope(version, "DeleteOptions", &raw), OPTIONS).unwrap().value,
            expected
        );
    }
    assert_eq!(body(PROTOBUF, &envelope("", "", &raw), OPTIONS).unwrap().value, members);
    assert_eq!(body(PROTOBUF, b"k8s\0", OPTIONS).unwrap().value, value!({}));
    let negative = [1 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    let decoded = body(PROTOBUF, &envelope("v1", "DeleteOptions", &negative), OPTIONS).unwrap();
    assert_eq!(decoded.value["gracePeriodSeconds"], -1);
    let create = Accepted { kind: "CreateOptions", schema: &OBJECT_META };
    let raw = [field(1, b"All"), field(3, b"me"), field(4, b"Strict")].concat();
    assert_eq!(
        body(PROTOBUF, &envelope("", "", &raw), create).unwrap().value,
        value!({"dryRun": ["All"], "fieldManager": "me", "fieldValidation": "Strict"})
    );
}

/// kubernetes-api 76: bytes that kubectl 1.32 sent.
#[test]
fn what_kubectl_sends() {
    let namespace = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x1c\
        \x0a\x14\x0a\x04team\x12\0\x1a\0\x22\0\x2a\0\x32\0\x38\0\x42\0\x12\0\x1a\x02\x0a\0\x1a\0\x22\0";
    assert_eq!(
        body(PROTOBUF, namespace, NAMESPACE_BODY).unwrap().value,
        value!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}, "spec": {}, "status": {}})
    );
    let secret = b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret\x12\x22\
        \x0a\x16\x0a\x02s1\x12\0\x1a\x04demo\x22\0\x2a\0\x32\0\x38\0\x42\0\x12\x06\x0a\x01a\x12\x01b\x1a\0\x1a\0\x22\0";
    let accepted = Accepted { kind: "Secret", schema: &OBJECT_META };
    assert_eq!(
        body(PROTOBUF, secret, accepted).unwrap().value,
        value!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s1", "namespace": "demo"}, "data": {"a": "Yg=="}
        })
    );
}

/// The example of kubernetes-api 2.12, of a kind that is not served.
const REVIEW: &[u8] = b"k8s\0\
    \x0a\x32\x0a\x17authorization.k8s.io/v1\x12\x17SelfSubjectAccessReview\
    \x12\x53\x0a\x10\x0a\x00\x12\x00\x1a\x00\x22\x00\x2a\x00\x32\x00\x38\x00\x42\x00\
    \x12\x35\x0a\x33\x0a\x04demo\x12\x03get\x1a\x12image.openshift.io\x22\x00\x2a\x0cimagestreams\x32\x00\x3a\x00\
    \x1a\x08\x08\x00\x12\x00\x1a\x00\x20\x00\
    \x1a\x00\x22\x00";

/// kubernetes-api 78.
#[test]
fn what_is_no_object_is_a_bad_request() {
    let prefix = "the object provided is unrecognized (must be of type Namespace): ";
    let read = |bytes: &[u8]| body(PROTOBUF, bytes, NAMESPACE_BODY);
    assert_eq!(
        message(read(b"{\"kind\":\"Namespace\"}")),
        format!(
            "{prefix}provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] \
             ({{\"kind\":\"Namespace\"}})"
        )
    );
    assert!(message(read(b"")).ends_with("(<empty>)"));
    assert!(message(read(b"k8s\x01")).contains("expected prefix"));
    assert_eq!(message(read(b"k8s\0\x0a\x32\x0a")), format!("{prefix}unexpected EOF (6b3873000a320a)"));
    assert_eq!(
        message(read(REVIEW)),
        "SelfSubjectAccessReview in version \"v1\" cannot be handled as a Namespace: no kind \
         \"SelfSubjectAccessReview\" is registered for version \"authorization.k8s.io/v1\" in protobuf"
    );
    for (kind, version) in
        [("namespace", "v1"), ("Namespace", "v2"), ("Namespace", "apps/v1"), ("ImageStream", "v1")]
    {
        assert!(
            message(read(&envelope(version, kind, b"")))
                .contains("cannot be handled as a Namespace: no kind")
        );
    }
    for raw in [
        &b"\x0a\x7f"[..],
        b"\x0a",
        b"\x0b",
        b"\x08\x01",
        b"\x00\x00",
        b"\x0a\x03\x0a\x01\xff",
        b"\x0a\x0b\x38\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        let error = message(read(&envelope("v1", "Namespace", raw)));
        assert!(
            error.starts_with("Namespace in version \"v1\" cannot be handled as a Namespace: "),
            "{error}"
        );
    }
    let encoded = [&envelope("v1", "Namespace", b"")[..], &field(3, b"gzip")].concat();
    assert!(message(read(&encoded)).contains("content encoding \"gzip\""));
}

/// kubernetes-api 78: cut anywhere, it is refused or says less; it never panics.
#[test]
fn truncation_is_no_crash() {
    let raw = [field(1, &name_only("team")), field(2, &field(1, b"kubernetes"))].concat();
    let whole = envelope("v1", "Namespace", &raw);
    for end in 0..whole.len() {
        let _ = body(PROTOBUF, &whole[..end], NAMESPACE_BODY);
    }
    assert!(body(PROTOBUF, &whole[..whole.len() - 6], NAMESPACE_BODY).is_err());
}

proptest! {
    /// kubernetes-api 78, 163.
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = body(PROTOBUF, &bytes, NAMESPACE_BODY);
        let _ = body(PROTOBUF, &[b"k8s\0", bytes.as_slice()].concat(), NAMESPACE_BODY);
        for kind in ["Namespace", "Secret", "DeleteOptions", "CreateOptions"] {
            let _ = body(PROTOBUF, &envelope("v1", kind, &bytes), NAMESPACE_BODY);
        }
    }

    /// Fields of every number and wire type, so that the tables are reached and not only the reader.
    #[test]
    fn any_fields_are_read_without_a_panic(
        fields in proptest::collection::vec((1_u8..18, proptest::collection::vec(any::<u8>(), 0..12)), 0..12),
        kind in prop_oneof![Just("Namespace"), Just("Secret"), Just("DeleteOptions")],
    ) {
        let raw: Vec<u8> = fields.iter().flat_map(|(number, content)| field(*number, content)).collect();
        let _ = body(PROTOBUF, &envelope("v1", kind, &raw), NAMESPACE_BODY);
        let _ = body(PROTOBUF, &envelope("v1", kind, &field(1, &raw)), NAMESPACE_BODY);
    }
}
