use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::patch::apply_merge;
use crate::schema::core::NAMESPACE;
use crate::schema::image::{IMAGE, IMAGE_STREAM};

fn patched(current: &Value, patch: &Value) -> Value {
    apply_strategic(&IMAGE_STREAM, current, patch.to_string().as_bytes()).unwrap()
}

fn refused(current: &Value, patch: &Value) -> String {
    apply_strategic(&IMAGE_STREAM, current, patch.to_string().as_bytes()).unwrap_err().to_string()
}

fn tags(tags: &Value) -> Value {
    json!({"spec": {"tags": tags}})
}

fn tag(name: &str, from: &str) -> Value {
    json!({"name": name, "from": {"kind": "DockerImage", "name": from}})
}

// kubernetes-api 114, 116
#[test]
fn oc_apply_renames_a_tag() {
    let mut latest = tag("latest", "quay.io/x/neu:latest");
    latest["importPolicy"] = json!({"importMode": "Legacy"});
    let current = json!({
        "metadata": {"name": "neu", "annotations": {"a": "b"}},
        "spec": {"lookupPolicy": {"local": true}, "tags": [latest]},
    });
    let patch = json!({
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        "spec": {
            "$setElementOrder/tags": [{"name": "v2"}],
            "lookupPolicy": {"local": false},
            "tags": [tag("v2", "quay.io/x/neu:latest"), {"$patch": "delete", "name": "latest"}],
        },
    });
    let wanted = json!({
        "metadata": {
            "name": "neu",
            "annotations": {"a": "b", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
        "spec": {"lookupPolicy": {"local": false}, "tags": [tag("v2", "quay.io/x/neu:latest")]},
    });
    assert_eq!(patched(&current, &patch), wanted);
}

// kubernetes-api 114
#[test]
fn tags_merge_by_name() {
    let current =
        tags(&json!([{"name": "a", "reference": true, "annotations": {"x": "1", "y": "2"}}, {"name": "b"}]));
    let patch = tags(&json!([
        {"name": "c", "annotations": {"drop": null, "keep": "1"}},
        {"name": "a", "annotations": {"x": null, "z": "3"}},
    ]));
    let wanted = tags(&json!([
        {"name": "c", "annotations": {"keep": "1"}},
        {"name": "a", "reference": true, "annotations": {"y": "2", "z": "3"}},
        {"name": "b"},
    ]));
    assert_eq!(patched(&current, &patch), wanted);
    // A tag's object reference merges too: only server-side apply sees it as one.
    let patch = tags(&json!([{"name": "a", "from": {"name": "y"}}]));
    let merged = patched(&tags(&json!([tag("a", "x")])), &patch);
    assert_eq!(merged, tags(&json!([tag("a", "y")])));
}

// kubernetes-api 114
#[test]
fn directives_in_maps() {
    let current =
        json!({"metadata": {"name": "n", "labels": {"a": "1", "b": "2"}}, "spec": {"lookupPolicy": {}}});
    let labels = |labels: Value| json!({"metadata": {"labels": labels}});
    let after = |patch: &Value| patched(&current, patch)["metadata"]["labels"].clone();
    assert_eq!(after(&labels(json!({"$patch": "replace", "c": "3"}))), json!({"c": "3"}));
    assert_eq!(after(&labels(json!({"$patch": "delete", "c": "3"}))), json!({}));
    assert_eq!(after(&labels(json!({"$patch": "merge", "a": null}))), json!({"b": "2"}));
    assert_eq!(after(&labels(Value::Null)), Value::Null);
    assert_eq!(patched(&current, &labels(Value::Null))["metadata"], json!({"name": "n"}));
    // Also where nothing was.
    assert_eq!(
        patched(&json!({}), &labels(json!({"$patch": "replace", "c": "3", "d": null}))),
        labels(json!({"c": "3"}))
    );
    assert_eq!(
        patched(&current, &json!({"$patch": "replace", "kind": "ImageStream"})),
        json!({"kind": "ImageStream"})
    );
}

// kubernetes-api 114
#[test]
fn directives_in_list_elements() {
    let current = tags(&json!([{"name": "a", "reference": true}, {"name": "b"}]));
    let after = |patch: Value| patched(&current, &tags(&patch))["spec"]["tags"].clone();
    assert_eq!(after(json!([{"$patch": "delete", "name": "a"}])), json!([{"name": "b"}]));
    assert_eq!(after(json!([{"$patch": "delete", "name": "none"}])), current["spec"]["tags"]);
    assert_eq!(
        after(json!([{"$patch": "replace", "name": "a", "generation": 1}])),
        json!([{"name": "a", "generation": 1}, {"name": "b"}])
    );
    assert_eq!(
        after(json!([{"$patch": "merge", "name": "a", "generation": 1}])),
        json!([{"name": "a", "reference": true, "generation": 1}, {"name": "b"}])
    );
    // The list as a whole.
    assert_eq!(after(json!([{"$patch": "replace"}, {"name": "c"}])), json!([{"name": "c"}]));
    assert_eq!(after(json!([{"name": "a"}, {"$patch": "replace"}])), json!([{"name": "a"}]));
    assert_eq!(after(json!([{"$patch": "replace"}])), json!([]));
    assert_eq!(after(json!([])), current["spec"]["tags"]);
    // Where there was no list, or none of this kind.
    let fresh = tags(&json!([{"$patch": "delete", "name": "x"}, {"name": "c", "annotations": {"k": null}}]));
    let wanted = tags(&json!([{"name": "c", "annotations": {}}]));
    assert_eq!(patched(&json!({}), &fresh), wanted);
    assert_eq!(patched(&tags(&json!("text")), &fresh), wanted);
}

// kubernetes-api 114
#[test]
fn contradictions_are_refused_in_upstreams_words() {
    let current = tags(&json!([{"name": "a"}, {"name": "b"}]));
    assert_eq!(
        refused(&current, &tags(&json!([{"from": {"kind": "DockerImage", "name": "x"}}]))),
        "map: map[from:map[kind:DockerImage name:x]] does not contain declared merge key: name"
    );
    assert_eq!(
        refused(&current, &tags(&json!([{"$patch": "delete"}]))),
        "map: map[$patch:delete] does not contain declared merge key: name"
    );
    assert_eq!(
        refused(&current, &json!({"$patch": "bogus"})),
        "unknown patch type: bogus in map: map[$patch:bogus]"
    );
    assert_eq!(
        refused(&current, &tags(&json!([{"$patch": 1, "name": "a"}]))),
        "unknown patch type: 1 in map: map[$patch:1 name:a]"
    );
    let retain = json!({"spec": {"$retainKeys": ["tags"], "lookupPolicy": {"local": true}}});
    assert_eq!(refused(&current, &retain), "invalid patch format of retainKeys");
    let gone = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}});
    assert_eq!(refused(&current, &gone), "invalid patch format of primitive list");
    let order = json!({"spec": {"$setElementOrder/tags": {}}});
    assert_eq!(refused(&current, &order), "invalid patch format of setElementOrder list");
    let order = json!({"spec": {"$setElementOrder/tags": [{"name": "a"}], "tags": [{"name": "b"}]}});
    assert_eq!(
        refused(&current, &order),
        "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n"
    );
    assert!(refused(&current, &tags(&json!([null]))).contains("has an element <nil>"));
    let error = apply_strategic(&IMAGE_STREAM, &current, b"[]").unwrap_err().to_string();
    assert!(error.starts_with("error decoding patch: json: cannot unmarshal array into Go value"), "{error}");
}

