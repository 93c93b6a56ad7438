//! What writing the spec tags of a stream does to its histories (image-api 4.2, 4.5, 4.6).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::generations::is_changed;
use super::rules::Context;
use crate::core_v1::ObjectReference;
use crate::meta::{FieldError, FieldErrors, quoted};
use crate::stream_image::{self, Match};
use crate::tag_event::{self, DEFAULT_TAG};
use crate::{ImageStream, NamedTagEventList, Namespace, StreamName, StreamRef, TagEvent, TagReference};

/// Applies an event to a tag of the stream, which gets a history if it has none (image-api 4.1).
/// Says whether that changed anything.
pub fn add_event(stream: &mut ImageStream, tag: &str, event: TagEvent) -> bool {
    let tags = &mut stream.status.tags;
    let at = match tags.binary_search_by(|list| list.tag.as_str().cmp(tag)) {
        Ok(at) => at,
        Err(at) => {
            tags.insert(at, NamedTagEventList { tag: tag.to_owned(), ..NamedTagEventList::default() });
            at
        }
    };
    tags[at].apply(event)
}

/// Gives the newest event of `tag` to the tags that follow it, one level deep (image-api 4.2), and
/// names those it changed.
pub fn follow(stream: &mut ImageStream, tag: &str) -> BTreeSet<String> {
    let Some(own) = own_ref(stream) else { return BTreeSet::new() };
    let followers = tag_event::tracking(&own, &stream.spec.tags, tag);
    pass_on(stream, tag, followers)
}

fn pass_on(stream: &mut ImageStream, tag: &str, followers: Vec<String>) -> BTreeSet<String> {
    let Some(event) = head(stream, tag).cloned() else { return BTreeSet::new() };
    followers.into_iter().filter(|follower| add_event(stream, follower, event.clone())).collect()
}

/// Follows every tag whose newest event is another than before.
pub(super) fn follow_changes(old: Option<&ImageStream>, new: &mut ImageStream) -> BTreeSet<String> {
    let Some(own) = own_ref(new) else { return BTreeSet::new() };
    let mut followers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for tag in &new.spec.tags {
        if let Some(source) = tag_event::followed(&own, tag).filter(|source| *source != tag.name) {
            followers.entry(source.to_owned()).or_default().push(tag.name.clone());
        }
    }
    let before: BTreeMap<&str, &TagEvent> = old
        .iter()
        .flat_map(|old| &old.status.tags)
        .filter_map(|tag| Some((tag.tag.as_str(), tag.items.first()?)))
        .collect();
    // Who moved is settled before anyone follows, so the outcome does not depend on their order.
    followers.retain(|source, _| head(new, source) != before.get(source.as_str()).copied());
    followers.into_iter().flat_map(|(source, followers)| pass_on(new, &source, followers)).collect()
}

/// The newest event of a tag of a stream whose tags are in order.
fn head<'a>(stream: &'a ImageStream, tag: &str) -> Option<&'a TagEvent> {
    let tags = &stream.status.tags;
    let at = tags.binary_search_by(|list| list.tag.as_str().cmp(tag)).ok()?;
    tags[at].items.first()
}

fn own_ref(stream: &ImageStream) -> Option<StreamRef> {
    stream_ref(&stream.metadata.namespace, &stream.metadata.name)
}

fn stream_ref(namespace: &str, name: &str) -> Option<StreamRef> {
    StreamRef::new(Namespace::parse(namespace).ok()?, StreamName::parse(name).ok()?).ok()
}

