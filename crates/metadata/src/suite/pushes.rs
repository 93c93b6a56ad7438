//! What a manifest PUT does (decisions 3).

use serde_json::json;
use weir_image_api::{ResourceVersion, image};
use weir_oci::{Algorithm, ManifestType};

use super::fixture::{Blob, CONFIG, Tagged, World, digests, image_of, manifest_by, stream};
use super::{HOST, Outcome};
use crate::{Action, Engine, Linked, PushError, Resource, StoredBytes, TagCondition};

/// image-api 20.1, 152, 183; decisions 3.1.
pub async fn a_push_by_tag_makes_everything_that_follows_from_it(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let manifest = world.image("team/app", "a").await?;
    let outcome = world.push_tag("team/app", "latest", &manifest).await?;
    assert_eq!(outcome.moved, ["latest"]);
    assert_eq!(outcome.object, None);

    let digest = manifest.digest().to_string();
    let record = world.pull("team/app", "latest")?.ok_or("it cannot be pulled")?;
    assert_eq!(record.bytes, StoredBytes::Inline(manifest.raw().clone()));
    assert_eq!(record.media_type, ManifestType::OciManifest);
    assert_eq!(record.size, manifest.raw().len() as u64);
    assert_eq!(world.pulls("team/app", &digest)?, Some(manifest.digest()));

    let shown = world.engine.image_stream(&stream("team/app"))?.ok_or("there is no stream")?;
    assert_eq!((shown.metadata.namespace.as_str(), shown.metadata.name.as_str()), ("team", "app"));
    assert_eq!(shown.metadata.generation, 1);
    assert_eq!(shown.metadata.resource_version, Some(outcome.version));
    assert_eq!(shown.metadata.creation_timestamp, Some(world.last()));
    assert_eq!(shown.status.docker_image_repository, format!("{HOST}/team/app"));
    let event = &shown.status.tag("latest").ok_or("there is no tag")?.items[0];
    assert_eq!(event.docker_image_reference, format!("{HOST}/team/app@{digest}"));
    assert_eq!((event.image.as_str(), event.generation, event.created), (digest.as_str(), 1, world.last()));

    let image = world.engine.image(&digest)?.ok_or("there is no Image")?;
    assert_eq!(image.metadata.name, digest);
    assert_eq!(image.docker_image_reference, event.docker_image_reference);
    assert_eq!(image.metadata.annotations.get(image::MANAGED).map(String::as_str), Some("true"));

    let changes = world.engine.changes_after(0, 10)?;
    let told: Vec<_> =
        changes.iter().map(|change| (change.resource, change.name.as_str(), change.action)).collect();
    assert_eq!(
        told,
        [
            (Resource::Namespace, "team", Action::Added),
            (Resource::Image, digest.as_str(), Action::Added),
            (Resource::ImageStream, "app", Action::Added),
        ]
    );
    assert_eq!(image.metadata.resource_version, Some(ResourceVersion(changes[1].version)));
    assert_eq!(outcome.version.0, changes[2].version);
    assert_eq!([&image.metadata.uid, &shown.metadata.uid], [&changes[1].uid, &changes[2].uid]);
    Ok(())
}

/// image-api 71, 151; decisions 3.5.
pub async fn the_same_push_again_changes_nothing(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let manifest = world.image("team/app", "a").await?;
    let first = world.push_tag("team/app", "latest", &manifest).await?;
    let before = world.engine.image_stream(&stream("team/app"))?;
    let again = world.push_tag("team/app", "latest", &manifest).await?;
    assert_eq!(again.version, first.version);
    assert_eq!(again.moved, Vec::<String>::new());
    assert_eq!(world.engine.image_stream(&stream("team/app"))?, before);
    assert_eq!(world.engine.changes_after(first.version.0, 10)?, []);
    assert_eq!(world.engine.tag_history(&stream("team/app"), "latest", None, 10)?.len(), 1);
    Ok(())
}

/// image-api 74, 185, 187.
pub async fn another_image_goes_on_top_of_the_history(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    let first = world.push_tag("team/app", "latest", &one).await?;
    assert_eq!(world.pulls("team/app", "latest")?, Some(one.digest()));
    let second = world.push_tag("team/app", "latest", &two).await?;
    assert!(second.version > first.version);
    assert_eq!(world.pulls("team/app", "latest")?, Some(two.digest()));
    assert_eq!(world.pulls("team/app", &one.digest().to_string())?, Some(one.digest()));
    assert_eq!(world.shown("team/app", "latest")?, digests(&[&two, &one]));
    let changes = world.engine.changes_after(second.version.0 - 1, 10)?;
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].resource, changes[0].action), (Resource::ImageStream, Action::Modified));
    Ok(())
}

