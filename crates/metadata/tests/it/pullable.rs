//! Pushes, copies and deletions at random: what the tags of a stream show and what can be pulled by
//! them is always the same, whatever a reader has in its memory.

use proptest::collection::vec;
use proptest::prelude::*;
use weir_image_api::{Image, ImageStream};
use weir_metadata::suite::fixture::{World, event, list, somebody, stream};
use weir_metadata::{Engine, EventKind, Options, Reach, StreamWrite, Wish};
use weir_oci::{Manifest, Tag};

const REPOSITORIES: [&str; 2] = ["team/app", "b/app"];
/// The last one is nothing that a client could ask for.
const TAGS: [&str; 4] = ["a", "b", "c", "d:e"];
const IMAGES: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Push {
        repository: usize,
        image: usize,
        tag: Option<usize>,
    },
    DeleteTag {
        repository: usize,
        tag: usize,
    },
    DeleteManifest {
        repository: usize,
        image: usize,
    },
    /// A tag gets the events of images, oldest first, perhaps with the right to take them from the
    /// other repository.
    Events {
        repository: usize,
        tag: usize,
        images: Vec<usize>,
        copies: bool,
        sparse: bool,
    },
    /// The newest event of a tag is taken back.
    Back {
        repository: usize,
        tag: usize,
    },
    DeleteStream {
        repository: usize,
    },
    Image {
        image: usize,
        there: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (repository, image, tag) = (0..REPOSITORIES.len(), 0..IMAGES, 0..TAGS.len());
    prop_oneof![
        4 => (repository.clone(), image.clone(), prop::option::of(0..3_usize))
            .prop_map(|(repository, image, tag)| Step::Push { repository, image, tag }),
        1 => (repository.clone(), 0..3_usize).prop_map(|(repository, tag)| Step::DeleteTag { repository, tag }),
        2 => (repository.clone(), image.clone())
            .prop_map(|(repository, image)| Step::DeleteManifest { repository, image }),
        6 => (repository.clone(), tag.clone(), vec(image.clone(), 0..3), any::<bool>(), any::<bool>())
            .prop_map(|(repository, tag, images, copies, sparse)| {
                Step::Events { repository, tag, images, copies, sparse }
            }),
        2 => (repository.clone(), tag).prop_map(|(repository, tag)| Step::Back { repository, tag }),
        1 => repository.prop_map(|repository| Step::DeleteStream { repository }),
        2 => (image, any::<bool>()).prop_map(|(image, there)| Step::Image { image, there }),
    ]
}

struct Run {
    world: World,
    images: Vec<Manifest>,
}

impl Run {
    fn pulls(&self, repository: &str, reference: &str) -> Option<String> {
        self.world.pulls(repository, reference).unwrap().map(|digest| digest.to_string())
    }

