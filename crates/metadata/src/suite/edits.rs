//! Edits of streams through the image API.

use weir_image_api::{ImageStream, TagEventCondition};
use weir_oci::Tag;

use super::Outcome;
use super::fixture::{
    Blob, Done, World, digests, event, following, image_of, index_of, list, somebody, stream,
};
use crate::{
    Action, Depth, Engine, Error, EventKind, HistoryEntry, Lookup, Page, Reach, Resource, StoredBytes,
    StreamWish, StreamWrite,
};

fn condition() -> TagEventCondition {
    TagEventCondition { r#type: "ImportSuccess".to_owned(), ..TagEventCondition::default() }
}

fn history(world: &World, tag: &str) -> Done<Vec<HistoryEntry>> {
    Ok(world.engine.stream_history(&stream("team/app"), Some(tag), None, 100)?)
}

fn told(entries: &[HistoryEntry]) -> Vec<(EventKind, &str, bool)> {
    entries.iter().map(|entry| (entry.kind, entry.event.image.as_str(), entry.current)).collect()
}

/// kubernetes-api 2.4: a write that changes nothing takes no version.
pub async fn an_edit_that_changes_nothing_writes_nothing(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    world.push_tag("team/app", "latest", &image).await?;
    let (before, shown) = (world.version(), world.stream("team/app")?);
    for reach in [Reach::Whole, Reach::Tags(vec!["latest".to_owned(), "absent".to_owned()])] {
        let edited = world.edit_by(world.stream_edit("team/app", reach, EventKind::Tag), |_| ()).await?;
        assert_eq!((edited.made, edited.changed), (false, false));
        assert_eq!(edited.object, shown);
    }
    assert_eq!(world.version(), before);
    let kept = world.engine.edit_stream(
        world.stream_edit("team/none", Reach::Whole, EventKind::Tag),
        |old: Option<ImageStream>, _: &dyn Lookup| Ok::<_, Error>((StreamWish::Keep, old.is_none())),
    );
    assert_eq!(kept.await?, (None, true));
    assert!(!world.delete_stream("team/none").await?);
    assert_eq!(world.version(), before);
    Ok(())
}

/// image-api 4.2, 7.2.
pub async fn a_stream_is_made_in_one_version_with_all_it_has(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let edited = world
        .edit("team/app", EventKind::Tag, |write| {
            write.stream.metadata.generation = 1;
            "its own".clone_into(&mut write.stream.metadata.uid);
            write.stream.metadata.labels.insert("a".to_owned(), "b".to_owned());
            write.stream.spec.lookup_policy.local = true;
            "quay.io/x/y".clone_into(&mut write.stream.spec.docker_image_repository);
            write.stream.spec.tags = vec![following("stable", "latest"), following("other", "app:latest")];
            list(&mut write.stream, "old").items = vec![event(7, "quay.io/x/y@z", "")];
            list(&mut write.stream, "failed").conditions = vec![condition()];
        })
        .await?;
    assert_eq!((edited.made, edited.changed), (true, true));
    let shown = world.stream("team/app")?;
    assert_eq!(edited.object, shown);
    assert_eq!((shown.metadata.uid.as_str(), shown.metadata.generation), ("its own", 1));
    assert_eq!(shown.metadata.labels["a"], "b");
    assert!(shown.spec.lookup_policy.local);
    assert_eq!(shown.spec.docker_image_repository, "quay.io/x/y");
    assert_eq!(shown.metadata.resource_version.map(|version| version.0), Some(world.version()));
    let tags: Vec<&str> = shown.status.tags.iter().map(|list| list.tag.as_str()).collect();
    assert_eq!(tags, ["failed", "old"]);
    assert!(shown.status.tags[0].items.is_empty());
    let changes = world.engine.changes_after(0, 10)?;
    let seen: Vec<_> = changes.iter().map(|change| (change.resource, change.action)).collect();
    assert_eq!(seen, [(Resource::Namespace, Action::Added), (Resource::ImageStream, Action::Added)]);
    // What the spec says of tags is obeyed by pushes.
    let image = world.image("team/app", "a").await?;
    let outcome = world.push_tag("team/app", "latest", &image).await?;
    assert_eq!(outcome.moved, ["latest", "other", "stable"]);
    assert_eq!(told(&history(&world, "stable")?), [(EventKind::Tracked, &*image.digest().to_string(), true)]);
    Ok(())
}

/// kubernetes-api 2.4: what a rule refuses leaves no trace, and what it asks for is the present.
pub async fn a_rule_sees_the_present_and_may_refuse(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (image, first) = (world.image("team/app", "a").await?, world.image("team/app", "b").await?);
    world.push_tag("team/app", "gone", &image).await?;
    let gone =
        world.engine.delete_tag(stream("team/app"), Tag::parse("gone")?, None, somebody(), world.now_ms());
    assert!(gone.await?);
    world.push_tag("team/app", "latest", &first).await?;
    world.push_tag("team/app", "latest", &image).await?;
    let before = world.version();
    let digest = image.digest().to_string();
    let refused = world.engine.edit_stream(
        world.stream_edit("team/new", Reach::Whole, EventKind::Tag),
        move |old: Option<ImageStream>, lookup: &dyn Lookup| {
            assert_eq!(old, None);
            let (app, none) = (stream("team/app"), stream("team/none"));
            let head = lookup.tag_head(&app, "latest")?.flatten().expect("it has been pushed");
            assert_eq!(head.image, digest);
            assert_eq!(head.docker_image_reference, format!("{}/team/app@{digest}", super::HOST));
            assert_eq!(lookup.tag_head(&app, "other")?, Some(None));
            assert_eq!(lookup.tag_head(&none, "latest")?, None);
            assert_eq!(lookup.images_of(&app, &digest)?, Some(vec![head.clone()]));
            let meant = lookup.images_of(&app, &digest[..20])?;
            assert_eq!(meant, Some(vec![head]), "what is no longer shown is left out");
            assert_eq!(lookup.images_of(&none, &digest)?, None);
            assert_eq!(lookup.image(&digest)?.map(|image| image.metadata.name), Some(digest));
            assert!(lookup.image_stream(&app)?.is_some() && lookup.image_stream(&none)?.is_none());
            assert!(lookup.namespace(&app.namespace)?.is_some());
            Err::<(StreamWish, ()), _>(Error::Busy)
        },
    );
    assert!(matches!(refused.await, Err(Error::Busy)));
    assert_eq!(world.version(), before);
    assert!(!world.engine.repository_exists(&stream("team/new"))?);
    Ok(())
}

/// kubernetes-api 2.8.
pub async fn a_dry_run_leaves_nothing(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let dry = |repository: &str| {
        let mut edit = world.stream_edit(repository, Reach::Whole, EventKind::Tag);
        edit.dry_run = true;
        edit
    };
    let label = |write: &mut crate::StreamWrite| {
        write.stream.metadata.labels.insert("a".to_owned(), "b".to_owned());
    };
    let made = world.edit_by(dry("team/app"), label).await?;
    assert!(made.made && made.changed);
    assert_eq!(made.object.metadata.resource_version, None);
    assert_eq!((made.object.metadata.name.as_str(), world.version()), ("app", 0));
    let image = world.image("team/app", "a").await?;
    world.push_tag("team/app", "latest", &image).await?;
    let (before, shown) = (world.version(), world.stream("team/app")?);
    let changed = world.edit_by(dry("team/app"), label).await?;
    assert!(!changed.made && changed.changed);
    assert_eq!(changed.object.metadata.resource_version, shown.metadata.resource_version);
    assert_eq!(changed.object.metadata.labels.len(), 1);
    let gone = world.engine.edit_stream(dry("team/app"), |_, _| Ok::<_, Error>((StreamWish::Delete, ())));
    assert_eq!(gone.await?.0.map(|gone| gone.object), Some(shown.clone()));
    assert_eq!((world.version(), world.stream("team/app")?), (before, shown));
    assert_eq!(world.pulls("team/app", "latest")?, Some(image.digest()));
    Ok(())
}

/// A stream of many tags is edited without being read.
pub async fn a_sparse_edit_sees_and_writes_its_tags_only(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    for (tag, image) in [("a", &one), ("a", &two), ("b", &one), ("c", &one), ("c", &two)] {
        world.push_tag("team/app", tag, image).await?;
    }
    world
        .edit("team/app", EventKind::Tag, |write| write.stream.spec.tags = vec![following("c", "a")])
        .await?;
    let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
    let into = std::sync::Arc::clone(&seen);
    let edit = world.stream_edit("team/app", Reach::Tags(vec!["a".to_owned()]), EventKind::Tag);
    let edited = world
        .edit_by(edit, move |write| {
            *into.lock().expect("nobody panics with it") = Some(write.stream.clone());
            let new = event(9, "quay.io/x/y@z", "other");
            list(&mut write.stream, "a").apply(new.clone());
            list(&mut write.stream, "c").apply(new);
            write.tracked.insert("c".to_owned());
            // And one that it has not asked for.
            list(&mut write.stream, "b").items = vec![event(10, "quay.io/x/y@b", "b")];
        })
        .await?;
    let seen = seen.lock().expect("nobody panics with it").take().ok_or("the rule did not run")?;
    let names: Vec<_> = seen.status.tags.iter().map(|l| (l.tag.as_str(), l.items.len())).collect();
    assert_eq!(names, [("a", 1), ("c", 1)], "with what follows it, and the newest items only");
    assert_eq!(seen.spec.tags.len(), 1);
    let [old, new] = [one.digest().to_string(), two.digest().to_string()];
    assert_eq!(world.shown("team/app", "a")?, ["other", &new, &old]);
    assert_eq!(world.shown("team/app", "c")?, ["other", &new, &old]);
    assert_eq!(world.shown("team/app", "b")?, ["b"], "what the rule set instead of what was there");
    assert_eq!(told(&history(&world, "c")?)[0], (EventKind::Tracked, "other", true));
    assert_eq!(edited.object.status.tags.len(), 3);
    assert!(edited.object.status.tags.iter().all(|list| list.items.len() == 1));
    assert_eq!(world.stream("team/app")?.spec.tags.len(), 1);
    Ok(())
}

/// image-api 4.1; nothing that was shown is forgotten.
pub async fn status_lists_become_what_is_wanted(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let [a, b, c] = ["a", "b", "c"].map(|name| event(1, &format!("quay.io/x/{name}"), name));
    let set = async |items: Vec<weir_image_api::TagEvent>| {
        let wanted = items.clone();
        let edited = world
            .edit("team/app", EventKind::Status, |write| list(&mut write.stream, "t").items = items)
            .await?;
        let shown = edited.object.status.tag("t").map(|list| list.items.clone()).unwrap_or_default();
        assert_eq!(shown, wanted);
        assert_eq!(world.stream("team/app")?, edited.object);
        Done::Ok(())
    };
    set(vec![b.clone(), a.clone()]).await?;
    set(vec![c.clone(), b.clone(), a.clone()]).await?;
    let mut amended = c.clone();
    amended.generation = 7;
    set(vec![amended.clone(), b.clone(), a.clone()]).await?;
    let entries = history(&world, "t")?;
    let status = EventKind::Status;
    assert_eq!(told(&entries), [(status, "c", true), (status, "b", false), (status, "a", false)]);
    assert_eq!(entries[0].event.generation, 7, "one entry, as it is now");
    // The newest goes, then an older one, then the order turns round.
    set(vec![b.clone(), a.clone()]).await?;
    assert_eq!(
        told(&history(&world, "t")?),
        [(status, "c", false), (status, "b", true), (status, "a", false)]
    );
    set(vec![c.clone(), b.clone(), a.clone()]).await?;
    set(vec![c.clone(), a.clone()]).await?;
    set(vec![a.clone(), b.clone(), c.clone()]).await?;
    set(vec![]).await?;
    assert_eq!(told(&history(&world, "t")?)[0], (EventKind::Deleted, "a", false));
    set(vec![b.clone()]).await?;
    // Another image under the same reference is another entry.
    let mut moved = b.clone();
    "moved".clone_into(&mut moved.image);
    set(vec![moved]).await?;
    let entries = history(&world, "t")?;
    assert_eq!(told(&entries)[..2], [(status, "moved", true), (status, "b", false)]);
    assert!(entries.iter().all(|entry| entry.source == somebody()));
    Ok(())
}

/// image-api 4.8, 7.1.
pub async fn a_tag_may_have_conditions_and_no_items(engine: Engine) -> Outcome {
    let world = World::new(engine);
    world
        .edit("team/app", EventKind::Import, |write| {
            list(&mut write.stream, "latest").conditions = vec![condition()];
        })
        .await?;
    let shown = world.stream("team/app")?;
    assert_eq!(shown.status.tags.len(), 1);
    assert_eq!((shown.status.tags[0].items.len(), shown.status.tags[0].conditions.len()), (0, 1));
    let tag =
        world.engine.stream_tag(&stream("team/app"), "latest", Depth::Whole)?.ok_or("there is no stream")?;
    assert_eq!(tag.parts.status.as_ref(), shown.status.tag("latest"));
    assert_eq!(world.engine.stream_tags(None, &crate::Page::default(), Depth::Whole)?.items, [tag.parts]);
    assert_eq!(world.tags("team/app")?, Some(vec![]));
    // What arrives clears them.
    let image = world.image("team/app", "a").await?;
    world.push_tag("team/app", "latest", &image).await?;
    assert_eq!(world.stream("team/app")?.status.tags[0].conditions, []);
    // They are no tag of the protocol, and a removal takes them along.
    world
        .edit("team/app", EventKind::Import, |write| {
            list(&mut write.stream, "latest").conditions = vec![condition()];
        })
        .await?;
    let (tag, now_ms) = (Tag::parse("latest")?, world.now_ms());
    assert!(world.engine.delete_tag(stream("team/app"), tag, None, somebody(), now_ms).await?);
    assert_eq!(world.stream("team/app")?.status.tags, []);
    Ok(())
}

/// image-api 4.5, 4.6: a copied tag is pulled through the stream it was copied to.
pub async fn a_copied_tag_can_be_pulled_where_it_was_copied_to(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let child = world.image("team/app", "child").await?;
    world.push_digest("team/app", &child).await?;
    let index = index_of(&[&child])?;
    world.push_tag("team/app", "latest", &index).await?;
    let digest = index.digest().to_string();
    let copy = async |target: &str, sources: Vec<&'static str>| {
        let head = event(5, &format!("{}/{target}@{digest}", super::HOST), &digest);
        world
            .edit(target, EventKind::Tag, move |write| {
                list(&mut write.stream, "copied").items = vec![head];
                write.sources = sources.into_iter().map(stream).collect();
            })
            .await
    };
    copy("other/allowed", vec!["team/none", "team/app"]).await?;
    copy("other/refused", vec![]).await?;
    assert_eq!(world.pulls("other/allowed", "copied")?, Some(index.digest()));
    assert_eq!(world.tags("other/allowed")?, Some(vec!["copied".to_owned()]));
    assert_eq!(world.pulls("other/allowed", &child.digest().to_string())?, Some(child.digest()));
    for blob in ["child", "config of child"] {
        assert!(world.engine.blob(&stream("other/allowed"), &Blob::of(blob).digest)?.is_some(), "{blob}");
        assert!(world.engine.blob(&stream("other/refused"), &Blob::of(blob).digest)?.is_none(), "{blob}");
    }
    assert_eq!(world.pulls("other/refused", "copied")?, None);
    assert_eq!(world.tags("other/refused")?, Some(vec![]));
    assert_eq!(world.shown("other/refused", "copied")?, digests(&[&index]));
    // The copy stays when its source goes.
    assert!(world.delete_stream("team/app").await?);
    assert_eq!(world.pulls("other/allowed", "copied")?, Some(index.digest()));
    assert!(world.engine.blob(&stream("other/allowed"), &Blob::of("child").digest)?.is_some());
    Ok(())
}