/// image-api 75.
pub async fn an_older_image_pushed_again_is_an_entry_of_its_own(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    for manifest in [&one, &two, &one] {
        world.push_tag("team/app", "latest", manifest).await?;
    }
    assert_eq!(world.shown("team/app", "latest")?, digests(&[&one, &two, &one]));
    Ok(())
}

/// image-api 184 with its deviation; decisions 3.1.
pub async fn a_push_by_digest_is_pullable_and_sets_no_tag(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let manifest = world.image("team/app", "a").await?;
    let outcome = world.push_digest("team/app", &manifest).await?;
    assert_eq!(outcome.moved, Vec::<String>::new());
    assert_eq!(world.pulls("team/app", &manifest.digest().to_string())?, Some(manifest.digest()));
    assert_eq!(world.tags("team/app")?, Some(vec![]));
    assert!(world.engine.image(&manifest.digest().to_string())?.is_some());
    let shown = world.engine.image_stream(&stream("team/app"))?.ok_or("there is no stream")?;
    assert_eq!(shown.metadata.resource_version, Some(outcome.version));
    assert_eq!(shown.status.tags, []);
    // Of a repository of its own it says nothing.
    world.link("team/other", &Blob::of("a")).await?;
    assert_eq!(world.pulls("team/other", &manifest.digest().to_string())?, None);
    Ok(())
}

/// distribution 134, 135.
pub async fn several_tags_move_together_or_not_at_all(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    world.push_tag("team/app", "b", &one).await?;
    let before = world.version();
    let mut push = world.push("team/app", &two)?.tagged(&["a", "b", "c"])?;
    push.condition = Some(TagCondition::Absent);
    let refused = world.record(push).await;
    assert!(matches!(refused, Err(PushError::PreconditionFailed)), "{refused:?}");
    assert_eq!(world.tags("team/app")?, Some(vec!["b".to_owned()]));
    assert_eq!(world.pulls("team/app", &two.digest().to_string())?, None);
    assert_eq!(world.version(), before);

    let outcome = world.record(world.push("team/app", &two)?.tagged(&["c", "a", "b", "a"])?).await?;
    assert_eq!(outcome.moved, ["c", "a", "b"]);
    for tag in ["a", "b", "c"] {
        assert_eq!(world.pulls("team/app", tag)?, Some(two.digest()), "{tag}");
    }
    let changes = world.engine.changes_after(before, 10)?;
    assert_eq!(changes.len(), 2, "an Image and the stream once: {changes:?}");
    Ok(())
}

/// distribution 138.
pub async fn a_condition_is_judged_with_the_push(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    let push = async |manifest, tags: &[&str], condition| {
        let mut push = world.push("team/app", manifest).expect("the tests make good pushes");
        push = push.tagged(tags).expect("the tags of the tests are tags");
        push.condition = Some(condition);
        world.record(push).await
    };
    let failed = |result| matches!(result, Err(PushError::PreconditionFailed));
    assert!(failed(push(&one, &["t"], TagCondition::Exists).await));
    assert!(failed(push(&one, &["t"], TagCondition::At(vec![one.digest()])).await));
    push(&one, &["t"], TagCondition::Absent).await?;
    assert!(failed(push(&two, &["t"], TagCondition::Absent).await));
    assert!(failed(push(&two, &["t"], TagCondition::At(vec![two.digest()])).await));
    push(&two, &["t"], TagCondition::At(vec![one.digest()])).await?;
    push(&one, &["t"], TagCondition::At(vec![one.digest(), two.digest()])).await?;
    push(&one, &["t"], TagCondition::Exists).await?;
    // Without a tag it is the manifest itself that is there or not.
    assert!(failed(push(&one, &[], TagCondition::Absent).await));
    push(&one, &[], TagCondition::At(vec![one.digest()])).await?;
    Ok(())
}

