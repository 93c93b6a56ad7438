//! What a read costs does not grow with what it does not show.

use rusqlite::StatementStatus;
use weir_image_api::Image;
use weir_image_api::stream_image::Match;
use weir_oci::Manifest;

use crate::lookup::Present;
use crate::suite::fixture::{World, index_of, stream};
use crate::{
    ChangeScope, Depth, Engine, EventKind, Lookup, Options, Page, Synchronous, Wish, image_ids, images,
    next_changes, object_changes, sparse, stream_changes, stream_images, stream_tags, stream_views, tag_past,
};

const APP: &str = "team/app";

/// Steps of `SQLite` that the reads took since the last time. One thread has one connection.
fn spent(engine: &Engine) -> i32 {
    let reads = [
        image_ids::READS,
        images::READS,
        next_changes::READS,
        object_changes::READS,
        sparse::READS,
        stream_changes::READS,
        stream_images::READS,
        stream_tags::READS,
        stream_views::READS,
        tag_past::READS,
    ];
    let spent = engine.records().read(|connection| {
        let mut steps = 0;
        for sql in reads.iter().copied().flatten() {
            steps += connection.prepare_cached(sql)?.reset_status(StatementStatus::VmStep);
        }
        Ok(steps)
    });
    spent.unwrap()
}

fn steps<T>(engine: &Engine, work: impl FnOnce() -> T) -> i32 {
    spent(engine);
    work();
    spent(engine)
}

/// A stream with so many tags, a tag with so long a history and so many images. The last two are an
/// index and its only entry, which no tag points to.
async fn filled(size: usize) -> (World, Vec<Manifest>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { synchronous: Synchronous::Normal, ..Options::new("registry.test:5000") };
    let world = World::new(Engine::open(dir.path(), options).unwrap());
    let mut images = Vec::new();
    for number in 0..size {
        let image = world.image(APP, &number.to_string()).await.unwrap();
        world.push_tag(APP, &format!("t{number:04}"), &image).await.unwrap();
        world.push_tag(APP, "often", &image).await.unwrap();
        images.push(image);
    }
    let entry = world.image(APP, "entry").await.unwrap();
    world.push_digest(APP, &entry).await.unwrap();
    let index = index_of(&[&entry]).unwrap();
    world.push_tag(APP, "index", &index).await.unwrap();
    images.extend([index, entry]);
    (world, images, dir)
}

fn costs(world: &World, images: &[Manifest]) -> Vec<(&'static str, i32)> {
    let engine = &world.engine;
    let app = stream(APP);
    let page = Page { limit: Some(5), after: None };
    let names = [&images[0], &images[images.len() - 1]].map(|manifest| manifest.digest().to_string());
    let ids = names.iter().flat_map(|name| [&name[..], &name[..30], &name[7..30]]);
    let image = |id: &str| {
        let found = engine.stream_image(&app, id).unwrap().unwrap();
        assert!(matches!(found.meant, Match::One(_)) && found.image.is_some());
    };
    let items = |id: &str| {
        let read = engine
            .records()
            .read(|connection| Present { connection, hosts: engine.hosts() }.images_of(&app, id));
        read.unwrap()
    };
    let (scope, last) = (ChangeScope::default(), world.version() - 1);
    vec![
        ("an image of a stream", steps(engine, || ids.clone().for_each(image))),
        ("the events of an image", steps(engine, || ids.clone().for_each(|id| drop(items(id))))),
        ("a page of images", steps(engine, || engine.images(&page).unwrap())),
        ("a page of tags", steps(engine, || engine.stream_tags(None, &page, Depth::Newest).unwrap())),
        ("a tag", steps(engine, || engine.stream_tag(&app, "often", Depth::Newest).unwrap())),
        (
            "a change of a tag",
            steps(engine, || {
                let changes = engine.stream_tag_changes(&scope, last, 10, Depth::Newest).unwrap();
                assert_eq!(changes.items.len(), 1);
            }),
        ),
    ]
}

#[tokio::test]
async fn a_read_costs_the_same_among_much() {
    let ((small, few, _small), (large, many, _large)) = (filled(40).await, filled(160).await);
    for (world, images) in [(&small, &few), (&large, &many)] {
        world.push_tag(APP, "often", &images[0]).await.unwrap();
    }
    for ((what, little), (_, much)) in costs(&small, &few).into_iter().zip(costs(&large, &many)) {
        assert!(little > 0, "{what} is counted");
        assert!(much < little + little / 2, "{what}: {little} steps, and {much} among four times as much");
    }
}

/// What it takes to read all changes after a version in small pages.
fn pages(engine: &Engine, start: u64, read: impl Fn(u64) -> u64) -> i32 {
    steps(engine, || {
        let mut after = start;
        while after < engine.version() {
            after = read(after);
        }
    })
}

async fn label_image(world: &World, image: &Manifest, label: usize) {
    let rule = move |image: Option<Image>| {
        let mut image = image.unwrap_or_default();
        image.metadata.labels.insert("label".to_owned(), label.to_string());
        Wish::Write(Box::new(image))
    };
    world.edit_image(&image.digest().to_string(), rule).await.unwrap();
}

async fn label_stream(world: &World, label: usize) {
    let edit = world.edit(APP, EventKind::Tag, move |write| {
        write.stream.metadata.labels.insert("label".to_owned(), label.to_string());
    });
    edit.await.unwrap();
}

// A watcher that comes back reads page after page.
#[tokio::test]
async fn catching_up_costs_as_much_as_there_is() {
    let mut totals = Vec::new();
    for size in [50, 200] {
        let (world, images, _dir) = filled(3).await;
        let (engine, scope, start) = (&world.engine, ChangeScope::default(), world.version());
        for number in 0..size {
            world.push_tag(APP, "often", &images[number % 2]).await.unwrap();
            label_image(&world, &images[number % 3], number).await;
        }
        // Of the stream itself no page knows what it was before this.
        label_stream(&world, size).await;
        let image_pages = |after| engine.image_changes(&scope, after, 4).unwrap().upto;
        let tag_pages = |after| engine.stream_tag_changes(&scope, after, 4, Depth::Newest).unwrap().upto;
        let (of_images, of_tags) = (pages(engine, start, image_pages), pages(engine, start, tag_pages));
        // A stream is shown with its whole history, which must not grow here.
        let (world, _, _other_dir) = filled(3).await;
        let (engine, start) = (&world.engine, world.version());
        for number in 0..size {
            label_stream(&world, number).await;
        }
        let stream_pages = |after| engine.stream_changes(&scope, after, 4).unwrap().upto;
        totals.push([of_images, of_tags, pages(engine, start, stream_pages)]);
    }
    for (few, many) in totals[0].iter().zip(totals[1]) {
        assert!(*few > 0 && many < few * 6, "{totals:?} steps for four times as many changes");
    }
}
