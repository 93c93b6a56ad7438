//! What holds for every object.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Bodies of applies, drawn from few names so that they meet. Flags are set or absent: that false is
/// stored as absent has a test of its own.
fn body() -> impl Strategy<Value = Value> {
    part("[abcd]", "[xyz]")
}

/// The same, with names and tags from the given letters.
fn part(letters: &'static str, tags: &'static str) -> impl Strategy<Value = Value> {
    let value = prop_oneof![Just("1"), Just("2")].prop_map(Value::from);
    let map = prop::collection::btree_map(letters, value.clone(), 0..4);
    let map = map.prop_map(|map| Value::Object(map.into_iter().collect()));
    let tag = (prop::option::of(value), prop::option::of(Just(true)), prop::option::of(map.clone()));
    let tags = prop::collection::btree_map(tags, tag, 0..4).prop_map(|tags| {
        let tags = tags.into_iter().map(|(name, (from, reference, annotations))| {
            let mut tag = json!({"name": name});
            if let Some(from) = from {
                tag["from"] = json!({"kind": "DockerImage", "name": from});
            }
            if let Some(reference) = reference {
                tag["reference"] = json!(reference);
            }
            if let Some(annotations) = annotations {
                tag["annotations"] = annotations;
            }
            tag
        });
        Value::Array(tags.collect())
    });
    let finalizers = prop::collection::btree_set(letters, 0..3);
    (map, tags, finalizers).prop_map(|(labels, tags, finalizers)| {
        stream(&json!({"metadata": {"labels": labels, "finalizers": finalizers}, "spec": {"tags": tags}}))
    })
}

/// The fields of an object that somebody may own.
fn owned_by_all(object: &Value) -> FieldSet {
    let mut all = FieldSet::default();
    for entry in ManagedFields::of(object).entries {
        all.add(&entry.fields);
    }
    all
}

/// The leaves of an object that can be owned: the paths without anything below. A spec is there also
/// if it is empty.
fn leaves(object: &Value) -> BTreeSet<String> {
    let mut set = extract(&IMAGE_STREAM, &content(object));
    crate::managed::scope::Scope::Main.narrow(&mut set);
    let all: BTreeSet<String> = set.paths().iter().map(ToString::to_string).collect();
    let is_leaf =
        |path: &&String| !all.iter().any(|other| other.len() > path.len() && other.starts_with(*path));
    all.iter().filter(is_leaf).filter(|path| *path != ".spec").cloned().collect()
}