/// image-api 148.
pub async fn an_image_that_exists_is_left_as_it_is(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let manifest = world.image("team/app", "a").await?;
    world.push_tag("team/app", "latest", &manifest).await?;
    let digest = manifest.digest().to_string();
    let before = world.engine.image(&digest)?;
    world.image("other/app", "a").await?;
    world.push_tag("other/app", "latest", &manifest).await?;
    assert_eq!(world.engine.image(&digest)?, before);
    let shown = world.engine.image_stream(&stream("other/app"))?.ok_or("there is no stream")?;
    let event = &shown.status.tag("latest").ok_or("there is no tag")?.items[0];
    assert_eq!(event.docker_image_reference, format!("{HOST}/other/app@{digest}"), "it is local there now");
    Ok(())
}

/// distribution 133, 136.
pub async fn a_tag_reports_the_algorithm_it_was_pushed_with(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let config = Blob::of("{}");
    world.link("team/app", &config).await?;
    let document = json!({"schemaVersion": 2, "config": config.descriptor(CONFIG), "layers": []});
    let short = manifest_by(Algorithm::Sha256, ManifestType::OciManifest, &document)?;
    let long = manifest_by(Algorithm::Sha512, ManifestType::OciManifest, &document)?;
    world.push_tag("team/app", "short", &short).await?;
    world.push_tag("team/app", "long", &long).await?;
    assert_eq!(world.pulls("team/app", "short")?, Some(short.digest()));
    assert_eq!(world.pulls("team/app", "long")?, Some(long.digest()));
    assert_eq!(world.pulls("team/app", &long.digest().to_string())?, Some(long.digest()));
    Ok(())
}

/// distribution 140: the type is what this repository's push said, whatever another one's did.
pub async fn each_repository_has_its_own_type_of_a_manifest(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let config = Blob::of("{}");
    let document = json!({"schemaVersion": 2, "config": config.descriptor(CONFIG), "layers": []});
    let oci = manifest_by(Algorithm::Sha256, ManifestType::OciManifest, &document)?;
    for repository in ["team/app", "other/app"] {
        world.link(repository, &config).await?;
    }
    world.push_tag("team/app", "latest", &oci).await?;
    // The same bytes, which name no type themselves, under the other type.
    let docker = weir_oci::Manifest::stored(ManifestType::DockerManifest, oci.digest(), oci.raw().clone())?;
    world.push_tag("other/app", "latest", &docker).await?;
    let types = |reference: &str| -> super::fixture::Done<Vec<ManifestType>> {
        let pull =
            |repository| world.pull(repository, reference)?.ok_or_else(|| "it cannot be pulled".into());
        ["team/app", "other/app"].into_iter().map(|r| pull(r).map(|record| record.media_type)).collect()
    };
    for reference in ["latest", &oci.digest().to_string()] {
        assert_eq!(types(reference)?, [ManifestType::OciManifest, ManifestType::DockerManifest]);
    }
    world.push_tag("team/app", "latest", &docker).await?;
    for reference in ["latest", &oci.digest().to_string()] {
        assert_eq!(types(reference)?, [ManifestType::DockerManifest, ManifestType::DockerManifest]);
    }
    Ok(())
}

/// reliability 2.6, I17.
pub async fn a_large_manifest_stays_under_the_key_of_its_first_copy(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let manifest = world.image("team/app", "a").await?;
    let object = |key: &str| StoredBytes::Object(key.to_owned());
    for (key, became) in [("first", Linked::Used), ("first", Linked::Used), ("second", Linked::Trashed)] {
        let mut push = world.push("team/app", &manifest)?.tagged(&["latest"])?;
        push.bytes = object(key);
        assert_eq!(world.record(push).await?.object, Some(became), "{key}");
        let record = world.pull("team/app", "latest")?.ok_or("it cannot be pulled")?;
        assert_eq!(record.bytes, object("first"));
    }
    assert_eq!(world.engine.trash_due(u64::MAX >> 1, 10)?, ["second"]);
    let mut push = world.push("team/app", &image_of(&Blob::of("a"), &[])?)?;
    push.bytes = object("second");
    let refused = world.record(push).await;
    assert!(refused.is_err(), "a key in the trash was published");
    Ok(())
}

/// performance 4.4: caches and feed come before the answer.
pub async fn the_feed_knows_a_push_before_the_pusher_does(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let mut feed = world.engine.subscribe();
    let manifest = world.image("team/app", "a").await?;
    feed.mark_unchanged();
    let outcome = world.push_tag("team/app", "latest", &manifest).await?;
    assert!(feed.has_changed()?);
    assert_eq!(*feed.borrow_and_update(), outcome.version.0);
    world.push_tag("team/app", "latest", &manifest).await?;
    assert!(!feed.has_changed()?, "nothing happened");
    Ok(())
}
