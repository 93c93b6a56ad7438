use std::collections::BTreeSet;

use weir_image_api::mapping::{self, Known, Mapped};
use weir_image_api::meta::rules::prepare_create;
use weir_image_api::meta::{FieldError, FieldErrors, ObjectMeta};
use weir_image_api::{ImageStream, ImageStreamMapping, Namespace, StreamRef, image};
use weir_metadata::{EventKind, Lookup, Reach, StreamWish, StreamWrite};

use crate::api::incarnation::uid;
use crate::api::lookup::{Content, check_namespace};
use crate::api::streams::reference;
use crate::api::{Refusal, Writer};
use crate::view::is_pullable;

const KIND: &str = "ImageStreamMapping";

/// Annotation of a mapping that says why it is made.
const REASON: &str = "weir/reason";

/// Annotation of a mapping that says what it is. The one word it knows makes it a return to an
/// earlier image.
const EVENT: &str = "weir/event";
const ROLLBACK: &str = "rollback";

/// Most bytes of a reason, as of one in a header.
const REASON_BYTES: usize = 1024;

impl Writer {
    /// Makes an image the newest one of a tag, and keeps the image if it is new: all in one.
    pub async fn create_mapping(
        &self,
        namespace: &Namespace,
        mut mapping: ImageStreamMapping,
    ) -> Result<(), Refusal> {
        self.check_writable()?;
        prepare_create(&mut mapping.metadata, namespace.as_str(), uid(), self.now());
        let name = mapping.metadata.name.clone();
        let terms = self.terms();
        let rollback = mapping.metadata.annotations.contains_key(EVENT);
        let reason = mapping.metadata.annotations.get(REASON).cloned();
        let tag = mapping.tag.clone();
        let mut errors = annotation_errors(&mapping.metadata);
        let accepted = match mapping::accept(mapping, &terms.host, terms.now) {
            Ok(mapping) if errors.is_empty() => Ok(mapping),
            accepted => {
                errors.extend(accepted.err().unwrap_or_default());
                Err(Refusal::Invalid { kind: KIND, name: name.clone(), errors })
            }
        };
        let Some(stream) = reference(namespace, &name) else {
            accepted?;
            return Err(Refusal::NotFound { resource: None, name });
        };

        if rollback && let Ok(mapping) = &accepted {
            self.check_rollback(&stream, mapping)?;
        }
        let kind = if rollback { EventKind::Rollback } else { EventKind::Mapping };
        let mut edit = self.stream_edit(stream.clone(), Reach::Tags(vec![tag]), kind);
        edit.source.reason = reason.or(edit.source.reason);
        let rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Result<_, Refusal> {
            check_namespace(lookup, &stream.namespace, Content::New)?;
            let mut mapping = accepted?;
            let current = current.ok_or(Refusal::NotFound { resource: None, name })?;
            let stored = lookup.image(&mapping.image.metadata.name)?;
            let known = if stored.is_some() { Known::Before } else { Known::New };
            let event = mapping::event(&mapping, &current, known, terms.now);

            let mut sources = BTreeSet::new();
            let submitted = &mapping.image.docker_image_reference;
            if let Some(source) = terms.own_stream(submitted).filter(|source| *source != stream) {
                if let Err(why) = terms.may_pull.check(&source.repository()) {
                    let name = mapping.metadata.name;
                    return Err(Refusal::Forbidden { resource: None, name, why: format!("{source}: {why}") });
                }
                sources.insert(source);
            }
            // Where the image was seen first is not what the caller said, so it is only a chance.
            let first = stored.and_then(|image| terms.own_stream(&image.docker_image_reference));
            sources.extend(
                first.filter(|first| *first != stream && terms.may_pull.check(&first.repository()).is_ok()),
            );

            let mapped = mapping::apply(&current, &mapping.tag, &event);
            if mapped.is_none() && known == Known::Before {
                return Ok((StreamWish::Keep, ()));
            }
            let Mapped { stream, tracked } =
                mapped.unwrap_or(Mapped { stream: current, tracked: BTreeSet::new() });
            mapping.image.metadata.uid = uid();
            let write = StreamWrite { stream, tracked, images: vec![mapping.image], sources };
            Ok((StreamWish::Write(Box::new(write)), ()))
        };
        self.registry.engine.edit_stream(edit, rule).await?;
        Ok(())
    }

    /// Nobody goes back to an image that is no longer there: a tag that can be pulled would become
    /// one that cannot. What is kept elsewhere was never here to go.
    fn check_rollback(&self, stream: &StreamRef, mapping: &ImageStreamMapping) -> Result<(), Refusal> {
        let name = &mapping.image.metadata.name;
        let engine = &self.registry.engine;
        let kept_here = engine.image(name)?.is_none_or(|image| {
            image.metadata.annotations.get(image::MANAGED).is_some_and(|managed| managed == "true")
        });
        if !kept_here || is_pullable(engine, stream, name)? {
            return Ok(());
        }
        let gone = FieldError::invalid(
            "image.metadata.name",
            &name.as_str().into(),
            "the image can no longer be pulled from this repository; push it again",
        );
        Err(Refusal::Invalid { kind: KIND, name: mapping.metadata.name.clone(), errors: vec![gone] })
    }
}

/// What is wrong with the annotations that are about the event.
fn annotation_errors(metadata: &ObjectMeta) -> FieldErrors {
    let field = |key: &str| format!("metadata.annotations[{key}]");
    let mut errors = FieldErrors::new();
    if let Some(event) = metadata.annotations.get(EVENT)
        && event != ROLLBACK
    {
        errors.push(FieldError::not_supported(field(EVENT), &event.as_str().into(), &[ROLLBACK]));
    }
    if let Some(reason) = metadata.annotations.get(REASON) {
        if reason.len() > REASON_BYTES {
            errors.push(FieldError::too_long_bytes(field(REASON), REASON_BYTES));
        }
        if reason.contains(char::is_control) {
            let detail = "must not contain control characters";
            errors.push(FieldError::invalid(field(REASON), &reason.as_str().into(), detail));
        }
    }
    errors
}
