//! Server-side apply.

use super::*;

fn local(local: bool) -> Value {
    stream(&json!({"spec": {"lookupPolicy": {"local": local}}}))
}

fn tag(name: &str, from: &str) -> Value {
    json!({"name": name, "from": {"kind": "DockerImage", "name": from}})
}

// kubernetes-api 122
#[test]
fn an_apply_makes_an_object_and_owns_exactly_its_fields() {
    let body = stream(&json!({
        "metadata": {"labels": {"la": "1"}, "creationTimestamp": null},
        "spec": {"tags": [tag("latest", "x")]},
        "status": {},
    }));
    let made = applied(None, &body, &author("alpha", T1));
    let wanted = json!([{
        "manager": "alpha", "operation": "Apply", "apiVersion": GV, "time": T1, "fieldsType": "FieldsV1",
        "fieldsV1": {
            "f:metadata": {"f:labels": {"f:la": {}}},
            "f:spec": {"f:tags": {"k:{\"name\":\"latest\"}": {".": {}, "f:from": {}, "f:name": {}}}},
        },
    }]);
    assert_eq!(made["metadata"]["managedFields"], wanted);
    assert_eq!(
        content(&made),
        stream(&json!({"metadata": {"labels": {"la": "1"}}, "spec": {"tags": [tag("latest", "x")]}}))
    );
    let bare = applied(None, &stream(&json!({})), &author("alpha", T1));
    assert_eq!(bare, stream(&json!({})), "who owns nothing has no entry");
}

// kubernetes-api 122
#[test]
fn another_value_for_a_field_of_another_is_a_conflict() {
    let live = applied(None, &local(false), &author("alpha", T1));
    let error = refused(&live, &local(true), &author("beta", T2));
    assert_eq!(
        error.to_string(),
        "Apply failed with 1 conflict: conflict with \"alpha\": .spec.lookupPolicy.local"
    );
    let ApplyError::Conflicts(Conflicts(conflicts)) = error else { panic!("{error}") };
    assert_eq!(conflicts[0].message(), "conflict with \"alpha\"");
    assert_eq!(conflicts[0].field.to_string(), ".spec.lookupPolicy.local");
    // Its own field is nobody else's.
    let after = applied(Some(&live), &local(true), &author("alpha", T2));
    assert_eq!(after["spec"]["lookupPolicy"]["local"], true);
    assert_eq!(after["metadata"]["managedFields"][0]["time"], T2);
}

// kubernetes-api 122
#[test]
fn force_takes_over() {
    let live = applied(None, &local(false), &author("alpha", T1));
    let after = forced(&live, &local(true), &author("beta", T2));
    assert_eq!(after["spec"]["lookupPolicy"]["local"], true);
    assert_eq!(fields(&after, "beta"), [".spec.lookupPolicy.local"]);
    assert_eq!(ManagedFields::of(&after).entries.len(), 1, "alpha has nothing left");
}

// kubernetes-api 122
#[test]
fn the_same_value_is_owned_together() {
    let live = applied(None, &local(true), &author("alpha", T1));
    let both = applied(Some(&live), &local(true), &author("beta", T2));
    assert_eq!(fields(&both, "alpha"), fields(&both, "beta"));
    assert_eq!(content(&both), content(&live));
    // Neither can change it alone, and it stays when one lets go.
    assert!(matches!(refused(&both, &local(false), &author("alpha", T2)), ApplyError::Conflicts(_)));
    let one = applied(Some(&both), &stream(&json!({})), &author("alpha", T2));
    assert_eq!(one["spec"]["lookupPolicy"]["local"], true);
    assert!(fields(&one, "alpha").is_empty());
    let none = applied(Some(&one), &stream(&json!({})), &author("beta", T2));
    assert_eq!(none, stream(&json!({"spec": {}})));
}

