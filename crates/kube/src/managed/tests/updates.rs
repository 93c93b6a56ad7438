//! Ownership by POST, PUT and the patches that are no applies.

use super::*;
use crate::schema::core::NAMESPACE;
use crate::schema::image::IMAGE;

/// A stream as it is stored after defaulting.
fn stored() -> Value {
    stream(&json!({
        "metadata": {"namespace": "demo", "uid": "u", "resourceVersion": "7", "generation": 1,
            "creationTimestamp": T1, "labels": {"a": "1"}},
        "spec": {"lookupPolicy": {"local": false}, "tags": [{
            "name": "latest", "annotations": null, "from": {"kind": "DockerImage", "name": "x"}, "generation": 1,
            "importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"},
        }]},
        "status": {"dockerImageRepository": "host/demo/app"},
    }))
}

// kubernetes-api 126
#[test]
fn a_creator_owns_what_was_set_and_what_was_defaulted() {
    let object = updated(None, &stored(), &author("me", T1));
    let wanted = json!([{
        "manager": "me", "operation": "Update", "apiVersion": "image.openshift.io/v1", "time": "2026-11-24T05:02:46Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": {
            "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
            "f:spec": {"f:tags": {".": {}, "k:{\"name\":\"latest\"}": {
                ".": {}, "f:annotations": {}, "f:from": {}, "f:generation": {},
                "f:importPolicy": {".": {}, "f:importMode": {}}, "f:name": {}, "f:referencePolicy": {".": {}, "f:type": {}},
            }}},
        },
    }]);
    assert_eq!(object["metadata"]["managedFields"], wanted);
    assert_eq!(content(&object), stored());
}

