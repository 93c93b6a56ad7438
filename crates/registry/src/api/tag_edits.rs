//! What both views of a tag have in common: a write to one is an edit of its stream, of which only
//! that tag is read and written (image-api 10, 11).

use weir_access::{ManageApi, Permit};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::stream::rules::{self as stream_rules, Path};
use weir_image_api::stream_tag::{self, rules};
use weir_image_api::{Image, ImageStream, Namespace, TagParts};
use weir_metadata::{EventKind, Lookup, Reach, StreamWish};

use crate::api::incarnation::{check_new, check_preconditions};
use crate::api::lookup::{Content, check_namespace};
use crate::api::streams::{create, reference};
use crate::api::{Deletion, Mutation, Preconditions, Refusal, Writer, Written};

/// One of the two views.
pub trait TagView: Sized + Send + 'static {
    /// Its kind.
    const KIND: &'static str;
    /// The resource as it is called where a tag exists already, if that is another word.
    const TAKEN: Option<&'static str>;
    /// What is said to a name that is none.
    const MISNAMED: &'static str;

    /// Its metadata.
    fn metadata(&self) -> &ObjectMeta;
    /// What making the tag makes of the stream.
    fn create(
        current: Option<&ImageStream>,
        namespace: &str,
        tag: Self,
    ) -> Result<rules::Edit, rules::Refusal>;
    /// The view that a change starts from, whether there is a tag or not.
    fn before(current: Option<&ImageStream>, namespace: &str, name: &str) -> Result<Self, rules::Refusal>;
    /// What changing the tag makes of the stream.
    fn update(
        current: Option<&ImageStream>,
        namespace: &str,
        name: &str,
        tag: Self,
    ) -> Result<rules::Edit, rules::Refusal>;
    /// The view of what there is of a tag.
    fn view(parts: TagParts, image: Option<Image>) -> Self;
}

/// The tag that a write is about.
#[derive(Clone, Debug)]
struct Target {
    namespace: Namespace,
    /// As the request has it.
    name: String,
    stream: String,
    tag: String,
}

impl Target {
    fn new(namespace: &Namespace, name: &str, stream: &str, tag: &str) -> Target {
        let [name, stream, tag] = [name, stream, tag].map(str::to_owned);
        Target { namespace: namespace.clone(), name, stream, tag }
    }

    /// The tag of a request that names one.
    fn named<T: TagView>(namespace: &Namespace, name: &str) -> Result<Target, Refusal> {
        let parts = stream_tag::split_name(name);
        let (stream, tag) = parts.ok_or_else(|| Refusal::BadRequest(T::MISNAMED.to_owned()))?;
        Ok(Target::new(namespace, name, stream, tag))
    }

    /// The refusal of a rule as the answer to a request about a view of the tag.
    fn refusal<T: TagView>(&self, refusal: rules::Refusal) -> Refusal {
        let name = self.name.clone();
        match refusal {
            rules::Refusal::Name(text) | rules::Refusal::NotSpecTag(text) => Refusal::BadRequest(text),
            rules::Refusal::Invalid(errors) => Refusal::Invalid { kind: T::KIND, name, errors },
            rules::Refusal::AlreadyExists => {
                Refusal::AlreadyExists { resource: T::TAKEN, name, terminating: false }
            }
            rules::Refusal::Conflict(why) => Refusal::Conflict { resource: None, name, why },
            rules::Refusal::StreamMissing => Refusal::NotFound { resource: None, name: self.stream.clone() },
            rules::Refusal::TagMissing => Refusal::NotFound { resource: None, name },
        }
    }
}

impl Writer {
    /// Makes the spec tag of a tag, with its stream if need be.
    pub async fn create_tag<T: TagView>(&self, namespace: &Namespace, tag: T) -> Result<Written<T>, Refusal> {
        self.check_writable()?;
        check_new(tag.metadata())?;
        let name = tag.metadata().name.clone();
        let target = match rules::split_created_name(&name) {
            Ok((stream, part)) => Target::new(namespace, &name, stream, part),
            Err(misnamed) => {
                // There is no stream to look at, and the rule says whether more is wrong.
                let target = Target::new(namespace, &name, &name, "");
                let refused = T::create(None, namespace.as_str(), tag).err();
                let refusal = refused.unwrap_or(rules::Refusal::Name(misnamed));
                return Err(target.refusal::<T>(refusal));
            }
        };
        let about = target.clone();
        let rule = move |current: Option<&ImageStream>| {
            let created = T::create(current, about.namespace.as_str(), tag);
            created.map_err(|refused| about.refusal::<T>(refused))
        };
        Box::pin(self.edit_tag(target, Content::New, rule)).await
    }