// kubernetes-api 124
#[test]
fn many_conflicts_are_told_line_by_line() {
    let mut live = stream(&json!({"metadata": {"labels": {}}, "spec": {"lookupPolicy": {"local": false}}}));
    let a = stream(&json!({"metadata": {"labels": {"la": "1"}}, "spec": {"lookupPolicy": {"local": false}}}));
    live = applied(Some(&live), &a, &author("a", T1));
    live = applied(
        Some(&live),
        &stream(&json!({"metadata": {"labels": {"lb": "1", "lx": "1"}}})),
        &author("b", T1),
    );
    let mut next = live.clone();
    next["metadata"]["labels"]["lc"] = json!("1");
    live = updated(Some(&live), &next, &author("curl", T1));
    let mut next = live.clone();
    next["status"] = json!({"dockerImageRepository": "x"});
    live = updated(Some(&live), &next, &Author { subresource: Some("status"), ..author("curl", T1) });
    let body = stream(&json!({
        "metadata": {"labels": {"la": "2", "lb": "2", "lc": "2", "lx": "2"}},
        "spec": {"lookupPolicy": {"local": true}},
    }));
    assert_eq!(
        refused(&live, &body, &author("d", T2)).to_string(),
        "Apply failed with 5 conflicts: conflicts with \"a\":\n- .metadata.labels.la\n- .spec.lookupPolicy.local\n\
         conflicts with \"b\":\n- .metadata.labels.lb\n- .metadata.labels.lx\n\
         conflicts with \"curl\" using image.openshift.io/v1:\n- .metadata.labels.lc"
    );
    let status = Author { subresource: Some("status"), ..author("d", T2) };
    let body = stream(&json!({"status": {"dockerImageRepository": "y"}}));
    assert_eq!(
        refused(&live, &body, &status).to_string(),
        "Apply failed with 1 conflict: conflict with \"curl\" with subresource \"status\" using \
         image.openshift.io/v1: .status.dockerImageRepository"
    );
}

// kubernetes-api 122
#[test]
fn what_is_omitted_is_removed_unless_somebody_else_has_it() {
    let first = stream(&json!({
        "metadata": {"labels": {"a": "1", "b": "1"}, "finalizers": ["f", "g"]},
        "spec": {"lookupPolicy": {"local": true}, "tags": [tag("latest", "x"), tag("old", "y"), tag("shared", "z")]},
    }));
    let mut live = applied(None, &first, &author("alpha", T1));
    // The server completes a tag, and somebody else adds things.
    live["spec"]["tags"][1]["generation"] = json!(1);
    live["spec"]["tags"][0]["generation"] = json!(1);
    let other = stream(&json!({
        "metadata": {"labels": {"b": "1", "c": "1"}, "finalizers": ["g"]},
        "spec": {"tags": [tag("shared", "z")]},
    }));
    live = applied(Some(&live), &other, &author("beta", T1));
    let after =
        applied(Some(&live), &stream(&json!({"spec": {"tags": [{"name": "latest"}]}})), &author("alpha", T2));
    let wanted = stream(&json!({
        "metadata": {"labels": {"b": "1", "c": "1"}, "finalizers": ["g"]},
        "spec": {"tags": [{"name": "latest", "generation": 1}, tag("shared", "z")]},
    }));
    assert_eq!(content(&after), wanted);
    // Applying only the name removes the last of it.
    let after = applied(Some(&after), &stream(&json!({})), &author("alpha", T2));
    assert_eq!(content(&after)["spec"], json!({"tags": [tag("shared", "z")]}));
    assert_eq!(ManagedFields::of(&after).entries.len(), 1);
}