proptest! {
    #[test]
    fn field_sets_survive_being_written(body in body()) {
        let set = extract(&IMAGE_STREAM, &body);
        prop_assert_eq!(FieldSet::decode(&set.encode()), Ok(set));
    }

    #[test]
    fn sets_behave_as_sets(one in body(), other in body()) {
        let (a, b) = (extract(&IMAGE_STREAM, &one), extract(&IMAGE_STREAM, &other));
        let paths = |set: &FieldSet| set.paths().into_iter().collect::<BTreeSet<_>>();
        let mut union = a.clone();
        union.add(&b);
        prop_assert_eq!(paths(&union), &paths(&a) | &paths(&b));
        let mut difference = a.clone();
        difference.subtract(&b);
        prop_assert_eq!(paths(&difference), &paths(&a) - &paths(&b));
        prop_assert_eq!(paths(&a.intersection(&b)), &paths(&a) & &paths(&b));
        for path in union.paths() {
            prop_assert_eq!(a.contains(&path.0), paths(&a).contains(&path));
            let mut rebuilt = FieldSet::default();
            rebuilt.insert(&path.0);
            prop_assert_eq!(rebuilt.paths(), vec![path]);
        }
    }

    #[test]
    fn a_comparison_finds_what_differs(old in body(), new in body()) {
        let found = compare(&IMAGE_STREAM, &old, &new);
        let (before, after) = (extract(&IMAGE_STREAM, &old), extract(&IMAGE_STREAM, &new));
        let mut gained = after.clone();
        gained.subtract(&before);
        let mut missed = gained.clone();
        missed.subtract(&found.changed);
        // Fields that only mark an empty map are the exception: such a map is there either way.
        for path in missed.paths() {
            prop_assert!(path.to_string().ends_with("labels") || path.to_string().ends_with("annotations"), "{}", path);
        }
        prop_assert_eq!(old == new, found == Comparison::default());
        let back = compare(&IMAGE_STREAM, &new, &old);
        prop_assert!(found.removed.intersection(&back.removed).is_empty());
    }

    // kubernetes-api 122
    #[test]
    fn applying_twice_changes_nothing(first in body(), second in body(), other in body()) {
        let alpha = author("alpha", T1);
        let live = applied(None, &other, &author("beta", T1));
        let live = forced(&live, &first, &alpha);
        let once = forced(&live, &second, &alpha);
        prop_assert_eq!(&applied(Some(&once), &second, &author("alpha", T2)), &once);
        let asked = extract(&IMAGE_STREAM, &second);
        for entry in ManagedFields::of(&once).entries.iter().filter(|entry| entry.manager == "alpha") {
            prop_assert_eq!(&entry.fields.intersection(&asked), &entry.fields);
        }
    }

    // kubernetes-api 122
    #[test]
    fn managers_of_different_fields_never_conflict(
        mine in prop::collection::vec(part("[ab]", "[xy]"), 1..4),
        yours in prop::collection::vec(part("[cd]", "[zw]"), 1..4),
    ) {
        let mut live = stream(&json!({}));
        for (mine, yours) in mine.iter().zip(&yours) {
            live = applied(Some(&live), mine, &author("me", T1));
            live = applied(Some(&live), yours, &author("you", T1));
        }
        let count = mine.len().min(yours.len());
        let mut wanted = leaves(&mine[count - 1]);
        wanted.extend(leaves(&yours[count - 1]));
        // A map that one applies empty is a leaf only as long as the other has nothing in it.
        let found = leaves(&live);
        prop_assert!(found.is_subset(&wanted), "{found:?} {wanted:?}");
        for path in wanted.difference(&found) {
            prop_assert!(path.ends_with("labels"), "{path}");
        }
    }

    // kubernetes-api 122
    #[test]
    fn pruning_removes_exactly_what_nobody_else_owns(first in body(), other in body(), next in body()) {
        let live = applied(None, &first, &author("alpha", T1));
        let live = forced(&live, &other, &author("beta", T1));
        let after = forced(&live, &next, &author("alpha", T2));
        // Nobody else writes here, so that whatever is there has an owner.
        let owned = owned_by_all(&after);
        let owned: BTreeSet<String> = owned.paths().iter().map(ToString::to_string).collect();
        for leaf in leaves(&after) {
            prop_assert!(owned.contains(&leaf), "{leaf} is left over");
        }
        // What beta still owns is there, but for maps that beta applied empty.
        let there = extract(&IMAGE_STREAM, &after);
        let mut kept = owned_by_all(&after);
        kept.subtract(&there);
        for path in kept.paths() {
            let text = path.to_string();
            prop_assert!(text.ends_with("labels") || text.ends_with("annotations"), "{text} was removed");
        }
    }

    #[test]
    fn updates_leave_every_changed_field_with_its_author(old in body(), new in body()) {
        let live = updated(None, &old, &author("alpha", T1));
        let after = updated(Some(&live), &new, &author("beta", T2));
        let changed = compare(&IMAGE_STREAM, &old, &new).changed;
        let mine: BTreeSet<String> = fields(&after, "alpha").into_iter().collect();
        let yours: BTreeSet<String> = fields(&after, "beta").into_iter().collect();
        prop_assert!(mine.is_disjoint(&yours));
        let changed: BTreeSet<String> = changed.paths().iter().map(ToString::to_string).collect();
        prop_assert_eq!(yours, changed);
    }
}
