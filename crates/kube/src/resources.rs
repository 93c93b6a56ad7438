//! The catalogue: every resource there is, one file for each.
//!
//! Routing, both forms of discovery and the `OpenAPI` documents are read off this table. A new
//! kind is a new file in this folder, a line here, and its schema.

mod empty;
mod image_signatures;
mod image_stream_images;
mod image_stream_imports;
mod image_stream_mappings;
mod image_stream_tags;
mod image_streams;
mod image_tags;
mod images;
mod namespaces;
mod project_requests;
mod projects;
mod pull_secrets;
mod secrets;

use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Namespace, ResourceVersion, StreamName, StreamRef, stream_tag};
use weir_registry::view::Listed;

use crate::failure::Failure;
use crate::record::Record;
use crate::resource::{Group, Gv, Named};

const CORE: Gv = Gv { group: "", version: "v1" };
const IMAGE: Gv = Gv { group: weir_image_api::GROUP, version: "v1" };
const PROJECT: Gv = Gv { group: weir_image_api::project::GROUP, version: "v1" };
const APPS: Gv = Gv { group: "apps", version: "v1" };
const BATCH: Gv = Gv { group: "batch", version: "v1" };
const API_EXTENSIONS: Gv = Gv { group: "apiextensions.k8s.io", version: "v1" };

/// All groups. Of two resources with the same name clients take the one of the earlier group.
pub(crate) static CATALOGUE: [Group; 6] = [
    Group {
        gv: CORE,
        resources: &[
            &empty::EVENTS,
            &empty::LIMIT_RANGES,
            &namespaces::NAMESPACES,
            &empty::PODS,
            &empty::REPLICATION_CONTROLLERS,
            &secrets::SECRETS,
        ],
    },
    Group {
        gv: IMAGE,
        resources: &[
            &images::IMAGES,
            &image_signatures::IMAGE_SIGNATURES,
            &image_stream_images::IMAGE_STREAM_IMAGES,
            &image_stream_imports::IMAGE_STREAM_IMPORTS,
            &image_stream_mappings::IMAGE_STREAM_MAPPINGS,
            &image_streams::IMAGE_STREAMS,
            &image_stream_tags::IMAGE_STREAM_TAGS,
            &image_tags::IMAGE_TAGS,
        ],
    },
    Group { gv: PROJECT, resources: &[&project_requests::PROJECT_REQUESTS, &projects::PROJECTS] },
    Group {
        gv: APPS,
        resources: &[&empty::DAEMON_SETS, &empty::DEPLOYMENTS, &empty::REPLICA_SETS, &empty::STATEFUL_SETS],
    },
    Group { gv: BATCH, resources: &[&empty::CRON_JOBS, &empty::JOBS] },
    Group { gv: API_EXTENSIONS, resources: &[&empty::CUSTOM_RESOURCE_DEFINITIONS] },
];

/// The stream a path names. A name that no stream can have names none.
pub(crate) fn stream(named: &Named<'_>, name: &str) -> Result<StreamRef, Failure> {
    let parts = Namespace::parse(named.namespace).ok().zip(StreamName::parse(name).ok());
    let stream = parts.and_then(|(namespace, name)| StreamRef::new(namespace, name).ok());
    stream.ok_or_else(|| named.without(name))
}

/// Takes the name of a view of a tag apart (image-api 3.4).
fn stream_and_tag<'a>(name: &'a str, kinds: &str) -> Result<(&'a str, &'a str), Failure> {
    let text = || Failure::BadRequest(format!("{kinds} must be retrieved with <name>:<tag>"));
    stream_tag::split_name(name).ok_or_else(text)
}

/// Shows an object under the version at which it went, if it went.
fn at(metadata: &mut ObjectMeta, gone: Option<ResourceVersion>) {
    metadata.resource_version = gone.or(metadata.resource_version);
}

fn boxed(record: impl Record + 'static) -> Box<dyn Record> {
    Box::new(record)
}

fn boxed_all<T: Record + 'static>(listed: Listed<T>) -> Listed<Box<dyn Record>> {
    boxed_as(listed, boxed)
}

fn boxed_as<T>(listed: Listed<T>, record: impl Fn(T) -> Box<dyn Record>) -> Listed<Box<dyn Record>> {
    let Listed { items, version, next, remaining } = listed;
    Listed { items: items.into_iter().map(record).collect(), version, next, remaining }
}