#[test]
fn an_element_goes_with_what_others_put_into_it() {
    let live = applied(None, &stream(&json!({"spec": {"tags": [tag("latest", "x")]}})), &author("alpha", T1));
    let mut next = live.clone();
    next["spec"]["tags"][0]["annotations"] = json!({"k": "v"});
    let live = updated(Some(&live), &next, &author("beta", T1));
    assert!(!fields(&live, "beta").is_empty());
    let after = applied(Some(&live), &stream(&json!({})), &author("alpha", T2));
    assert_eq!(after, stream(&json!({"spec": {}})));
    // Who owns the element itself keeps it, with its key.
    let mut with = stream(&json!({}));
    with["spec"] = json!({"tags": [{"name": "latest", "reference": true}]});
    let live = updated(None, &with, &author("beta", T1));
    let live =
        applied(Some(&live), &stream(&json!({"spec": {"tags": [tag("latest", "x")]}})), &author("alpha", T1));
    let after = applied(Some(&live), &stream(&json!({})), &author("alpha", T2));
    assert_eq!(content(&after), with);
}

#[test]
fn what_nobody_owns_stays_beside_what_is_removed() {
    let mut live = applied(None, &stream(&json!({"metadata": {"labels": {"a": "1"}}})), &author("alpha", T1));
    live["metadata"]["labels"]["unowned"] = json!("x");
    let after = applied(Some(&live), &stream(&json!({})), &author("alpha", T2));
    assert_eq!(after, stream(&json!({"metadata": {"labels": {"unowned": "x"}}})));
}

// kubernetes-api 122
#[test]
fn an_apply_that_changes_nothing_leaves_no_trace() {
    let body = stream(&json!({
        "metadata": {"labels": {"a": "1"}, "annotations": {}, "creationTimestamp": null},
        "spec": {"tags": [tag("latest", "x")], "dockerImageRepository": null},
        "status": {},
    }));
    let mut live = applied(None, &body, &author("alpha", T1));
    live["metadata"]["resourceVersion"] = json!("7");
    live["metadata"]["creationTimestamp"] = json!(T1);
    live["metadata"].as_object_mut().unwrap().remove("annotations");
    live["spec"]["tags"][0]["importPolicy"] = json!({"importMode": "Legacy"});
    live["status"] = json!({"dockerImageRepository": "host/x"});
    assert_eq!(applied(Some(&live), &body, &author("alpha", T2)), live);
    // Also for a manager that owns nothing before and after.
    assert_eq!(applied(Some(&live), &stream(&json!({})), &author("beta", T2)), live);
    // With a resource version the result carries it, for whoever checks it.
    let mut locked = body.clone();
    locked["metadata"]["resourceVersion"] = json!("6");
    assert_eq!(applied(Some(&live), &locked, &author("alpha", T2))["metadata"]["resourceVersion"], "6");
    locked["metadata"]["resourceVersion"] = json!("7");
    assert_eq!(applied(Some(&live), &locked, &author("alpha", T2)), live);
}

// kubernetes-api 122
#[test]
fn a_zero_is_the_value_of_a_member_that_is_left_out() {
    let body = stream(&json!({"spec": {"tags": [{"name": "latest", "reference": false}]}}));
    let mut live = applied(None, &body, &author("alpha", T1));
    live["spec"]["tags"][0].as_object_mut().unwrap().remove("reference");
    assert_eq!(applied(Some(&live), &body, &author("alpha", T2)), live);
    let both = applied(Some(&live), &body, &author("beta", T2));
    assert_eq!(fields(&both, "alpha"), fields(&both, "beta"));
    // But an entry of a map without a value is an entry.
    let label = |value: &str| stream(&json!({"metadata": {"labels": {"a": value}}}));
    let live = applied(None, &stream(&json!({"metadata": {"labels": {"b": "1"}}})), &author("alpha", T1));
    let after = applied(Some(&live), &label(""), &author("beta", T2));
    assert_eq!(after["metadata"]["labels"], json!({"a": "", "b": "1"}));
}

#[test]
fn the_time_of_a_write_is_no_change() {
    let live = applied(None, &local(true), &author("alpha", T1));
    let mut later = live.clone();
    later["metadata"]["managedFields"][0]["time"] = json!(T2);
    later["metadata"]["annotations"] = json!({});
    assert!(is_unchanged(&live, &later));
    later["metadata"]["managedFields"][0]["manager"] = json!("beta");
    assert!(!is_unchanged(&live, &later));
    assert!(!is_unchanged(&live, &stream(&json!({"spec": {"lookupPolicy": {"local": true}}}))));
    let mut other = live.clone();
    other["spec"]["lookupPolicy"]["local"] = json!(false);
    assert!(!is_unchanged(&live, &other));
}

