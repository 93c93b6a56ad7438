use super::*;
use crate::ResourceVersion;
use crate::meta::{OwnerReference, summary};

fn named(name: &str) -> ObjectMeta {
    ObjectMeta {
        name: name.to_owned(),
        namespace: "team".to_owned(),
        uid: "u".to_owned(),
        ..ObjectMeta::default()
    }
}

fn judged(meta: &ObjectMeta) -> String {
    summary(&validate(meta, Scope::Namespaced, path_segment))
}

fn owner(uid: &str) -> OwnerReference {
    OwnerReference {
        api_version: "v1".to_owned(),
        kind: "K".to_owned(),
        name: "n".to_owned(),
        uid: uid.to_owned(),
        ..OwnerReference::default()
    }
}

#[test]
fn the_server_gives_identity_and_time() {
    // kubernetes-api 2.2
    let mut meta = named("a");
    meta.generation = 9;
    meta.resource_version = Some(ResourceVersion(3));
    meta.creation_timestamp = Some(Timestamp::from_seconds(1));
    meta.deletion_timestamp = Some(Timestamp::from_seconds(2));
    meta.deletion_grace_period_seconds = Some(3);
    let now = Timestamp::from_seconds(100);
    prepare_create(&mut meta, "other", "v".to_owned(), now);
    let expected = ObjectMeta {
        name: "a".to_owned(),
        namespace: "other".to_owned(),
        uid: "v".to_owned(),
        creation_timestamp: Some(now),
        ..ObjectMeta::default()
    };
    assert_eq!(meta, expected);
}

#[test]
fn an_update_may_leave_out_what_the_server_gave() {
    // kubernetes-api 2.2
    let old = ObjectMeta {
        generation: 4,
        creation_timestamp: Some(Timestamp::from_seconds(1)),
        deletion_timestamp: Some(Timestamp::from_seconds(2)),
        deletion_grace_period_seconds: Some(0),
        ..named("a")
    };
    let mut new = ObjectMeta { name: "a".to_owned(), generation: 7, ..ObjectMeta::default() };
    new.creation_timestamp = Some(Timestamp::from_seconds(50));
    prepare_update(&old, &mut new);
    assert_eq!(new, old);
    assert_eq!(validate_update(&old, &new), []);
}

#[test]
fn what_identifies_an_object_stays() {
    // image-api 1.4
    let old = ObjectMeta { creation_timestamp: Some(Timestamp::from_seconds(1)), ..named("a") };
    let mut new = ObjectMeta { uid: "other".to_owned(), ..old.clone() };
    assert_eq!(
        uid_conflict(&old, &new).unwrap(),
        "Precondition failed: UID in precondition: other, UID in object meta: u"
    );
    assert_eq!(uid_conflict(&old, &old), None);
    assert_eq!(uid_conflict(&old, &ObjectMeta::default()), None);
    new.name = "b".to_owned();
    new.namespace = "else".to_owned();
    new.deletion_timestamp = Some(Timestamp::from_seconds(0));
    new.deletion_grace_period_seconds = Some(5);
    prepare_update(&old, &mut new);
    let immutable = "field is immutable";
    assert_eq!(
        summary(&validate_update(&old, &new)),
        format!(
            "[metadata.name: Invalid value: \"b\": {immutable}, metadata.namespace: Invalid value: \"else\": \
             {immutable}, metadata.uid: Invalid value: \"other\": {immutable}, metadata.deletionTimestamp: \
             Invalid value: \"1970-01-01T00:00:00Z\": {immutable}, metadata.deletionGracePeriodSeconds: \
             Invalid value: 5: {immutable}]"
        )
    );
}