#[test]
fn nobody_owns_a_bare_object() {
    let bare = stream(&json!({
        "metadata": {"labels": {}, "annotations": null},
        "spec": {"lookupPolicy": {"local": false}, "dockerImageRepository": "", "tags": []},
        "status": {"dockerImageRepository": "x"},
    }));
    assert_eq!(updated(None, &bare, &author("me", T1)), bare);
    let local = stream(&json!({"spec": {"lookupPolicy": {"local": true}}}));
    assert_eq!(fields(&updated(None, &local, &author("me", T1)), "me"), [".spec.lookupPolicy.local"]);
    // What a client says about ownership on create is nothing.
    let told = stream(&json!({"metadata": {"managedFields": [{"manager": "x", "operation": "Apply",
        "apiVersion": GV, "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}}]}}));
    assert_eq!(updated(None, &told, &author("me", T1)), stream(&json!({})));
}

// kubernetes-api 126
#[test]
fn an_update_takes_what_it_changes() {
    let first = updated(None, &stored(), &author("me", T1));
    let mut next = first.clone();
    next["metadata"]["labels"] = json!({"a": "2", "b": "1"});
    next["spec"]["tags"][0]["from"]["name"] = json!("y");
    next["metadata"]["resourceVersion"] = json!("8");
    next["metadata"]["generation"] = json!(2);
    let next = updated(Some(&first), &next, &author("you", T2));
    let yours = [".metadata.labels.a", ".metadata.labels.b", ".spec.tags[name=\"latest\"].from"];
    assert_eq!(fields(&next, "you"), yours);
    let mine = fields(&next, "me");
    assert!(yours.iter().all(|field| !mine.iter().any(|mine| mine == field)), "{mine:?}");
    assert!(mine.contains(&".spec.tags[name=\"latest\"].name".to_owned()));
    let times: Vec<&Value> =
        next["metadata"]["managedFields"].as_array().unwrap().iter().map(|entry| &entry["time"]).collect();
    assert_eq!(times, [T1, T2]);

    // What is removed has no owner, and whoever removes it gets nothing for it.
    let mut without = next.clone();
    without["spec"]["tags"] = json!([]);
    let without = updated(Some(&next), &without, &author("me", "2026-11-24T06:00:00Z"));
    assert_eq!(fields(&without, "you"), yours[..2]);
    assert_eq!(fields(&without, "me"), [".metadata.labels", ".spec.tags"]);
    assert_eq!(without["metadata"]["managedFields"][0]["time"], T1);
}

// kubernetes-api 51
#[test]
fn an_update_that_changes_nothing_leaves_no_trace() {
    let first = updated(None, &stored(), &author("me", T1));
    assert_eq!(updated(Some(&first), &first, &author("you", T2)), first);
    assert_eq!(updated(Some(&first), &first, &author("me", T2)), first);
    // A PUT that does not send the list back.
    assert_eq!(updated(Some(&first), &stored(), &author("me", T2)), first);
    // One that sends back garbage.
    let mut garbage = stored();
    garbage["metadata"]["managedFields"] = json!([{"manager": "x", "operation": "Delete"}]);
    assert_eq!(updated(Some(&first), &garbage, &author("me", T2)), first);
    // Server-owned members.
    let mut next = first.clone();
    next["metadata"]["resourceVersion"] = json!("9");
    next["metadata"]["deletionTimestamp"] = json!(T2);
    next["status"]["dockerImageRepository"] = json!("elsewhere");
    assert_eq!(updated(Some(&first), &next, &author("you", T2)), next);
}

#[test]
fn clients_can_move_ownership_and_start_afresh() {
    let first = updated(None, &stored(), &author("kubectl-client-side-apply", T1));
    let mut moved = first.clone();
    moved["metadata"]["managedFields"][0]["manager"] = json!("kubectl");
    moved["metadata"]["managedFields"][0]["operation"] = json!("Apply");
    let after = updated(Some(&first), &moved, &author("kubectl", T2));
    assert_eq!(after, moved);
    // But not through a subresource.
    let status = Author { subresource: Some("status"), ..author("kubectl", T2) };
    assert_eq!(updated(Some(&first), &moved, &status), first);
    let mut reset = first.clone();
    reset["metadata"]["managedFields"] = json!([{}]);
    assert_eq!(updated(Some(&first), &reset, &author("me", T2)), stored());
}

#[test]
fn a_status_is_owned_by_those_who_write_it() {
    let first = updated(None, &stored(), &author("me", T1));
    let mut next = first.clone();
    next["status"]["tags"] =
        json!([{"tag": "latest", "items": [], "conditions": [{"type": "ImportSuccess"}]}]);
    assert_eq!(updated(Some(&first), &next, &author("controller", T2)), next);
    let status = Author { subresource: Some("status"), ..author("controller", T2) };
    let next = updated(Some(&first), &next, &status);
    let entry = &next["metadata"]["managedFields"][1];
    assert_eq!(entry["subresource"], "status");
    assert_eq!(
        entry["fieldsV1"],
        json!({"f:status": {"f:tags": {".": {}, "k:{\"tag\":\"latest\"}": {
            ".": {}, "f:conditions": {}, "f:items": {}, "f:tag": {},
        }}}})
    );
    // The same manager's writes to the object are another entry.
    let mut again = next.clone();
    again["metadata"]["labels"]["c"] = json!("3");
    let again = updated(Some(&next), &again, &author("controller", T2));
    assert_eq!(again["metadata"]["managedFields"].as_array().unwrap().len(), 3);
}

#[test]
fn other_kinds_have_owners_too() {
    let mut namespace = json!({"metadata": {"name": "n", "labels": {"a": "b"}}, "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"}});
    let core = Author { api_version: "v1", ..author("me", T1) };
    record_update(&NAMESPACE, None, &mut namespace, &core);
    let wanted = json!({"f:metadata": {"f:labels": {".": {}, "f:a": {}}}, "f:spec": {"f:finalizers": {}}});
    assert_eq!(namespace["metadata"]["managedFields"][0]["fieldsV1"], wanted);
    assert_eq!(namespace["metadata"]["managedFields"][0]["apiVersion"], "v1");
    let mut image = json!({"metadata": {"name": "sha256:1"}, "dockerImageReference": "x", "dockerImageMetadata": {"a": 1}});
    record_update(&IMAGE, None, &mut image, &author("me", T1));
    let wanted = json!({"f:dockerImageMetadata": {}, "f:dockerImageReference": {}});
    assert_eq!(image["metadata"]["managedFields"][0]["fieldsV1"], wanted);
}

#[test]
fn the_oldest_updates_are_merged_into_one() {
    let mut object = updated(None, &stored(), &author("creator", "2026-11-24T00:00:00Z"));
    for n in 1..=12 {
        let mut next = object.clone();
        next["metadata"]["labels"][format!("l{n}")] = json!("x");
        let (manager, now) = (format!("m{n:02}"), format!("2026-11-24T00:00:{n:02}Z"));
        object = updated(Some(&object), &next, &author(&manager, &now));
        let entries = ManagedFields::of(&object).entries;
        assert_eq!(entries.len(), 10.min(n + 1), "{n}");
    }
    let entries = ManagedFields::of(&object).entries;
    assert_eq!(entries[0].manager, "ancient-changes");
    assert_eq!(entries[0].time.as_deref(), Some("2026-11-24T00:00:03Z"));
    assert_eq!(entries[1].manager, "m04");
    let ancient = fields(&object, "ancient-changes");
    for label in ["a", "l1", "l2", "l3"] {
        assert!(ancient.contains(&format!(".metadata.labels.{label}")), "{label}");
    }
    assert!(!ancient.contains(&".metadata.labels.l4".to_owned()));
    // Applies do not count.
    let object =
        applied(Some(&object), &stream(&json!({"metadata": {"labels": {"z": "1"}}})), &author("alpha", T2));
    assert_eq!(ManagedFields::of(&object).entries.len(), 11);
    assert_eq!(ManagedFields::of(&object).entries[0].operation, Operation::Apply);
}
