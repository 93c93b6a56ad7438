use weir_access::{ManageApi, Permit};
use weir_image_api::meta::rules::{collapse_owners, prepare_create};
use weir_image_api::stream::rules::{self, Path};
use weir_image_api::{ImageStream, Namespace, StreamName, StreamRef};
use weir_metadata::{Edited, EventKind, Lookup, NamespaceRecord, Reach, StreamWish, StreamWrite, Wish};

use crate::api::ending;
use crate::api::incarnation::{
    check_free, check_new, check_preconditions, check_versioned_update, complete_name, uid,
};
use crate::api::lookup::{Content, Terms, check_namespace};
use crate::api::{Deletion, Gone, Mutation, Refusal, Writer, Written};

const KIND: &str = "ImageStream";
const RESOURCE: &str = "imagestreams";

/// What a rule makes of a stream, its last state if that was its end, and what to warn of.
type Outcome = Result<(StreamWish, (Option<ImageStream>, Vec<String>)), Refusal>;

impl Writer {
    /// Makes a stream. Of the mutation only [`Mutation::settle`] is used.
    pub async fn create_stream(
        &self,
        namespace: &Namespace,
        mut stream: ImageStream,
        mut settle: Option<Box<dyn Mutation<ImageStream>>>,
    ) -> Result<Written<ImageStream>, Refusal> {
        self.check_writable()?;
        check_new(&stream.metadata)?;
        complete_name(&mut stream.metadata, |name| self.stream_exists(namespace, name))?;
        let Some(reference) = reference(namespace, &stream.metadata.name) else {
            return Err(self.misnamed_stream(namespace, stream).await);
        };
        let terms = self.terms();
        let target = namespace.clone();
        let rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Outcome {
            check_namespace(lookup, &target, Content::New)?;
            check_free(&stream.metadata.name, current.as_ref().map(|current| &current.metadata))?;
            let warnings = collapse_owners(&mut stream.metadata).into_iter().collect();
            let mut write = create(&terms, lookup, &target, stream, Path::Main)?;
            if let Some(settle) = &mut settle {
                settle.settle(None, &mut write.stream);
            }
            Ok((StreamWish::Write(Box::new(write)), (None, warnings)))
        };
        // Of a stream that is there the rule need not see the tags, however many it has.
        self.edit_stream(reference, Reach::Tags(Vec::new()), EventKind::Tag, rule).await
    }

    /// Changes what is wanted of a stream.
    pub async fn update_stream(
        &self,
        stream: StreamRef,
        mut mutation: Box<dyn Mutation<ImageStream>>,
    ) -> Result<Written<ImageStream>, Refusal> {
        self.check_writable()?;
        let terms = self.terms();
        let namespace = stream.namespace.clone();
        let rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Outcome {
            let mut wanted = mutation.wanted(current.as_ref())?;
            let warnings = collapse_owners(&mut wanted.metadata).into_iter().collect();
            let content = if current.is_some() { Content::Old } else { Content::New };
            check_namespace(lookup, &namespace, content)?;
            let mut write = match &current {
                None => {
                    check_new(&wanted.metadata)?;
                    create(&terms, lookup, &namespace, wanted, Path::Main)?
                }
                Some(current) => {
                    check_versioned_update(RESOURCE, &current.metadata, &wanted.metadata)?;
                    let name = &current.metadata.name;
                    terms
                        .settle(lookup, name, |context| rules::update(current, wanted, Path::Main, context))?
                }
            };
            mutation.settle(current.as_ref(), &mut write.stream);
            let (wish, ended) = write_or_end(write);
            Ok((wish, (ended, warnings)))
        };
        self.edit_stream(stream, Reach::Whole, EventKind::Tag, rule).await
    }

    /// Changes what there is of a stream.
    pub async fn update_stream_status(
        &self,
        stream: StreamRef,
        mut mutation: Box<dyn Mutation<ImageStream>>,
    ) -> Result<Written<ImageStream>, Refusal> {
        self.check_writable()?;
        let terms = self.terms();
        let missing = stream.clone();
        let rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Outcome {
            let wanted = mutation.wanted(current.as_ref())?;
            let Some(current) = current else { return Err(not_found(&missing)) };
            check_versioned_update(RESOURCE, &current.metadata, &wanted.metadata)?;
            let name = &current.metadata.name;
            let mut write =
                terms.settle(lookup, name, |context| rules::update_status(&current, wanted, context))?;
            mutation.settle(Some(&current), &mut write.stream);
            let (wish, ended) = write_or_end(write);
            Ok((wish, (ended, Vec::new())))
        };
        self.edit_stream(stream, Reach::Whole, EventKind::Status, rule).await
    }

