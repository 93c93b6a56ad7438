//! What makes a request to import a good one (image-api 14.2).

use serde_json::{Value, json};

use super::{ImageImportSpec, ImageStreamImport, RepositoryImportSpec, TagName};
use crate::core_v1::ObjectReference;
use crate::meta::rules::{self, Scope};
use crate::meta::{FieldError, FieldErrors};
use crate::{PullSpec, TagImportPolicy, stream};

/// What stands for all tags of a repository in the requests of old clients. It is let through here,
/// and the one image then fails.
const EVERYTHING: &str = "*";

/// Takes in a request whose metadata has been prepared, and fills in what it leaves out.
pub fn accept(
    import: ImageStreamImport,
    default_import_mode: &str,
) -> Result<ImageStreamImport, FieldErrors> {
    let mut import = ImageStreamImport { metadata: import.metadata, spec: import.spec, ..Default::default() };
    for image in &mut import.spec.images {
        set_default_mode(&mut image.import_policy, default_import_mode);
        if image.to.is_none() {
            image.to = tag_of(&image.from.name);
        }
    }
    if let Some(repository) = &mut import.spec.repository {
        set_default_mode(&mut repository.import_policy, default_import_mode);
    }
    let errors = validate(&import);
    if errors.is_empty() { Ok(import) } else { Err(errors) }
}

fn set_default_mode(policy: &mut TagImportPolicy, mode: &str) {
    if policy.import_mode.is_empty() {
        mode.clone_into(&mut policy.import_mode);
    }
}

/// The tag within a pull spec, by which an image is tagged unless the request says otherwise.
fn tag_of(from: &str) -> Option<TagName> {
    let tag = PullSpec::parse(from).ok()?.tag().to_owned();
    (!tag.is_empty()).then_some(TagName { name: tag })
}

/// What is wrong with a request.
fn validate(import: &ImageStreamImport) -> FieldErrors {
    let spec = &import.spec;
    let mut errors = FieldErrors::new();
    for (i, image) in spec.images.iter().enumerate() {
        let problems = validate_image(image);
        errors.extend(problems.into_iter().map(|error| error.under(&format!("spec.images[{i}]"))));
    }
    if let Some(repository) = &spec.repository {
        let problems = validate_repository(repository);
        errors.extend(problems.into_iter().map(|error| error.under("spec.repository")));
    }
    if spec.images.is_empty() && spec.repository.is_none() {
        let problem = "you must specify at least one image or a repository import";
        errors.push(FieldError::invalid("spec.images", &Value::Null, problem));
    }
    errors.extend(rules::validate(&import.metadata, Scope::Namespaced, stream::rules::stream_name));
    errors.extend(stream::rules::too_long(&import.metadata));
    errors
}

fn validate_image(image: &ImageImportSpec) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let name = &image.from.name;
    if !is_docker_image(&image.from, &mut errors) {
        return errors;
    }
    if image.to.as_ref().is_some_and(|to| to.name.is_empty()) {
        errors.push(FieldError::invalid(
            "to.name",
            &json!(""),
            "the name of the target tag must be specified",
        ));
    }
    if name.is_empty() {
        errors.push(FieldError::required("from.name", ""));
    } else if let (Err(error), true) = (PullSpec::parse(name), name != EVERYTHING) {
        errors.push(FieldError::invalid("from.name", &json!(name), &error.to_string()));
    }
    errors.extend(mode_error(&image.import_policy));
    errors
}

fn validate_repository(repository: &RepositoryImportSpec) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let name = &repository.from.name;
    if !is_docker_image(&repository.from, &mut errors) {
        return errors;
    }
    if name.is_empty() {
        errors.push(FieldError::required("from.name", "container image references require a name"));
    } else {
        let problem = match PullSpec::parse(name) {
            Err(error) => Some(error.to_string()),
            Ok(spec) if spec.tag().is_empty() && spec.id().is_empty() => None,
            Ok(_) => Some("you must specify an image repository, not a tag or ID".to_owned()),
        };
        errors.extend(problem.map(|problem| FieldError::invalid("from.name", &json!(name), &problem)));
    }
    errors.extend(mode_error(&repository.import_policy));
    errors
}

fn is_docker_image(from: &ObjectReference, errors: &mut FieldErrors) -> bool {
    let is_one = from.kind == "DockerImage";
    if !is_one {
        errors.push(FieldError::invalid("from.kind", &json!(from.kind), "only DockerImage is supported"));
    }
    is_one
}

fn mode_error(policy: &TagImportPolicy) -> Option<FieldError> {
    let mode = &policy.import_mode;
    let problem = "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'";
    let known = ["", "Legacy", "PreserveOriginal"].contains(&mode.as_str());
    (!known).then(|| FieldError::invalid("importPolicy.importMode", &json!(mode), problem))
}