    async fn step(&self, number: i64, step: &Step) {
        let world = &self.world;
        match step {
            Step::Push { repository, image, tag } => {
                let (name, manifest) = (REPOSITORIES[*repository], &self.images[*image]);
                world.image(name, &image.to_string()).await.unwrap();
                match tag {
                    Some(tag) => world.push_tag(name, TAGS[*tag], manifest).await.unwrap(),
                    None => world.push_digest(name, manifest).await.unwrap(),
                };
                let digest = manifest.digest().to_string();
                assert_eq!(self.pulls(name, &digest), Some(digest.clone()));
                if let Some(tag) = tag {
                    assert_eq!(self.pulls(name, TAGS[*tag]), Some(digest));
                }
            }
            Step::DeleteTag { repository, tag } => {
                let (name, tag) = (REPOSITORIES[*repository], Tag::parse(TAGS[*tag]).unwrap());
                let reference = tag.as_str().to_owned();
                world.engine.delete_tag(stream(name), tag, None, somebody(), world.now_ms()).await.unwrap();
                assert_eq!(self.pulls(name, &reference), None);
            }
            Step::DeleteManifest { repository, image } => {
                let (name, digest) = (REPOSITORIES[*repository], self.images[*image].digest());
                world.engine.delete_revision(stream(name), digest, somebody(), world.now_ms()).await.unwrap();
                assert_eq!(self.pulls(name, &digest.to_string()), None);
            }
            Step::Events { repository, tag, images, copies, sparse } => {
                let (name, other) = (REPOSITORIES[*repository], REPOSITORIES[1 - *repository]);
                let digests: Vec<String> =
                    images.iter().map(|image| self.images[*image].digest().to_string()).collect();
                let had: Vec<bool> =
                    digests.iter().map(|digest| self.pulls(other, digest).is_some()).collect();
                let (tag, of_rule, copies) = (TAGS[*tag], digests.clone(), *copies);
                let reach = if *sparse { Reach::Tags(vec![tag.to_owned()]) } else { Reach::Whole };
                let edit = world.stream_edit(name, reach, EventKind::Tag);
                let change = move |write: &mut StreamWrite| {
                    for (place, digest) in (0..).zip(&of_rule) {
                        let reference = format!("quay.io/x/y@{digest}");
                        list(&mut write.stream, tag)
                            .items
                            .insert(0, event(number * 10 + place, &reference, digest));
                    }
                    write.stream.status.tags.retain(|list| !list.items.is_empty());
                    write.sources.extend(copies.then(|| stream(other)));
                };
                world.edit_by(edit, change).await.unwrap();
                for (digest, had) in digests.iter().zip(had) {
                    assert!(!copies || !had || self.pulls(name, digest).is_some(), "{digest}");
                }
            }
            Step::Back { repository, tag } => {
                let (name, tag) = (REPOSITORIES[*repository], TAGS[*tag]);
                let back = move |write: &mut StreamWrite| {
                    let items = &mut list(&mut write.stream, tag).items;
                    if !items.is_empty() {
                        items.remove(0);
                    }
                    write.stream.status.tags.retain(|list| !list.items.is_empty());
                };
                world.edit(name, EventKind::Status, back).await.unwrap();
            }
            Step::DeleteStream { repository } => {
                let name = REPOSITORIES[*repository];
                if world.delete_stream(name).await.unwrap() {
                    assert_eq!(world.tags(name).unwrap(), None);
                }
            }
            Step::Image { image, there } => {
                let there = *there;
                let rule = move |old: Option<Image>| match (old, there) {
                    (_, false) => Wish::Delete,
                    (old, true) => Wish::Write(Box::new(old.unwrap_or_default())),
                };
                let digest = self.images[*image].digest().to_string();
                world.edit_image(&digest, rule).await.unwrap();
                if !there {
                    assert!(REPOSITORIES.iter().all(|name| self.pulls(name, &digest).is_none()));
                }
            }
        }
    }

    fn check(&self) {
        for name in REPOSITORIES {
            let shown: Option<ImageStream> = self.world.engine.image_stream(&stream(name)).unwrap();
            let mut listed = Vec::new();
            for list in shown.iter().flat_map(|stream| &stream.status.tags) {
                let Some(head) = list.current() else { continue };
                if Tag::parse(&list.tag).is_err() {
                    continue;
                }
                let by_digest = self.pulls(name, &head.image);
                assert_eq!(self.pulls(name, &list.tag), by_digest, "{name}:{}", list.tag);
                listed.extend(by_digest.map(|_| list.tag.clone()));
            }
            assert_eq!(self.world.tags(name).unwrap().unwrap_or_default(), listed, "{name}");
            let gone = TAGS[..3].iter().filter(|tag| !listed.iter().any(|listed| listed == *tag));
            for tag in gone {
                assert_eq!(self.pulls(name, tag), None, "{name}:{tag}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    // decisions 3.7, image-api 16.3
    #[test]
    fn tags_show_what_can_be_pulled(steps in vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let world = World::new(Engine::open(dir.path(), Options::new("")).unwrap());
            let mut images = Vec::new();
            for text in 0..IMAGES {
                images.push(world.image("elsewhere/app", &text.to_string()).await.unwrap());
            }
            let run = Run { world, images };
            for (number, step) in (1..).zip(&steps) {
                run.step(number, step).await;
                run.check();
            }
        });
    }
}
