//! Changes with what was before and after them.

use weir_image_api::{Namespace, TagParts};

use super::Outcome;
use super::fixture::{Done, World, event, list};
use super::objects::secret;
use crate::{Action, ChangeScope, Changes, Depth, Engine, EventKind, ObjectChange, Reach, Wish};

fn all() -> ChangeScope {
    ChangeScope::default()
}

fn tags_told(changes: &Changes<TagParts>) -> Vec<(String, Action)> {
    changes
        .items
        .iter()
        .map(|change| {
            let parts = change.after.as_ref().or(change.before.as_ref());
            (parts.map(TagParts::name).unwrap_or_default(), change.action)
        })
        .collect()
}

/// kubernetes-api 4.2: selectors look at the object before, and removals show it.
pub async fn a_stream_is_told_with_what_it_was(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    let mut shown = vec![None];
    for round in 0..2 {
        world.push_tag("team/app", "latest", &image).await?;
        shown.push(Some(world.stream("team/app")?));
        let edit = world.edit("team/app", EventKind::Tag, move |write| {
            write.stream.metadata.labels.insert("round".to_owned(), round.to_string());
        });
        shown.push(Some(edit.await?.object));
        world.delete_stream("team/app").await?;
        shown.push(None);
        world.image("team/app", "a").await?;
    }
    for limit in [1, 2, 100] {
        let (mut seen, mut after) = (Vec::new(), 0);
        while after < world.version() {
            let page = world.engine.stream_changes(&all(), after, limit)?;
            assert!(page.items.len() <= limit && page.upto > after);
            after = page.upto;
            seen.extend(page.items);
        }
        let (added, modified, deleted) = (Action::Added, Action::Modified, Action::Deleted);
        let actions: Vec<Action> = seen.iter().map(|change| change.action).collect();
        assert_eq!(actions, [added, modified, deleted, added, modified, deleted]);
        for (change, states) in seen.into_iter().zip(shown.windows(2)) {
            let ObjectChange { version, before, after, .. } = change;
            assert_eq!([&before, &after], [&states[0], &states[1]], "at {version}");
        }
    }
    let none = world.engine.stream_changes(&all(), world.version(), 10)?;
    assert_eq!(none, Changes { items: vec![], upto: world.version() });
    Ok(())
}

/// Only the tags that a change touched are told, unless it changed what all of them show.
pub async fn tags_are_told_where_they_changed(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    world.push_tag("team/app", "a", &image).await?;
    world.push_tag("team/app", "b", &image).await?;
    let (added, modified, deleted) = (Action::Added, Action::Modified, Action::Deleted);
    let mut after = world.version();
    let mut told = |limit: usize| -> Done<Vec<(String, Action)>> {
        let changes = world.engine.stream_tag_changes(&all(), after, limit, Depth::Whole)?;
        after = changes.upto;
        Ok(tags_told(&changes))
    };
    let named = |names: &[(&str, Action)]| -> Vec<(String, Action)> {
        names.iter().map(|(name, action)| ((*name).to_owned(), *action)).collect()
    };
    world.push_tag("team/app", "c", &image).await?;
    assert_eq!(told(10)?, named(&[("app:c", added)]));
    // Only the version and who manages it: nothing that a tag shows.
    world.push_digest("team/app", &image).await?;
    world
        .edit("team/app", EventKind::Tag, |write| write.stream.metadata.managed_fields.push("me".into()))
        .await?;
    assert_eq!(told(10)?, []);
    let edit = world.stream_edit("team/app", Reach::Tags(vec!["b".to_owned()]), EventKind::Tag);
    world
        .edit_by(edit, |write| {
            write.stream.metadata.managed_fields.push("you".into());
            list(&mut write.stream, "b").apply(event(9, "quay.io/x/y", "other"));
        })
        .await?;
    assert_eq!(told(10)?, named(&[("app:b", modified)]));
    world
        .edit("team/app", EventKind::Tag, |write| {
            write.stream.metadata.labels.insert("a".to_owned(), "b".to_owned());
            write.stream.status.tags.retain(|list| list.tag != "c");
        })
        .await?;
    assert_eq!(told(10)?, named(&[("app:a", modified), ("app:b", modified), ("app:c", deleted)]));
    world.edit("team/app", EventKind::Tag, |write| write.stream.spec.lookup_policy.local = true).await?;
    assert_eq!(told(10)?, named(&[("app:a", modified), ("app:b", modified)]));
    world.delete_stream("team/app").await?;
    let last = world.engine.stream_tag_changes(&all(), world.version() - 1, 10, Depth::Whole)?;
    assert_eq!(tags_told(&last), named(&[("app:a", deleted), ("app:b", deleted)]));
    let before = last.items[1].before.as_ref().ok_or("a removal tells what was")?;
    assert_eq!(before.stream.labels["a"], "b");
    let items = before.status.as_ref().map(|status| status.items.clone()).unwrap_or_default();
    let provenance = items[0].provenance.clone().unwrap_or_default();
    assert_eq!((items.len(), provenance.by.as_str(), provenance.user.as_str()), (2, "tag", "somebody"));
    Ok(())
}