/// Gives the new and changed spec tags the events they ask for. The errors are about tags whose
/// source is not there, or not for the caller.
pub(super) fn resolve(
    old: Option<&ImageStream>,
    new: &mut ImageStream,
    context: &Context<'_>,
) -> Result<(), FieldErrors> {
    // Without a proper name there is nothing to resolve within; that is reported on its own.
    let Some(own) = own_ref(new) else { return Ok(()) };
    let before: BTreeMap<&str, &TagReference> =
        old.iter().flat_map(|old| &old.spec.tags).map(|tag| (tag.name.as_str(), tag)).collect();
    let mut wanted: Vec<Wanted> = new
        .spec
        .tags
        .iter()
        .filter(|tag| {
            let stored = before.get(tag.name.as_str()).copied();
            is_changed(stored, tag, own.namespace.as_str(), context.default_import_mode)
        })
        .filter_map(|tag| Wanted::of(tag, &own))
        .collect();
    let mut errors = refuse(&mut wanted, &own, context);
    if wanted.is_empty() {
        return if errors.is_empty() { Ok(()) } else { Err(errors) };
    }
    let mut resolution = Resolution { cut: old.map(|old| tag_names(old, new)), new, own, context };
    for tag in sources_first(wanted, &resolution.own) {
        if let Err(error) = resolution.apply(&tag) {
            errors.push(error);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// A tag to resolve.
struct Wanted {
    name: String,
    from: ObjectReference,
    pointer: bool,
    source: Option<Source>,
}

/// What a tag is to copy.
struct Source {
    /// `None`: no stream can have that name.
    stream: Option<StreamRef>,
    /// Namespace and name as they were given.
    title: String,
    part: Part,
}

enum Part {
    Tag(String),
    Image(String),
}

impl Wanted {
    fn of(tag: &TagReference, own: &StreamRef) -> Option<Wanted> {
        let from = tag.from.clone()?;
        let source = Source::of(&from, own);
        Some(Wanted { name: tag.name.clone(), from, pointer: tag.reference, source })
    }

    fn is_docker_image(&self) -> bool {
        self.from.kind == "DockerImage" && !self.from.name.is_empty()
    }

    fn is_foreign(&self, own: &StreamRef) -> bool {
        !self.from.namespace.is_empty() && self.from.namespace != own.namespace.as_str()
    }

    /// The tag of the stream `own` that it follows.
    fn followed(&self, own: &StreamRef) -> Option<&str> {
        match self.source.as_ref()? {
            Source { stream: Some(stream), part: Part::Tag(tag), .. } if stream == own => Some(tag),
            _ => None,
        }
    }

    fn path(&self) -> String {
        format!("spec.tags[{}].from", self.name)
    }

    fn invalid(&self, detail: &str) -> FieldError {
        FieldError::invalid(format!("{}.name", self.path()), &Value::from(self.from.name.as_str()), detail)
    }

    fn malformed(&self) -> FieldError {
        self.invalid("must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>")
    }

    fn not_found(&self) -> FieldError {
        FieldError::not_found(format!("{}.name", self.path()), &Value::from(self.from.name.as_str()))
    }
}

impl Source {
    /// `None` if the reference does not have the form.
    fn of(from: &ObjectReference, own: &StreamRef) -> Option<Source> {
        let separator = match from.kind.as_str() {
            "ImageStreamTag" => ':',
            "ImageStreamImage" => '@',
            _ => return None,
        };
        let (stream, part) = match from.name.split_once(separator) {
            None => (own.name.as_str(), from.name.as_str()),
            Some((_, part)) if part.contains(separator) => return None,
            Some((stream, part)) => (stream, part),
        };
        let part = match (separator, part) {
            (_, "") if from.name.is_empty() => return None,
            (':', "") => Part::Tag(DEFAULT_TAG.to_owned()),
            (':', tag) => Part::Tag(tag.to_owned()),
            (_, "") => return None,
            (_, id) => Part::Image(id.to_owned()),
        };
        let namespace =
            if from.namespace.is_empty() { own.namespace.as_str() } else { from.namespace.as_str() };
        Some(Source { stream: stream_ref(namespace, stream), title: format!("{namespace}/{stream}"), part })
    }
}

/// Takes out the tags whose source the caller may not pull. Nothing more is said about such a
/// source, not even whether it exists.
fn refuse(wanted: &mut Vec<Wanted>, own: &StreamRef, context: &Context<'_>) -> FieldErrors {
    let mut verdicts: BTreeMap<StreamRef, Result<(), String>> = BTreeMap::new();
    let mut errors = FieldErrors::new();
    wanted.retain(|tag| {
        if !tag.is_foreign(own) {
            return true;
        }
        let Some(source) = &tag.source else {
            errors.push(tag.malformed());
            return false;
        };
        let Some(stream) = &source.stream else { return true };
        let verdict = verdicts.entry(stream.clone()).or_insert_with(|| context.sources.may_pull(stream));
        let Err(reason) = verdict else { return true };
        let detail = format!("{}: {} \"\"", source.title, quoted(reason));
        errors.push(FieldError::forbidden(tag.path(), &detail));
        false
    });
    errors
}

/// Puts a tag behind the one it follows, so that it gets one event and not the outdated one too.
fn sources_first(wanted: Vec<Wanted>, own: &StreamRef) -> Vec<Wanted> {
    let names: BTreeSet<&str> = wanted.iter().map(|tag| tag.name.as_str()).collect();
    let mut followers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut order = Vec::with_capacity(wanted.len());
    for (index, tag) in wanted.iter().enumerate() {
        match tag.followed(own).filter(|source| names.contains(source)) {
            Some(source) => followers.entry(source).or_default().push(index),
            None => order.push(index),
        }
    }
    let mut done = 0;
    while let Some(index) = order.get(done) {
        order.extend(followers.remove(wanted[*index].name.as_str()).unwrap_or_default());
        done += 1;
    }
    // What is left goes round in a circle.
    order.extend(followers.into_values().flatten());
    let mut wanted: Vec<Option<Wanted>> = wanted.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| wanted[index].take()).collect()
}

/// Every tag that a stream had or is to have.
fn tag_names(old: &ImageStream, new: &ImageStream) -> BTreeSet<String> {
    [old, new]
        .into_iter()
        .flat_map(|stream| {
            let spec = stream.spec.tags.iter().map(|tag| &tag.name);
            spec.chain(stream.status.tags.iter().map(|tag| &tag.tag))
        })
        .cloned()
        .collect()
}

struct Resolution<'a> {
    /// The tags that are there to look at; `None`: the stream is new, there are no others.
    cut: Option<BTreeSet<String>>,
    new: &'a mut ImageStream,
    own: StreamRef,
    context: &'a Context<'a>,
}

impl Resolution<'_> {
    fn apply(&mut self, tag: &Wanted) -> Result<(), FieldError> {
        let event = if tag.is_docker_image() {
            // What is to be imported has no event before it has been.
            tag.pointer.then(|| TagEvent {
                created: self.context.now,
                docker_image_reference: tag.from.name.clone(),
                ..TagEvent::default()
            })
        } else {
            self.copy(tag)?
        };
        if let Some(event) = event {
            let generation = self.new.metadata.generation;
            add_event(self.new, &tag.name, TagEvent { generation, provenance: None, ..event });
        }
        Ok(())
    }

    /// The event that a stream's tag or image gives.
    fn copy(&self, tag: &Wanted) -> Result<Option<TagEvent>, FieldError> {
        let source = tag.source.as_ref().ok_or_else(|| tag.malformed())?;
        let stream = source.stream.as_ref().ok_or_else(|| tag.not_found())?;
        let event = match &source.part {
            Part::Tag(name) => self.tag_head(tag, stream, name)?,
            Part::Image(id) => Some(self.image(tag, stream, id)?),
        };
        Ok(event.map(|event| self.localised(tag, stream, event)))
    }

    fn tag_head(&self, tag: &Wanted, stream: &StreamRef, name: &str) -> Result<Option<TagEvent>, FieldError> {
        let is_own = *stream == self.own;
        if is_own && self.cut.as_ref().is_none_or(|cut| cut.contains(name)) {
            return Ok(head(self.new, name).cloned());
        }
        match self.context.sources.tag_head(stream, name) {
            Ok(Some(stored)) => Ok(stored),
            // A tag that was not cut out of the stream, and is not there either.
            Ok(None) if is_own => Ok(None),
            Ok(None) => Err(tag.not_found()),
            Err(error) => Err(unreadable(tag, &error)),
        }
    }

    fn image(&self, tag: &Wanted, stream: &StreamRef, id: &str) -> Result<TagEvent, FieldError> {
        let events = self
            .events(stream, id)
            .map_err(|error| unreadable(tag, &error))?
            .ok_or_else(|| tag.not_found())?;
        let resource = "imagestreamimage.image.openshift.io";
        let asked = quoted(id);
        let name = match stream_image::find(events.iter().map(|event| event.image.as_str()), id) {
            Match::One(name) => name,
            Match::Missing => {
                return Err(tag.invalid(&format!("error generating tag event: {resource} {asked} not found")));
            }
            Match::Ambiguous(names) => {
                let names = names.join(", ");
                return Err(tag.invalid(&format!(
                    "error generating tag event: Operation cannot be fulfilled on {resource} {asked}: \
                     multiple images match the prefix {asked}: {names}"
                )));
            }
        };
        let newest = events
            .into_iter()
            .filter(|event| event.image == name)
            .max_by(|a, b| {
                a.created.cmp(&b.created).then(b.docker_image_reference.cmp(&a.docker_image_reference))
            })
            .expect("the name was found among the events");
        Ok(TagEvent { created: self.context.now, ..newest })
    }

    fn events(&self, stream: &StreamRef, id: &str) -> Result<Option<Vec<TagEvent>>, String> {
        if *stream != self.own {
            return self.context.sources.images_of(stream, id);
        }
        let stored = match self.cut {
            Some(_) => self.context.sources.images_of(stream, id)?.unwrap_or_default(),
            None => Vec::new(),
        };
        let here = self.new.status.tags.iter().flat_map(|tag| &tag.items).cloned();
        Ok(Some(stored.into_iter().chain(here).collect()))
    }

    /// The event, with a pull spec that goes through the stream itself and its permissions if it
    /// went through the source.
    fn localised(&self, tag: &Wanted, source: &StreamRef, event: TagEvent) -> TagEvent {
        let host = self.context.host;
        let Some(rest) = rest_behind(&event.docker_image_reference, host, source).filter(|_| !tag.pointer)
        else {
            return event;
        };
        TagEvent { docker_image_reference: format!("{host}/{}{rest}", self.own.repository()), ..event }
    }
}

/// Tag or digest of a pull spec of the repository of `stream` on `host`.
fn rest_behind<'a>(reference: &'a str, host: &str, stream: &StreamRef) -> Option<&'a str> {
    if host.is_empty() {
        return None;
    }
    let path = reference.strip_prefix(host)?.strip_prefix('/')?;
    let rest = path.strip_prefix(stream.repository().as_str())?;
    (rest.is_empty() || rest.starts_with(['@', ':'])).then_some(rest)
}

fn unreadable(tag: &Wanted, error: &str) -> FieldError {
    tag.invalid(&format!("unable to retrieve image stream: {error}"))
}
