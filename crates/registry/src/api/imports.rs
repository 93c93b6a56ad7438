use std::collections::BTreeSet;

use weir_image_api::import::{
    Applied, ImageImportStatus, ImageStreamImport, RepositoryImportSpec, RepositoryImportStatus, apply,
    plan_tags, rules,
};
use weir_image_api::meta::Outcome;
use weir_image_api::meta::rules::prepare_create;
use weir_image_api::stream::rules::{self as stream_rules, Path};
use weir_image_api::{ImageStream, Namespace, PullSpec, ResourceVersion, StreamRef, TagReference};
use weir_metadata::{EventKind, Lookup, Reach, StreamWish, StreamWrite};

use crate::api::fetch::{Fetch, Mode, failure, success};
use crate::api::incarnation::uid;
use crate::api::lookup::{Content, Terms, check_namespace};
use crate::api::streams::{create, reference};
use crate::api::{Refusal, Writer, Written};

const KIND: &str = "ImageStreamImport";

/// Most tags that are imported of a whole repository (image-api 18.1).
const BULK: usize = 50;

/// The tags of the stream that an import may touch.
type Targets = BTreeSet<String>;

impl Writer {
    /// Finds out what a request asks for and, if it wants that, tags it into a stream, which is made
    /// if it is missing. What cannot be found is told entry by entry and fails nothing else.
    pub async fn create_import(
        &self,
        namespace: &Namespace,
        mut import: ImageStreamImport,
    ) -> Result<Written<ImageStreamImport>, Refusal> {
        self.check_writable()?;
        let terms = self.terms();
        let claimed = import.metadata.resource_version;
        prepare_create(&mut import.metadata, namespace.as_str(), uid(), terms.now);
        let name = import.metadata.name.clone();
        let mut import = rules::accept(import, terms.default_import_mode)
            .map_err(|errors| Refusal::Invalid { kind: KIND, name: name.clone(), errors })?;
        import.metadata.resource_version = claimed;
        let Some(stream) = reference(namespace, &name) else {
            return Err(Refusal::BadRequest(format!("{name:?} is no name of an image stream")));
        };

        let fetch = Fetch { registry: &self.registry, terms: &terms };
        // The tags of the repository decide which tags of the stream matter.
        let tags = match &import.spec.repository {
            Some(repository) => {
                Some(fetch.tags(&repository.from.name)?.map(|tags| plan_tags(tags, Some(BULK))))
            }
            None => None,
        };
        let images =
            import.spec.images.iter().filter_map(|image| image.to.as_ref()).map(|to| to.name.clone());
        let planned = tags.iter().flatten().flat_map(|plan| plan.fetch.iter().cloned());
        let targets: Targets = images.chain(planned).collect();

        let before = self.importing(&stream, &targets, claimed).await?;
        let spec_tag = |tag: &str| before.as_ref().and_then(|stream| stream.spec.tag(tag));
        if let (Some(repository), Some(tags)) = (&import.spec.repository, tags) {
            import.status.repository = Some(match tags {
                Err(status) => RepositoryImportStatus { status, ..RepositoryImportStatus::default() },
                Ok(plan) => {
                    let images = plan.fetch.iter().map(|tag| {
                        let from = tagged(repository, tag);
                        let mode = mode(&repository.import_policy.import_mode, spec_tag(tag));
                        // Per-tag answers say which tag they are about, whatever became of it.
                        Ok(ImageImportStatus { tag: tag.clone(), ..fetch.image(&from, mode)? })
                    });
                    let images = images.collect::<Result<Vec<_>, weir_metadata::Error>>()?;
                    of_repository(images, plan.additional)
                }
            });
        }
        for image in &import.spec.images {
            let target = image.to.as_ref().and_then(|to| spec_tag(&to.name));
            let mode = mode(&image.import_policy.import_mode, target);
            import.status.images.push(fetch.image(&image.from.name, mode)?);
        }
        if import.spec.import && !self.dry_run {
            import = self.tag_imported(terms, stream, targets, import).await?;
        } else {
            self.registry.add_documents(&terms, &mut import).await;
            import.hide_documents();
        }
        Ok(Written { object: import, made: true, warnings: Vec::new() })
    }

    /// The stream to import into, if the import may begin.
    async fn importing(
        &self,
        stream: &StreamRef,
        targets: &Targets,
        claimed: Option<ResourceVersion>,
    ) -> Result<Option<ImageStream>, Refusal> {
        let reach = Reach::Tags(targets.iter().cloned().collect());
        let edit = self.stream_edit(stream.clone(), reach, EventKind::Import);
        let stream = stream.clone();
        let rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Result<_, Refusal> {
            check_namespace(lookup, &stream.namespace, Content::New)?;
            check_claim(&stream, current.as_ref(), claimed)?;
            Ok((StreamWish::Keep, current))
        };
        let (_, before) = self.registry.engine.edit_stream(edit, rule).await?;
        Ok(before)
    }

