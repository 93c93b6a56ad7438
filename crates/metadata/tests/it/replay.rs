//! Edits, pushes and deletions at random: a list and the changes after it give the list of now, and
//! each change knows what was there before it.

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use weir_image_api::core_v1::Secret;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Image, ImageStream, TagEventCondition, TagParts};
use weir_metadata::suite::fixture::{World, event, following, list, somebody, stream};
use weir_metadata::suite::objects::secret;
use weir_metadata::{
    ChangeScope, Changes, Depth, Engine, Error, EventKind, NamespaceRecord, Page, Reach, StreamWrite, Wish,
};
use weir_oci::{Manifest, Tag};

const REPOSITORIES: [&str; 3] = ["team/app", "team/other", "b/app"];
const TAGS: [&str; 3] = ["a", "b", "c"];
const IMAGES: usize = 2;

#[derive(Clone, Debug)]
enum Step {
    Push { repository: usize, image: usize, tags: Vec<usize> },
    DeleteTag { repository: usize, tag: usize },
    DeleteManifest { repository: usize, image: usize },
    Edit { repository: usize, sparse: bool, edits: Vec<Edit> },
    DeleteStream { repository: usize },
    DeleteNamespace { repository: usize },
    Image { image: usize, label: Option<u8> },
    Namespace { label: u8 },
    Secret { value: Option<u8> },
}

#[derive(Clone, Debug)]
enum Edit {
    /// The tag follows another one, or nothing.
    Spec {
        tag: usize,
        follows: Option<usize>,
    },
    /// Any list made of what is in it and of new events.
    Items {
        tag: usize,
        picks: Vec<usize>,
    },
    /// An event by the rule of tag events.
    Event {
        tag: usize,
        reference: u8,
        image: u8,
    },
    Conditions {
        tag: usize,
        on: bool,
    },
    Label {
        value: u8,
    },
    Managers,
    Local {
        local: bool,
    },
}