/// The bytes of a large manifest are in the store, where this crate does not look.
pub async fn a_large_manifest_is_copied_as_well(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (child, other) = (world.image("team/app", "child").await?, world.image("team/app", "other").await?);
    let index = index_of(&[&child])?;
    for manifest in [&child, &other, &index] {
        let mut push = world.push("team/app", manifest)?;
        push.bytes = StoredBytes::Object(world.key());
        world.record(push).await?;
    }
    let digest = index.digest().to_string();
    let head = event(5, "quay.io/x/y", &digest);
    world
        .edit("other/app", EventKind::Tag, move |write| {
            list(&mut write.stream, "copied").items = vec![head];
            write.sources.insert(stream("team/app"));
        })
        .await?;
    let copied = world.pull("other/app", "copied")?.ok_or("it was copied")?;
    assert_eq!(Some(copied), world.pull("team/app", &digest)?);
    assert_eq!(world.pulls("other/app", &child.digest().to_string())?, Some(child.digest()));
    assert_eq!(world.pulls("other/app", &other.digest().to_string())?, None);
    let blob = |text: &str| world.engine.blob(&stream("other/app"), &Blob::of(text).digest);
    assert!(blob("child")?.is_some() && blob("config of child")?.is_some());
    assert!(blob("other")?.is_none() && blob("config of other")?.is_none());
    Ok(())
}

