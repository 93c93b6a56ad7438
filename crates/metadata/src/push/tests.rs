//! Rules whose other half, the writes of the image API, is not here: spec tags and removals of
//! Images are put in by hand.

use rusqlite::params;
use serde_json::json;
use weir_oci::Tag;

use crate::suite::fixture::{World, digests, somebody, stream};
use crate::{Engine, Error, EventKind, Options};

fn world() -> (World, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::new("registry.test")).unwrap();
    (World::new(engine), dir)
}

/// A spec tag of `team/app` that follows another one.
async fn follow(world: &World, tag: &str, from: &str, tracks: &str) {
    let body = json!({"name": tag, "from": {"kind": "ImageStreamTag", "name": from}}).to_string();
    let row = (tag.to_owned(), tracks.to_owned());
    let writer = world.engine.records().writer();
    writer
        .write(move |transaction| {
            let sql = "INSERT INTO spec_tag (repository, tag, tracks, body) VALUES (1, ?1, ?2, ?3)";
            transaction.execute(sql, params![row.0, row.1, body])?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
}

fn generation(world: &World) -> i64 {
    world.engine.image_stream(&stream("team/app")).unwrap().unwrap().metadata.generation
}

// image-api 59, 153, 4.2
#[tokio::test]
async fn tags_that_follow_the_pushed_one_move_with_it_one_level_deep() {
    let (world, _dir) = world();
    let (one, two) =
        (world.image("team/app", "1").await.unwrap(), world.image("team/app", "2").await.unwrap());
    world.push_tag("team/app", "latest", &one).await.unwrap();
    follow(&world, "stable", "latest", "latest").await;
    follow(&world, "named", "app:latest", "latest").await;
    follow(&world, "second", "stable", "stable").await;
    // The column says it follows, the rule says it does not: another stream.
    follow(&world, "foreign", "other:latest", "latest").await;
    let before = world.version();
    let outcome = world.push_tag("team/app", "latest", &two).await.unwrap();
    assert_eq!(outcome.moved, ["latest", "named", "stable"]);
    assert_eq!(world.tags("team/app").unwrap().unwrap(), ["latest", "named", "stable"]);
    assert_eq!(world.pulls("team/app", "stable").unwrap(), Some(two.digest()));
    let changes = world.engine.changes_after(before, 10).unwrap();
    assert_eq!(changes.len(), 2, "an Image, and the stream once: {changes:?}");
    let entries = world.engine.tag_history(&stream("team/app"), "stable", None, 10).unwrap();
    assert_eq!((entries.len(), entries[0].kind), (1, EventKind::Tracked));
    assert_eq!(entries[0].version, outcome.version);
    // What changes nothing moves nobody.
    let again = world.push_tag("team/app", "latest", &two).await.unwrap();
    assert_eq!((again.moved, again.version), (vec![], outcome.version));
}

// image-api 72: the newest event is edited in place, and the history gets no longer.
#[tokio::test]
async fn a_push_after_the_generation_rose_amends_the_newest_event() {
    let (world, _dir) = world();
    let image = world.image("team/app", "1").await.unwrap();
    let first = world.push_tag("team/app", "latest", &image).await.unwrap();
    let created = world.last();
    let raise = |transaction: &mut crate::sqlite::Transaction<'_>| {
        transaction.execute("UPDATE stream SET generation = 5", [])?;
        Ok::<_, Error>(())
    };
    world.engine.records().writer().write(raise).await.unwrap();
    let second = world.push_tag("team/app", "latest", &image).await.unwrap();
    assert!(second.version > first.version);
    assert_eq!(second.moved, ["latest"]);
    let shown = world.engine.image_stream(&stream("team/app")).unwrap().unwrap();
    let items = &shown.status.tag("latest").unwrap().items;
    assert_eq!((items.len(), items[0].generation, items[0].created), (1, 5, created));
    assert_eq!(shown.metadata.resource_version, Some(second.version));
    assert_eq!(world.push_tag("team/app", "latest", &image).await.unwrap().version, second.version);
}

// image-api 134, 10.6: the generation rises only if a spec tag was removed, and once per write.
#[tokio::test]
async fn deleting_a_tag_takes_its_spec_along_and_raises_the_generation() {
    let (world, _dir) = world();
    let image = world.image("team/app", "1").await.unwrap();
    world.push_tag("team/app", "latest", &image).await.unwrap();
    for tag in ["a", "b", "unborn"] {
        follow(&world, tag, "latest", "latest").await;
    }
    let tag = |name| Tag::parse(name).unwrap();
    let delete = async |name| {
        let engine = &world.engine;
        engine.delete_tag(stream("team/app"), tag(name), None, somebody(), world.now_ms()).await.unwrap()
    };
    assert!(delete("unborn").await, "it was wanted, though it had no status");
    assert_eq!(generation(&world), 2);
    assert!(!delete("unborn").await);
    let other = world.image("team/app", "2").await.unwrap();
    world.push_tag("team/app", "latest", &other).await.unwrap();
    world
        .engine
        .delete_revision(stream("team/app"), other.digest(), somebody(), world.now_ms())
        .await
        .unwrap();
    assert_eq!(world.tags("team/app").unwrap().unwrap(), Vec::<String>::new());
    assert_eq!(generation(&world), 3);
    let shown = world.engine.image_stream(&stream("team/app")).unwrap().unwrap();
    assert_eq!((shown.spec.tags, shown.status.tags), (vec![], vec![]));
}

// reliability I2: an Image deleted while in use, and healed by the next push of its digest.
#[tokio::test]
async fn a_push_heals_tags_whose_image_was_deleted() {
    let (world, _dir) = world();
    let image = world.image("team/app", "1").await.unwrap();
    world.image("other/app", "1").await.unwrap();
    world.push_tag("team/app", "latest", &image).await.unwrap();
    world.push_tag("other/app", "latest", &image).await.unwrap();
    let remove = |transaction: &mut crate::sqlite::Transaction<'_>| {
        transaction.execute("DELETE FROM image", [])?;
        transaction.execute("UPDATE tag SET pullable = 0", [])?;
        Ok::<_, Error>(())
    };
    world.engine.records().writer().write(remove).await.unwrap();
    assert_eq!(world.tags("team/app").unwrap().unwrap(), Vec::<String>::new());
    assert_eq!(world.pulls("team/app", "latest").unwrap(), None);
    assert_eq!(world.pulls("team/app", &image.digest().to_string()).unwrap(), None);
    assert_eq!(world.shown("team/app", "latest").unwrap(), digests(&[&image]));
    let layers = world.engine.image_stream_layers(&stream("team/app")).unwrap().unwrap();
    assert!(layers.images[&image.digest().to_string()].image_missing);

    world.push_digest("other/app", &image).await.unwrap();
    for repository in ["team/app", "other/app"] {
        assert_eq!(world.tags(repository).unwrap().unwrap(), ["latest"]);
        assert_eq!(world.pulls(repository, "latest").unwrap(), Some(image.digest()));
    }
}

