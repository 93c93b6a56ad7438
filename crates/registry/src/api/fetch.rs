//! Finding out what there is elsewhere, for an import (image-api 14.4, 14.5).
//!
//! [`Fetch`] is the border behind which images come from. Repositories of this registry are read
//! from its own records. Nothing is fetched from other registries yet; an entry that asks for it
//! fails and says so.

use std::collections::{BTreeMap, BTreeSet};

use weir_image_api::import::ImageImportStatus;
use weir_image_api::meta::{FieldError, ObjectMeta, Outcome, Status, StatusCause, StatusDetails, causes};
use weir_image_api::{GROUP, Image, ImageManifest, PullSpec, StreamRef};
use weir_metadata::Error;
use weir_oci::{Digest, Reference, Tag};

use crate::Registry;
use crate::api::lookup::Terms;

/// Annotations of a spec tag for the entry of an index that it wants.
const PREFER_ARCHITECTURE: &str = "importer.image.openshift.io/prefer-arch";
const PREFER_OS: &str = "importer.image.openshift.io/prefer-os";

/// What is taken if nothing else fits.
const COMMON_PLATFORM: Platform<'static> = Platform { os: "linux", architecture: "amd64" };

/// The repository, image or tag that is not there, as clients know the kind.
const KIND: &str = "dockerimage";

/// How an index is imported.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode<'a> {
    /// As the image of one of its entries.
    Entry(Platform<'a>),
    /// As it is, with the images of all its entries.
    Whole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Platform<'a> {
    os: &'a str,
    architecture: &'a str,
}

impl<'a> Mode<'a> {
    /// The mode of that name, for a tag with these annotations.
    pub(super) fn of(mode: &str, annotations: Option<&'a BTreeMap<String, String>>) -> Mode<'a> {
        if mode == "PreserveOriginal" {
            return Mode::Whole;
        }
        let preferred =
            |key, own| annotations.and_then(|annotations| annotations.get(key)).map_or(own, String::as_str);
        let own = Platform::own();
        Mode::Entry(Platform {
            os: preferred(PREFER_OS, own.os),
            architecture: preferred(PREFER_ARCHITECTURE, own.architecture),
        })
    }
}

impl Platform<'_> {
    /// That of this machine, as clients spell it.
    fn own() -> Platform<'static> {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Platform { os: std::env::consts::OS, architecture }
    }
}

/// Looks up what an import asks for.
#[derive(Debug)]
pub(super) struct Fetch<'a> {
    pub(super) registry: &'a Registry,
    pub(super) terms: &'a Terms,
}

/// Why an entry of an import comes to nothing.
enum Failed {
    /// The client is told.
    Told(Box<Status>),
    /// The records cannot be read, and the whole import fails.
    Unreadable(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed::Unreadable(error)
    }
}

