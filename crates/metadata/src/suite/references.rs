//! What a manifest names must be in the repository, or not, as the policy says.

use serde_json::json;
use weir_oci::ManifestType;

use super::Outcome;
use super::fixture::{Blob, CONFIG, LAYER, Tagged, World, descriptor, image_of, index_of, manifest, stream};
use crate::{Engine, MissingPolicy, PushError};

/// distribution 121; reliability 2.1: of a refusal nothing is left, its versions neither.
pub async fn every_missing_blob_is_named_and_nothing_is_written(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (config, one, two) = (Blob::of("c"), Blob::of("1"), Blob::of("2"));
    world.link("team/app", &one).await?;
    let manifest = image_of(&config, &[&one, &two, &two])?;
    let before = world.version();
    let refused = world.record(world.push("team/app", &manifest)?.tagged(&["latest"])?).await;
    match refused {
        Err(PushError::BlobsUnknown(missing)) => assert_eq!(missing, [config.digest, two.digest]),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.engine.image_stream(&stream("team/app"))?, None);
    assert_eq!(world.engine.image(&manifest.digest().to_string())?, None);
    let refused = world.record(world.push("new/app", &manifest)?).await;
    assert!(refused.is_err());
    assert!(!world.engine.repository_exists(&stream("new/app"))?);
    assert_eq!(world.engine.namespace(&stream("new/app").namespace)?, None);

    world.link("team/app", &config).await?;
    world.link("team/app", &two).await?;
    let outcome = world.push_tag("team/app", "latest", &manifest).await?;
    assert_eq!(outcome.version.0, before + 2, "an Image and a stream");
    Ok(())
}

/// distribution 122; reliability 157b: known bytes are no right to them.
pub async fn a_blob_of_another_repository_is_missing_until_it_is_mounted(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let manifest = world.image("secret/app", "a").await?;
    world.push_tag("secret/app", "latest", &manifest).await?;
    let refused = world.record(world.push("team/app", &manifest)?.tagged(&["latest"])?).await;
    match refused {
        Err(PushError::BlobsUnknown(missing)) => assert_eq!(missing.len(), 2),
        other => panic!("{other:?}"),
    }
    for blob in [Blob::of("a"), Blob::of("config of a")] {
        let source = Some(stream("secret/app"));
        assert!(world.engine.mount(stream("team/app"), source, blob.digest, world.now_ms()).await?);
    }
    world.push_tag("team/app", "latest", &manifest).await?;
    assert_eq!(world.pulls("team/app", "latest")?, Some(manifest.digest()));
    Ok(())
}

/// distribution 121, accept mode.
pub async fn missing_blobs_are_taken_where_the_policy_says_so(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let manifest = image_of(&Blob::of("c"), &[&Blob::of("1")])?;
    let mut push = world.push("team/app", &manifest)?.tagged(&["latest"])?;
    push.missing_blobs = MissingPolicy::Accept;
    world.record(push).await?;
    assert_eq!(world.pulls("team/app", "latest")?, Some(manifest.digest()));
    assert_eq!(world.engine.blob(&stream("team/app"), &Blob::of("c").digest)?, None);
    Ok(())
}

/// distribution 123.
pub async fn a_foreign_layer_need_not_be_there(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let config = Blob::of("c");
    world.link("team/app", &config).await?;
    let foreign = |urls: &[&str]| {
        let mut layer =
            Blob::of("elsewhere").descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
        layer["urls"] = json!(urls);
        let document = json!({"schemaVersion": 2, "config": config.descriptor(CONFIG), "layers": [layer]});
        manifest(ManifestType::OciManifest, &document)
    };
    world.push_tag("team/app", "latest", &foreign(&["https://elsewhere.test/layer"])?).await?;
    let refused = world.record(world.push("team/app", &foreign(&[])?)?).await;
    assert!(matches!(refused, Err(PushError::BlobsUnknown(_))), "nobody could fetch it: {refused:?}");
    Ok(())
}

