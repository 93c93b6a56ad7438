//! Pushes and removals at random against a model that keeps lists.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use weir_metadata::suite::fixture::{Blob, Tagged, World, image_of, somebody, stream};
use weir_metadata::{EventKind, PushError, TagCondition};
use weir_oci::{Manifest, Tag};

const REPOSITORIES: [&str; 2] = ["team/app", "team/other"];
const TAGS: [&str; 3] = ["a", "b", "c"];
const IMAGES: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Push { repository: usize, image: usize, tags: Vec<usize>, absent: bool },
    DeleteTag { repository: usize, tag: usize },
    DeleteManifest { repository: usize, image: usize },
    Link { repository: usize, image: usize },
    Unlink { repository: usize, image: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let repository = 0..REPOSITORIES.len();
    let image = 0..IMAGES;
    let tag = 0..TAGS.len();
    let absent = prop::bool::weighted(0.2);
    prop_oneof![
        6 => (repository.clone(), image.clone(), vec(tag.clone(), 0..3), absent)
            .prop_map(|(repository, image, tags, absent)| Step::Push { repository, image, tags, absent }),
        2 => (repository.clone(), tag).prop_map(|(repository, tag)| Step::DeleteTag { repository, tag }),
        2 => (repository.clone(), image.clone())
            .prop_map(|(repository, image)| Step::DeleteManifest { repository, image }),
        1 => (repository.clone(), image.clone()).prop_map(|(repository, image)| Step::Link { repository, image }),
        1 => (repository, image).prop_map(|(repository, image)| Step::Unlink { repository, image }),
    ]
}

/// One repository as lists.
#[derive(Clone, Debug, Default)]
struct Repository {
    /// Images whose blobs are here.
    linked: BTreeSet<usize>,
    /// Images that can be pulled by digest.
    pullable: BTreeSet<usize>,
    /// Current tags with their images, newest first.
    tags: BTreeMap<usize, Vec<usize>>,
    /// Everything that ever happened to a tag, newest first.
    history: BTreeMap<usize, Vec<(EventKind, usize)>>,
    /// Whether a manifest was ever pushed.
    visible: bool,
}

impl Repository {
    /// Whether the push is taken, and whether anything moves.
    fn push(&mut self, image: usize, tags: &[usize], absent: bool) -> Option<bool> {
        let there = match tags {
            [] => self.pullable.contains(&image),
            tags => tags.iter().any(|tag| self.tags.contains_key(tag)),
        };
        if (absent && there) || !self.linked.contains(&image) {
            return None;
        }
        let mut moved = !std::mem::replace(&mut self.visible, true);
        self.pullable.insert(image);
        for tag in tags {
            let shown = self.tags.entry(*tag).or_default();
            if shown.first() != Some(&image) {
                shown.insert(0, image);
                self.history.entry(*tag).or_default().insert(0, (EventKind::Push, image));
                moved = true;
            }
        }
        Some(moved)
    }

    fn delete_tag(&mut self, tag: usize) -> bool {
        let Some(shown) = self.tags.remove(&tag) else { return false };
        self.history.entry(tag).or_default().insert(0, (EventKind::Deleted, shown[0]));
        true
    }

    fn delete_manifest(&mut self, image: usize) -> bool {
        let heads: Vec<usize> =
            self.tags.iter().filter(|(_, shown)| shown[0] == image).map(|(tag, _)| *tag).collect();
        for tag in heads {
            self.delete_tag(tag);
        }
        self.pullable.remove(&image)
    }
}

struct Run {
    world: World,
    images: Vec<Manifest>,
    model: [Repository; 2],
    /// Images with a record.
    recorded: BTreeSet<usize>,
}

fn layer(image: usize) -> Blob {
    Blob::of(&format!("layer {image}"))
}

impl Run {
    fn new(world: World) -> Run {
        let images = (0..IMAGES).map(|image| image_of(&layer(image), &[]).unwrap()).collect();
        Run { world, images, model: Default::default(), recorded: BTreeSet::new() }
    }

