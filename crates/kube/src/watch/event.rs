use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use weir_image_api::ResourceVersion;
use weir_registry::view::{Changes, ObjectChange};

use crate::record::Record;
use crate::resource::Kind;
use crate::watch::frame::{Frame, Look, Word};

/// A change of one object, with the bytes that watchers send of it.
pub(crate) struct Change {
    pub(crate) version: u64,
    /// The object before, under the version of the change: so it is shown to those who lose it.
    pub(crate) before: Option<Box<dyn Record>>,
    pub(crate) after: Option<Box<dyn Record>>,
    /// About how much memory it holds.
    pub(crate) weight: usize,
    frames: [OnceLock<Bytes>; Frame::VARIETIES],
}

/// Changes as they were read.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) changes: Vec<Arc<Change>>,
    /// All changes up to this version have been looked at.
    pub(crate) upto: u64,
}

/// Makes changes of what the registry tells of one kind. An object that `show` leaves out is not
/// there for watchers.
pub(crate) fn loaded<T>(
    changes: Changes<T>,
    show: impl Fn(T, Option<ResourceVersion>) -> Option<Box<dyn Record>>,
) -> Loaded {
    let Changes { items, upto } = changes;
    let made = items.into_iter().filter_map(|ObjectChange { version, before, after, .. }| {
        let before = before.and_then(|object| show(object, Some(ResourceVersion(version))));
        let after = after.and_then(|object| show(object, None));
        (before.is_some() || after.is_some()).then(|| Arc::new(Change::new(version, before, after)))
    });
    Loaded { changes: made.collect(), upto }
}

impl Change {
    pub(crate) fn new(
        version: u64,
        before: Option<Box<dyn Record>>,
        after: Option<Box<dyn Record>>,
    ) -> Change {
        let weight = before.iter().chain(&after).map(|object| object.weight()).sum();
        Change { version, before, after, weight, frames: [const { OnceLock::new() }; Frame::VARIETIES] }
    }

    /// The object that names the change: the newer one.
    pub(crate) fn object(&self) -> &dyn Record {
        let object = self.after.as_deref().or(self.before.as_deref());
        object.expect("a change has an object before it or after it")
    }

    /// What a watcher sees of the change that selects by `matches`: relative to the selection, an
    /// object that enters it is new and one that leaves it is gone (kubernetes-api 4.2).
    pub(super) fn frame(
        &self,
        kind: &Kind,
        look: Look,
        matches: impl Fn(&dyn Record) -> bool,
    ) -> Option<Bytes> {
        let before = self.before.as_deref().filter(|object| matches(*object));
        let after = self.after.as_deref().filter(|object| matches(*object));
        let (word, object) = match (before, after) {
            (None, None) => return None,
            (None, Some(after)) => (Word::Added, after),
            (Some(_), Some(after)) => (Word::Modified, after),
            (Some(before), None) => (Word::Deleted, before),
        };
        let frame = Frame { word, form: look.form };
        let bytes = self.frames[frame.index()].get_or_init(|| frame.of_object(kind, look.now, object));
        Some(bytes.clone())
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change").field("version", &self.version).finish_non_exhaustive()
    }
}