/// distribution 1.9; reliability I1: the recorded size is the object's.
pub async fn a_size_that_is_not_the_blobs_is_refused(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (config, layer) = (Blob::of("c"), Blob::of("layer"));
    world.link("team/app", &config).await?;
    world.link("team/app", &layer).await?;
    let wrong = Blob { size: 4, ..layer.clone() };
    let refused = world.record(world.push("team/app", &image_of(&config, &[&wrong])?)?).await;
    match refused {
        Err(PushError::SizeMismatch { digest, actual, declared }) => {
            assert_eq!((digest, actual, declared), (layer.digest, 5, 4));
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// distribution 127.
pub async fn missing_children_follow_their_policy(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let here = world.image("team/app", "a").await?;
    let gone = image_of(&Blob::of("c"), &[])?;
    world.push_digest("team/app", &here).await?;
    let index = index_of(&[&here, &gone])?;
    let mut push = world.push("team/app", &index)?.tagged(&["latest"])?;
    push.missing_children = MissingPolicy::Reject;
    let refused = world.record(push.clone()).await;
    match refused {
        Err(PushError::ManifestsUnknown(missing)) => assert_eq!(missing, [gone.digest()]),
        other => panic!("{other:?}"),
    }
    push.missing_children = MissingPolicy::Accept;
    world.record(push).await?;
    assert_eq!(world.pulls("team/app", "latest")?, Some(index.digest()));

    let mut complete = world.push("team/app", &index_of(&[&here])?)?;
    complete.missing_children = MissingPolicy::Reject;
    world.record(complete).await?;
    let mut empty = world.push("team/app", &index_of(&[])?)?;
    empty.missing_children = MissingPolicy::Reject;
    world.record(empty).await?;
    Ok(())
}

/// distribution 122 for manifests; and one that was deleted is not there either.
pub async fn a_child_of_another_repository_is_missing(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let child = world.image("secret/app", "a").await?;
    world.push_digest("secret/app", &child).await?;
    let push = |repository| {
        let mut push = world.push(repository, &index_of(&[&child])?)?;
        push.missing_children = MissingPolicy::Reject;
        super::fixture::Done::Ok(push)
    };
    let refused = world.record(push("team/app")?).await;
    assert!(matches!(refused, Err(PushError::ManifestsUnknown(_))), "{refused:?}");
    world.record(push("secret/app")?).await?;
    let source = super::fixture::somebody();
    world.engine.delete_revision(stream("secret/app"), child.digest(), source, world.now_ms()).await?;
    let refused = world.record(push("secret/app")?).await;
    assert!(matches!(refused, Err(PushError::ManifestsUnknown(_))), "{refused:?}");
    Ok(())
}

/// distribution 126: what `BuildKit` writes with `image-manifest=false`.
pub async fn an_index_of_blobs_is_a_build_cache(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (layer, config) = (Blob::of("layer"), Blob::of("cache config"));
    let entries = [layer.descriptor(LAYER), config.descriptor("application/vnd.buildkit.cacheconfig.v0")];
    let index = manifest(ManifestType::OciIndex, &json!({"schemaVersion": 2, "manifests": entries}))?;
    world.link("team/app", &layer).await?;
    let push = || {
        let mut push = world.push("team/app", &index)?.tagged(&["cache"])?;
        push.missing_children = MissingPolicy::Reject;
        super::fixture::Done::Ok(push)
    };
    match world.record(push()?).await {
        Err(PushError::ManifestsUnknown(missing)) => assert_eq!(missing, [config.digest]),
        other => panic!("{other:?}"),
    }
    world.link("team/app", &config).await?;
    world.record(push()?).await?;
    assert_eq!(world.pulls("team/app", "cache")?, Some(index.digest()));
    Ok(())
}

/// distribution 1.9.
pub async fn a_child_of_another_size_is_refused(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let child = world.image("team/app", "a").await?;
    world.push_digest("team/app", &child).await?;
    let mut entry = descriptor(&child);
    entry["size"] = json!(7);
    let index = manifest(ManifestType::OciIndex, &json!({"schemaVersion": 2, "manifests": [entry]}))?;
    let refused = world.record(world.push("team/app", &index)?).await;
    assert!(matches!(refused, Err(PushError::SizeMismatch { declared: 7, .. })), "{refused:?}");
    Ok(())
}

/// reliability 157a.
pub async fn a_damaged_blob_is_missing_until_it_is_pushed_again(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (config, layer) = (Blob::of("c"), Blob::of("layer"));
    world.link("team/app", &config).await?;
    world.link_as("team/app", &layer, "bad").await?;
    world.engine.mark_corrupt(layer.digest, "bad".to_owned()).await?;
    let manifest = image_of(&config, &[&layer])?;
    let refused = world.record(world.push("team/app", &manifest)?).await;
    match refused {
        Err(PushError::BlobsUnknown(missing)) => assert_eq!(missing, [layer.digest]),
        other => panic!("{other:?}"),
    }
    world.link_as("team/app", &layer, "good").await?;
    world.push_digest("team/app", &manifest).await?;
    Ok(())
}
