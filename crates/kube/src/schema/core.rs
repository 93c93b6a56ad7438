//! Namespaces, and the view of one as an `OpenShift` project.

use super::{API_VERSION, KIND, METADATA, Schema, Shape, field};

/// `Namespace` of the core group.
pub(crate) static NAMESPACE: Schema = Schema {
    name: "io.k8s.api.core.v1.Namespace",
    description: "Namespace provides a scope for Names: the first part of a repository's name.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("spec", Shape::Object(&NAMESPACE_SPEC), "Spec defines the behavior of the Namespace."),
        field(
            "status",
            Shape::Object(&NAMESPACE_STATUS),
            "Status describes the current status of a Namespace.",
        ),
    ],
};

static NAMESPACE_SPEC: Schema = Schema {
    name: "io.k8s.api.core.v1.NamespaceSpec",
    description: "NamespaceSpec describes the attributes on a Namespace.",
    fields: &[field(
        "finalizers",
        Shape::List(&Shape::Text),
        "Finalizers is an opaque list of values that must be empty to permanently remove object from storage.",
    )],
};

static NAMESPACE_STATUS: Schema = Schema {
    name: "io.k8s.api.core.v1.NamespaceStatus",
    description: "NamespaceStatus is information about the current status of a Namespace.",
    fields: &[field(
        "phase",
        Shape::Text,
        "Phase is the current lifecycle phase of the namespace: Active or Terminating.",
    )],
};

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
