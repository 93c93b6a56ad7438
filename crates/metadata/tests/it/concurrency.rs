//! Many writers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use tokio::task::JoinSet;
use weir_metadata::suite::fixture::{Tagged, World, stream};
use weir_metadata::{Action, Engine, PushError, Resource, TagCondition};
use weir_oci::Tag;

const WRITERS: usize = 32;
const PUSHES: usize = 8;

// reliability I3, I9, I14; image-api 157
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
