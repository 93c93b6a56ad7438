use proptest::prelude::*;

use super::*;
use crate::core_v1::ObjectReference;
use crate::{NamedTagEventList, TagReference};

/// Names of the tags that streams here have.
const TAGS: [&str; 4] = ["a", "b", "c", "d"];

/// What a tag may follow.
fn reference() -> impl Strategy<Value = Option<ObjectReference>> {
    let own = prop::sample::select(TAGS.to_vec());
    let of = |kind: &str, namespace: &str, name: &str| ObjectReference {
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        ..ObjectReference::default()
    };
    prop_oneof![
        Just(None),
        own.prop_map(move |tag| Some(of("ImageStreamTag", "", tag))),
        Just(Some(of("ImageStreamTag", "other", "src:latest"))),
        Just(Some(of("ImageStreamImage", "other", "src@sha256:3"))),
        prop::sample::select(vec!["quay.io/x/y", "quay.io/x/z:1"]).prop_map(move |n| Some(of(
            "DockerImage",
            "",
            n
        ))),
    ]
}

fn tag() -> impl Strategy<Value = TagReference> {
    let generation = prop::option::of(-1..4_i64);
    (reference(), any::<bool>(), generation, any::<bool>()).prop_map(
        |(from, reference, generation, annotated)| TagReference {
            from,
            reference,
            generation,
            annotations: annotated.then(|| [("k".to_owned(), "v".to_owned())].into()),
            ..TagReference::default()
        },
    )
}

fn spec() -> impl Strategy<Value = Vec<TagReference>> {
    prop::collection::vec(prop::option::of(tag()), TAGS.len()).prop_map(|tags| {
        let named = TAGS.into_iter().zip(tags);
        named.filter_map(|(name, tag)| Some(TagReference { name: name.to_owned(), ..tag? })).collect()
    })
}

fn world() -> World {
    let [one, two] = ['3', '4'].map(digest);
    World::default().with(source(
        "other",
        "src",
        &json!([history("latest", &[item(9, "in:5000/other/src@x", &two), item(8, "quay.io/s", &one)])]),
    ))
}

/// What a request may do to a tag.
#[derive(Clone, Debug)]
enum Edit {
    None,
    Set(Box<TagReference>),
    DropSpec,
    Delete,
}

fn edit() -> impl Strategy<Value = Edit> {
    let image = |id: &str| TagReference {
        from: Some(ObjectReference {
            kind: "ImageStreamImage".to_owned(),
            name: id.to_owned(),
            ..ObjectReference::default()
        }),
        ..TagReference::default()
    };
    prop_oneof![
        3 => Just(Edit::None),
        3 => tag().prop_map(|tag| Edit::Set(Box::new(tag))),
        1 => prop::sample::select(vec!["pushed-0", "app@pushed", "sha256:4"]).prop_map(move |id| Edit::Set(Box::new(image(id)))),
        1 => Just(Edit::DropSpec),
        1 => Just(Edit::Delete),
    ]
}

impl Edit {
    fn apply(&self, stream: &mut ImageStream, name: &str) {
        if !matches!(self, Edit::None) {
            stream.spec.tags.retain(|tag| tag.name != name);
        }
        match self {
            Edit::Set(tag) => {
                stream.spec.tags.push(TagReference { name: name.to_owned(), ..TagReference::clone(tag) });
            }
            Edit::Delete => stream.status.tags.retain(|tag| tag.tag != name),
            Edit::None | Edit::DropSpec => {}
        }
    }
}

fn with_spec(tags: &[TagReference]) -> ImageStream {
    let mut new = stream(&json!([]), &json!([]));
    new.spec.tags = tags.to_vec();
    new
}

/// A stream as these writes leave it, with pushes to the tags in between.
fn written(specs: &[Vec<TagReference>], pushes: &[Option<usize>], world: &World) -> ImageStream {
    let mut current = create(with_spec(&specs[0]), Path::Main, &context(world)).unwrap().stream;
    for (index, (spec, push)) in specs[1..].iter().zip(pushes).enumerate() {
        if let Some(tag) = push {
            let image = format!("pushed-{index}");
            let event = TagEvent {
                created: Timestamp::from_seconds(i64::try_from(index).unwrap()),
                docker_image_reference: format!("in:5000/team/app@{image}"),
                image,
                generation: current.metadata.generation,
                provenance: None,
            };
            add_event(&mut current, TAGS[*tag], event);
            follow(&mut current, TAGS[*tag]);
        }
        current = put(&current, &with_spec(spec), world).unwrap().stream;
    }
    current
}

