use serde::Serialize;
use weir_image_api::Timestamp;
use weir_image_api::core_v1::Namespace;
use weir_image_api::meta::{self, Column, ObjectMeta};

use super::{PROJECT, boxed};
use crate::record::Record;
use crate::resource::{Kind, Resource, Scope, Verbs};
use crate::schema;

/// A namespace under the name `OpenShift` has for it. Both have the same members.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Project(Namespace);

impl meta::Kind for Project {
    const KIND: &'static str = "Project";
    const API_VERSION: &'static str = "project.openshift.io/v1";
}

impl meta::Resource for Project {
    fn metadata(&self) -> &ObjectMeta {
        &self.0.metadata
    }

    fn columns() -> &'static [Column] {
        <Namespace as meta::Resource>::columns()
    }

    fn row(&self, now: Timestamp) -> Vec<serde_json::Value> {
        meta::Resource::row(&self.0, now)
    }
}

static KIND: Kind = Kind::of::<Project>(PROJECT, &schema::core::PROJECT);

pub(super) static PROJECTS: Resource = Resource {
    kind: &KIND,
    plural: "projects",
    singular: "project",
    short_names: &[],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        get: Some(|source, named| match source.namespace(named.name) {
            Ok(namespace) => Ok(project(namespace)),
            Err(error) => Err(named.failure(error)),
        }),
        list: Some(|source, _, page| source.namespaces(page).map(|listed| super::boxed_as(listed, project))),
    },
    fields: &["status.phase"],
    subresources: &[],
};

fn project(namespace: Namespace) -> Box<dyn Record> {
    boxed(Project(namespace))
}
