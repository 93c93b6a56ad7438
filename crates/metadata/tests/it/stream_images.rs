//! Pushes, deletions and edits at random: looking for one image of a stream finds what a look at all
//! of them does.

use proptest::collection::vec;
use proptest::prelude::*;
use weir_image_api::stream_image;
use weir_image_api::{Image, ImageManifest, ImageStream};
use weir_metadata::suite::fixture::{
    Blob, World, event, image_of, index_of, list, manifest, somebody, stream,
};
use weir_metadata::{Error, EventKind, Lookup, Reach, StreamWish, Wish};
use weir_oci::{Manifest, ManifestType};

const REPOSITORIES: [&str; 2] = ["team/app", "team/other"];
const TAGS: [&str; 2] = ["a", "b"];

#[derive(Clone, Debug)]
enum Step {
    /// An image, or an index of what was made before.
    Push {
        repository: usize,
        made: usize,
        tag: Option<usize>,
    },
    DeleteTag {
        repository: usize,
        tag: usize,
    },
    DeleteImage {
        made: usize,
    },
    /// An Image that nobody pushed, with others as its entries.
    Image {
        name: usize,
        entries: Vec<usize>,
    },
    Event {
        repository: usize,
        tag: usize,
        name: usize,
    },
    DeleteStream {
        repository: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (repository, tag, any) = (0..REPOSITORIES.len(), 0..TAGS.len(), 0..16_usize);
    prop_oneof![
        6 => (repository.clone(), any.clone(), prop::option::of(tag.clone()))
            .prop_map(|(repository, made, tag)| Step::Push { repository, made, tag }),
        1 => (repository.clone(), tag.clone()).prop_map(|(repository, tag)| Step::DeleteTag { repository, tag }),
        1 => any.clone().prop_map(|made| Step::DeleteImage { made }),
        2 => (any.clone(), vec(any.clone(), 0..3)).prop_map(|(name, entries)| Step::Image { name, entries }),
        2 => (repository.clone(), tag, any)
            .prop_map(|(repository, tag, name)| Step::Event { repository, tag, name }),
        1 => repository.prop_map(|repository| Step::DeleteStream { repository }),
    ]
}

/// Images, an image that is never pushed, indexes of them and of one another, and a build cache.
async fn content(world: &World) -> Vec<Manifest> {
    let mut made = Vec::new();
    for text in ["0", "1", "2"] {
        made.push(world.image(REPOSITORIES[0], text).await.unwrap());
        world.image(REPOSITORIES[1], text).await.unwrap();
    }
    let absent = image_of(&Blob::of("absent"), &[]).unwrap();
    made.push(index_of(&[&made[0], &absent]).unwrap());
    made.push(index_of(&[&made[1], &made[3]]).unwrap());
    made.push(index_of(&[&made[4]]).unwrap());
    let entries = serde_json::json!([Blob::of("0").descriptor(weir_metadata::suite::fixture::LAYER)]);
    let cache = serde_json::json!({"schemaVersion": 2, "manifests": entries});
    made.push(manifest(ManifestType::OciIndex, &cache).unwrap());
    made
}

/// Names of Images: of some manifests, and others that look like one another.
fn names(made: &[Manifest]) -> Vec<String> {
    let mut names: Vec<String> = made.iter().map(|manifest| manifest.digest().to_string()).collect();
    names.push(image_of(&Blob::of("absent"), &[]).unwrap().digest().to_string());
    names.push(Blob::of("0").digest.to_string());
    names.extend(["odd", "odder", "sha256:od"].map(str::to_owned));
    names.push(format!("{}0", &names[0][..70]));
    names.push(format!("sha512:{}", names[1][7..].repeat(2)));
    names
}

async fn run(world: &World, made: &[Manifest], names: &[String], steps: &[Step]) {
    let name = |index: &usize| names[index % names.len()].clone();
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Push { repository, made: index, tag } => {
                let (repository, manifest) = (REPOSITORIES[*repository], &made[index % made.len()]);
                for text in ["0", "1", "2"] {
                    world.image(repository, text).await.unwrap();
                }
                match tag {
                    Some(tag) => world.push_tag(repository, TAGS[*tag], manifest).await.unwrap(),
                    None => world.push_digest(repository, manifest).await.unwrap(),
                };
            }
            Step::DeleteTag { repository, tag } => {
                let (stream, tag) = (stream(REPOSITORIES[*repository]), TAGS[*tag].parse().unwrap());
                world.engine.delete_tag(stream, tag, None, somebody(), world.now_ms()).await.unwrap();
            }
            Step::DeleteImage { made: index } => {
                world.edit_image(&name(index), |_| Wish::Delete).await.unwrap();
            }
            Step::Image { name: index, entries } => {
                let entry = |index| ImageManifest { digest: name(index), ..ImageManifest::default() };
                let entries: Vec<_> = entries.iter().map(entry).collect();
                let rule = move |old: Option<Image>| {
                    let image = old.unwrap_or_default();
                    Wish::Write(Box::new(Image { docker_image_manifests: entries, ..image }))
                };
                world.edit_image(&name(index), rule).await.unwrap();
            }
            Step::Event { repository, tag, name: index } => {
                let (tag, name, seconds) = (TAGS[*tag], name(index), i64::try_from(number).unwrap());
                let edit = world.edit(REPOSITORIES[*repository], EventKind::Status, move |write| {
                    list(&mut write.stream, tag).apply(event(seconds, "quay.io/x/y", &name));
                });
                edit.await.unwrap();
            }
            Step::DeleteStream { repository } => {
                world.delete_stream(REPOSITORIES[*repository]).await.unwrap();
            }
        }
    }
}

