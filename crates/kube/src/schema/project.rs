//! Projects: namespaces as `OpenShift` shows them.

use super::{API_VERSION, KIND, METADATA, Schema, Shape, field};

/// `Project` of `project.openshift.io`.
pub(crate) static PROJECT: Schema = Schema {
    name: "com.github.openshift.api.project.v1.Project",
    description: "Projects are the unit of isolation and collaboration. A project is a view of the namespace of the \
                  same name.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("spec", Shape::Object(&PROJECT_SPEC), "Spec defines the behavior of the project."),
        field("status", Shape::Object(&PROJECT_STATUS), "Status describes the current status of a project."),
    ],
};

static PROJECT_SPEC: Schema = Schema {
    name: "com.github.openshift.api.project.v1.ProjectSpec",
    description: "ProjectSpec describes the attributes on a project.",
    fields: &[field(
        "finalizers",
        Shape::List(&Shape::Text),
        "Finalizers is an opaque list of values that must be empty to permanently remove object from storage.",
    )],
};

static PROJECT_STATUS: Schema = Schema {
    name: "com.github.openshift.api.project.v1.ProjectStatus",
    description: "ProjectStatus is information about the current status of a project.",
    fields: &[field(
        "phase",
        Shape::Text,
        "Phase is the current lifecycle phase of the project: Active or Terminating.",
    )],
};

/// `ProjectRequest` of `project.openshift.io`.
pub(crate) static PROJECT_REQUEST: Schema = Schema {
    name: "com.github.openshift.api.project.v1.ProjectRequest",
    description: "ProjectRequest is the set of options necessary to fully qualify a project request. It is answered \
                  with the project.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("displayName", Shape::Text, "DisplayName is the display name to apply to a project."),
        field("description", Shape::Text, "Description is the description to apply to a project."),
    ],
};
