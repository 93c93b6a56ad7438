//! `ImageStream`: what is wanted of its tags, and their history.

use crate::schema::{API_VERSION, KIND, METADATA, Merge, Schema, Shape, field};

/// `ImageStream`.
pub(crate) static IMAGE_STREAM: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStream",
    description: "An ImageStream stores a mapping of tags to images, metadata overrides that are applied when images \
                  are tagged in a stream, and the history of every tag. A push to the repository of the same name is \
                  an entry in that history.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("spec", Shape::Object(&IMAGE_STREAM_SPEC), "spec describes the desired state of this stream."),
        field(
            "status",
            Shape::Object(&IMAGE_STREAM_STATUS),
            "status describes the current state of this stream.",
        ),
    ],
};

static IMAGE_STREAM_SPEC: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamSpec",
    description: "ImageStreamSpec represents options for ImageStreams.",
    fields: &[
        field(
            "lookupPolicy",
            Shape::Object(&LOOKUP_POLICY),
            "lookupPolicy controls how other resources reference images within this namespace.",
        ),
        field(
            "dockerImageRepository",
            Shape::Text,
            "dockerImageRepository is optional, if specified this stream is backed by a container repository on this \
             server. Deprecated: tags are imported one by one.",
        ),
        field(
            "tags",
            Shape::List(&Shape::Object(&TAG_REFERENCE)),
            "tags map arbitrary string values to specific image locators.",
        )
        .merged(Merge::ByKey("name")),
    ],
};

static IMAGE_STREAM_STATUS: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamStatus",
    description: "ImageStreamStatus contains information about the state of this image stream.",
    fields: &[
        field(
            "dockerImageRepository",
            Shape::Text,
            "dockerImageRepository represents the effective location this stream may be accessed at. May be empty \
             until the server determines where the repository is located.",
        ),
        field(
            "publicDockerImageRepository",
            Shape::Text,
            "publicDockerImageRepository represents the public location from where the image can be pulled outside \
             the cluster.",
        ),
        field(
            "tags",
            Shape::List(&Shape::Object(&NAMED_TAG_EVENT_LIST)),
            "tags are a historical record of images associated with each tag. The first entry in the TagEvent array \
             is the currently tagged image.",
        )
        .merged(Merge::ByKey("tag")),
    ],
};

/// `ImageLookupPolicy`.
pub(super) static LOOKUP_POLICY: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageLookupPolicy",
    description: "ImageLookupPolicy describes how an image stream can be used to override the image references used \
                  by pods, builds, and other resources in a namespace.",
    fields: &[field(
        "local",
        Shape::Flag,
        "local will change the docker short image references (like \"mysql\" or \"php:latest\") on objects in this \
         namespace to the image ID whenever they match this image stream.",
    )
    .required()],
};

/// `TagReference`.
pub(super) static TAG_REFERENCE: Schema = Schema {
    name: "com.github.openshift.api.image.v1.TagReference",
    description: "TagReference specifies optional annotations for images using this tag and an optional reference to \
                  an ImageStreamTag, ImageStreamImage, or DockerImage this tag should track.",
    fields: &[
        field("name", Shape::Text, "name of the tag.").required(),
        field(
            "annotations",
            Shape::Map(&Shape::Text),
            "annotations are applied to images retrieved via ImageStreamTags.",
        ),
        field(
            "from",
            Shape::Object(&OBJECT_REFERENCE),
            "from may point to another image stream tag or image, or to a container image somewhere else; pushing to \
             the tag needs none.",
        ),
        field(
            "reference",
            Shape::Flag,
            "reference states if the tag will be imported. Default value is false, which means the tag will be \
             imported.",
        ),
        field(
            "generation",
            Shape::Whole,
            "generation is a counter that tracks mutations to the spec tag (user intent). When a tag reference is \
             changed the generation is set to match the current stream generation.",
        ),
        field(
            "importPolicy",
            Shape::Object(&TAG_IMPORT_POLICY),
            "importPolicy is information that controls how images may be imported by the server.",
        ),
        field(
            "referencePolicy",
            Shape::Object(&TAG_REFERENCE_POLICY),
            "referencePolicy defines how other components should consume the image.",
        ),
    ],
};

pub(super) static TAG_IMPORT_POLICY: Schema = Schema {
    name: "com.github.openshift.api.image.v1.TagImportPolicy",
    description: "TagImportPolicy controls how images related to this tag will be imported.",
    fields: &[
        field(
            "insecure",
            Shape::Flag,
            "insecure is true if the server may bypass certificate verification or connect directly over HTTP during \
             image import.",
        ),
        field(
            "scheduled",
            Shape::Flag,
            "scheduled indicates to the server that this tag should be periodically checked to ensure it is up to \
             date, and imported.",
        ),
        field(
            "importMode",
            Shape::Text,
            "importMode describes how to import an image manifest: Legacy or PreserveOriginal.",
        ),
    ],
};