/// Whole names and beginnings of them, with the algorithm and without.
fn ids(names: &[String]) -> Vec<String> {
    let mut ids = vec!["s".to_owned(), "sha256:".to_owned(), "sha512".to_owned(), "no".to_owned()];
    for name in names {
        let hash = name.split_once(':').map_or("", |(_, hash)| hash);
        let beginnings = [name, &name[..name.len().min(8)], hash, &hash[..hash.len().min(1)]];
        ids.extend(beginnings.iter().filter(|id| !id.is_empty()).map(ToString::to_string));
    }
    ids
}

async fn check(world: &World, names: &[String]) {
    for repository in REPOSITORIES {
        let layers = world.engine.image_stream_layers(&stream(repository)).unwrap();
        let events: Vec<_> =
            world.engine.image_stream(&stream(repository)).unwrap().map_or_else(Vec::new, all);
        for id in ids(names) {
            let found = world.engine.stream_image(&stream(repository), &id).unwrap();
            assert_eq!(found.is_some(), layers.is_some());
            let (Some(found), Some(layers)) = (found, &layers) else { continue };
            let meant = stream_image::find(layers.images.keys().map(String::as_str), &id);
            assert_eq!(found.meant, meant, "{id} in {repository}");
            if let stream_image::Match::One(name) = meant {
                assert_eq!(found.image, world.engine.image(&name).unwrap());
            }
            let mut wanted: Vec<_> =
                events.iter().filter(|event| stream_image::matches(&event.image, &id)).cloned().collect();
            if wanted.iter().any(|event| event.image == id) {
                wanted.retain(|event| event.image == id);
            }
            let mut seen = images_of(world, repository, &id).await;
            let key = |event: &weir_image_api::TagEvent| {
                (event.image.clone(), event.created, event.docker_image_reference.clone())
            };
            wanted.sort_by_key(key);
            seen.sort_by_key(key);
            assert_eq!(seen, wanted, "{id} in {repository}");
        }
    }
}

fn all(stream: ImageStream) -> Vec<weir_image_api::TagEvent> {
    stream.status.tags.into_iter().flat_map(|list| list.items).collect()
}

/// What a rule sees.
async fn images_of(world: &World, repository: &str, id: &str) -> Vec<weir_image_api::TagEvent> {
    let (of, id) = (stream(repository), id.to_owned());
    let rule = move |_: Option<ImageStream>, lookup: &dyn Lookup| {
        Ok::<_, Error>((StreamWish::Keep, lookup.images_of(&of, &id)?))
    };
    let edit = world.stream_edit(repository, Reach::Tags(Vec::new()), EventKind::Tag);
    world.engine.edit_stream(edit, rule).await.unwrap().1.unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    // image-api 3.4, 4.5, 12
    #[test]
    fn an_image_is_found_as_if_all_were_looked_at(steps in vec(step(), 1..16)) {
        let (engine, _dir) = crate::engine_with(|_| ());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new(engine);
            let made = content(&world).await;
            let names = names(&made);
            run(&world, &made, &names, &steps).await;
            check(&world, &names).await;
        });
    }
}