impl Fetch<'_> {
    /// The image a pull spec names.
    pub(super) fn image(&self, from: &str, mode: Mode<'_>) -> Result<ImageImportStatus, Error> {
        let spec = match PullSpec::parse(from) {
            Ok(spec) => spec,
            Err(error) => {
                return Ok(ImageImportStatus {
                    status: unparsable(from, &error.to_string()),
                    ..ImageImportStatus::default()
                });
            }
        };
        let tag = match (spec.tag(), spec.id()) {
            (_, id) if !id.is_empty() => String::new(),
            ("", _) => "latest".to_owned(),
            (tag, _) => tag.to_owned(),
        };
        match self.found(&spec, &tag, mode) {
            Ok((image, manifests)) => {
                Ok(ImageImportStatus { status: success(), image: Some(Box::new(image)), tag, manifests })
            }
            Err(Failed::Told(status)) => {
                Ok(ImageImportStatus { status: *status, tag, ..ImageImportStatus::default() })
            }
            Err(Failed::Unreadable(error)) => Err(error),
        }
    }

    /// The tags of the repository a pull spec names.
    pub(super) fn tags(&self, from: &str) -> Result<Result<Vec<String>, Status>, Error> {
        let spec = match PullSpec::parse(from) {
            Ok(spec) => spec,
            Err(error) => return Ok(Err(unparsable(from, &error.to_string()))),
        };
        let stream = match self.source(&spec, &spec.to_string()) {
            Ok(stream) => stream,
            Err(Failed::Told(status)) => return Ok(Err(*status)),
            Err(Failed::Unreadable(error)) => return Err(error),
        };
        let tags = self.registry.engine.tags(&stream, None, usize::MAX)?;
        Ok(tags.ok_or_else(|| not_found(&spec.to_string())))
    }

    /// The stream of this registry that is behind a pull spec, if the caller may pull from it.
    fn source(&self, spec: &PullSpec, shown: &str) -> Result<StreamRef, Failed> {
        let Some(stream) = self.terms.own_stream(&spec.to_string()) else {
            let problem = "fetching from other registries is not available yet";
            return Err(told(internal(&format!("{shown}: {problem}"))));
        };
        if self.terms.may_pull.check(&stream.repository()).is_err() {
            let message = format!("you may not have access to the container image {shown:?}");
            return Err(told(failure("Unauthorized", 401, message)));
        }
        Ok(stream)
    }

    /// An image and, of an index that is imported whole, those of its entries.
    fn found(&self, spec: &PullSpec, tag: &str, mode: Mode<'_>) -> Result<(Image, Vec<Image>), Failed> {
        let shown = with_defaults(spec, tag);
        let stream = self.source(spec, &shown)?;
        let reference = if tag.is_empty() {
            Digest::parse(spec.id()).ok().map(Reference::Digest)
        } else {
            Tag::parse(tag).ok().map(Reference::Tag)
        };
        let record = match reference {
            Some(reference) => self.registry.engine.manifest(&stream, &reference)?,
            None => None,
        };
        let missing = || told(not_found(&shown));
        let image = self.stored(spec, &record.ok_or_else(missing)?.digest)?.ok_or_else(missing)?;
        if !is_index(&image) {
            return Ok((image, Vec::new()));
        }
        let entry = |digest: &str, platform| self.entry(&stream, spec, digest, platform);
        match mode {
            Mode::Entry(platform) => {
                let chosen = choose(&image.docker_image_manifests, platform)
                    .ok_or_else(|| told(internal(&format!("{shown}: no manifests in manifest list"))))?;
                Ok((entry(&chosen.digest, platform)?.ok_or_else(missing)?, Vec::new()))
            }
            Mode::Whole => {
                let entries = image.docker_image_manifests.iter();
                let manifests = entries
                    .map(|listed| {
                        let missing = || told(not_found(&spec.clone().with_id(&listed.digest).to_string()));
                        entry(&listed.digest, Platform::own())?.ok_or_else(missing)
                    })
                    .collect::<Result<_, _>>()?;
                Ok((image, manifests))
            }
        }
    }

    /// The image of an entry; of an index within an index, that of one of its entries.
    fn entry(
        &self,
        stream: &StreamRef,
        spec: &PullSpec,
        digest: &str,
        platform: Platform<'_>,
    ) -> Result<Option<Image>, Error> {
        let mut digest = digest.to_owned();
        // A manifest cannot name itself, but a record can: it may be older than the manifest, and
        // somebody's word.
        let mut seen = BTreeSet::new();
        while seen.insert(digest.clone()) {
            let Ok(wanted) = Digest::parse(&digest) else { return Ok(None) };
            if self.registry.engine.manifest(stream, &Reference::Digest(wanted))?.is_none() {
                return Ok(None);
            }
            let Some(image) = self.stored(spec, &wanted)? else { return Ok(None) };
            match choose(&image.docker_image_manifests, platform) {
                Some(chosen) => digest.clone_from(&chosen.digest),
                None => return Ok((!is_index(&image)).then_some(image)),
            }
        }
        Ok(None)
    }

    /// The record of an image, as it would look to a registry that fetched it.
    fn stored(&self, spec: &PullSpec, digest: &Digest) -> Result<Option<Image>, Error> {
        let name = digest.to_string();
        let Some(image) = self.registry.engine.image(&name)? else { return Ok(None) };
        let annotations = image.metadata.annotations;
        let docker_image_reference = spec.clone().with_id(&name).to_string();
        let metadata = ObjectMeta { name, annotations, ..ObjectMeta::default() };
        Ok(Some(Image { metadata, docker_image_reference, signatures: Vec::new(), ..image }))
    }
}

