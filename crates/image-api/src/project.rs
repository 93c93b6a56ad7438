//! Projects of `project.openshift.io/v1`: another view of namespaces.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Timestamp;
use crate::core_v1::{Namespace, NamespaceSpec, NamespaceStatus};
use crate::meta::{Column, Kind, NAME, ObjectMeta, Resource};
use crate::wire::{is_default, nullable};

/// The API group of the kinds.
pub const GROUP: &str = "project.openshift.io";
/// The group with its one version.
pub const API_VERSION: &str = "project.openshift.io/v1";
/// Annotation for the name people know the project by.
pub const DISPLAY_NAME: &str = "openshift.io/display-name";
/// Annotation for what the project is about.
pub const DESCRIPTION: &str = "openshift.io/description";
/// Annotation for who asked for the project.
pub const REQUESTER: &str = "openshift.io/requester";

/// A namespace as `OpenShift` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Project {
    /// Metadata of the namespace.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// What the namespace should be.
    #[serde(deserialize_with = "nullable")]
    pub spec: NamespaceSpec,
    /// What it is.
    #[serde(deserialize_with = "nullable")]
    pub status: NamespaceStatus,
}

impl From<Namespace> for Project {
    fn from(Namespace { metadata, spec, status }: Namespace) -> Project {
        Project { metadata, spec, status }
    }
}

impl From<Project> for Namespace {
    fn from(Project { metadata, spec, status }: Project) -> Namespace {
        Namespace { metadata, spec, status }
    }
}

impl Kind for Project {
    const KIND: &'static str = "Project";
    const API_VERSION: &'static str = API_VERSION;
}

impl Resource for Project {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            NAME,
            Column::text("Display Name", "The name people know the project by."),
            Column::text("Status", "Whether the project is in use or being deleted."),
        ];
        COLUMNS
    }

    fn row(&self, _now: Timestamp) -> Vec<Value> {
        let display_name = self.metadata.annotations.get(DISPLAY_NAME).map_or("", String::as_str);
        vec![self.metadata.name.as_str().into(), display_name.into(), self.status.phase.as_str().into()]
    }
}

/// The wish of a user for a project of their own. It is answered with the [`Project`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectRequest {
    /// The name, and what else the namespace is to carry.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// The name people are to know the project by.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub display_name: String,
    /// What the project is about.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub description: String,
}

impl ProjectRequest {
    /// The namespace asked for, in the name of `requester`, who cannot pose as somebody else.
    pub fn into_namespace(self, requester: &str) -> Namespace {
        let mut metadata = self.metadata;
        for (key, value) in [
            (DISPLAY_NAME, self.display_name),
            (DESCRIPTION, self.description),
            (REQUESTER, requester.to_owned()),
        ] {
            // What the request does not say, its annotations may, but for the requester.
            if !value.is_empty() {
                metadata.annotations.insert(key.to_owned(), value);
            } else if key == REQUESTER {
                metadata.annotations.remove(key);
            }
        }
        Namespace::active(metadata)
    }
}

impl Kind for ProjectRequest {
    const KIND: &'static str = "ProjectRequest";
    const API_VERSION: &'static str = API_VERSION;
}

impl Resource for ProjectRequest {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    fn request() -> ProjectRequest {
        serde_json::from_str(
            r#"{"kind":"ProjectRequest","apiVersion":"project.openshift.io/v1","metadata":{"name":"team",
                "annotations":{"openshift.io/requester":"somebody else"}},
                "displayName":"The Team","description":null}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_request_becomes_a_project() {
        // kubernetes-api 141
        let namespace = request().into_namespace("alice");
        let project = Project::from(namespace.clone());
        assert_eq!(
            serde_json::to_string(&Typed::of(&project)).unwrap(),
            concat!(
                r#"{"kind":"Project","apiVersion":"project.openshift.io/v1","metadata":{"name":"team","#,
                r#""annotations":{"openshift.io/display-name":"The Team","openshift.io/requester":"alice"}},"#,
                r#""spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}"#
            )
        );
        assert_eq!(Namespace::from(project), namespace);
    }

    #[test]
    fn without_a_requester_nobody_is_named() {
        assert!(!request().into_namespace("").metadata.annotations.contains_key(REQUESTER));
    }

    #[test]
    fn a_row_shows_the_display_name() {
        let project = Project::from(request().into_namespace("alice"));
        assert_eq!(project.row(Timestamp::ZERO), ["team", "The Team", "Active"]);
        assert_eq!(Project::default().row(Timestamp::ZERO), ["", "", ""]);
        let names: Vec<_> = Project::columns().iter().map(Column::name).collect();
        assert_eq!(names, ["Name", "Display Name", "Status"]);
    }
}