// kubernetes-api 114
#[test]
fn elements_take_the_order_that_is_asked_for() {
    let names = |list: &Value| -> String {
        list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
    };
    let list =
        |text: &str| Value::Array(text.chars().map(|name| json!({"name": name.to_string()})).collect());
    for (live, patch, order, wanted) in [
        ("abc", "", "cab", "cab"),
        ("abc", "", "ca", "bca"),
        ("abcd", "", "db", "acdb"),
        ("ab", "c", "ca", "cab"),
        ("ab", "c", "ac", "abc"),
        ("ab", "xy", "xay", "xaby"),
        ("", "ba", "ba", "ba"),
    ] {
        let patch = json!({"spec": {"$setElementOrder/tags": list(order), "tags": list(patch)}});
        let after = patched(&tags(&list(live)), &patch);
        assert_eq!(names(&after["spec"]["tags"]), wanted, "{live} {patch}");
    }
    // Without an order the patch's own counts, and what is new comes last.
    for (live, patch, wanted) in [("ab", "c", "abc"), ("abc", "ba", "bac"), ("abc", "b", "abc")] {
        let after = patched(&tags(&list(live)), &tags(&list(patch)));
        assert_eq!(names(&after["spec"]["tags"]), wanted, "{live} {patch}");
    }
    // An order for a list that is not there, or in no patch, makes none.
    let patch = json!({"spec": {"$setElementOrder/tags": list("a")}});
    assert_eq!(patched(&json!({"spec": {}}), &patch), json!({"spec": {}}));
    assert_eq!(
        patched(&tags(&list("ba")), &json!({"spec": {"$setElementOrder/tags": list("ab")}})),
        tags(&list("ab"))
    );
}

