//! What the image API shows.

use weir_image_api::{Namespace, TagParts};

use super::Outcome;
use super::fixture::{Blob, Done, World, digests, image_of, index_of, stream};
use crate::{Depth, Engine, Listed, Page};

/// A tag as its stream shows it, without how its events came about.
fn anonymous(mut parts: TagParts) -> TagParts {
    for event in parts.status.iter_mut().flat_map(|status| &mut status.items) {
        assert_eq!(event.provenance.take().map(|provenance| provenance.user), Some("somebody".to_owned()));
    }
    parts
}

/// Follows the pages of a list to its end.
fn follow<T>(limit: usize, mut page: impl FnMut(&Page) -> Done<Listed<T>>) -> Done<Vec<T>> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let listed = page(&Page { limit: Some(limit), after })?;
        assert!(listed.items.len() <= limit);
        if listed.next.is_some() {
            assert_eq!(listed.items.len(), limit, "a page that is not the last is full");
        }
        all.extend(listed.items);
        match listed.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// image-api 6, 74; kubernetes-api 3.1.
pub async fn a_stream_shows_its_tags_with_their_histories(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("a/b/c", "1").await?, world.image("a/b/c", "2").await?);
    for (tag, image) in [("z", &one), ("a", &one), ("m", &one), ("m", &two)] {
        world.push_tag("a/b/c", tag, image).await?;
    }
    let shown = world.engine.image_stream(&stream("a/b/c"))?.ok_or("there is no stream")?;
    assert_eq!(shown.metadata.name, "b~c");
    assert!(shown.status.docker_image_repository.ends_with("/a/b/c"));
    let tags: Vec<_> = shown.status.tags.iter().map(|tag| (tag.tag.as_str(), tag.items.len())).collect();
    assert_eq!(tags, [("a", 1), ("m", 2), ("z", 1)]);
    assert_eq!(world.shown("a/b/c", "m")?, digests(&[&two, &one]));
    assert_eq!(world.engine.image_stream(&stream("a/b"))?, None);
    Ok(())
}

/// kubernetes-api 3.1, 3.3.
pub async fn streams_come_in_pages_by_namespace_and_name(engine: Engine) -> Outcome {
    let world = World::new(engine);
    for repository in ["b/x", "a/z", "a/b/c", "a-a/q", "a/b"] {
        let image = world.image(repository, "x").await?;
        world.push_tag(repository, "t", &image).await?;
    }
    world.link("b/no-stream", &Blob::of("x")).await?;
    let wanted = ["a/b", "a/b~c", "a/z", "a-a/q", "b/x"];
    let a = Namespace::parse("a")?;
    for limit in 1..7 {
        let all = follow(limit, |page| Ok(world.engine.image_streams(None, page)?))?;
        let names: Vec<_> =
            all.iter().map(|s| format!("{}/{}", s.metadata.namespace, s.metadata.name)).collect();
        assert_eq!(names, wanted);
        assert!(all.iter().all(|stream| stream.status.tags.len() == 1));
        let some = follow(limit, |page| Ok(world.engine.image_streams(Some(&a), page)?))?;
        assert_eq!(some, all[..3]);
    }
    let first = world.engine.image_streams(None, &Page { limit: Some(2), after: None })?;
    assert_eq!(first.remaining, Some(3));
    assert_eq!(first.next, Some(("a".to_owned(), "b~c".to_owned())));
    assert_eq!(first.version.0, world.version());
    let all = world.engine.image_streams(None, &Page::default())?;
    assert_eq!((all.items.len(), all.next, all.remaining), (5, None, None));
    let nowhere = Namespace::parse("nowhere")?;
    assert_eq!(world.engine.image_streams(Some(&nowhere), &Page::default())?.items, []);
    Ok(())
}

/// image-api 97; kubernetes-api 3.3.
pub async fn images_and_namespaces_come_in_pages(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let mut wanted = Vec::new();
    for number in 0..5 {
        let repository = format!("ns{number}/app");
        let image = world.image(&repository, &number.to_string()).await?;
        world.push_digest(&repository, &image).await?;
        wanted.push(image.digest().to_string());
    }
    wanted.sort();
    for limit in 1..7 {
        let images = follow(limit, |page| Ok(world.engine.images(page)?))?;
        let names: Vec<_> = images.iter().map(|image| image.metadata.name.as_str()).collect();
        assert_eq!(names, wanted);
        let namespaces = follow(limit, |page| Ok(world.engine.namespaces(page)?))?;
        let names: Vec<_> = namespaces.iter().map(|namespace| namespace.name.as_str()).collect();
        assert_eq!(names, ["ns0", "ns1", "ns2", "ns3", "ns4"]);
    }
    let first = world.engine.images(&Page { limit: Some(2), after: None })?;
    assert_eq!((first.remaining, first.version.0), (Some(3), world.version()));
    let namespace = world.engine.namespace(&Namespace::parse("ns0")?)?.ok_or("there is no namespace")?;
    assert!(!namespace.metadata.uid.is_empty());
    assert!(namespace.metadata.resource_version.is_some());
    assert_eq!(world.engine.namespace(&Namespace::parse("ns")?)?, None);
    assert_eq!(world.engine.image("sha256:no")?, None);
    Ok(())
}