#[test]
fn an_update_takes_fields_from_an_apply_silently() {
    let live = applied(None, &local(false), &author("alpha", T1));
    let mut next = live.clone();
    next["spec"]["lookupPolicy"]["local"] = json!(true);
    let live = updated(Some(&live), &next, &author("curl", T2));
    assert_eq!(fields(&live, "alpha"), [""; 0]);
    let error = refused(&live, &local(false), &author("alpha", T2));
    let text = "Apply failed with 1 conflict: conflict with \"curl\" using image.openshift.io/v1: .spec.lookupPolicy.local";
    assert_eq!(error.to_string(), text);
}

#[test]
fn null_asks_for_absence() {
    let live = applied(None, &local(true), &author("alpha", T1));
    let body = stream(&json!({"spec": {"lookupPolicy": {}}}));
    let mut absent = body.clone();
    absent["spec"]["lookupPolicy"] = json!({"local": null});
    assert!(matches!(refused(&live, &absent, &author("beta", T2)), ApplyError::Conflicts(_)));
    let after = forced(&live, &absent, &author("beta", T2));
    assert_eq!(after["spec"], json!({"lookupPolicy": {}}));
    assert_eq!(fields(&after, "beta"), [".spec.lookupPolicy.local"]);
    assert_eq!(applied(Some(&after), &absent, &author("beta", T2)), after);
}

// kubernetes-api 122
#[test]
fn an_object_reference_is_one_field() {
    let body = |from: Value| stream(&json!({"spec": {"tags": [{"name": "latest", "from": from}]}}));
    let live = applied(None, &body(json!({"kind": "DockerImage", "name": "x"})), &author("alpha", T1));
    let after = applied(Some(&live), &body(json!({"kind": "ImageStreamTag"})), &author("alpha", T2));
    assert_eq!(after["spec"]["tags"][0]["from"], json!({"kind": "ImageStreamTag"}));
    let error = refused(&live, &body(json!({"kind": "DockerImage", "name": "y"})), &author("beta", T2));
    let text = "Apply failed with 1 conflict: conflict with \"alpha\": .spec.tags[name=\"latest\"].from";
    assert_eq!(error.to_string(), text);
}

