//! Many writers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;
use weir_image_api::ImageStream;
use weir_metadata::suite::fixture::{Tagged, World, stream};
use weir_metadata::{
    Action, Engine, Error, EventKind, Lookup, PushError, Reach, Resource, StreamWish, StreamWrite,
    TagCondition,
};
use weir_oci::Tag;

const WRITERS: usize = 32;
const PUSHES: usize = 8;

// reliability I3, I9, I14; image-api 157; kubernetes-api 53
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_are_unique_and_in_commit_order_and_no_event_is_lost() {
    let (engine, _dir) = crate::engine_with(|_| ());
    let world = World::new(engine.clone());
    let images = [world.image("team/app", "1").await.unwrap(), world.image("team/app", "2").await.unwrap()];
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let tag = format!("t{writer}");
        let pushes: Vec<_> = (0..PUSHES)
            .map(|turn| world.push("team/app", &images[turn % 2]).unwrap().tagged(&[tag.as_str()]).unwrap())
            .collect();
        let engine = engine.clone();
        writers.spawn(async move {
            let mut versions = Vec::new();
            for push in pushes {
                versions.push(engine.record_push(push).await.unwrap().version.0);
            }
            (tag, versions)
        });
    }
    let mut acknowledged: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    while let Some(done) = writers.join_next().await {
        let (tag, versions) = done.unwrap();
        assert!(versions.is_sorted_by(|a, b| a < b), "{tag}: {versions:?}");
        acknowledged.insert(tag, versions);
    }

    let unique: BTreeSet<u64> = acknowledged.values().flatten().copied().collect();
    assert_eq!(unique.len(), WRITERS * PUSHES);
    let changes = engine.changes_after(0, usize::MAX).unwrap();
    let versions: Vec<u64> = changes.iter().map(|change| change.version).collect();
    assert_eq!(versions, (1..=*versions.last().unwrap()).collect::<Vec<_>>(), "no gap and no repetition");
    let of_stream: BTreeSet<u64> = changes
        .iter()
        .filter(|change| change.resource == Resource::ImageStream && change.action != Action::Deleted)
        .map(|change| change.version)
        .collect();
    assert_eq!(of_stream, unique);
    for (tag, versions) in &acknowledged {
        let history = engine.tag_history(&stream("team/app"), tag, None, usize::MAX).unwrap();
        let of_tag: Vec<u64> = history.iter().rev().map(|entry| entry.version.0).collect();
        assert_eq!(of_tag, *versions, "{tag}");
    }
    let stats = engine.stats();
    let commits = stats.records.commits.load(Ordering::Relaxed);
    let committed = stats.records.writes.load(Ordering::Relaxed);
    assert_eq!(
        usize::try_from(committed).unwrap(),
        4 + WRITERS * PUSHES,
        "four links come before the pushes"
    );
    assert!(commits < committed, "{commits} commits for {committed} writes");
    assert_eq!(*engine.subscribe().borrow(), *versions.last().unwrap());
}

// distribution 138, 139
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_to_be_the_first_one_is() {
    let (engine, _dir) = crate::engine_with(|_| ());
    let world = World::new(engine.clone());
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let image = world.image("team/app", &writer.to_string()).await.unwrap();
        let mut push = world.push("team/app", &image).unwrap().tagged(&["latest"]).unwrap();
        push.condition = Some(TagCondition::Absent);
        let engine = engine.clone();
        writers.spawn(async move { (image.digest(), engine.record_push(push).await) });
    }
    let mut winners = Vec::new();
    while let Some(done) = writers.join_next().await {
        match done.unwrap() {
            (digest, Ok(_)) => winners.push(digest),
            (_, Err(PushError::PreconditionFailed)) => {}
            (_, Err(error)) => panic!("{error}"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(world.pulls("team/app", "latest").unwrap(), Some(winners[0]));
}

// performance 4.4: nobody is shown anything older than what they were told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pusher_reads_its_own_push_while_others_fill_the_cache() {
    let (engine, _dir) = crate::engine_with(|_| ());
    let world = World::new(engine.clone());
    let images = [world.image("team/app", "1").await.unwrap(), world.image("team/app", "2").await.unwrap()];
    world.push_tag("team/app", "latest", &images[0]).await.unwrap();
    let reference = weir_oci::Reference::Tag(Tag::parse("latest").unwrap());
    let read = move |engine: &Engine| {
        engine.manifest(&stream("team/app"), &reference).unwrap().expect("the tag always exists").digest
    };
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        let (engine, stopped, read) = (engine.clone(), stopped.clone(), read.clone());
        readers.spawn_blocking(move || {
            while !*stopped.borrow() {
                read(&engine);
            }
        });
    }
    for turn in 1..300 {
        let image = &images[turn % 2];
        world.push_tag("team/app", "latest", image).await.unwrap();
        assert_eq!(read(&engine), image.digest(), "turn {turn}");
    }
    stop.send(true).unwrap();
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
}

// kubernetes-api 2.4: however many edit one stream at a time, none of their changes is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_one_stream_do_not_overwrite_each_other() {
    let (engine, _dir) = crate::engine_with(|_| ());
    let world = World::new(engine.clone());
    world.edit("team/app", EventKind::Tag, |_| ()).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let engine = engine.clone();
        let reach = if writer % 2 == 0 { Reach::Whole } else { Reach::Tags(vec![]) };
        let edit = world.stream_edit("team/app", reach, EventKind::Tag);
        writers.spawn(async move {
            let rule = move |old: Option<ImageStream>, _: &dyn Lookup| {
                let mut stream = old.expect("it has been made");
                stream.metadata.labels.insert(format!("of-{writer}"), String::new());
                let count = stream.metadata.annotations.entry("count".to_owned()).or_default();
                *count = (count.parse::<usize>().unwrap_or(0) + 1).to_string();
                Ok::<_, Error>((StreamWish::Write(Box::new(StreamWrite::of(stream))), ()))
            };
            engine.edit_stream(edit, rule).await.unwrap()
        });
    }
    writers.join_all().await;
    let metadata = world.stream("team/app").unwrap().metadata;
    assert_eq!(metadata.labels.len(), WRITERS);
    assert_eq!(metadata.annotations["count"], WRITERS.to_string());
}

// image-api 7.6: a push beside the deletion of its stream happens before it, or finds nothing there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_beside_a_deletion_are_whole_or_refused() {
    let (engine, _dir) = crate::engine_with(|_| ());
    let world = World::new(engine.clone());
    let image = world.image("team/app", "1").await.unwrap();
    world.push_tag("team/app", "first", &image).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let tag = format!("t{writer}");
        let push = world.push("team/app", &image).unwrap().tagged(&[tag.as_str()]).unwrap();
        let engine = engine.clone();
        writers.spawn(async move { engine.record_push(push).await.map(drop) });
    }
    assert!(world.delete_stream("team/app").await.unwrap());
    for done in writers.join_all().await {
        assert!(matches!(done, Ok(()) | Err(PushError::BlobsUnknown(_))), "{done:?}");
    }
    assert_eq!(engine.image_stream(&stream("team/app")).unwrap(), None);
    let history = engine.stream_history(&stream("team/app"), None, None, usize::MAX).unwrap();
    let removals = history.iter().filter(|entry| entry.kind == EventKind::Deleted).count();
    assert_eq!(history.len(), 2 * removals, "each tag that came has gone");
}