    /// Tags what was found.
    async fn tag_imported(
        &self,
        terms: Terms,
        stream: StreamRef,
        targets: Targets,
        mut import: ImageStreamImport,
    ) -> Result<ImageStreamImport, Refusal> {
        let reach = Reach::Tags(targets.into_iter().collect());
        let edit = self.stream_edit(stream.clone(), reach, EventKind::Import);
        let request = import.clone();
        let target = stream.clone();
        let rule = move |current: Option<ImageStream>, lookup: &dyn Lookup| -> Result<_, Refusal> {
            check_namespace(lookup, &target.namespace, Content::New)?;
            check_claim(&target, current.as_ref(), request.metadata.resource_version)?;
            let Applied { stream, images } =
                apply(current.as_ref(), &request, terms.now).map_err(|refused| Refusal::Invalid {
                    kind: "Image",
                    name: refused.name,
                    errors: refused.errors,
                })?;
            let write = match (stream, &current) {
                // Images are made all the same (image-api 14.7).
                (None, current) => StreamWrite::of(current.clone().unwrap_or_default()),
                (Some(wanted), None) => create(&terms, lookup, &target.namespace, wanted, Path::Internal)?,
                (Some(wanted), Some(current)) => terms.settle(lookup, target.name.as_str(), |context| {
                    stream_rules::update(current, wanted, Path::Internal, context)
                })?,
            };
            let images = images.into_iter().map(|mut image| {
                image.metadata.uid = uid();
                image
            });
            let mut write = StreamWrite { images: images.collect(), ..write };
            write.sources.extend(own_sources(&terms, &request).filter(|source| *source != target));
            Ok((StreamWish::Write(Box::new(write)), ()))
        };
        let (edited, ()) = self.registry.engine.edit_stream(edit, rule).await?;
        let tagged = match self.registry.engine.image_stream(&stream)? {
            Some(whole) => whole,
            // Somebody removed it meanwhile; what the import made of it is still the answer.
            None => edited.map(|edited| edited.object).unwrap_or_default(),
        };
        let failed = std::cell::RefCell::new(None);
        import.finish(tagged, |name| {
            self.registry.engine.image(name).unwrap_or_else(|error| {
                failed.borrow_mut().get_or_insert(error);
                None
            })
        });
        match failed.into_inner() {
            Some(error) => Err(error.into()),
            None => Ok(import),
        }
    }
}

/// Compares the stream with the version that the request is about (image-api 14.3).
fn check_claim(
    stream: &StreamRef,
    current: Option<&ImageStream>,
    claimed: Option<ResourceVersion>,
) -> Result<(), Refusal> {
    let Some(claimed) = claimed else { return Ok(()) };
    let name = stream.name.as_str().to_owned();
    let Some(current) = current else { return Err(Refusal::NotFound { resource: None, name }) };
    match current.metadata.resource_version {
        Some(actual) if actual != claimed => {
            let why = format!("the image stream was updated from \"{claimed}\" to \"{actual}\"");
            Err(Refusal::Conflict { resource: Some("imagestream"), name, why })
        }
        _ => Ok(()),
    }
}

fn mode<'a>(mode: &str, target: Option<&'a TagReference>) -> Mode<'a> {
    Mode::of(mode, target.and_then(|tag| tag.annotations.as_ref()))
}

/// The pull spec of a tag of a repository that is imported whole.
fn tagged(repository: &RepositoryImportSpec, tag: &str) -> String {
    let name = &repository.from.name;
    PullSpec::parse(name).map_or_else(|_| name.clone(), |spec| spec.with_tag(tag).to_string())
}

/// What became of a repository whose tags could be listed (image-api 14.5).
fn of_repository(images: Vec<ImageImportStatus>, additional_tags: Vec<String>) -> RepositoryImportStatus {
    let failed = images.iter().filter(|image| image.status.status != Outcome::Success).count();
    let status = match failed {
        0 => success(),
        1 => failure("ImportFailed", 0, "one of the images from this repository failed to import".to_owned()),
        _ => {
            let message = format!("{failed} of the images from this repository failed to import");
            failure("ImportFailed", 0, message)
        }
    };
    RepositoryImportStatus { status, images, additional_tags }
}

/// The repositories of this registry that images were found in. The caller may pull from them, or
/// the images would not have been found.
fn own_sources<'a>(terms: &'a Terms, import: &'a ImageStreamImport) -> impl Iterator<Item = StreamRef> + 'a {
    let of_repository = import.status.repository.iter().flat_map(|repository| &repository.images);
    let found = of_repository.chain(&import.status.images).filter_map(ImageImportStatus::found);
    found.filter_map(|image| terms.own_stream(&image.docker_image_reference))
}
