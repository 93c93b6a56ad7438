//! The types of `meta/v1` that every object carries.

use super::{API_VERSION, Field, KIND, Merge, Schema, Shape, field};

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

/// `DeleteOptions`.
pub(crate) static DELETE_OPTIONS: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    description: "DeleteOptions may be provided when deleting an API object.",
    fields: &[
        API_VERSION,
        KIND,
        field(
            "gracePeriodSeconds",
            Shape::Whole,
            "The duration in seconds before the object should be deleted. Objects here are deleted at once.",
        ),
        field(
            "preconditions",
            Shape::Object(&PRECONDITIONS),
            "Must be fulfilled before a deletion is carried out. If not possible, a 409 Conflict status will be \
             returned.",
        ),
        field("orphanDependents", Shape::Flag, "Deprecated: please use the propagationPolicy."),
        field(
            "propagationPolicy",
            Shape::Text,
            "Whether and how garbage collection will be performed: Orphan, Background or Foreground.",
        ),
        field(
            "dryRun",
            Shape::List(&Shape::Text),
            "When present, indicates that modifications should not be persisted. The one valid value is All.",
        ),
    ],
};

static PRECONDITIONS: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions",
    description: "Preconditions must be fulfilled before an operation is carried out.",
    fields: &[
        field("uid", Shape::Text, "Specifies the target UID."),
        field("resourceVersion", Shape::Text, "Specifies the target ResourceVersion."),
    ],
};

/// The body of a patch, whatever its type.
pub(crate) static PATCH: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
    description: "Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.",
    fields: &[],
};

/// `Status`, as an answer and inside other objects.
pub(crate) static STATUS: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
    description: "Status is a return value for calls that don't return other objects.",
    fields: &[
        API_VERSION,
        KIND,
        field("metadata", Shape::Object(&LIST_META), "Standard list metadata."),
        field("status", Shape::Text, "Status of the operation: Success or Failure."),
        field("message", Shape::Text, "A human-readable description of the status of this operation."),
        field("reason", Shape::Text, "A machine-readable description of why this operation failed."),
        field("details", Shape::Object(&STATUS_DETAILS), "Extended data associated with the reason."),
        field("code", Shape::Whole, "Suggested HTTP return code for this status, 0 if not set."),
    ],
};

static STATUS_DETAILS: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails",
    description: "StatusDetails is what an operation was about, and why it failed.",
    fields: &[
        field("name", Shape::Text, "The name of the resource."),
        field("group", Shape::Text, "The group of the resource."),
        field("kind", Shape::Text, "The resource, or the kind of an invalid object."),
        field("uid", Shape::Text, "UID of the object."),
        field("causes", Shape::List(&Shape::Object(&STATUS_CAUSE)), "The causes one by one."),
        field(
            "retryAfterSeconds",
            Shape::Whole,
            "The time in seconds before the operation should be retried.",
        ),
    ],
};

static STATUS_CAUSE: Schema = Schema {
    name: "io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause",
    description: "StatusCause provides more information about a failure.",
    fields: &[
        field("reason", Shape::Text, "A machine-readable description of the cause."),
        field("message", Shape::Text, "A human-readable description of the cause."),
        field("field", Shape::Text, "The field of the object that has caused this error."),
    ],
};
