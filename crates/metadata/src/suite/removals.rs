//! Streams, namespaces and images that are deleted through the image API.

use bytes::Bytes;
use weir_image_api::Namespace;
use weir_oci::UploadId;

use super::Outcome;
use super::fixture::{Blob, World, digests, index_of, somebody, stream};
use crate::{Engine, Error, EventKind, LinkBlob, UploadRow, UploadState, Wish};

/// image-api 7.6.
pub async fn a_deleted_stream_is_gone_at_once(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    let digest = image.digest().to_string();
    world.push_tag("team/app", "latest", &image).await?;
    let app = stream("team/app");
    // So that there is something to forget.
    assert!(world.pull("team/app", "latest")?.is_some() && world.pull("team/app", &digest)?.is_some());
    assert!(world.engine.blob(&app, &Blob::of("a").digest)?.is_some());
    let last = world.stream("team/app")?;
    assert!(world.delete_stream("team/app").await?);
    assert!(!world.engine.repository_exists(&app)?);
    assert_eq!(world.tags("team/app")?, None);
    assert_eq!((world.pull("team/app", "latest")?, world.pull("team/app", &digest)?), (None, None));
    assert_eq!(world.engine.blob(&app, &Blob::of("a").digest)?, None);
    assert_eq!(world.engine.image_stream(&app)?, None);
    assert_eq!(world.engine.image_streams(None, &crate::Page::default())?.items, []);
    assert!(world.engine.repositories(None, 10)?.is_empty());
    assert!(world.engine.image(&digest)?.is_some(), "images stay");
    assert!(!world.engine.mount(stream("b/x"), None, Blob::of("a").digest, world.now_ms()).await?);

    // The name again is another repository.
    let other = world.image("team/app", "b").await?;
    world.push_tag("team/app", "other", &other).await?;
    assert_eq!(world.pull("team/app", "latest")?, None);
    assert_eq!(world.pull("team/app", &digest)?, None);
    assert_eq!(world.engine.blob(&app, &Blob::of("a").digest)?, None);
    assert_ne!(world.stream("team/app")?.metadata.uid, last.metadata.uid);
    Ok(())
}

/// The history outlives the stream and goes on with the next of its name.
pub async fn history_goes_back_beyond_the_stream(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let app = stream("team/app");
    let mut texts = Vec::new();
    for round in ["1", "2"] {
        let image = world.image("team/app", round).await?;
        world.push_tag("team/app", "b", &image).await?;
        world.push_tag("team/app", "a", &image).await?;
        world.delete_stream("team/app").await?;
        texts.push(image.digest().to_string());
    }
    let all = world.engine.stream_history(&app, None, None, 100)?;
    let told: Vec<_> = all.iter().map(|e| (e.key.tag.as_str(), e.kind, e.event.image.as_str())).collect();
    let (deleted, push) = (EventKind::Deleted, EventKind::Push);
    let (one, two) = (texts[0].as_str(), texts[1].as_str());
    assert_eq!(
        told,
        [
            ("b", deleted, two),
            ("a", deleted, two),
            ("a", push, two),
            ("b", push, two),
            ("b", deleted, one),
            ("a", deleted, one),
            ("a", push, one),
            ("b", push, one),
        ]
    );
    assert!(all.iter().all(|entry| !entry.current && entry.source.identity == somebody().identity));
    assert_eq!(all[0].source.reason.as_deref(), Some("stream deleted"));
    assert!(all.is_sorted_by(|newer, older| newer.key > older.key));
    for limit in 1..5 {
        let mut paged: Vec<crate::HistoryEntry> = Vec::new();
        loop {
            let before = paged.last().map(|entry| entry.key.clone());
            let page = world.engine.stream_history(&app, None, before.as_ref(), limit)?;
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, all, "{limit}");
    }
    let of_a: Vec<_> = all.iter().filter(|entry| entry.key.tag == "a").cloned().collect();
    assert_eq!(world.engine.stream_history(&app, Some("a"), None, 100)?, of_a);
    let before = &of_a[0].key;
    assert_eq!(world.engine.stream_history(&app, Some("a"), Some(before), 2)?, of_a[1..3]);
    assert_eq!(world.engine.stream_history(&stream("team/none"), None, None, 9)?, []);
    Ok(())
}

/// An upload ends with the repository it was for.
pub async fn an_upload_does_not_bring_a_deleted_repository_back(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    world.push_tag("team/app", "latest", &image).await?;
    let row = |repository: &str| UploadRow {
        id: UploadId::random(),
        stream: stream(repository),
        identity: "somebody".to_owned(),
        started_ms: 1,
        since: world.engine.version(),
        used_ms: 1,
        state: UploadState::Open(Bytes::from_static(b"at 0")),
    };
    let (here, elsewhere) = (row("team/app"), row("team/other"));
    world.engine.save_upload(here.clone()).await?;
    world.engine.save_upload(elsewhere.clone()).await?;
    world.delete_stream("team/app").await?;
    assert_eq!(world.engine.upload(here.id)?, None);
    assert_eq!(world.engine.upload(elsewhere.id)?, Some(elsewhere));
    let blob = Blob::of("late");
    let late = LinkBlob {
        stream: stream("team/app"),
        digest: blob.digest,
        key: world.key(),
        size: blob.size,
        since: here.since,
        now_ms: world.now_ms(),
    };
    let refused = world.engine.link_blob(late.clone()).await;
    assert!(matches!(refused, Err(Error::RepositoryDeleted)), "{refused:?}");
    assert!(!world.engine.repository_exists(&stream("team/app"))?);
    // Neither once the name is in use again.
    world.image("team/app", "b").await?;
    assert!(world.engine.link_blob(late).await.is_err());
    assert_eq!(world.engine.blob(&stream("team/app"), &blob.digest)?, None);
    Ok(())
}

