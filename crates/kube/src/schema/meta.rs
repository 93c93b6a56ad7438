//! The types of `meta/v1` that every object carries.

use super::{Field, Merge, Schema, Shape, field};

/// `ObjectMeta`.
pub(crate) static OBJECT_META: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    description: "ObjectMeta is metadata that all persisted resources must have, which includes all objects users \
                  must create.",
    fields: &[
        NAME,
        field(
            "generateName",
            Shape::Text,
            "GenerateName is an optional prefix, used by the server, to generate a unique name only if the Name field \
             has not been provided.",
        ),
        field("namespace", Shape::Text, "Namespace defines the space within which each name must be unique."),
        field(
            "uid",
            Shape::Text,
            "UID is the unique in time and space value for this object, set by the server on creation.",
        ),
        field(
            "resourceVersion",
            Shape::Text,
            "An opaque value that represents the internal version of this object, to be used by clients to determine \
             when objects have changed.",
        ),
        field(
            "generation",
            Shape::Whole,
            "A sequence number representing a specific generation of the desired state. Populated by the system. \
             Read-only.",
        ),
        field(
            "creationTimestamp",
            Shape::Time,
            "CreationTimestamp is the server time when this object was created. Populated by the system. Read-only.",
        ),
        field(
            "deletionTimestamp",
            Shape::Time,
            "DeletionTimestamp is the time at which this resource will be deleted. Populated by the system when a \
             graceful deletion is requested. Read-only.",
        ),
        field(
            "deletionGracePeriodSeconds",
            Shape::Whole,
            "Number of seconds allowed for this object to gracefully terminate before it will be removed from the \
             system. Read-only.",
        ),
        field(
            "labels",
            Shape::Map(&Shape::Text),
            "Map of string keys and values that can be used to organize and categorize (scope and select) objects.",
        ),
        field(
            "annotations",
            Shape::Map(&Shape::Text),
            "Annotations is an unstructured key value map stored with a resource that may be set by external tools to \
             store and retrieve arbitrary metadata.",
        ),
        field(
            "ownerReferences",
            Shape::List(&Shape::Object(&OWNER_REFERENCE)),
            "List of objects depended by this object.",
        )
        .merged(Merge::MapByKey("uid")),
        field(
            "finalizers",
            Shape::List(&Shape::Text),
            "Must be empty before the object is deleted from the registry.",
        )
        .merged(Merge::Set),
        field(
            "managedFields",
            Shape::List(&Shape::Object(&MANAGED_FIELDS_ENTRY)),
            "ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow.",
        )
        .merged(Merge::Atomic),
        field("selfLink", Shape::Text, "Deprecated: a legacy field that is no longer populated by the system."),
    ],
};

const NAME: Field = field(
    "name",
    Shape::Text,
    "Name must be unique within a namespace. Is required when creating resources. Cannot be updated.",
);

static OWNER_REFERENCE: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference",
    description: "OwnerReference contains enough information to let you identify an owning object.",
    fields: &[
        field("apiVersion", Shape::Text, "API version of the referent.").required(),
        field("kind", Shape::Text, "Kind of the referent.").required(),
        field("name", Shape::Text, "Name of the referent.").required(),
        field("uid", Shape::Text, "UID of the referent.").required(),
        field("controller", Shape::Flag, "If true, this reference points to the managing controller."),
        field(
            "blockOwnerDeletion",
            Shape::Flag,
            "If true, and if the owner has the foregroundDeletion finalizer, then the owner cannot be deleted until \
             this reference is removed.",
        ),
    ],
};

static MANAGED_FIELDS_ENTRY: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry",
    description: "ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the resource that the \
                  fieldset applies to.",
    fields: &[
        field("manager", Shape::Text, "Manager is an identifier of the workflow managing these fields."),
        field(
            "operation",
            Shape::Text,
            "Operation is the type of operation which lead to this entry: Apply or Update.",
        ),
        field(
            "apiVersion",
            Shape::Text,
            "APIVersion defines the version of this resource that this field set applies to.",
        ),
        field("time", Shape::Time, "Time is the timestamp of when the entry was added or changed."),
        field(
            "fieldsType",
            Shape::Text,
            "FieldsType is the discriminator for the different fields format: FieldsV1.",
        ),
        field("fieldsV1", Shape::Raw, "FieldsV1 holds the fields in the first JSON version format."),
        field(
            "subresource",
            Shape::Text,
            "Subresource is the name of the subresource used to update that object.",
        ),
    ],
};

/// `ListMeta`.
pub(crate) static LIST_META: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta",
    description: "ListMeta describes metadata that lists must have.",
    fields: &[
        field(
            "resourceVersion",
            Shape::Text,
            "String that identifies the server's internal version of this list, from which a watch may start.",
        ),
        field(
            "continue",
            Shape::Text,
            "continue may be set if the user set a limit on the number of items returned, and indicates that the \
             server has more data available.",
        ),
        field(
            "remainingItemCount",
            Shape::Whole,
            "remainingItemCount is the number of subsequent items in the list which are not included in this list \
             response.",
        ),
        field(
            "selfLink",
            Shape::Text,
            "Deprecated: a legacy field that is no longer populated by the system.",
        ),
    ],
};