// kubernetes-api 123
#[test]
fn bodies_that_do_not_fit_are_refused_in_upstreams_words() {
    let live = stream(&json!({}));
    let told = |body: &Value| refused(&live, body, &author("alpha", T1)).to_string();
    assert_eq!(told(&json!({"metadata": {"name": "app"}})), "invalid object type: /, Kind=");
    assert_eq!(told(&json!({"apiVersion": GV})), "invalid object type: image.openshift.io/v1, Kind=");
    assert_eq!(told(&json!([1])), "invalid object type: /, Kind=");
    let mut other = live.clone();
    other["apiVersion"] = json!("image.openshift.io/v2");
    let text = "Incorrect version specified in apply patch. Specified patch version: image.openshift.io/v2, \
                expected: image.openshift.io/v1";
    assert_eq!(told(&other), text);
    assert_eq!(
        told(&stream(&json!({"metadata": {"managedFields": [{}]}}))),
        "metadata.managedFields must be nil"
    );
    let start = "failed to create typed patch object (/app; image.openshift.io/v1, Kind=ImageStream): ";
    let misfit = |members: &Value| told(&stream(members)).strip_prefix(start).unwrap().to_owned();
    assert_eq!(misfit(&json!({"spec": {"bogus": 1}})), ".spec.bogus: field not declared in schema");
    assert_eq!(misfit(&json!({"metadata": {"fooz": 1}})), ".metadata.fooz: field not declared in schema");
    assert_eq!(
        misfit(&json!({"spec": {"tags": [{"name": "a", "x": 1}], "y": 2}})),
        "errors:\n  .spec.tags[name=\"a\"].x: field not declared in schema\n  .spec.y: field not declared in schema"
    );
    assert_eq!(
        misfit(&json!({"spec": {"tags": [{"name": "a"}, {"name": "a"}]}})),
        ".spec.tags: duplicate entries for key [name=\"a\"]"
    );
    assert_eq!(
        misfit(&json!({"spec": {"tags": [{"reference": true}]}})),
        ".spec.tags: element 0: associative list with keys has an element that omits key field \"name\" (and doesn't \
         have default value)"
    );
    assert_eq!(
        misfit(&json!({"metadata": {"finalizers": ["f", "f"]}})),
        ".metadata.finalizers: duplicate entries for key [=\"f\"]"
    );
    for (members, text) in [
        (json!({"spec": 7}), ".spec: expected map, got 7"),
        (json!({"spec": {"tags": {"a": 1}}}), ".spec.tags: expected list, got map[a:1]"),
        (
            json!({"spec": {"lookupPolicy": {"local": "yes"}}}),
            ".spec.lookupPolicy.local: expected boolean, got yes",
        ),
        (json!({"metadata": {"labels": {"a": 1}}}), ".metadata.labels.a: expected string, got 1"),
        (json!({"metadata": {"generation": 1.5}}), ".metadata.generation: expected integer, got 1.5"),
        (
            json!({"spec": {"tags": [{"name": "a", "from": {"kind": 1}}]}}),
            ".spec.tags[name=\"a\"].from.kind: expected string, got 1",
        ),
    ] {
        assert_eq!(misfit(&members), text);
    }
    let core = Author { api_version: "v1", ..author("alpha", T1) };
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}, "x": 1});
    let error = apply(&crate::schema::core::NAMESPACE, None, &body, &core, Force::No).unwrap_err();
    let text =
        "failed to create typed patch object (/n; /v1, Kind=Namespace): .x: field not declared in schema";
    assert_eq!(error.to_string(), text);
}

// kubernetes-api 125
#[test]
fn kubectl_succeeds_its_own_client_side_applies() {
    let body = local(false);
    let mut made = body.clone();
    made["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": local(true).to_string()});
    made["spec"]["lookupPolicy"]["local"] = json!(true);
    let live = updated(None, &made, &author("kubectl-client-side-apply", T1));
    // Anybody else has a conflict.
    assert!(matches!(refused(&live, &body, &author("flux", T2)), ApplyError::Conflicts(_)));
    let after = applied(Some(&live), &body, &author("kubectl", T2));
    assert_eq!(after["spec"]["lookupPolicy"]["local"], false);
    assert_eq!(fields(&after, "kubectl"), [".spec.lookupPolicy.local"]);
    // What was changed since then is somebody else's.
    let mut next = live.clone();
    next["spec"]["lookupPolicy"]["local"] = json!(false);
    let drifted = updated(Some(&live), &next, &author("curl", T2));
    assert!(matches!(refused(&drifted, &local(true), &author("kubectl", T2)), ApplyError::Conflicts(_)));
}

#[test]
fn a_status_is_applied_through_its_subresource() {
    let live = stream(
        &json!({"spec": {"lookupPolicy": {"local": false}}, "status": {"dockerImageRepository": "x"}}),
    );
    let body =
        stream(&json!({"spec": {"lookupPolicy": {"local": true}}, "status": {"dockerImageRepository": "y"}}));
    let main = applied(Some(&live), &body, &author("alpha", T1));
    assert_eq!(main["status"], live["status"]);
    assert_eq!(fields(&main, "alpha"), [".spec.lookupPolicy.local"]);
    let status = Author { subresource: Some("status"), ..author("alpha", T1) };
    let status = applied(Some(&live), &body, &status);
    assert_eq!(status["spec"], live["spec"]);
    assert_eq!(status["status"]["dockerImageRepository"], "y");
    assert_eq!(fields(&status, "alpha"), [".status.dockerImageRepository"]);
}
