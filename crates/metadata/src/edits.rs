//! What an edit through the image API is told, and what it answers.

use std::collections::BTreeSet;

use weir_image_api::{Image, ImageStream, StreamRef};

use crate::{Action, EventKind, EventSource};

/// How much of a stream an edit reads and writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Every tag with its whole history.
    Whole,
    /// A sparse stream: these tags and the spec tags that follow them, and of their histories the
    /// newest item. Tags that are not in it stay as they are, and so do older items.
    Tags(Vec<String>),
}

/// An edit of a stream.
#[derive(Clone, Debug)]
pub struct StreamEdit {
    /// The stream.
    pub stream: StreamRef,
    /// How much of it the rule sees.
    pub reach: Reach,
    /// Why its tags get new events.
    pub kind: EventKind,
    /// Who edits.
    pub source: EventSource,
    /// Undo everything in the end.
    pub dry_run: bool,
    /// The time.
    pub now_ms: u64,
}

/// What a rule wants of a stream.
#[derive(Clone, Debug)]
pub enum StreamWish {
    /// Leave it as it is.
    Keep,
    /// Make it this.
    Write(Box<StreamWrite>),
    /// Remove it.
    Delete,
}

/// A stream as it shall be.
#[derive(Clone, Debug, Default)]
pub struct StreamWrite {
    /// The stream, as far as the edit reaches.
    pub stream: ImageStream,
    /// Tags that move because they follow another one.
    pub tracked: BTreeSet<String>,
    /// Images that are made if there is none of the name.
    pub images: Vec<Image>,
    /// Streams that events were copied from and that the caller may pull from. What the new events
    /// name and these have can be pulled from this stream as well.
    pub sources: BTreeSet<StreamRef>,
}

impl StreamWrite {
    /// The stream and nothing else.
    pub fn of(stream: ImageStream) -> StreamWrite {
        StreamWrite { stream, ..StreamWrite::default() }
    }
}

/// An edit of an object other than a stream.
#[derive(Clone, Debug)]
pub struct ObjectEdit<K> {
    /// Its name.
    pub key: K,
    /// Undo everything in the end.
    pub dry_run: bool,
    /// The time.
    pub now_ms: u64,
}

/// What a rule wants of an object.
#[derive(Clone, Debug)]
pub enum Wish<T> {
    /// Leave it as it is.
    Keep,
    /// Make it this.
    Write(Box<T>),
    /// Remove it.
    Delete,
}

/// What became of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited<T> {
    /// As it is stored now; one that was removed, as it was before. One that a dry run made has no
    /// version.
    pub object: T,
    /// Whether it was not there before.
    pub made: bool,
    /// Whether anything was written.
    pub changed: bool,
}

/// Which objects a reader of changes wants to hear of; those of all namespaces and names without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeScope {
    /// Those of this namespace.
    pub namespace: Option<String>,
    /// Those of this name. Of tags it is the name of their stream.
    pub name: Option<String>,
}

/// Changes of one kind of object, in the order of their commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes<T> {
    /// The changes.
    pub items: Vec<ObjectChange<T>>,
    /// Everything up to this version has been looked at.
    pub upto: u64,
}

/// One change with the object before and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChange<T> {
    /// Its place in the one order of all changes.
    pub version: u64,
    /// What happened.
    pub action: Action,
    /// The object before. None where it was made.
    pub before: Option<T>,
    /// The object after. None where it was removed.
    pub after: Option<T>,
}