/// image-api 115, 116.
pub async fn a_tag_comes_with_its_image(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    world.push_tag("team/app", "latest", &one).await?;
    world.push_tag("team/app", "latest", &two).await?;
    world.push_tag("team/app", "other", &one).await?;
    let found =
        world.engine.stream_tag(&stream("team/app"), "latest", Depth::Whole)?.ok_or("there is no stream")?;
    let shown = world.engine.image_stream(&stream("team/app"))?.ok_or("there is no stream")?;
    assert_eq!(anonymous(found.parts.clone()), TagParts::of(&shown, "latest"));
    assert_eq!(found.parts.status.as_ref().map(|status| status.items.len()), Some(2));
    assert_eq!(found.image, world.engine.image(&two.digest().to_string())?);
    assert!(found.image.is_some());
    let absent =
        world.engine.stream_tag(&stream("team/app"), "absent", Depth::Whole)?.ok_or("there is no stream")?;
    assert_eq!((absent.parts.spec, absent.parts.status, absent.image), (None, None, None));
    assert_eq!(world.engine.stream_tag(&stream("team/unknown"), "latest", Depth::Whole)?, None);
    Ok(())
}

/// image-api 121, 137.
pub async fn tags_of_all_streams_come_in_pages(engine: Engine) -> Outcome {
    let world = World::new(engine);
    for (repository, tags) in [("a/x-y", vec!["t"]), ("a/x", vec!["1", "2", "3"]), ("b/x", vec!["1"])] {
        let image = world.image(repository, "i").await?;
        for tag in tags {
            world.push_tag(repository, tag, &image).await?;
        }
    }
    let untagged = world.image("a/w", "i").await?;
    world.push_digest("a/w", &untagged).await?;
    let a = Namespace::parse("a")?;
    for limit in 1..7 {
        let all = follow(limit, |page| Ok(world.engine.stream_tags(None, page, Depth::Whole)?))?;
        let names: Vec<_> =
            all.iter().map(|tag| format!("{}/{}", tag.stream.namespace, tag.name())).collect();
        assert_eq!(names, ["a/x:1", "a/x:2", "a/x:3", "a/x-y:t", "b/x:1"], "{limit}");
        let some = follow(limit, |page| Ok(world.engine.stream_tags(Some(&a), page, Depth::Whole)?))?;
        assert_eq!(some, all[..4]);
    }
    let shown = world.engine.image_stream(&stream("a/x"))?.ok_or("there is no stream")?;
    let listed = world.engine.stream_tags(None, &Page::default(), Depth::Whole)?;
    assert_eq!(listed.version.0, world.version());
    let listed_tags: Vec<TagParts> = listed.items.into_iter().map(anonymous).collect();
    assert_eq!(listed_tags[..3], TagParts::all(&shown));
    Ok(())
}

/// image-api 107, 110, 112.
pub async fn layers_show_the_whole_history_and_the_children(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (old, child) = (world.image("team/app", "old").await?, world.image("team/app", "child").await?);
    let sparse = image_of(&Blob::of("c"), &[])?;
    let index = index_of(&[&child, &sparse])?;
    world.push_digest("team/app", &child).await?;
    let empty = world.engine.image_stream_layers(&stream("team/app"))?.ok_or("there is no stream")?;
    assert!(empty.images.is_empty() && empty.blobs.is_empty());
    world.push_tag("team/app", "latest", &old).await?;
    world.push_tag("team/app", "latest", &index).await?;
    let layers = world.engine.image_stream_layers(&stream("team/app"))?.ok_or("there is no stream")?;
    let mut wanted = digests(&[&old, &child, &sparse, &index]);
    wanted.sort();
    assert_eq!(layers.images.keys().cloned().collect::<Vec<_>>(), wanted);
    assert!(layers.images[&sparse.digest().to_string()].image_missing);
    assert!(layers.blobs.contains_key(&Blob::of("old").digest.to_string()));
    assert!(layers.blobs.contains_key(&Blob::of("child").digest.to_string()));
    assert_eq!(layers.metadata.name, "app");
    assert_eq!(world.engine.image_stream_layers(&stream("team/unknown"))?, None);
    Ok(())
}
