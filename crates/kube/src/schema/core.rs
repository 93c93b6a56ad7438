//! The kinds of the core group that are stored here.

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

/// `Secret` of the core group.
pub(crate) static SECRET: Schema = Schema {
    name: "io.k8s.api.core.v1.Secret",
    description: "Secret holds secret data of a certain type, above all credentials of registries.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field(
            "immutable",
            Shape::Flag,
            "Immutable, if set to true, ensures that data stored in the Secret cannot be updated.",
        ),
        field(
            "data",
            Shape::Map(&Shape::Bytes),
            "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'.",
        ),
        field(
            "stringData",
            Shape::Map(&Shape::Text),
            "stringData allows specifying non-binary secret data in string form. It is write-only and merged into the \
             data field.",
        ),
        field(
            "type",
            Shape::Text,
            "Used to facilitate programmatic handling of secret data, such as kubernetes.io/dockerconfigjson.",
        ),
    ],
};
