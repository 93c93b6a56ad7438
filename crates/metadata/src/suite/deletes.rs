//! Removals of tags and manifests (decisions 3.6).

use weir_oci::{Digest, Tag};

use super::Outcome;
use super::fixture::{Blob, Done, World, digests, image_of, index_of, somebody, stream};
use crate::{Action, DeleteError, Engine, Resource, TagCondition};

async fn delete_tag(world: &World, repository: &str, tag: &str) -> Done<bool> {
    let tag = Tag::parse(tag)?;
    Ok(world.engine.delete_tag(stream(repository), tag, None, somebody(), world.now_ms()).await?)
}

async fn delete_manifest(world: &World, repository: &str, digest: Digest) -> Done<bool> {
    Ok(world.engine.delete_revision(stream(repository), digest, somebody(), world.now_ms()).await?)
}

/// distribution 145; image-api 133, 134, 192.
pub async fn a_deleted_tag_leaves_the_manifest_and_the_other_tags(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    for tag in ["one", "two"] {
        world.push_tag("team/app", tag, &image).await?;
        assert_eq!(world.pulls("team/app", tag)?, Some(image.digest()));
    }
    let before = world.version();
    assert!(delete_tag(&world, "team/app", "one").await?);
    assert_eq!(world.pulls("team/app", "one")?, None);
    assert_eq!(world.pulls("team/app", "two")?, Some(image.digest()));
    assert_eq!(world.pulls("team/app", &image.digest().to_string())?, Some(image.digest()));
    assert_eq!(world.tags("team/app")?, Some(vec!["two".to_owned()]));
    let shown = world.engine.image_stream(&stream("team/app"))?.ok_or("there is no stream")?;
    assert_eq!(shown.status.tag("one"), None);
    assert_eq!(shown.metadata.generation, 1, "only the spec raises it");
    let changes = world.engine.changes_after(before, 10)?;
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].resource, changes[0].action), (Resource::ImageStream, Action::Modified));
    assert_eq!(Some(changes[0].version), shown.metadata.resource_version.map(|version| version.0));
    Ok(())
}

/// decisions 7, last row: a tag made again starts a new list.
pub async fn a_tag_made_again_starts_a_new_history(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    world.push_tag("team/app", "latest", &one).await?;
    world.push_tag("team/app", "latest", &two).await?;
    delete_tag(&world, "team/app", "latest").await?;
    world.push_tag("team/app", "latest", &two).await?;
    assert_eq!(world.shown("team/app", "latest")?, digests(&[&two]));
    world.push_tag("team/app", "latest", &one).await?;
    assert_eq!(world.shown("team/app", "latest")?, digests(&[&one, &two]));
    Ok(())
}

/// distribution 138, for removals.
pub async fn a_tag_is_deleted_only_where_its_caller_thinks_it_is(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    world.push_tag("team/app", "latest", &one).await?;
    let delete = async |at: Digest| {
        let tag = Tag::parse("latest").expect("it is one");
        let condition = Some(TagCondition::At(vec![at]));
        world.engine.delete_tag(stream("team/app"), tag, condition, somebody(), world.now_ms()).await
    };
    let refused = delete(two.digest()).await;
    assert!(matches!(refused, Err(DeleteError::PreconditionFailed)), "{refused:?}");
    assert_eq!(world.pulls("team/app", "latest")?, Some(one.digest()));
    assert!(delete(one.digest()).await?);
    assert_eq!(world.pulls("team/app", "latest")?, None);
    Ok(())
}

/// distribution 146.
pub async fn a_deleted_manifest_takes_its_tags_along(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (old, new) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    for (tag, image) in [("a", &old), ("b", &old), ("moved", &old), ("moved", &new), ("c", &new)] {
        world.push_tag("team/app", tag, image).await?;
        assert_eq!(world.pulls("team/app", tag)?, Some(image.digest()));
    }
    world.image("other/app", "1").await?;
    world.push_tag("other/app", "a", &old).await?;
    assert!(delete_manifest(&world, "team/app", old.digest()).await?);
    for reference in ["a", "b", &old.digest().to_string()] {
        assert_eq!(world.pulls("team/app", reference)?, None, "{reference}");
    }
    assert_eq!(world.tags("team/app")?, Some(vec!["c".to_owned(), "moved".to_owned()]));
    assert_eq!(world.shown("team/app", "moved")?, digests(&[&new, &old]), "what was is not rewritten");
    assert_eq!(world.pulls("other/app", "a")?, Some(old.digest()));
    Ok(())
}

/// reliability 3.4.1: delete a digest, push it again at once.
pub async fn a_push_brings_a_deleted_manifest_back(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    let digest = image.digest().to_string();
    world.push_tag("team/app", "latest", &image).await?;
    delete_manifest(&world, "team/app", image.digest()).await?;
    assert_eq!(world.pulls("team/app", &digest)?, None);
    world.push_digest("team/app", &image).await?;
    assert_eq!(world.pulls("team/app", &digest)?, Some(image.digest()));
    assert_eq!(world.tags("team/app")?, Some(vec![]), "a push by digest brings no tag back");
    world.push_tag("team/app", "latest", &image).await?;
    assert_eq!(world.shown("team/app", "latest")?, digests(&[&image]));
    // Without its blobs it does not come back.
    delete_manifest(&world, "team/app", image.digest()).await?;
    world.engine.unlink_blob(stream("team/app"), Blob::of("a").digest).await?;
    assert!(world.record(world.push("team/app", &image)?).await.is_err());
    assert_eq!(world.pulls("team/app", &digest)?, None);
    Ok(())
}

/// distribution 148.
pub async fn deleting_an_index_or_a_subject_leaves_what_it_is_about(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let child = world.image("team/app", "a").await?;
    let index = index_of(&[&child])?;
    world.push_digest("team/app", &child).await?;
    world.push_tag("team/app", "latest", &index).await?;
    assert!(delete_manifest(&world, "team/app", index.digest()).await?);
    assert_eq!(world.pulls("team/app", &child.digest().to_string())?, Some(child.digest()));
    world.push_tag("team/app", "latest", &index).await?;
    assert!(delete_manifest(&world, "team/app", child.digest()).await?);
    assert_eq!(world.pulls("team/app", "latest")?, Some(index.digest()));
    Ok(())
}

/// distribution 147; image-api 133.
pub async fn what_is_not_there_cannot_be_deleted(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    let unknown = image_of(&Blob::of("c"), &[])?;
    assert!(!delete_tag(&world, "team/app", "latest").await?, "a repository without a stream");
    assert!(!delete_tag(&world, "team/unknown", "latest").await?);
    assert!(!delete_manifest(&world, "team/unknown", image.digest()).await?);
    world.push_tag("team/app", "latest", &image).await?;
    let before = world.version();
    assert!(!delete_tag(&world, "team/app", "other").await?);
    assert!(!delete_manifest(&world, "team/app", unknown.digest()).await?);
    assert_eq!(world.version(), before, "nothing happened");
    assert!(delete_tag(&world, "team/app", "latest").await?);
    assert!(!delete_tag(&world, "team/app", "latest").await?);
    assert!(delete_manifest(&world, "team/app", image.digest()).await?);
    assert!(!delete_manifest(&world, "team/app", image.digest()).await?);
    Ok(())
}
