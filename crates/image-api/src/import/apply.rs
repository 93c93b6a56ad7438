use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use super::{IMPORT_SUCCESS, ImageImportStatus, ImageStreamImport, REPOSITORY_CHECK};
use crate::core_v1::ObjectReference;
use crate::meta::{FieldErrors, Status, rules};
use crate::{
    Image, ImageStream, NamedTagEventList, PullSpec, TagEvent, TagEventCondition, TagImportPolicy,
    TagReference, TagReferencePolicy, Timestamp, image,
};

/// What an import asks to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The stream, to be settled like one edited by this server; `None` if it is as it was.
    pub stream: Option<ImageStream>,
    /// The images to be made where there is none of the name, parts before what consists of them.
    pub images: Vec<Image>,
}

/// An image that was found cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRefused {
    /// Name of the image.
    pub name: String,
    /// What is wrong with it.
    pub errors: FieldErrors,
}

/// Applies what was found, as the status of `import` tells it, to the stream or to a new one
/// (image-api 14.7, 14.8). A stream of which only the tags in question and their newest events were
/// read will do.
pub fn apply(
    existing: Option<&ImageStream>,
    import: &ImageStreamImport,
    now: Timestamp,
) -> Result<Applied, ImageRefused> {
    let mut stream = existing.cloned().unwrap_or_else(|| named_after(import));
    let mut write = Write {
        spec: mem::take(&mut stream.spec.tags).into_iter().map(|tag| (tag.name.clone(), tag)).collect(),
        status: mem::take(&mut stream.status.tags).into_iter().map(|list| (list.tag.clone(), list)).collect(),
        generation: stream.metadata.generation + 1,
        now,
        images: Vec::new(),
        made: BTreeSet::new(),
    };
    write.repository(import)?;
    write.images(import)?;
    let Write { spec, status, images, .. } = write;
    stream.spec.tags = spec.into_values().collect();
    stream.status.tags = status.into_values().collect();
    let checked = stream.metadata.annotations.get(REPOSITORY_CHECK).is_some_and(|time| !time.is_empty());
    if checked && existing == Some(&stream) {
        return Ok(Applied { stream: None, images });
    }
    stream.metadata.annotations.insert(REPOSITORY_CHECK.to_owned(), now.to_string());
    Ok(Applied { stream: Some(stream), images })
}

fn named_after(import: &ImageStreamImport) -> ImageStream {
    let mut stream = ImageStream::default();
    stream.metadata.name.clone_from(&import.metadata.name);
    stream.metadata.namespace.clone_from(&import.metadata.namespace);
    stream
}

/// The stream as it was, but that the tags the import would have added say why they were refused.
pub fn limit_exceeded(
    existing: &ImageStream,
    wanted: &ImageStream,
    refused: &Status,
    now: Timestamp,
) -> ImageStream {
    let mut stream = existing.clone();
    let condition = failure(refused, existing.metadata.generation + 1, now);
    for tag in wanted.status.tags.iter().filter(|tag| existing.status.tag(&tag.tag).is_none()) {
        stream.status.tag_or_new(&tag.tag).conditions = vec![condition.clone()];
    }
    stream
}

fn failure(status: &Status, generation: i64, now: Timestamp) -> TagEventCondition {
    let unknown = "unknown error prevented import";
    let message = if status.message.is_empty() { unknown } else { &status.message };
    TagEventCondition {
        r#type: IMPORT_SUCCESS.to_owned(),
        status: "False".to_owned(),
        last_transition_time: now,
        reason: status.reason.clone(),
        message: message.to_owned(),
        generation,
    }
}

/// What the request says of the source of a tag.
struct Source<'a> {
    tag: &'a str,
    from: String,
    import_policy: &'a TagImportPolicy,
    reference_policy: &'a TagReferencePolicy,
}

impl Source<'_> {
    fn docker_image(&self) -> ObjectReference {
        ObjectReference {
            kind: "DockerImage".to_owned(),
            name: self.from.clone(),
            ..ObjectReference::default()
        }
    }
}

/// The tags by name while they are written: a request may name very many.
struct Write {
    spec: BTreeMap<String, TagReference>,
    status: BTreeMap<String, NamedTagEventList>,
    /// The one the stream will have once it is written.
    generation: i64,
    now: Timestamp,
    images: Vec<Image>,
    made: BTreeSet<String>,
}

impl Write {
    fn repository(&mut self, import: &ImageStreamImport) -> Result<(), ImageRefused> {
        let (Some(spec), Some(status)) = (&import.spec.repository, &import.status.repository) else {
            return Ok(());
        };
        for entry in &status.images {
            let source = Source {
                tag: &entry.tag,
                from: tagged(&spec.from.name, &entry.tag),
                import_policy: &spec.import_policy,
                reference_policy: &spec.reference_policy,
            };
            match entry.found() {
                Some(image) => self.succeed(&source, image, entry)?,
                None => self.fail(source.tag, &entry.status),
            }
        }
        Ok(())
    }