/// A namespace takes along what is in it and waits for what somebody holds.
pub async fn a_namespace_goes_when_nothing_is_left_in_it(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let team = Namespace::parse("team")?;
    let image = world.image("team/app", "a").await?;
    world.push_tag("team/app", "latest", &image).await?;
    world.link("team/bare", &Blob::of("bare")).await?;
    world
        .edit("team/held", EventKind::Tag, |write| {
            write.stream.metadata.finalizers = vec!["example.com/hold".to_owned()];
        })
        .await?;
    world.edit_secret("team", "free", |_| Wish::Write(Box::default())).await?;
    let edited = world.edit_namespace("team", |_| Wish::Delete).await?.ok_or("there is no namespace")?;
    assert_eq!((edited.object.phase(), edited.changed), ("Terminating", true));
    assert_eq!(world.engine.namespace(&team)?, Some(edited.object));
    assert_eq!(world.engine.image_stream(&stream("team/app"))?, None);
    assert!(world.engine.secret(&team, "free")?.is_none());
    assert!(world.engine.image_stream(&stream("team/held"))?.is_some());
    // Nothing new comes into it.
    let link = world.link("team/new", &Blob::of("x")).await;
    assert!(link.is_err_and(|refused| refused.to_string().contains("terminated")));
    let more = world.link("team/held", &Blob::of("more")).await;
    assert!(more.is_err_and(|refused| refused.to_string().contains("terminated")));
    world.link("other/app", &Blob::of("more")).await?;
    let mount = world.engine.mount(stream("team/held"), None, Blob::of("more").digest, world.now_ms()).await;
    assert!(matches!(mount, Err(Error::Terminating(_))), "{mount:?}");
    let push = world.push_digest("team/held", &index_of(&[&image])?).await;
    assert!(push.is_err_and(|refused| refused.to_string().contains("terminated")));
    assert!(world.edit("team/bare", EventKind::Tag, |_| ()).await.is_err());
    assert!(world.edit_secret("team", "new", |_| Wish::Write(Box::default())).await.is_err());

    let before = world.version();
    assert!(world.delete_stream("team/held").await?);
    assert_eq!(world.engine.namespace(&team)?, None);
    assert!(!world.engine.repository_exists(&stream("team/bare"))?);
    let seen: Vec<_> = world.engine.changes_after(before, 10)?.iter().map(|c| c.resource).collect();
    assert_eq!(seen, [crate::Resource::ImageStream, crate::Resource::Namespace]);
    // The name again is another namespace.
    let image = world.image("team/app", "b").await?;
    world.push_tag("team/app", "latest", &image).await?;
    assert_eq!(world.engine.namespace(&team)?.ok_or("there is no namespace")?.phase(), "Active");
    assert_eq!(world.engine.blob(&stream("team/bare"), &Blob::of("bare").digest)?, None);
    Ok(())
}

/// An empty namespace goes at once.
pub async fn an_empty_namespace_goes_at_once(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    world.push_tag("team/app", "latest", &image).await?;
    let gone = world.edit_namespace("team", |_| Wish::Delete).await?.ok_or("there was one")?;
    assert_eq!(gone.object.phase(), "Active");
    assert_eq!(world.engine.namespaces(&crate::Page::default())?.items, []);
    assert_eq!(world.edit_namespace("team", |_| Wish::Delete).await?, None);
    assert_eq!(world.pull("team/app", "latest")?, None);
    assert_eq!(world.engine.stream_history(&stream("team/app"), None, None, 9)?.len(), 2);
    Ok(())
}

/// image-api 5.7, 109.
pub async fn a_deleted_image_leaves_histories_and_cannot_be_pulled(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let image = world.image("team/app", "a").await?;
    let digest = image.digest().to_string();
    world.push_tag("team/app", "latest", &image).await?;
    assert!(world.pull("team/app", "latest")?.is_some() && world.pull("team/app", &digest)?.is_some());
    let record = world.engine.image(&digest)?;
    let gone = world.edit_image(&digest, |_| Wish::Delete).await?.ok_or("there was one")?;
    assert_eq!(Some(gone.object), record);
    assert_eq!(world.engine.image(&digest)?, None);
    assert_eq!((world.pull("team/app", "latest")?, world.pull("team/app", &digest)?), (None, None));
    assert_eq!(world.tags("team/app")?, Some(vec![]));
    assert_eq!(world.shown("team/app", "latest")?, digests(&[&image]));
    let layers = world.engine.image_stream_layers(&stream("team/app"))?.ok_or("there is no stream")?;
    assert!(layers.images[&digest].image_missing);
    assert_eq!(world.edit_image(&digest, |_| Wish::Delete).await?, None);
    // A push brings it back, whether through the API or not.
    world.edit_image(&digest, move |_| Wish::Write(Box::new(record.expect("it was there")))).await?;
    assert_eq!(world.pulls("team/app", "latest")?, Some(image.digest()));
    world.edit_image(&digest, |_| Wish::Delete).await?;
    world.push_digest("team/app", &image).await?;
    assert_eq!(world.pulls("team/app", "latest")?, Some(image.digest()));
    Ok(())
}