    /// Removes a stream. Images and blobs stay. The last state is told without the tags.
    pub async fn delete_stream(
        &self,
        _manage: &Permit<ManageApi>,
        stream: StreamRef,
        deletion: Deletion,
    ) -> Result<Gone<ImageStream>, Refusal> {
        self.check_deletes()?;
        let now = self.now();
        let missing = stream.clone();
        let namespace = stream.namespace.clone();
        let rule = move |current: Option<ImageStream>, _: &dyn Lookup| -> Result<_, Refusal> {
            let Some(current) = current else { return Err(not_found(&missing)) };
            check_preconditions(KIND, &current.metadata, &deletion.preconditions)?;
            let last = current.clone();
            let (wish, held) = ending::stream_wish(current, now);
            Ok((wish, (!held).then_some(last)))
        };
        // Nothing here depends on the tags, and there may be very many.
        let edit = self.stream_edit(stream.clone(), Reach::Tags(Vec::new()), EventKind::Deleted);
        let (edited, gone) = self.registry.engine.edit_stream(edit, rule).await?;
        match (gone, edited) {
            (Some(last), _) => {
                self.registry.end_uploads(&namespace).await;
                self.look_after(namespace);
                Ok(Gone::Removed(last))
            }
            (None, edited) => {
                let marked = stored(edited).object;
                Ok(Gone::Terminating(match self.registry.engine.image_stream(&stream)? {
                    Some(whole) => ImageStream { metadata: marked.metadata, ..whole },
                    None => marked,
                }))
            }
        }
    }

    /// Runs a rule over a stream, and looks after its namespace if that was the end of it.
    async fn edit_stream(
        &self,
        stream: StreamRef,
        reach: Reach,
        kind: EventKind,
        rule: impl FnOnce(Option<ImageStream>, &dyn Lookup) -> Outcome + Send + 'static,
    ) -> Result<Written<ImageStream>, Refusal> {
        let namespace = stream.namespace.clone();
        let edit = self.stream_edit(stream, reach, kind);
        let (edited, (ended, warnings)) = self.registry.engine.edit_stream(edit, rule).await?;
        if let Some(object) = ended {
            self.registry.end_uploads(&namespace).await;
            self.look_after(namespace);
            return Ok(Written { object, made: false, warnings });
        }
        let Edited { object, made, .. } = stored(edited);
        Ok(Written { object, made, warnings })
    }

    /// Why a stream cannot be made whose name is none.
    pub(super) async fn misnamed_stream(&self, namespace: &Namespace, stream: ImageStream) -> Refusal {
        let terms = self.terms();
        let target = namespace.clone();
        let rule = move |_: Option<NamespaceRecord>, lookup: &dyn Lookup| -> Result<_, Refusal> {
            check_namespace(lookup, &target, Content::New)?;
            let StreamWrite { stream, .. } = create(&terms, lookup, &target, stream, Path::Main)?;
            Ok((Wish::Keep, stream.metadata.name))
        };
        match self.registry.engine.edit_namespace(self.object_edit(namespace.clone()), rule).await {
            Ok((_, name)) => Refusal::BadRequest(format!("{name:?} is no name of an image stream")),
            Err(refusal) => refusal,
        }
    }

    fn stream_exists(&self, namespace: &Namespace, name: &str) -> Result<bool, Refusal> {
        match reference(namespace, name) {
            Some(stream) => Ok(self.registry.engine.repository_exists(&stream)?),
            None => Ok(false),
        }
    }
}

/// Which stream a name within a namespace stands for; nothing for a name no stream can have.
pub(super) fn reference(namespace: &Namespace, name: &str) -> Option<StreamRef> {
    StreamRef::new(namespace.clone(), StreamName::parse(name).ok()?).ok()
}

/// Settles a stream that was not there.
pub(super) fn create(
    terms: &Terms,
    lookup: &dyn Lookup,
    namespace: &Namespace,
    mut stream: ImageStream,
    path: Path,
) -> Result<StreamWrite, Refusal> {
    prepare_create(&mut stream.metadata, namespace.as_str(), uid(), terms.now);
    let name = stream.metadata.name.clone();
    terms.settle(lookup, &name, |context| rules::create(stream, path, context))
}

/// What to do about a stream that was settled: one that only waited for this is removed instead.
fn write_or_end(write: StreamWrite) -> (StreamWish, Option<ImageStream>) {
    if ending::is_released(&write.stream.metadata) {
        (StreamWish::Delete, Some(write.stream))
    } else {
        (StreamWish::Write(Box::new(write)), None)
    }
}

/// What is stored after a rule that did not find the stream missing.
fn stored(edited: Option<Edited<ImageStream>>) -> Edited<ImageStream> {
    edited.expect("a rule that keeps a stream was given one")
}

fn not_found(stream: &StreamRef) -> Refusal {
    Refusal::NotFound { resource: None, name: stream.name.as_str().to_owned() }
}