    fn images(&mut self, import: &ImageStreamImport) -> Result<(), ImageRefused> {
        for (spec, entry) in import.spec.images.iter().zip(&import.status.images) {
            // Without a tag to be given to it, an image is reported and no more.
            let Some(to) = &spec.to else { continue };
            let source = Source {
                tag: &to.name,
                from: spec.from.name.clone(),
                import_policy: &spec.import_policy,
                reference_policy: &spec.reference_policy,
            };
            if let Some(image) = entry.found() {
                self.succeed(&source, image, entry)?;
            } else {
                self.fail(source.tag, &entry.status);
                self.remember(&source);
            }
        }
        Ok(())
    }

    /// Says that a tag could not be imported. The same failure again is no news.
    fn fail(&mut self, tag: &str, status: &Status) {
        let condition = failure(status, self.generation, self.now);
        let same = |other: &TagEventCondition| {
            (&other.r#type, &other.status, &other.reason, &other.message)
                == (&condition.r#type, &condition.status, &condition.reason, &condition.message)
        };
        let list = self.history(tag);
        if list.conditions.iter().any(same) {
            return;
        }
        list.conditions = vec![condition];
        // The condition then answers to the generation the write gives to the tag.
        if let Some(wanted) = self.spec.get_mut(tag) {
            wanted.generation = Some(0);
        }
    }

    /// The history of a tag, made if it has none.
    fn history(&mut self, tag: &str) -> &mut NamedTagEventList {
        let new = || NamedTagEventList { tag: tag.to_owned(), ..NamedTagEventList::default() };
        self.status.entry(tag.to_owned()).or_insert_with(new)
    }

    /// What is wanted of a tag, made if nothing is.
    fn wanted(&mut self, tag: &str) -> &mut TagReference {
        let new = || TagReference { name: tag.to_owned(), ..TagReference::default() };
        self.spec.entry(tag.to_owned()).or_insert_with(new)
    }

    /// Keeps the wish for a tag whose image was not found.
    fn remember(&mut self, source: &Source<'_>) {
        if !self.spec.contains_key(source.tag) {
            *self.wanted(source.tag) = TagReference {
                name: source.tag.to_owned(),
                from: Some(source.docker_image()),
                generation: Some(0),
                import_policy: source.import_policy.clone(),
                reference_policy: source.reference_policy.clone(),
                ..TagReference::default()
            };
        }
    }

    fn succeed(
        &mut self,
        source: &Source<'_>,
        image: &Image,
        entry: &ImageImportStatus,
    ) -> Result<(), ImageRefused> {
        for image in entry.manifests.iter().chain([image]) {
            self.make(image)?;
        }
        if !self.is_current(source.tag, image) {
            let is_new = !self.spec.contains_key(source.tag);
            let wanted = self.wanted(source.tag);
            wanted.from = Some(source.docker_image());
            wanted.generation = Some(0);
            if is_new || wanted.reference_policy.r#type.is_empty() {
                wanted.reference_policy = source.reference_policy.clone();
            }
            let event = TagEvent {
                created: self.now,
                docker_image_reference: image.docker_image_reference.clone(),
                image: image.metadata.name.clone(),
                generation: self.generation,
                ..TagEvent::default()
            };
            self.history(source.tag).apply(event);
        }
        self.wanted(source.tag).import_policy = source.import_policy.clone();
        self.history(source.tag).conditions.clear();
        Ok(())
    }

    /// Whether the tag points to the image already, by its own latest wish.
    fn is_current(&self, tag: &str, image: &Image) -> bool {
        let head = self.status.get(tag).and_then(|list| list.items.first());
        let wanted = self.spec.get(tag).and_then(|wanted| wanted.generation);
        head.zip(wanted).is_some_and(|(head, generation)| {
            head.docker_image_reference == image.docker_image_reference
                && head.image == image.metadata.name
                && generation <= head.generation
        })
    }

    /// Has an image made, once.
    fn make(&mut self, image: &Image) -> Result<(), ImageRefused> {
        let name = image.metadata.name.clone();
        if !self.made.insert(name.clone()) {
            return Ok(());
        }
        let mut image = Image { signatures: Vec::new(), ..image.clone() };
        rules::prepare_create(&mut image.metadata, "", String::new(), self.now);
        match image::rules::create(image, self.now) {
            Ok(mut image) => {
                image.clear_documents();
                self.images.push(image);
                Ok(())
            }
            Err(errors) => Err(ImageRefused { name, errors }),
        }
    }
}

/// The pull spec of a tag of a repository.
fn tagged(repository: &str, tag: &str) -> String {
    PullSpec::parse(repository)
        .map_or_else(|_| format!("{repository}:{tag}"), |spec| spec.with_tag(tag).to_string())
}

#[cfg(test)]
mod tests;