/// kubernetes-api 4.2, for the other kinds; image-api 5.7.
pub async fn other_objects_are_told_with_what_they_were(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let team = Namespace::parse("team")?;
    world.edit_secret("team", "pull", |_| Wish::Write(Box::new(secret("one")))).await?;
    let first = world.engine.secret(&team, "pull")?;
    world
        .edit_secret("team", "pull", |old| {
            let metadata = old.expect("it has been made").metadata;
            Wish::Write(Box::new(weir_image_api::core_v1::Secret { metadata, ..secret("two") }))
        })
        .await?;
    let second = world.engine.secret(&team, "pull")?;
    world.edit_secret("team", "pull", |_| Wish::Delete).await?;
    let changes = world.engine.secret_changes(&all(), 0, 10)?;
    let seen: Vec<_> = changes.items.into_iter().map(|change| (change.before, change.after)).collect();
    assert_eq!(seen, [(None, first.clone()), (first, second.clone()), (second, None)]);

    let made = world.edit_image("i", |_| Wish::Write(Box::default())).await?.map(|made| made.object);
    let gone = world.edit_image("i", |_| Wish::Delete).await?.map(|gone| gone.object);
    assert_eq!(made, gone);
    let changes = world.engine.image_changes(&all(), 0, 10)?;
    let seen: Vec<_> = changes.items.into_iter().map(|change| (change.before, change.after)).collect();
    assert_eq!(seen, [(None, made), (gone, None)]);

    let record = world.engine.namespace(&team)?;
    world.edit_namespace("team", |_| Wish::Delete).await?;
    let changes = world.engine.namespace_changes(&all(), 0, 10)?;
    let seen: Vec<_> = changes.items.into_iter().map(|change| (change.before, change.after)).collect();
    assert_eq!(seen, [(None, record.clone()), (record, None)]);
    Ok(())
}

/// kubernetes-api 4.3: a watch of one namespace or one object.
pub async fn a_scope_leaves_out_the_rest_and_goes_on(engine: Engine) -> Outcome {
    let world = World::new(engine);
    for repository in ["a/x", "b/x", "b/y"] {
        let image = world.image(repository, repository).await?;
        world.push_tag(repository, "latest", &image).await?;
    }
    let told = |namespace: Option<&str>, name: Option<&str>| -> Done<(Vec<String>, u64)> {
        let scope = ChangeScope { namespace: namespace.map(Into::into), name: name.map(Into::into) };
        let changes = world.engine.stream_changes(&scope, 0, 10)?;
        let name = |change: &ObjectChange<weir_image_api::ImageStream>| {
            change.after.as_ref().map(|s| format!("{}/{}", s.metadata.namespace, s.metadata.name))
        };
        let tags = world.engine.stream_tag_changes(&scope, 0, 10, Depth::Whole)?;
        assert_eq!(tags.items.len(), changes.items.len());
        Ok((changes.items.iter().filter_map(name).collect(), changes.upto))
    };
    let newest = world.version();
    assert_eq!(told(None, None)?, (["a/x", "b/x", "b/y"].map(str::to_owned).to_vec(), newest));
    assert_eq!(told(Some("b"), None)?, (["b/x", "b/y"].map(str::to_owned).to_vec(), newest));
    assert_eq!(told(Some("b"), Some("y"))?, (vec!["b/y".to_owned()], newest));
    assert_eq!(told(None, Some("x"))?, (["a/x", "b/x"].map(str::to_owned).to_vec(), newest));
    assert_eq!(told(Some("c"), None)?, (vec![], newest), "what was looked at need not be of interest");
    // Images and namespaces are in no namespace.
    let scope = ChangeScope { namespace: Some("b".to_owned()), name: None };
    assert_eq!(world.engine.image_changes(&scope, 0, 10)?.items.len(), 3);
    let first = world.engine.image_changes(&all(), 0, 1)?;
    assert_eq!((first.items.len(), first.upto), (1, first.items[0].version));
    Ok(())
}