fn is_index(image: &Image) -> bool {
    matches!(
        image.docker_image_manifest_media_type.as_str(),
        "application/vnd.oci.image.index.v1+json"
            | "application/vnd.docker.distribution.manifest.list.v2+json"
    )
}

/// The entry that fits a platform best.
fn choose<'a>(entries: &'a [ImageManifest], platform: Platform<'_>) -> Option<&'a ImageManifest> {
    let fits = |wanted: Platform<'_>| {
        entries.iter().find(|entry| entry.os == wanted.os && entry.architecture == wanted.architecture)
    };
    fits(platform).or_else(|| fits(COMMON_PLATFORM)).or_else(|| entries.first())
}

/// A pull spec as it is shown where something went wrong: with everything it leaves out.
fn with_defaults(spec: &PullSpec, tag: &str) -> String {
    let exact = spec.clone();
    let exact = if tag.is_empty() { exact } else { exact.with_tag(tag) }.to_string();
    match (spec.registry(), spec.namespace()) {
        ("", "") => format!("docker.io/library/{exact}"),
        ("", _) => format!("docker.io/{exact}"),
        _ => exact,
    }
}

pub(super) fn success() -> Status {
    Status { status: Outcome::Success, ..Status::default() }
}

pub(super) fn failure(reason: &str, code: u16, message: String) -> Status {
    Status { status: Outcome::Failure, reason: reason.to_owned(), message, code, ..Status::default() }
}

fn internal(problem: &str) -> Status {
    let cause = StatusCause { message: problem.to_owned(), ..StatusCause::default() };
    let details = StatusDetails { causes: vec![cause], ..StatusDetails::default() };
    let status = failure("InternalError", 500, format!("Internal error occurred: {problem}"));
    Status { details: Some(details), ..status }
}

fn not_found(name: &str) -> Status {
    let details = StatusDetails {
        name: name.to_owned(),
        group: GROUP.to_owned(),
        kind: KIND.to_owned(),
        ..StatusDetails::default()
    };
    let status = failure("NotFound", 404, format!("{KIND}.{GROUP} {name:?} not found"));
    Status { details: Some(details), ..status }
}

fn unparsable(from: &str, problem: &str) -> Status {
    let error = FieldError::invalid("from.name", &from.into(), &format!("invalid name: {problem}"));
    // The kind and the name are empty, and the text has room for both.
    let status = failure("Invalid", 422, format!(" \"\" is invalid: {error}"));
    let details = StatusDetails { causes: causes(&[error]), ..StatusDetails::default() };
    Status { details: Some(details), ..status }
}

fn told(status: Status) -> Failed {
    Failed::Told(Box::new(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    // image-api 167
    #[test]
    fn the_entry_that_fits_best() {
        let entry = |os: &str, architecture: &str| ImageManifest {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            ..ImageManifest::default()
        };
        let wanted = Platform { os: "plan9", architecture: "mips" };
        let chosen = |entries: &[ImageManifest]| {
            choose(entries, wanted).map(|entry| format!("{}/{}", entry.os, entry.architecture))
        };
        let (odd, common, fitting) =
            (entry("linux", "s390x"), entry("linux", "amd64"), entry("plan9", "mips"));
        let half = entry("plan9", "amd64");
        assert_eq!(chosen(&[odd.clone(), common.clone(), fitting]).as_deref(), Some("plan9/mips"));
        assert_eq!(chosen(&[odd.clone(), half, common]).as_deref(), Some("linux/amd64"));
        assert_eq!(chosen(&[odd]).as_deref(), Some("linux/s390x"));
        assert_eq!(chosen(&[]), None);
    }

    // image-api 3.3, 14.4
    #[test]
    fn messages_spell_pull_specs_out() {
        for (from, tag, shown) in [
            ("busybox", "nope", "docker.io/library/busybox:nope"),
            ("team/app", "latest", "docker.io/team/app:latest"),
            ("quay.io/a/b:1", "1", "quay.io/a/b:1"),
            ("localhost:5000/x", "1", "localhost:5000/x:1"),
        ] {
            assert_eq!(with_defaults(&PullSpec::parse(from).unwrap(), tag), shown, "{from}");
        }
        let digest = format!("quay.io/a/b@sha256:{}", "0".repeat(64));
        assert_eq!(with_defaults(&PullSpec::parse(&digest).unwrap(), ""), digest);
    }
}