// kubernetes-api 114
#[test]
fn finalizers_are_a_set() {
    let current = json!({"metadata": {"finalizers": ["a", "b"]}});
    let after =
        |patch: Value| patched(&current, &json!({"metadata": patch}))["metadata"]["finalizers"].clone();
    assert_eq!(after(json!({"finalizers": ["b", "c"]})), json!(["a", "b", "c"]));
    assert_eq!(after(json!({"$deleteFromPrimitiveList/finalizers": ["a", "x"]})), json!(["b"]));
    assert_eq!(
        after(json!({"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]})),
        json!(["b", "c"])
    );
    assert_eq!(after(json!({"$setElementOrder/finalizers": ["b", "a"]})), json!(["b", "a"]));
    assert_eq!(
        after(json!({"$setElementOrder/finalizers": ["c", "a"], "finalizers": ["c"]})),
        json!(["c", "a", "b"])
    );
    let bare = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}});
    assert_eq!(patched(&json!({"metadata": {}}), &bare), json!({"metadata": {}}));
}

#[test]
fn owners_merge_by_uid() {
    let owner = |uid: &str, name: &str| json!({"uid": uid, "name": name, "kind": "K", "apiVersion": "v1"});
    let current = json!({"metadata": {"ownerReferences": [owner("1", "a"), owner("2", "b")]}});
    let patch = json!({"metadata": {"ownerReferences": [
        {"uid": "2", "controller": true}, {"uid": "1", "$patch": "delete"}, owner("3", "c"),
    ]}});
    let mut second = owner("2", "b");
    second["controller"] = json!(true);
    assert_eq!(patched(&current, &patch)["metadata"]["ownerReferences"], json!([second, owner("3", "c")]));
}

#[test]
fn keys_that_are_not_retained_are_dropped() {
    let current =
        json!({"spec": {"lookupPolicy": {"local": true}, "dockerImageRepository": "x", "tags": []}});
    let patch = json!({"spec": {"$retainKeys": ["tags", "lookupPolicy"], "lookupPolicy": {"local": false}, "tags": null}});
    assert_eq!(patched(&current, &patch), json!({"spec": {"lookupPolicy": {"local": false}}}));
}