    async fn step(&mut self, step: &Step) {
        let before = self.world.version();
        let changed = match step {
            Step::Push { repository, image, tags, absent } => {
                self.push(*repository, *image, tags, *absent).await
            }
            Step::DeleteTag { repository, tag } => {
                let expected = self.model[*repository].delete_tag(*tag);
                let tag = Tag::parse(TAGS[*tag]).unwrap();
                let stream = stream(REPOSITORIES[*repository]);
                let engine = &self.world.engine;
                let deleted =
                    engine.delete_tag(stream, tag, None, somebody(), self.world.now_ms()).await.unwrap();
                assert_eq!(deleted, expected);
                expected
            }
            Step::DeleteManifest { repository, image } => {
                let expected = self.model[*repository].delete_manifest(*image);
                let (stream, digest) = (stream(REPOSITORIES[*repository]), self.images[*image].digest());
                let engine = &self.world.engine;
                let deleted =
                    engine.delete_revision(stream, digest, somebody(), self.world.now_ms()).await.unwrap();
                assert_eq!(deleted, expected);
                expected
            }
            Step::Link { repository, image } => {
                self.world.link(REPOSITORIES[*repository], &layer(*image)).await.unwrap();
                self.model[*repository].linked.insert(*image);
                // The namespace comes with the first link.
                before == 0
            }
            Step::Unlink { repository, image } => {
                let expected = self.model[*repository].linked.remove(image);
                let (stream, digest) = (stream(REPOSITORIES[*repository]), layer(*image).digest);
                assert_eq!(self.world.engine.unlink_blob(stream, digest).await.unwrap(), expected);
                false
            }
        };
        assert_eq!(self.world.version() > before, changed, "{step:?}");
        for (name, model) in REPOSITORIES.iter().zip(&self.model) {
            self.compare(name, model);
        }
    }

    async fn push(&mut self, repository: usize, image: usize, tags: &[usize], absent: bool) -> bool {
        let names: Vec<&str> = tags.iter().map(|tag| TAGS[*tag]).collect();
        let push = self.world.push(REPOSITORIES[repository], &self.images[image]).unwrap();
        let mut push = push.tagged(&names).unwrap();
        push.condition = absent.then_some(TagCondition::Absent);
        let result = self.world.record(push).await;
        if let Some(moved) = self.model[repository].push(image, tags, absent) {
            let outcome = result.unwrap();
            assert!(outcome.version.0 <= self.world.version());
            return self.recorded.insert(image) || moved;
        }
        let refused = result.unwrap_err();
        let expected = matches!(refused, PushError::PreconditionFailed | PushError::BlobsUnknown(_));
        assert!(expected, "{refused:?}");
        false
    }

    fn compare(&self, name: &str, model: &Repository) {
        let tags: Vec<String> = model.tags.keys().map(|tag| TAGS[*tag].to_owned()).collect();
        assert_eq!(self.world.tags(name).unwrap().unwrap_or_default(), tags);
        let stream = stream(name);
        let shown = self.world.engine.image_stream(&stream).unwrap();
        assert_eq!(shown.is_some(), model.visible);
        for (number, tag) in TAGS.iter().enumerate() {
            let images = model.tags.get(&number).cloned().unwrap_or_default();
            let digest = |image: usize| self.images[image].digest();
            assert_eq!(self.world.pulls(name, tag).unwrap(), images.first().copied().map(digest));
            let items = shown.as_ref().and_then(|stream| stream.status.tag(tag));
            let items: Vec<String> =
                items.into_iter().flat_map(|list| &list.items).map(|event| event.image.clone()).collect();
            assert_eq!(items, images.iter().map(|image| digest(*image).to_string()).collect::<Vec<_>>());
            let history = self.world.engine.tag_history(&stream, tag, None, 1000).unwrap();
            let history: Vec<_> = history.into_iter().map(|e| (e.kind, e.event.image)).collect();
            let expected = model.history.get(&number).cloned().unwrap_or_default();
            let expected: Vec<_> =
                expected.into_iter().map(|(kind, image)| (kind, digest(image).to_string())).collect();
            assert_eq!(history, expected);
        }
        for (number, image) in self.images.iter().enumerate() {
            let pulled = self.world.pulls(name, &image.digest().to_string()).unwrap();
            assert_eq!(pulled.is_some(), model.pullable.contains(&number));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    // image-api 71 to 75, 151; distribution 145, 146; reliability I3, I4
    #[test]
    fn the_engine_and_the_model_agree_after_every_step(steps in vec(step(), 1..40)) {
        let (engine, _dir) = crate::engine_with(|_| ());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut run = Run::new(World::new(engine));
            for image in 0..IMAGES {
                run.step(&Step::Link { repository: 0, image }).await;
            }
            for step in &steps {
                run.step(step).await;
            }
        });
    }
}