pub(super) static TAG_REFERENCE_POLICY: Schema = Schema {
    name: "com.github.openshift.api.image.v1.TagReferencePolicy",
    description: "TagReferencePolicy describes how pull-specs for images in this image stream tag are generated when \
                  image change triggers are resolved.",
    fields: &[field(
        "type",
        Shape::Text,
        "type determines how the image pull spec should be transformed: Source (the default) points at where the \
         image came from, Local at this registry.",
    )
    .required()],
};

/// `NamedTagEventList`.
pub(super) static NAMED_TAG_EVENT_LIST: Schema = Schema {
    name: "com.github.openshift.api.image.v1.NamedTagEventList",
    description: "NamedTagEventList relates a tag to its image history.",
    fields: &[
        field("tag", Shape::Text, "tag is the tag for which the history is recorded.").required(),
        field(
            "items",
            Shape::List(&Shape::Object(&TAG_EVENT)),
            "items is the history of the tag, the newest entry first.",
        )
        .required(),
        CONDITIONS,
    ],
};

/// `conditions` of a tag.
pub(super) const CONDITIONS: crate::schema::Field = field(
    "conditions",
    Shape::List(&CONDITION),
    "conditions is an array of conditions that apply to the tag event list.",
);

static CONDITION: Shape = Shape::Object(&TAG_EVENT_CONDITION);

static TAG_EVENT: Schema = Schema {
    name: "com.github.openshift.api.image.v1.TagEvent",
    description: "TagEvent is used by ImageStreamStatus to keep a historical record of images associated with a tag.",
    fields: &[
        field("created", Shape::Time, "created holds the time the TagEvent was created.").required(),
        field(
            "dockerImageReference",
            Shape::Text,
            "dockerImageReference is the string that can be used to pull this image.",
        )
        .required(),
        field("image", Shape::Text, "image is the name of the Image object.").required(),
        field(
            "generation",
            Shape::Whole,
            "generation is the spec tag generation that resulted in this tag being updated.",
        )
        .required(),
        field(
            "provenance",
            Shape::Object(&PROVENANCE),
            "provenance says how the event came about. Only image tags show it, and nobody sets it.",
        ),
    ],
};

static PROVENANCE: Schema = Schema {
    name: "weir.image.v1.Provenance",
    description: "Provenance is how an event of a tag came about.",
    fields: &[
        field("by", Shape::Text, "by is what brought it about, such as push, tag or import."),
        field("user", Shape::Text, "user is who did it."),
        field("client", Shape::Text, "client is the program it was done with."),
        field("reason", Shape::Text, "reason is why, in the words of whoever did it."),
    ],
};

static TAG_EVENT_CONDITION: Schema = Schema {
    name: "com.github.openshift.api.image.v1.TagEventCondition",
    description: "TagEventCondition contains condition information for a tag event.",
    fields: &[
        field("type", Shape::Text, "type of tag event condition, currently only ImportSuccess.").required(),
        field("status", Shape::Text, "status of the condition, one of True, False, Unknown.").required(),
        field(
            "lastTransitionTime",
            Shape::Time,
            "lastTransitionTime is the time the condition transitioned from one status to another.",
        ),
        field(
            "reason",
            Shape::Text,
            "reason is a brief machine readable explanation for the last transition.",
        ),
        field(
            "message",
            Shape::Text,
            "message is a human readable description of the details about last transition.",
        ),
        field(
            "generation",
            Shape::Whole,
            "generation is the spec tag generation that this status corresponds to.",
        )
        .required(),
    ],
};

pub(super) static OBJECT_REFERENCE: Schema = Schema {
    name: "io.k8s.api.core.v1.ObjectReference",
    description: "ObjectReference contains enough information to let you inspect or modify the referred object.",
    fields: &[
        field("kind", Shape::Text, "Kind of the referent: DockerImage, ImageStreamTag or ImageStreamImage."),
        field("namespace", Shape::Text, "Namespace of the referent."),
        field("name", Shape::Text, "Name of the referent."),
        field("uid", Shape::Text, "UID of the referent."),
        field("apiVersion", Shape::Text, "API version of the referent."),
        field(
            "resourceVersion",
            Shape::Text,
            "Specific resourceVersion to which this reference is made, if any.",
        ),
        field(
            "fieldPath",
            Shape::Text,
            "If referring to a piece of an object instead of an entire object, a valid JSON/Go field access statement.",
        ),
    ],
};