#[test]
fn other_lists_are_replaced_and_raw_objects_too() {
    let image = json!({
        "dockerImageLayers": [{"name": "x"}],
        "dockerImageMetadata": {"Config": {"a": 1}},
        "signatures": [{"name": "s", "type": "t", "conditions": [{"type": "A", "status": "True"}]}],
    });
    let patch = json!({
        "dockerImageLayers": [{"name": "y", "$patch": "merge"}, {"$patch": "replace"}, {"name": "z", "$patch": "delete"}],
        "dockerImageMetadata": {"$patch": "merge", "Size": null},
        "signatures": [{"name": "s", "conditions": [{"type": "A", "status": "False"}, {"type": "B"}]}],
    });
    let after = apply_strategic(&IMAGE, &image, patch.to_string().as_bytes()).unwrap();
    let wanted = json!({
        "dockerImageLayers": [{"name": "y"}],
        "dockerImageMetadata": {"Size": null},
        "signatures": [{"name": "s", "type": "t", "conditions": [{"type": "A", "status": "False"}, {"type": "B"}]}],
    });
    assert_eq!(after, wanted);
    let status = json!({"status": {"tags": [{"tag": "a", "items": [1], "conditions": [2]}]}});
    let patch = json!({"status": {"tags": [{"tag": "a", "items": [3]}]}});
    assert_eq!(
        patched(&status, &patch),
        json!({"status": {"tags": [{"tag": "a", "items": [3], "conditions": [2]}]}})
    );
    let namespace = json!({"spec": {"finalizers": ["kubernetes"]}});
    let after = apply_strategic(&NAMESPACE, &namespace, br#"{"spec":{"finalizers":["x"]}}"#).unwrap();
    assert_eq!(after, json!({"spec": {"finalizers": ["x"]}}));
}

/// Whether a directive is anywhere in a value.
fn has_directive(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, value)| directive::is_name(name) || has_directive(value))
        }
        Value::Array(items) => items.iter().any(has_directive),
        _ => false,
    }
}

/// Patches full of directives, in places where they make sense and in others.
fn directed() -> impl Strategy<Value = Value> {
    let word = prop_oneof![Just("merge"), Just("replace"), Just("delete")].prop_map(Value::from);
    let leaf = prop_oneof![Just(Value::Null), "[ab]".prop_map(Value::from), word.clone()];
    let name = prop_oneof!["[ab]", Just("name".to_owned()), Just("tags".to_owned()), Just("spec".to_owned())];
    let value = leaf.prop_recursive(4, 24, 4, move |inner| {
        let members = prop::collection::btree_map(name.clone(), inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            (members, prop::option::of(word.clone()), prop::option::of(prop::collection::vec(inner, 0..2)))
                .prop_map(|(members, word, list)| {
                    let word = word.map(|word| (WHOLE.to_owned(), word));
                    let list = list.map(|list| (format!("{PRIMITIVES}a"), Value::from(list)));
                    members.into_iter().chain(word).chain(list).collect()
                }),
        ]
    });
    value.prop_filter("an object", Value::is_object)
}

proptest! {
    // kubernetes-api 114
    #[test]
    fn without_directives_and_keyed_lists_it_is_a_merge_patch(
        current in crate::patch::merge::tests::object(),
        patch in crate::patch::merge::tests::object(),
        dropped in prop::collection::vec("[abcd]", 0..2),
    ) {
        let mut patch = patch;
        patch.extend(dropped.into_iter().map(|name| (name, Value::Null)));
        let current = json!({"metadata": {"annotations": current}, "spec": {"other": [1]}});
        let patch = json!({"metadata": {"annotations": patch}, "spec": {"other": [2]}}).to_string();
        prop_assert_eq!(
            apply_strategic(&IMAGE_STREAM, &current, patch.as_bytes()),
            apply_merge(&current, patch.as_bytes())
        );
    }

    #[test]
    fn directives_are_never_stored(patch in directed(), current in directed()) {
        let current = directive::stripped_list(&[current]).pop().unwrap_or(json!({}));
        if let Ok(after) = apply_strategic(&IMAGE_STREAM, &current, patch.to_string().as_bytes()) {
            prop_assert!(!has_directive(&after), "{}", after);
        }
    }
}
