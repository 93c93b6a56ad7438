//! Links of blobs, copies, mounts.

use weir_oci::Digest;

use super::Outcome;
use super::fixture::{Blob, Done, World, stream};
use crate::{Engine, Error, Linked};

fn key(world: &World, repository: &str, blob: &Blob) -> Done<Option<String>> {
    Ok(world.engine.blob(&stream(repository), &blob.digest)?.map(|record| record.key))
}

/// Key times are ignored by all tests, so this is after any time a key waits.
const LATER_MS: u64 = u64::MAX >> 1;

/// distribution 29, 30; image-api 188.
pub async fn a_linked_blob_is_readable_through_its_repository_only(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let blob = Blob::of("a");
    assert_eq!(key(&world, "team/app", &blob)?, None);
    assert_eq!(world.link_as("team/app", &blob, "k").await?, Linked::Used);
    let record = world.engine.blob(&stream("team/app"), &blob.digest)?.ok_or("the blob is not there")?;
    assert_eq!((record.key.as_str(), record.size), ("k", 1));
    world.link("team/other", &Blob::of("b")).await?;
    assert_eq!(key(&world, "team/other", &blob)?, None);
    assert_eq!(key(&world, "team/app", &Blob::of("b"))?, None);
    Ok(())
}

/// distribution 60; image-api 16.1: a repository is seen through the API once it has a manifest.
pub async fn the_first_link_makes_a_repository_and_no_stream(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let app = stream("team/app");
    assert!(!world.engine.repository_exists(&app)?);
    assert_eq!(world.tags("team/app")?, None);
    world.link("team/app", &Blob::of("a")).await?;
    assert!(world.engine.repository_exists(&app)?);
    assert_eq!(world.tags("team/app")?, Some(vec![]));
    assert!(world.engine.namespace(&app.namespace)?.is_some());
    assert_eq!(world.engine.image_stream(&app)?, None);
    assert_eq!(world.engine.repositories(None, 10)?, []);
    Ok(())
}

/// distribution 99, 100; reliability 148: two uploads of one digest store two objects.
pub async fn of_two_copies_the_first_stays_and_the_second_goes_to_the_trash(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let blob = Blob::of("a");
    assert_eq!(world.link_as("team/app", &blob, "first").await?, Linked::Used);
    assert_eq!(world.link_as("team/other", &blob, "second").await?, Linked::Trashed);
    for repository in ["team/app", "team/other"] {
        assert_eq!(key(&world, repository, &blob)?.as_deref(), Some("first"));
    }
    let now_ms = world.now_ms();
    assert_eq!(world.engine.trash_due(now_ms, 10)?, Vec::<String>::new(), "somebody may still read it");
    assert_eq!(world.engine.trash_due(LATER_MS, 10)?, ["second"]);
    world.engine.empty_trash(vec!["second".to_owned()]).await?;
    assert_eq!(world.engine.trash_due(LATER_MS, 10)?, Vec::<String>::new());
    Ok(())
}

/// reliability 2.1: a write whose answer got lost is repeated.
pub async fn linking_again_with_the_same_key_changes_nothing(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let blob = Blob::of("a");
    world.link_as("team/app", &blob, "first").await?;
    assert_eq!(world.link_as("team/app", &blob, "first").await?, Linked::Used);
    world.link_as("team/app", &blob, "second").await?;
    assert_eq!(world.link_as("team/app", &blob, "second").await?, Linked::Trashed);
    assert_eq!(key(&world, "team/app", &blob)?.as_deref(), Some("first"));
    assert_eq!(world.engine.trash_due(LATER_MS, 10)?, ["second"]);
    Ok(())
}