/// Cuts these tags, and those that follow them, out of a stream.
fn cut(stream: &ImageStream, tags: &BTreeSet<String>) -> ImageStream {
    let own = StreamRef::new("team".parse().unwrap(), "app".parse().unwrap()).unwrap();
    let followers =
        tags.iter().flat_map(|tag| crate::tag_event::tracking(&own, &stream.spec.tags, tag)).collect();
    let kept: BTreeSet<String> = tags.union(&followers).cloned().collect();
    let mut sparse = stream.clone();
    sparse.spec.tags.retain(|tag| kept.contains(&tag.name));
    sparse.status.tags.retain(|tag| kept.contains(&tag.tag));
    for tag in &mut sparse.status.tags {
        tag.items.truncate(1);
    }
    sparse
}

fn heads(stream: &ImageStream, kept: impl Fn(&str) -> bool) -> Vec<(String, Option<TagEvent>)> {
    let head = |list: &NamedTagEventList| (list.tag.clone(), list.items.first().cloned());
    stream.status.tags.iter().filter(|list| kept(&list.tag)).map(head).collect()
}

fn history_of_writes() -> impl Strategy<Value = (Vec<Vec<TagReference>>, Vec<Option<usize>>)> {
    (prop::collection::vec(spec(), 1..5), prop::collection::vec(prop::option::of(0..TAGS.len()), 4))
}

proptest! {
    #[test]
    fn what_is_settled_stays((specs, pushes) in history_of_writes()) {
        let world = world();
        let once = written(&specs, &pushes, &world);
        let again = put(&once, &once, &world).unwrap();
        prop_assert_eq!(&again.stream, &once);
        prop_assert_eq!(again.tracked.len(), 0);
        // The same document a second time, unless it asks for another import.
        let submitted = specs.last().unwrap();
        if submitted.iter().all(|tag| tag.generation != Some(0)) {
            let twice = put(&once, &with_spec(submitted), &world).unwrap();
            prop_assert_eq!(&twice.stream, &once);
        }
    }

    #[test]
    fn generations_never_go_down((specs, pushes) in history_of_writes(), next in spec(), internal in any::<bool>()) {
        let world = world();
        let old = written(&specs, &pushes, &world);
        let mut wanted = with_spec(&next);
        wanted.status = old.status.clone();
        let path = if internal { Path::Internal } else { Path::Main };
        let new = update(&old, wanted, path, &context(&world)).unwrap().stream;
        let generation = new.metadata.generation;
        prop_assert!((0..=1).contains(&(generation - old.metadata.generation)));
        for tag in &new.spec.tags {
            let now = tag.generation.unwrap();
            let before = old.spec.tag(&tag.name).and_then(|tag| tag.generation).unwrap_or(1);
            prop_assert!(before <= now && now <= generation, "{} of {} is {}", before, tag.name, now);
        }
        for list in &new.status.tags {
            let before = old.status.tag(&list.tag).map_or(0, |list| list.items.len());
            prop_assert!(list.items.len() <= before + 1);
            prop_assert!(list.items.iter().all(|event| event.generation <= generation));
        }
    }

    #[test]
    fn a_sparse_stream_settles_as_the_whole(
        (specs, pushes) in history_of_writes(),
        edits in prop::collection::vec(edit(), TAGS.len()),
    ) {
        let whole = written(&specs, &pushes, &world());
        // Only what was cut out is there to look at; the rest is behind `Sources`.
        let world = world().with(whole.clone());
        let touched = TAGS.into_iter().zip(&edits).filter(|(_, edit)| !matches!(edit, Edit::None));
        let sparse = cut(&whole, &touched.map(|(tag, _)| tag.to_owned()).collect());
        let settled = |stream: &ImageStream| {
            let mut new = stream.clone();
            for (tag, edit) in TAGS.into_iter().zip(&edits) {
                edit.apply(&mut new, tag);
            }
            update(stream, new, Path::Internal, &context(&world))
        };
        let (of_whole, of_sparse) = match (settled(&whole), settled(&sparse)) {
            (Ok(of_whole), Ok(of_sparse)) => (of_whole, of_sparse),
            (of_whole, of_sparse) => {
                prop_assert_eq!(of_sparse, of_whole);
                return Ok(());
            }
        };
        prop_assert_eq!(&of_sparse.stream.metadata, &of_whole.stream.metadata);
        prop_assert_eq!(&of_sparse.tracked, &of_whole.tracked);
        let cut_out = |tag: &str| {
            [&sparse, &of_sparse.stream].iter().any(|s| s.spec.tag(tag).is_some() || s.status.tag(tag).is_some())
        };
        prop_assert_eq!(heads(&of_sparse.stream, |_| true), heads(&of_whole.stream, cut_out));
        for name in TAGS {
            // What was cut out came out the same, and of the rest nothing changed.
            let (expected, in_rest) = if cut_out(name) { (&of_sparse.stream, false) } else { (&whole, true) };
            prop_assert_eq!(of_whole.stream.spec.tag(name), expected.spec.tag(name));
            prop_assert!(!in_rest || of_whole.stream.status.tag(name) == whole.status.tag(name));
        }
    }
}
