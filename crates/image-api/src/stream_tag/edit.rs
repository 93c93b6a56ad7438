use super::Refusal;
use crate::meta::rules::uid_conflict;
use crate::meta::{ObjectMeta, quoted};
use crate::tag_event::DEFAULT_TAG;
use crate::{ImageStream, TagReference};

/// What a request about one tag makes of its stream.
///
/// The caller settles it by [`stream::rules`](crate::stream::rules) as an internal write: a stream
/// that was there is updated, and one that was not is created, once it has been given an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The stream as the request wants it, cut as it was read.
    pub stream: ImageStream,
    /// Whether the request makes a spec tag.
    pub makes_tag: bool,
}

/// Takes the name of a tag to create apart: at the first colon, and without a tag it is the default
/// one (image-api 3.4). Fails with the text for the client.
pub fn split_created_name(name: &str) -> Result<(&str, &str), String> {
    match name.split_once(':') {
        None => Err(format!("{} must be of the form <stream_name>:<tag>", quoted(name))),
        Some((stream, "")) => Ok((stream, DEFAULT_TAG)),
        Some(parts) => Ok(parts),
    }
}

/// The stream a request works on: the one there is, or an empty one of that name.
pub(crate) fn stream_or_new(current: Option<&ImageStream>, namespace: &str, name: &str) -> ImageStream {
    if let Some(current) = current {
        let mut stream = current.clone();
        stream.sort_tags();
        return stream;
    }
    let metadata =
        ObjectMeta { name: name.to_owned(), namespace: namespace.to_owned(), ..ObjectMeta::default() };
    ImageStream { metadata, ..ImageStream::default() }
}

/// Compares what the client has seen with what there is (image-api 10.5).
pub(crate) fn check_version(current: Option<&ImageStream>, submitted: &ObjectMeta) -> Result<(), Refusal> {
    let Some(current) = current else {
        return if submitted.resource_version.is_some() { Err(Refusal::TagMissing) } else { Ok(()) };
    };
    let version = current.metadata.resource_version;
    if submitted.resource_version.is_some() && submitted.resource_version != version {
        let version = version.map(|version| version.to_string()).unwrap_or_default();
        let why = format!("another caller has updated the resource version to {version}");
        return Err(Refusal::Conflict(why));
    }
    uid_conflict(&current.metadata, submitted).map_or(Ok(()), |why| Err(Refusal::Conflict(why)))
}

/// Puts a spec tag in its place.
pub(crate) fn set_spec_tag(stream: &mut ImageStream, tag: TagReference) {
    let tags = &mut stream.spec.tags;
    match tags.binary_search_by(|stored| stored.name.cmp(&tag.name)) {
        Ok(at) => tags[at] = tag,
        Err(at) => tags.insert(at, tag),
    }
}

/// Takes a tag out of spec and status (image-api 10.6, 11.5). `uid` is the identity of the stream
/// that the request insists on. Tags that copied its image keep it.
pub fn delete(current: Option<&ImageStream>, tag: &str, uid: Option<&str>) -> Result<ImageStream, Refusal> {
    let current = current.ok_or(Refusal::StreamMissing)?;
    if uid.is_some_and(|uid| uid != current.metadata.uid) {
        return Err(Refusal::Conflict("the UID precondition was not met".to_owned()));
    }
    if current.spec.tag(tag).is_none() && current.status.tag(tag).is_none() {
        return Err(Refusal::TagMissing);
    }
    let mut stream = current.clone();
    stream.spec.tags.retain(|stored| stored.name != tag);
    stream.status.tags.retain(|stored| stored.tag != tag);
    Ok(stream)
}