/// reliability 157a, 148c.
pub async fn a_copy_of_a_damaged_blob_replaces_it_everywhere(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let blob = Blob::of("a");
    world.link_as("team/app", &blob, "bad").await?;
    world.link_as("team/other", &blob, "spare").await?;
    assert_eq!(key(&world, "team/other", &blob)?.as_deref(), Some("bad"));
    assert!(!world.engine.mark_corrupt(blob.digest, "spare".to_owned()).await?, "not the blob's object");
    assert!(world.engine.mark_corrupt(blob.digest, "bad".to_owned()).await?);
    for repository in ["team/app", "team/other"] {
        let found = world.engine.blob(&stream(repository), &blob.digest);
        assert!(matches!(found, Err(Error::Corrupt(digest)) if digest == blob.digest), "{found:?}");
    }
    assert!(!world.engine.mount(stream("team/third"), None, blob.digest, world.now_ms()).await?);
    assert_eq!(world.link_as("team/app", &blob, "good").await?, Linked::Used);
    for repository in ["team/app", "team/other"] {
        assert_eq!(key(&world, repository, &blob)?.as_deref(), Some("good"));
    }
    // The damaged copy is kept for whoever wants to know why.
    assert_eq!(world.engine.trash_due(LATER_MS, 10)?, ["spare"]);
    Ok(())
}

/// reliability 148a, I17.
pub async fn a_key_in_the_trash_is_never_published(engine: Engine) -> Outcome {
    let world = World::new(engine);
    world.link_as("team/app", &Blob::of("a"), "first").await?;
    world.link_as("team/app", &Blob::of("a"), "second").await?;
    for taken in ["first", "second"] {
        let refused = world.link_as("team/app", &Blob::of("b"), taken).await;
        let error = refused.expect_err("the key is taken").to_string();
        assert!(error.contains(taken), "{error}");
    }
    assert_eq!(key(&world, "team/app", &Blob::of("b"))?, None);
    Ok(())
}

/// distribution 103, 106, 107, 109.
pub async fn a_mount_needs_a_source_that_has_the_blob(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let blob = Blob::of("a");
    world.link("team/source", &blob).await?;
    world.link("team/empty", &Blob::of("b")).await?;
    let mount = async |source: &str, digest: Digest| {
        world.engine.mount(stream("my/target"), Some(stream(source)), digest, world.now_ms()).await
    };
    for source in ["team/unknown", "team/empty"] {
        assert!(!mount(source, blob.digest).await?, "{source}");
    }
    assert!(!mount("team/source", Digest::sha256(b"never pushed")).await?);
    assert!(!world.engine.repository_exists(&stream("my/target"))?, "a refused mount makes nothing");
    assert!(mount("team/source", blob.digest).await?);
    assert!(key(&world, "my/target", &blob)?.is_some());
    assert!(mount("team/unknown", blob.digest).await?, "it is here already");
    Ok(())
}

/// distribution 104, 106.
pub async fn a_mount_without_a_source_finds_the_blob_anywhere(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let blob = Blob::of("a");
    assert!(!world.engine.mount(stream("my/target"), None, blob.digest, world.now_ms()).await?);
    world.link("team/source", &blob).await?;
    assert!(world.engine.mount(stream("my/target"), None, blob.digest, world.now_ms()).await?);
    assert_eq!(key(&world, "my/target", &blob)?, key(&world, "team/source", &blob)?);
    Ok(())
}

/// distribution 111, 55.
pub async fn a_mounted_blob_outlives_its_source(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let blob = Blob::of("a");
    world.link("team/source", &blob).await?;
    world.engine.mount(stream("my/target"), Some(stream("team/source")), blob.digest, world.now_ms()).await?;
    assert!(world.engine.unlink_blob(stream("team/source"), blob.digest).await?);
    assert_eq!(key(&world, "team/source", &blob)?, None);
    assert!(key(&world, "my/target", &blob)?.is_some());
    Ok(())
}

/// distribution 53, 54, 56.
pub async fn unlinking_leaves_other_repositories_and_manifests_alone(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "layer").await?;
    world.push_tag("team/app", "latest", &image).await?;
    let layer = Blob::of("layer");
    world.link("team/other", &layer).await?;
    assert!(world.engine.unlink_blob(stream("team/app"), layer.digest).await?);
    assert_eq!(key(&world, "team/app", &layer)?, None);
    assert!(!world.engine.unlink_blob(stream("team/app"), layer.digest).await?);
    assert!(!world.engine.unlink_blob(stream("team/unknown"), layer.digest).await?);
    assert!(key(&world, "team/other", &layer)?.is_some());
    assert_eq!(world.pulls("team/app", "latest")?, Some(image.digest()));
    Ok(())
}
