//! Sets of fields, and how they are read off objects.

use super::*;
use crate::schema::core::NAMESPACE;
use crate::schema::image::IMAGE;

fn paths(set: &FieldSet) -> Vec<String> {
    set.paths().iter().map(ToString::to_string).collect()
}

#[test]
fn a_set_has_one_spelling() {
    let fields = json!({
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}, "f:finalizers": {".": {}, "v:\"x/y\"": {}}},
        "f:spec": {"f:tags": {"k:{\"name\":\"latest\"}": {".": {}, "f:from": {}}}},
        "f:list": {"i:3": {"f:a": {}}},
    });
    let set = FieldSet::decode(&fields).unwrap();
    assert_eq!(set.encode(), fields);
    let wanted = [
        ".list[3].a",
        ".metadata.finalizers",
        ".metadata.labels",
        ".metadata.finalizers[=\"x/y\"]",
        ".metadata.labels.a",
        ".spec.tags[name=\"latest\"]",
        ".spec.tags[name=\"latest\"].from",
    ];
    assert_eq!(paths(&set), wanted);
    // Clients may space keys as they like, and write a dot alone.
    let spaced = json!({"f:tags": {"k:{ \"b\": 1, \"a\": \"x\" }": {".": {}}}});
    let set = FieldSet::decode(&spaced).unwrap();
    assert_eq!(set.encode(), json!({"f:tags": {"k:{\"a\":\"x\",\"b\":1}": {}}}));
    assert_eq!(paths(&set), [".tags[a=\"x\",b=1]"]);
    assert!(FieldSet::decode(&json!({})).unwrap().is_empty());
    for bad in [
        json!({"x:a": {}}),
        json!({"a": {}}),
        json!({"k:7": {}}),
        json!({"f:a": 1}),
        json!([]),
        json!({"i:-1": {}}),
    ] {
        assert!(FieldSet::decode(&bad).is_err(), "{bad}");
    }
}

// kubernetes-api 122
#[test]
fn an_apply_asks_for_the_fields_it_names() {
    let object = stream(&json!({
        "metadata": {"labels": {"a": "1"}, "annotations": {}, "finalizers": ["f"],
            "ownerReferences": [{"uid": "u", "name": "o"}]},
        "spec": {"lookupPolicy": {"local": true}, "tags": [
            {"name": "latest", "from": {"kind": "DockerImage", "name": "x"}, "importPolicy": {"scheduled": true}},
        ]},
        "status": {},
    }));
    let wanted = json!({
        "f:apiVersion": {},
        "f:kind": {},
        "f:metadata": {
            "f:name": {},
            "f:labels": {"f:a": {}},
            "f:annotations": {},
            "f:finalizers": {"v:\"f\"": {}},
            "f:ownerReferences": {"k:{\"uid\":\"u\"}": {}},
        },
        "f:spec": {
            "f:lookupPolicy": {"f:local": {}},
            "f:tags": {"k:{\"name\":\"latest\"}": {
                ".": {}, "f:name": {}, "f:from": {}, "f:importPolicy": {"f:scheduled": {}},
            }},
        },
        "f:status": {},
    });
    assert_eq!(extract(&IMAGE_STREAM, &object).encode(), wanted);
}

#[test]
fn atomic_structures_are_one_field() {
    let image = json!({"dockerImageMetadata": {"Config": {"a": 1}}, "dockerImageLayers": [{"name": "x"}]});
    let wanted = json!({"f:dockerImageMetadata": {}, "f:dockerImageLayers": {}});
    assert_eq!(extract(&IMAGE, &image).encode(), wanted);
    let stream =
        json!({"status": {"tags": [{"tag": "a", "items": [{"image": "x"}], "conditions": [{"type": "t"}]}]}});
    let wanted = json!({"f:status": {"f:tags": {"k:{\"tag\":\"a\"}": {
        ".": {}, "f:tag": {}, "f:items": {}, "f:conditions": {},
    }}}});
    assert_eq!(extract(&IMAGE_STREAM, &stream).encode(), wanted);
    let namespace = json!({"spec": {"finalizers": ["kubernetes"]}});
    assert_eq!(extract(&NAMESPACE, &namespace).encode(), json!({"f:spec": {"f:finalizers": {}}}));
    // A list whose elements cannot be told apart.
    for tags in [json!([{"name": "a"}, {"name": "a"}]), json!([{"reference": true}])] {
        let set = extract(&IMAGE_STREAM, &json!({"spec": {"tags": tags}}));
        assert_eq!(set.encode(), json!({"f:spec": {"f:tags": {}}}));
    }
}

#[test]
fn objects_are_compared_field_by_field() {
    let old = json!({"metadata": {"labels": {"a": "1", "b": "2", "c": "3"}}, "spec": {"tags": [
        {"name": "x", "from": {"kind": "DockerImage", "name": "1"}, "reference": true}, {"name": "gone", "annotations": {"k": "v"}},
    ]}});
    let new = json!({"metadata": {"labels": {"a": "1", "b": "3", "d": "4"}}, "spec": {"tags": [
        {"name": "new", "annotations": null}, {"name": "x", "from": {"kind": "DockerImage", "name": "2"}, "reference": true},
    ]}});
    let found = compare(&IMAGE_STREAM, &old, &new);
    let changed = [
        ".metadata.labels.b",
        ".metadata.labels.d",
        ".spec.tags[name=\"new\"]",
        ".spec.tags[name=\"new\"].annotations",
        ".spec.tags[name=\"new\"].name",
        ".spec.tags[name=\"x\"].from",
    ];
    assert_eq!(paths(&found.changed), changed);
    let removed = [
        ".metadata.labels.c",
        ".spec.tags[name=\"gone\"]",
        ".spec.tags[name=\"gone\"].annotations",
        ".spec.tags[name=\"gone\"].name",
        ".spec.tags[name=\"gone\"].annotations.k",
    ];
    assert_eq!(paths(&found.removed), removed);
    assert_eq!(compare(&IMAGE_STREAM, &old, &old), Comparison::default());
}

#[test]
fn the_difference_of_containers_counts_the_containers() {
    let none = json!({"metadata": {}});
    let some = json!({"metadata": {"labels": {"a": "1"}, "finalizers": ["f"]}});
    let wanted =
        [".metadata.finalizers", ".metadata.labels", ".metadata.finalizers[=\"f\"]", ".metadata.labels.a"];
    assert_eq!(paths(&compare(&IMAGE_STREAM, &none, &some).changed), wanted);
    assert_eq!(paths(&compare(&IMAGE_STREAM, &some, &none).removed), wanted);
    let emptied = json!({"metadata": {"labels": {}, "finalizers": ["f"]}});
    let found = compare(&IMAGE_STREAM, &some, &emptied);
    assert_eq!(paths(&found.removed), [".metadata.labels.a"]);
    assert!(found.changed.is_empty());
}