// reliability 146: interest of a pusher revives what the collector has condemned.
#[tokio::test]
async fn a_push_revives_condemned_links_and_children() {
    let (world, _dir) = world();
    let image = world.image("team/app", "1").await.unwrap();
    world.push_digest("team/app", &image).await.unwrap();
    let condemn = |transaction: &mut crate::sqlite::Transaction<'_>| {
        transaction.execute("UPDATE link SET state = 'condemned'", [])?;
        transaction.execute("UPDATE revision SET state = 'condemned'", [])?;
        Ok::<_, Error>(())
    };
    let condemned = || {
        let sql = "SELECT (SELECT count(*) FROM link WHERE state = 'condemned'), \
                   (SELECT count(*) FROM revision WHERE state = 'condemned')";
        let count = |connection: &rusqlite::Connection| {
            Ok(connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?)
        };
        world.engine.records().read(count).unwrap()
    };
    world.engine.records().writer().write(condemn).await.unwrap();
    assert_eq!(condemned(), (2, 1));
    assert_eq!(world.pulls("team/app", &image.digest().to_string()).unwrap(), Some(image.digest()));
    let index = crate::suite::fixture::index_of(&[&image]).unwrap();
    world.push_digest("team/app", &index).await.unwrap();
    assert_eq!(condemned(), (2, 0));
    world.push_digest("team/app", &image).await.unwrap();
    assert_eq!(condemned(), (0, 0));
    world.engine.records().writer().write(condemn).await.unwrap();
    world.push_digest("team/app", &image).await.unwrap();
    assert_eq!(condemned(), (0, 1), "the index is still condemned, the image is not");
}

// reliability 3.3: what was there is held by a foreign key, what was not is written down.
#[tokio::test]
async fn references_are_rows_of_their_kind() {
    let (world, _dir) = world();
    let image = world.image("team/app", "1").await.unwrap();
    world.push_digest("team/app", &image).await.unwrap();
    let sparse = crate::suite::fixture::image_of(&crate::suite::fixture::Blob::of("c"), &[]).unwrap();
    let index = crate::suite::fixture::index_of(&[&image, &sparse]).unwrap();
    world.push_digest("team/app", &index).await.unwrap();
    let read = |connection: &rusqlite::Connection| {
        let sql = "SELECT kind FROM blob_reference UNION ALL SELECT 'manifest' FROM child_reference \
                   UNION ALL SELECT 'soft ' || kind FROM soft_reference ORDER BY 1";
        let mut statement = connection.prepare(sql)?;
        let kinds = statement.query_map([], |row| row.get(0))?;
        Ok(kinds.collect::<Result<Vec<String>, _>>()?)
    };
    let kinds = world.engine.records().read(read).unwrap();
    assert_eq!(kinds, ["config", "layer", "manifest", "soft child"]);
    let removal = |transaction: &mut crate::sqlite::Transaction<'_>| {
        transaction.execute("DELETE FROM link", [])?;
        transaction.execute("DELETE FROM blob", [])?;
        Ok::<_, Error>(())
    };
    let refused = world.engine.records().writer().write(removal).await;
    assert!(matches!(refused, Err(Error::Database { .. })), "a collector that missed a reference is stopped");
}