/// distribution 150; image-api 186; decisions 3.7: what cannot be pulled is not listed.
pub async fn an_event_whose_image_is_elsewhere_becomes_pullable_with_a_push(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (there, layer) = (Blob::of("config"), Blob::of("layer"));
    let image = image_of(&there, &[&layer])?;
    let digest = image.digest().to_string();
    let imported = event(5, &format!("quay.io/x/y@{digest}"), &digest);
    world
        .edit("team/app", EventKind::Import, move |write| {
            list(&mut write.stream, "imported").items = vec![imported];
            list(&mut write.stream, "pointer").items = vec![event(5, "quay.io/x/y:1", "")];
            let mut record = weir_image_api::Image::default();
            record.metadata.name.clone_from(&digest);
            "quay.io/x/y".clone_into(&mut record.docker_image_reference);
            write.images = vec![record];
        })
        .await?;
    assert_eq!(world.tags("team/app")?, Some(vec![]));
    assert_eq!(world.pulls("team/app", "imported")?, None);
    let tag = world
        .engine
        .stream_tag(&stream("team/app"), "imported", Depth::Whole)?
        .ok_or("there is no stream")?;
    assert_eq!(tag.image.map(|image| image.docker_image_reference), Some("quay.io/x/y".to_owned()));
    world.link("team/app", &there).await?;
    world.link("team/app", &layer).await?;
    world.push_digest("team/app", &image).await?;
    assert_eq!(world.tags("team/app")?, Some(vec!["imported".to_owned()]));
    assert_eq!(world.pulls("team/app", "imported")?, Some(image.digest()));
    Ok(())
}

