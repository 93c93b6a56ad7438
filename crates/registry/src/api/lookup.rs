//! What the rules may see of other objects, and in whose name they look.

use std::cell::RefCell;
use std::collections::BTreeSet;

use weir_image_api::meta::FieldErrors;
use weir_image_api::stream::rules::{Context, Settled, Sources};
use weir_image_api::{Namespace, PullSpec, StreamRef, TagEvent, Timestamp};
use weir_metadata::{Error, Lookup, StreamWrite};
use weir_oci::RepositoryName;

use crate::api::{MayPull, Refusal};

/// What rules need to know besides the objects; travels into the transaction.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) now: Timestamp,
    /// The name this registry goes by; empty if it has none.
    pub(super) host: String,
    /// Every name it can be reached under.
    pub(super) own_names: Vec<String>,
    pub(super) default_namespace: Namespace,
    pub(super) default_import_mode: &'static str,
    pub(super) may_pull: MayPull,
}

impl Terms {
    /// The stream of this registry that a pull spec is about.
    pub(super) fn own_stream(&self, pull_spec: &str) -> Option<StreamRef> {
        let spec = PullSpec::parse(pull_spec).ok()?;
        let own = !spec.registry().is_empty() && self.own_names.iter().any(|name| name == spec.registry());
        let parts = [spec.namespace(), spec.name()];
        let path = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        let repository = own.then(|| RepositoryName::parse(&path).ok()).flatten()?;
        StreamRef::of(&repository, &self.default_namespace).ok()
    }

    /// Asks a rule about the stream `name`, and answers what it looks up from the records.
    ///
    /// A rule can only say that a source is out of reach. If that was because the records cannot be
    /// read, no field of the stream is at fault.
    pub(super) fn settle(
        &self,
        lookup: &dyn Lookup,
        name: &str,
        rule: impl FnOnce(&Context<'_>) -> Result<Settled, FieldErrors>,
    ) -> Result<StreamWrite, Refusal> {
        let records = Records {
            lookup,
            may_pull: &self.may_pull,
            consulted: RefCell::default(),
            failure: RefCell::default(),
        };
        let settled = rule(&Context {
            now: self.now,
            host: &self.host,
            default_import_mode: self.default_import_mode,
            sources: &records,
        });
        if let Some(error) = records.failure.into_inner() {
            return Err(error.into());
        }
        match settled {
            Ok(Settled { stream, tracked }) => {
                // The rule has refused the write if the caller may not pull from one of them.
                let sources = records.consulted.into_inner();
                Ok(StreamWrite { stream, tracked, images: Vec::new(), sources })
            }
            Err(errors) => Err(Refusal::Invalid { kind: "ImageStream", name: name.to_owned(), errors }),
        }
    }
}

/// The records, as the sources of tags that are copied from elsewhere.
struct Records<'a> {
    lookup: &'a dyn Lookup,
    may_pull: &'a MayPull,
    /// Streams that were asked for something.
    consulted: RefCell<BTreeSet<StreamRef>>,
    failure: RefCell<Option<Error>>,
}

impl Records<'_> {
    fn read<T>(&self, stream: &StreamRef, found: Result<T, Error>) -> Result<T, String> {
        self.consulted.borrow_mut().insert(stream.clone());
        found.map_err(|error| {
            let text = error.to_string();
            self.failure.borrow_mut().get_or_insert(error);
            text
        })
    }
}

impl Sources for Records<'_> {
    fn tag_head(&self, stream: &StreamRef, tag: &str) -> Result<Option<Option<TagEvent>>, String> {
        self.read(stream, self.lookup.tag_head(stream, tag))
    }

    fn images_of(&self, stream: &StreamRef, id: &str) -> Result<Option<Vec<TagEvent>>, String> {
        self.read(stream, self.lookup.images_of(stream, id))
    }

    fn may_pull(&self, stream: &StreamRef) -> Result<(), String> {
        self.may_pull.check(&stream.repository())
    }
}

/// What a write does to a namespace's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Makes something.
    New,
    /// Changes something that is there. A namespace that is being deleted still takes it, or nobody
    /// could ever let its objects go.
    Old,
}

/// Refuses content for a namespace that does not take it (image-api 1.9).
pub(super) fn check_namespace(
    lookup: &dyn Lookup,
    namespace: &Namespace,
    content: Content,
) -> Result<(), Refusal> {
    let Some(record) = lookup.namespace(namespace)? else {
        return Err(Refusal::NamespaceNotFound(namespace.to_string()));
    };
    if content == Content::New && record.metadata.deletion_timestamp.is_some() {
        return Err(Refusal::NamespaceTerminating(namespace.to_string()));
    }
    Ok(())
}