    /// Changes the spec tag of a tag, or makes it, with its stream if need be. What the mutation
    /// changes is always there: a view of nothing, if there is no tag.
    pub async fn update_tag<T: TagView>(
        &self,
        namespace: &Namespace,
        name: &str,
        mut mutation: Box<dyn Mutation<T>>,
    ) -> Result<Written<T>, Refusal> {
        self.check_writable()?;
        let target = Target::named::<T>(namespace, name)?;
        let about = target.clone();
        let rule = move |current: Option<&ImageStream>| {
            let refusal = |refused| about.refusal::<T>(refused);
            let namespace = about.namespace.as_str();
            let before = T::before(current, namespace, &about.name).map_err(refusal)?;
            let wanted = mutation.wanted(Some(&before))?;
            T::update(current, namespace, &about.name, wanted).map_err(refusal)
        };
        Box::pin(self.edit_tag(target, Content::Old, rule)).await
    }

    /// Removes a tag: what is wanted of it and what there is. The image stays.
    pub async fn delete_tag<T: TagView>(
        &self,
        _manage: &Permit<ManageApi>,
        namespace: &Namespace,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), Refusal> {
        self.check_deletes()?;
        let target = Target::named::<T>(namespace, name)?;
        let Some(reference) = reference(namespace, &target.stream) else {
            return Err(target.refusal::<T>(rules::Refusal::StreamMissing));
        };
        let terms = self.terms();
        let reach = Reach::Tags(vec![target.tag.clone()]);
        let rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Result<_, Refusal> {
            let Preconditions { uid, resource_version } = deletion.preconditions;
            let edited = rules::delete(current.as_ref(), &target.tag, uid.as_deref())
                .map_err(|refusal| target.refusal::<T>(refusal))?;
            let current = current.expect("the rule found a tag in it");
            let metadata = ObjectMeta { name: target.name, ..current.metadata.clone() };
            check_preconditions(T::KIND, &metadata, &Preconditions { uid: None, resource_version })?;
            let write = terms.settle(lookup, &target.stream, |context| {
                stream_rules::update(&current, edited, Path::Internal, context)
            })?;
            Ok((StreamWish::Write(Box::new(write)), ()))
        };
        let edit = self.stream_edit(reference, reach, EventKind::Deleted);
        self.registry.engine.edit_stream(edit, rule).await?;
        Ok(())
    }

    /// Edits the stream of a tag, which is made if it is missing. `content` says what the edit is if
    /// it is not.
    async fn edit_tag<T: TagView>(
        &self,
        target: Target,
        content: Content,
        rule: impl FnOnce(Option<&ImageStream>) -> Result<rules::Edit, Refusal> + Send + 'static,
    ) -> Result<Written<T>, Refusal> {
        let Target { namespace, stream, tag, .. } = target;
        let Some(reference) = reference(&namespace, &stream) else {
            // The rule speaks first, and then it is the name of the stream that cannot be.
            let edit = rule(None)?;
            return Err(self.misnamed_stream(&namespace, edit.stream).await);
        };
        let terms = self.terms();
        let edit_rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Result<_, Refusal> {
            let content = if current.is_some() { content } else { Content::New };
            check_namespace(lookup, &namespace, content)?;
            let edit = rule(current.as_ref())?;
            let write = match &current {
                None => create(&terms, lookup, &namespace, edit.stream, Path::Internal)?,
                Some(current) => terms.settle(lookup, &stream, |context| {
                    stream_rules::update(current, edit.stream, Path::Internal, context)
                })?,
            };
            Ok((StreamWish::Write(Box::new(write)), edit.makes_tag))
        };
        let edit = self.stream_edit(reference, Reach::Tags(vec![tag.clone()]), EventKind::Tag);
        let (edited, made) = self.registry.engine.edit_stream(edit, edit_rule).await?;
        let stream = edited.expect("every edit of a tag writes its stream").object;
        let parts = TagParts::of(&stream, &tag);
        let image = match parts.current() {
            Some(event) => self.registry.engine.image(&event.image)?,
            None => None,
        };
        Ok(Written { object: T::view(parts, image), made, warnings: Vec::new() })
    }
}