/// image-api 7.4: any text names a tag, none at all included.
pub async fn a_tag_without_a_name_is_one_like_any_other(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let edit = |write: &mut StreamWrite| {
        write.stream.spec.tags = vec![following("", "latest"), following("a", "latest")];
        list(&mut write.stream, "").items = vec![event(7, "quay.io/x/y@z", "")];
        list(&mut write.stream, "").conditions = vec![condition()];
        list(&mut write.stream, "a").items = vec![event(7, "quay.io/x/y@z", "")];
    };
    world.edit("team/app", EventKind::Tag, edit).await?;
    let shown = world.stream("team/app")?;
    assert_eq!(shown.spec.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["", "a"]);
    assert_eq!(shown.status.tags.iter().map(|list| list.tag.as_str()).collect::<Vec<_>>(), ["", "a"]);
    assert_eq!(shown.status.tags[0].conditions, [condition()]);
    let before = world.version();
    assert!(!world.edit("team/app", EventKind::Tag, |_| ()).await?.changed);
    assert_eq!(world.version(), before);
    // Each once, wherever a page ends.
    let mut seen = Vec::new();
    let mut page = Page { limit: Some(1), after: None };
    loop {
        let listed = world.engine.stream_tags(None, &page, Depth::Whole)?;
        seen.extend(listed.items.iter().map(weir_image_api::TagParts::name));
        page.after = listed.next;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["app:", "app:a"]);
    Ok(())
}