fn edit() -> impl Strategy<Value = Edit> {
    let tag = 0..TAGS.len();
    let some_tag = prop::option::of(tag.clone());
    prop_oneof![
        2 => (tag.clone(), some_tag).prop_map(|(tag, follows)| Edit::Spec { tag, follows }),
        2 => (tag.clone(), vec(0..6_usize, 0..4)).prop_map(|(tag, picks)| Edit::Items { tag, picks }),
        3 => (tag.clone(), 0..3_u8, 0..3_u8)
            .prop_map(|(tag, reference, image)| Edit::Event { tag, reference, image }),
        1 => (tag, any::<bool>()).prop_map(|(tag, on)| Edit::Conditions { tag, on }),
        1 => (0..3_u8).prop_map(|value| Edit::Label { value }),
        1 => Just(Edit::Managers),
        1 => any::<bool>().prop_map(|local| Edit::Local { local }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let repository = 0..REPOSITORIES.len();
    let (image, tag) = (0..IMAGES, 0..TAGS.len());
    prop_oneof![
        4 => (repository.clone(), image.clone(), vec(tag.clone(), 0..3))
            .prop_map(|(repository, image, tags)| Step::Push { repository, image, tags }),
        1 => (repository.clone(), tag).prop_map(|(repository, tag)| Step::DeleteTag { repository, tag }),
        1 => (repository.clone(), image.clone())
            .prop_map(|(repository, image)| Step::DeleteManifest { repository, image }),
        6 => (repository.clone(), any::<bool>(), vec(edit(), 1..3))
            .prop_map(|(repository, sparse, edits)| Step::Edit { repository, sparse, edits }),
        1 => repository.clone().prop_map(|repository| Step::DeleteStream { repository }),
        1 => repository.prop_map(|repository| Step::DeleteNamespace { repository }),
        1 => (image, prop::option::of(0..3_u8)).prop_map(|(image, label)| Step::Image { image, label }),
        1 => (0..3_u8).prop_map(|label| Step::Namespace { label }),
        1 => prop::option::of(0..3_u8).prop_map(|value| Step::Secret { value }),
    ]
}

fn apply(edits: &[Edit], stream: &mut ImageStream, seconds: i64) {
    for edit in edits {
        match edit {
            Edit::Spec { tag, follows } => {
                let name = TAGS[*tag];
                stream.spec.tags.retain(|tag| tag.name != name);
                stream.spec.tags.extend(follows.map(|followed| following(name, TAGS[followed])));
                stream.spec.tags.sort_by(|one, other| one.name.cmp(&other.name));
                stream.metadata.generation += 1;
            }
            Edit::Items { tag, picks } => {
                let list = list(stream, TAGS[*tag]);
                let old = std::mem::take(&mut list.items);
                let fresh =
                    |pick: &usize| event(seconds + i64::try_from(*pick).unwrap(), "quay.io/x/y", "new");
                list.items = picks.iter().map(|p| old.get(*p).cloned().unwrap_or_else(|| fresh(p))).collect();
            }
            Edit::Event { tag, reference, image } => {
                let event = event(seconds, &format!("quay.io/x/{reference}"), &format!("i{image}"));
                list(stream, TAGS[*tag]).apply(event);
            }
            Edit::Conditions { tag, on } => {
                let conditions = &mut list(stream, TAGS[*tag]).conditions;
                conditions.clear();
                conditions.extend(on.then(TagEventCondition::default));
            }
            Edit::Label { value } => {
                stream.metadata.labels.insert("label".to_owned(), value.to_string());
            }
            Edit::Managers => stream.metadata.managed_fields.push(seconds.into()),
            Edit::Local { local } => stream.spec.lookup_policy.local = *local,
        }
    }
    stream.status.tags.retain(|list| !list.items.is_empty() || !list.conditions.is_empty());
    stream.status.tags.sort_by(|one, other| one.tag.cmp(&other.tag));
}

/// Everything there was at a version, by name.
struct Shown {
    version: u64,
    streams: BTreeMap<String, ImageStream>,
    tags: BTreeMap<String, TagParts>,
    /// With the newest event of each.
    heads: BTreeMap<String, TagParts>,
    images: BTreeMap<String, Image>,
    namespaces: BTreeMap<String, NamespaceRecord>,
    secrets: BTreeMap<String, Secret>,
}

fn name(metadata: &ObjectMeta) -> String {
    format!("{}/{}", metadata.namespace, metadata.name)
}

fn name_of_tag(parts: &TagParts) -> String {
    format!("{}/{}", parts.stream.namespace, parts.name())
}

/// What of a tag is left if only its newest event is read.
fn head_of_tag(mut parts: TagParts) -> TagParts {
    if let Some(status) = &mut parts.status {
        status.items.truncate(1);
        status.items.iter_mut().for_each(|event| event.provenance = None);
    }
    parts
}

/// The stream's version and generation stand with its tags and change without them.
fn of_tag(mut parts: TagParts) -> TagParts {
    parts.stream.resource_version = None;
    parts.stream.generation = 0;
    parts.stream.managed_fields.clear();
    parts
}

fn by_name<T>(items: Vec<T>, name: impl Fn(&T) -> String) -> BTreeMap<String, T> {
    items.into_iter().map(|item| (name(&item), item)).collect()
}

impl Shown {
    fn now(engine: &Engine) -> Shown {
        let page = Page::default();
        let tags = |depth| -> BTreeMap<String, TagParts> {
            let listed = engine.stream_tags(None, &page, depth).unwrap();
            by_name(listed.items.into_iter().map(of_tag).collect(), name_of_tag)
        };
        let (tags, heads) = (tags(Depth::Whole), tags(Depth::Newest));
        let cut: Vec<TagParts> = tags.values().cloned().map(head_of_tag).collect();
        assert_eq!(by_name(cut, name_of_tag), heads);
        Shown {
            version: engine.version(),
            streams: by_name(engine.image_streams(None, &page).unwrap().items, |item| name(&item.metadata)),
            tags,
            heads,
            images: by_name(engine.images(&page).unwrap().items, |item| name(&item.metadata)),
            namespaces: by_name(engine.namespaces(&page).unwrap().items, |item| name(&item.metadata)),
            secrets: by_name(engine.secrets(None, &page).unwrap().items, |item| name(&item.metadata)),
        }
    }
}

struct Run {
    world: World,
    images: Vec<Manifest>,
    shown: Vec<Shown>,
}

impl Run {
    async fn step(&mut self, number: usize, step: &Step) {
        let world = &self.world;
        match step {
            Step::Push { repository, image, tags } => {
                // The repository may have been deleted, and its blobs with it.
                let name = REPOSITORIES[*repository];
                world.image(name, &image.to_string()).await.unwrap();
                let tags: Vec<&str> = tags.iter().map(|tag| TAGS[*tag]).collect();
                for tag in tags {
                    world.push_tag(name, tag, &self.images[*image]).await.unwrap();
                }
                world.push_digest(name, &self.images[*image]).await.unwrap();
            }
            Step::DeleteTag { repository, tag } => {
                let (stream, tag) = (stream(REPOSITORIES[*repository]), Tag::parse(TAGS[*tag]).unwrap());
                world.engine.delete_tag(stream, tag, None, somebody(), world.now_ms()).await.unwrap();
            }
            Step::DeleteManifest { repository, image } => {
                let (stream, digest) = (stream(REPOSITORIES[*repository]), self.images[*image].digest());
                world.engine.delete_revision(stream, digest, somebody(), world.now_ms()).await.unwrap();
            }
            Step::Edit { repository, sparse, edits } => {
                self.edit(number, REPOSITORIES[*repository], *sparse, edits).await;
            }
            Step::DeleteStream { repository } => {
                world.delete_stream(REPOSITORIES[*repository]).await.unwrap();
            }
            Step::DeleteNamespace { repository } => {
                let namespace = REPOSITORIES[*repository].split('/').next().unwrap();
                world.edit_namespace(namespace, |_| Wish::Delete).await.unwrap();
            }
            Step::Image { image, label } => {
                let label = *label;
                let rule = move |old: Option<Image>| match (old, label) {
                    (_, None) => Wish::Delete,
                    (old, Some(label)) => {
                        let mut image = old.unwrap_or_default();
                        image.metadata.labels.insert("label".to_owned(), label.to_string());
                        Wish::Write(Box::new(image))
                    }
                };
                world.edit_image(&self.images[*image].digest().to_string(), rule).await.unwrap();
            }
            Step::Namespace { label } => {
                let label = *label;
                let rule = move |old: Option<NamespaceRecord>| {
                    let Some(mut record) = old else { return Wish::Keep };
                    record.metadata.labels.insert("label".to_owned(), label.to_string());
                    Wish::Write(Box::new(record))
                };
                world.edit_namespace("team", rule).await.unwrap();
            }
            Step::Secret { value } => {
                let value = *value;
                let rule = move |old: Option<Secret>| match value {
                    None => Wish::Delete,
                    Some(value) => {
                        let metadata = old.unwrap_or_default().metadata;
                        Wish::Write(Box::new(Secret { metadata, ..secret(&value.to_string()) }))
                    }
                };
                world.edit_secret("team", "pull", rule).await.unwrap();
            }
        }
        self.shown.push(Shown::now(&self.world.engine));
    }

    async fn edit(&self, number: usize, repository: &str, sparse: bool, edits: &[Edit]) {
        let seconds = i64::try_from(number).unwrap() * 100;
        let reach = if sparse { Reach::Tags(TAGS.map(str::to_owned).to_vec()) } else { Reach::Whole };
        let old = self.world.engine.image_stream(&stream(repository)).unwrap();
        let of_rule = edits.to_vec();
        let change = move |write: &mut StreamWrite| apply(&of_rule, &mut write.stream, seconds);
        let edit = self.world.stream_edit(repository, reach, EventKind::Status);
        let edited = self.world.edit_by(edit, change).await.unwrap();
        if sparse {
            return;
        }
        // What was wanted is what there is, but for what the registry says itself.
        let mut wanted = old.clone().unwrap_or_default();
        apply(edits, &mut wanted, seconds);
        let shown = self.world.engine.image_stream(&stream(repository)).unwrap().unwrap();
        assert_eq!(edited.object, shown);
        assert_eq!((edited.made, edited.changed), (old.is_none(), old.as_ref() != Some(&wanted)));
        assert_eq!((&shown.spec, &shown.status.tags), (&wanted.spec, &wanted.status.tags));
        assert_eq!(shown.metadata.labels, wanted.metadata.labels);
        assert_eq!(shown.metadata.generation, wanted.metadata.generation);
    }

    fn check(&self) {
        let engine = &self.world.engine;
        let all = ChangeScope::default();
        let (whole, tag) = (|item: &ImageStream| item.clone(), |item: &TagParts| of_tag(item.clone()));
        replay(
            &self.shown,
            |s| &s.streams,
            |a, l| engine.stream_changes(&all, a, l),
            |i| name(&i.metadata),
            whole,
        );
        let tags = |after, limit, depth| engine.stream_tag_changes(&all, after, limit, depth);
        replay(&self.shown, |s| &s.tags, |a, l| tags(a, l, Depth::Whole), name_of_tag, tag);
        replay(&self.shown, |s| &s.heads, |a, l| tags(a, l, Depth::Newest), name_of_tag, tag);
        replay(
            &self.shown,
            |s| &s.images,
            |a, l| engine.image_changes(&all, a, l),
            |i| name(&i.metadata),
            Image::clone,
        );
        replay(
            &self.shown,
            |s| &s.namespaces,
            |a, l| engine.namespace_changes(&all, a, l),
            |i| name(&i.metadata),
            NamespaceRecord::clone,
        );
        replay(
            &self.shown,
            |s| &s.secrets,
            |a, l| engine.secret_changes(&all, a, l),
            |i| name(&i.metadata),
            Secret::clone,
        );
    }
}

/// Starts at every list there ever was.
fn replay<T: PartialEq + Debug + Clone>(
    shown: &[Shown],
    of: impl Fn(&Shown) -> &BTreeMap<String, T>,
    changes: impl Fn(u64, usize) -> Result<Changes<T>, Error>,
    name: impl Fn(&T) -> String,
    normal: impl Fn(&T) -> T,
) {
    let newest = shown.last().unwrap().version;
    for (number, start) in shown.iter().enumerate() {
        let limit = number % 4 + 1;
        let mut state = of(start).clone();
        let mut to_come = shown[number..].iter().peekable();
        let mut after = start.version;
        while after < newest {
            let page = changes(after, limit).unwrap();
            assert!(page.upto > after, "it goes on");
            for change in page.items {
                assert!(change.version > after && change.version <= page.upto);
                while let Some(shown) = to_come.next_if(|shown| shown.version < change.version) {
                    assert_eq!(&state, of(shown), "at version {}", shown.version);
                }
                let object = change.after.as_ref().or(change.before.as_ref());
                let name = name(object.expect("a change has an object before or after it"));
                let before = change.before.as_ref().map(&normal);
                assert_eq!(before.as_ref(), state.get(&name), "before version {}", change.version);
                match &change.after {
                    Some(after) => state.insert(name, normal(after)),
                    None => state.remove(&name),
                };
            }
            after = page.upto;
        }
        for shown in to_come {
            assert_eq!(&state, of(shown), "at version {}", shown.version);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    // kubernetes-api 4.2, 4.3; reliability I9
    #[test]
    fn a_list_and_the_changes_after_it_give_the_list_of_now(steps in vec(step(), 1..25)) {
        let (engine, _dir) = crate::engine_with(|_| ());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new(engine);
            let mut images = Vec::new();
            for image in 0..IMAGES {
                images.push(world.image(REPOSITORIES[0], &image.to_string()).await.unwrap());
            }
            let shown = vec![Shown::now(&world.engine)];
            let mut run = Run { world, images, shown };
            for (number, step) in steps.iter().enumerate() {
                run.step(number + 1, step).await;
            }
            run.check();
        });
    }
}