#[test]
fn finalizers_only_go_while_an_object_does() {
    // kubernetes-api 6.3
    let mut old = named("a");
    old.finalizers = vec!["ex.io/f".to_owned()];
    let mut new = old.clone();
    new.finalizers.push("ex.io/g".to_owned());
    assert_eq!(validate_update(&old, &new), []);
    for meta in [&mut old, &mut new] {
        meta.deletion_timestamp = Some(Timestamp::from_seconds(1));
    }
    assert_eq!(
        summary(&validate_update(&old, &new)),
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found \
         new finalizers []string{\"ex.io/g\"}"
    );
    new.finalizers.clear();
    assert_eq!(validate_update(&old, &new), []);
}

#[test]
fn names_of_objects() {
    // image-api 1.4
    assert_eq!(judged(&named("")), "metadata.name: Required value: name or generateName is required");
    for (name, detail) in [
        (".", "may not be '.'"),
        ("..", "may not be '..'"),
        ("a/b", "may not contain '/'"),
        ("a%b", "may not contain '%'"),
    ] {
        assert_eq!(judged(&named(name)), format!("metadata.name: Invalid value: \"{name}\": {detail}"));
    }
    let both = "metadata.name: Invalid value: \"%/\": ";
    assert_eq!(judged(&named("%/")), format!("[{both}may not contain '/', {both}may not contain '%']"));
    let mut generated = named("a-x");
    generated.generate_name = "a-".to_owned();
    assert_eq!(validate(&generated, Scope::Namespaced, dns_subdomain), []);
    generated.generate_name = "A-".to_owned();
    let shown = summary(&validate(&generated, Scope::Namespaced, dns_subdomain));
    assert!(
        shown.starts_with("metadata.generateName: Invalid value: \"A-\": a lowercase RFC 1123"),
        "{shown}"
    );
}

#[test]
fn namespaces_are_named_like_repositories() {
    // image-api 1.4
    let within = |namespace: &str| judged(&ObjectMeta { namespace: namespace.to_owned(), ..named("a") });
    assert_eq!(within(""), "metadata.namespace: Required value");
    assert_eq!(
        within("Team"),
        "metadata.namespace: Invalid value: \"Team\": a lowercase RFC 1123 label must consist of lower case \
         alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. \
         'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    );
    for namespace in ["docker.io", "my_team"] {
        assert_eq!(within(namespace), "");
    }
    assert_eq!(
        summary(&validate(&named("a"), Scope::Cluster, path_segment)),
        "metadata.namespace: Forbidden: not allowed on this type"
    );
}

const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and \
    end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

#[test]
fn keys_and_values_of_labels() {
    // kubernetes-api 2.3
    let labelled = |key: &str, value: &str| {
        let mut meta = named("a");
        meta.labels.insert(key.to_owned(), value.to_owned());
        judged(&meta)
    };
    let long = "x".repeat(63);
    for (key, value) in [("a", ""), ("A_b.c-d", "X_1"), ("example.com/a", "v"), (&long, &long)] {
        assert_eq!(labelled(key, value), "", "{key}={value}");
    }
    let key = |key: &str, detail: &str| format!("metadata.labels: Invalid value: \"{key}\": {detail}");
    assert_eq!(labelled("-a", ""), key("-a", NAME_PART));
    assert_eq!(labelled("/a", ""), key("/a", "prefix part must be non-empty"));
    assert_eq!(
        labelled("a/", ""),
        format!("[{}, {}]", key("a/", "name part must be non-empty"), key("a/", NAME_PART))
    );
    let longer = "x".repeat(64);
    assert_eq!(labelled(&longer, ""), key(&longer, "name part must be no more than 63 characters"));
    assert_eq!(labelled("a", &longer), key(&longer, "must be no more than 63 characters"));
    assert_eq!(
        labelled("A.b/c", ""),
        key(
            "A.b/c",
            "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
             or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
             validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
    );
    assert_eq!(
        labelled("a/b/c", ""),
        key(
            "a/b/c",
            "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
             with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
             validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and \
             '/' (e.g. 'example.com/MyName')"
        )
    );
    assert_eq!(
        labelled("a", "b c"),
        key(
            "b c",
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
             must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', \
             regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
        )
    );
}

#[test]
fn annotations_have_keys_like_labels_and_a_total_size() {
    // image-api 18
    let annotated = |key: &str, bytes: usize| {
        let mut meta = named("a");
        meta.annotations.insert(key.to_owned(), "x".repeat(bytes - key.len()));
        judged(&meta)
    };
    assert_eq!(annotated("Example.com/a", 262_144), "");
    assert_eq!(annotated("a", 262_145), "metadata.annotations: Too long: may not be more than 262144 bytes");
    assert_eq!(annotated("a b", 9), format!("metadata.annotations: Invalid value: \"a b\": {NAME_PART}"));
}

#[test]
fn finalizers_are_standard_or_fully_qualified() {
    // kubernetes-api 2.3
    let with = |finalizers: &[&str]| {
        let mut meta = named("a");
        meta.finalizers = finalizers.iter().map(|&name| name.to_owned()).collect();
        judged(&meta)
    };
    assert_eq!(with(&["foregroundDeletion", "kubernetes", "example.com/x"]), "");
    assert_eq!(
        with(&["orphan", "mine"]),
        "metadata.finalizers[1]: Invalid value: \"mine\": name is neither a standard finalizer name nor is it \
         fully qualified"
    );
    assert_eq!(
        with(&["orphan", "foregroundDeletion"]),
        "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\"]: finalizer orphan and \
         foregroundDeletion cannot be both set"
    );
}

#[test]
fn owners_are_complete_and_one_controls() {
    // kubernetes-api 2.2
    let owned = |owners: Vec<OwnerReference>| judged(&ObjectMeta { owner_references: owners, ..named("a") });
    let controller = OwnerReference { controller: Some(true), ..owner("x") };
    assert_eq!(owned(vec![controller.clone(), owner("y")]), "");
    assert_eq!(
        owned(vec![OwnerReference::default()]),
        "[metadata.ownerReferences.apiVersion: Invalid value: \"\": version must not be empty, \
         metadata.ownerReferences.kind: Invalid value: \"\": must not be empty, \
         metadata.ownerReferences.name: Invalid value: \"\": must not be empty, \
         metadata.ownerReferences.uid: Invalid value: \"\": must not be empty]"
    );
    let shown = owned(vec![controller.clone(), controller]);
    assert!(
        shown.ends_with(
            "Only one reference can have Controller set to true. Found \"true\" in references for K/n and K/n"
        ),
        "{shown}"
    );
}

#[test]
fn two_references_to_one_owner_become_one() {
    // kubernetes-api 43
    let mut meta = named("a");
    meta.owner_references = vec![owner("u1"), owner("u2")];
    assert_eq!(collapse_owners(&mut meta), None);
    meta.owner_references.push(OwnerReference { name: "again".to_owned(), ..owner("u1") });
    assert_eq!(
        collapse_owners(&mut meta).unwrap(),
        ".metadata.ownerReferences contains duplicate entries after mutating admission happens; API server \
         dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your \
         requests; duplicate UID(s) observed: u1"
    );
    assert_eq!(meta.owner_references, [owner("u1"), owner("u2")]);
}
