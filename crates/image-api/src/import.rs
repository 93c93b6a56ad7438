//! Fetching what is known of images elsewhere, and tagging them into a stream (image-api 14).

mod apply;
pub mod rules;
mod tag_order;

use serde::{Deserialize, Serialize};

pub use apply::{Applied, ImageRefused, apply, limit_exceeded};
pub use tag_order::{TagPlan, plan_tags};

use crate::core_v1::ObjectReference;
use crate::meta::{Kind, ObjectMeta, Outcome, Resource, Status};
use crate::wire::{is_default, nullable};
use crate::{Image, ImageStream, TagImportPolicy, TagReferencePolicy};

/// Annotation of streams for the time of the last import attempt.
pub const REPOSITORY_CHECK: &str = "openshift.io/image.dockerRepositoryCheck";

/// Type of the condition of a tag that could not be imported.
pub const IMPORT_SUCCESS: &str = "ImportSuccess";

/// The request to import, and its answer. Nothing is stored under its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStreamImport {
    /// The name is that of the stream. A version must be the stream's.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// What to import.
    #[serde(deserialize_with = "nullable")]
    pub spec: ImageStreamImportSpec,
    /// What became of it.
    #[serde(deserialize_with = "nullable")]
    pub status: ImageStreamImportStatus,
}

/// What to import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStreamImportSpec {
    /// Whether to tag what is found, or only to show it.
    #[serde(deserialize_with = "nullable")]
    pub import: bool,
    /// A whole repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryImportSpec>,
    /// Images one by one.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub images: Vec<ImageImportSpec>,
}

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageStreamImportStatus {
    /// The stream afterwards, if anything was to be tagged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<Box<ImageStream>>,
    /// What became of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryImportStatus>,
    /// What became of the images, in the order of the request.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub images: Vec<ImageImportStatus>,
}

/// One image to import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageImportSpec {
    /// Where it is.
    #[serde(deserialize_with = "nullable")]
    pub from: ObjectReference,
    /// The tag to be given to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<TagName>,
    /// How to import.
    #[serde(deserialize_with = "nullable")]
    pub import_policy: TagImportPolicy,
    /// How consumers reach the image.
    #[serde(deserialize_with = "nullable")]
    pub reference_policy: TagReferencePolicy,
    /// Whether the answer is to hold the manifest.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub include_manifest: bool,
}

/// The name of a tag, as Kubernetes refers to an object in the same namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagName {
    /// The tag.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub name: String,
}

/// A repository to import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryImportSpec {
    /// Where it is.
    #[serde(deserialize_with = "nullable")]
    pub from: ObjectReference,
    /// How to import.
    #[serde(deserialize_with = "nullable")]
    pub import_policy: TagImportPolicy,
    /// How consumers reach the images.
    #[serde(deserialize_with = "nullable")]
    pub reference_policy: TagReferencePolicy,
    /// Whether the answer is to hold the manifests.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub include_manifest: bool,
}

/// What became of one image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageImportStatus {
    /// Whether it was found.
    #[serde(deserialize_with = "nullable")]
    pub status: Status,
    /// The image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Box<Image>>,
    /// The tag it was found under; empty if it was asked for by digest.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub tag: String,
    /// The images of the entries of an index.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub manifests: Vec<Image>,
}

/// What became of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RepositoryImportStatus {
    /// Whether all of it was found.
    #[serde(deserialize_with = "nullable")]
    pub status: Status,
    /// What became of the images of its tags.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub images: Vec<ImageImportStatus>,
    /// Tags that were left out.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub additional_tags: Vec<String>,
}

impl ImageImportStatus {
    /// The image, if it was found.
    pub fn found(&self) -> Option<&Image> {
        self.image.as_deref().filter(|_| self.status.status == Outcome::Success)
    }

    /// What the image consists of, and then the image, as far as they were found.
    fn all_images(&mut self) -> impl Iterator<Item = &mut Image> {
        self.manifests.iter_mut().chain(self.image.as_deref_mut())
    }
}

impl ImageStreamImport {
    /// Takes the manifests out of the answer where they are not asked for (image-api 14.6).
    pub fn hide_documents(&mut self) {
        let repository = self.status.repository.iter_mut().flat_map(|repository| &mut repository.images);
        let of_repository = self.spec.repository.as_ref().is_some_and(|spec| spec.include_manifest);
        let of_images = self.spec.images.iter().map(|spec| spec.include_manifest);
        let asked_for = repository
            .map(|status| (status, of_repository))
            .chain(self.status.images.iter_mut().zip(of_images));
        for (status, _) in asked_for.filter(|(_, asked_for)| !asked_for) {
            for image in status.all_images() {
                image.clear_documents();
            }
        }
    }

    /// Completes the answer after the stream was written: with it, and with the images as they are
    /// stored, which may differ from what was found (image-api 14.7, 14.8).
    pub fn finish(&mut self, stream: ImageStream, stored: impl Fn(&str) -> Option<Image>) {
        let repository = self.status.repository.iter_mut().flat_map(|repository| &mut repository.images);
        for image in repository.chain(&mut self.status.images).flat_map(ImageImportStatus::all_images) {
            image.clear_documents();
            if let Some(stored) = stored(&image.metadata.name) {
                *image = stored;
            }
        }
        self.status.import = Some(Box::new(stream));
    }
}

impl Kind for ImageStreamImport {
    const KIND: &'static str = "ImageStreamImport";
    const API_VERSION: &'static str = crate::API_VERSION;
}

impl Resource for ImageStreamImport {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

#[cfg(test)]
mod tests;
