//! `Image` and the parts of it.

use crate::schema::{API_VERSION, KIND, METADATA, Merge, Schema, Shape, field};

/// `Image`.
pub(crate) static IMAGE: Schema = Schema {
    name: "com.github.openshift.api.image.v1.Image",
    description: "Image is an immutable representation of a container image and its metadata at a point in time. \
                  Images are named by taking a hash of their contents (metadata and content) and any change in format, \
                  content, or metadata results in a new name.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field(
            "dockerImageReference",
            Shape::Text,
            "dockerImageReference is the string that can be used to pull this image.",
        ),
        field(
            "dockerImageMetadata",
            Shape::Raw,
            "dockerImageMetadata contains metadata about this image: what the image config says, and the size.",
        )
        .merged(Merge::Replace),
        field(
            "dockerImageMetadataVersion",
            Shape::Text,
            "dockerImageMetadataVersion conveys the version of the object, which if empty defaults to \"1.0\".",
        ),
        field(
            "dockerImageManifest",
            Shape::Text,
            "dockerImageManifest is the raw JSON of the manifest. Empty when the registry stores the manifest.",
        ),
        field(
            "dockerImageLayers",
            Shape::List(&Shape::Object(&IMAGE_LAYER)),
            "dockerImageLayers represents the layers in the image, base first. May not be set if the image does not \
             define that data or if the image represents a manifest list.",
        ),
        field(
            "signatures",
            Shape::List(&Shape::Object(&IMAGE_SIGNATURE)),
            "signatures holds all signatures of the image.",
        )
        .merged(Merge::ByKey("name")),
        field(
            "dockerImageSignatures",
            Shape::List(&Shape::Bytes),
            "dockerImageSignatures provides the signatures as opaque blobs. This is a part of manifest schema v1.",
        ),
        field(
            "dockerImageManifestMediaType",
            Shape::Text,
            "dockerImageManifestMediaType specifies the mediaType of manifest.",
        ),
        field(
            "dockerImageConfig",
            Shape::Text,
            "dockerImageConfig is a JSON blob that the runtime uses to set up the container. Empty when the registry \
             stores the config.",
        ),
        field(
            "dockerImageManifests",
            Shape::List(&Shape::Object(&IMAGE_MANIFEST)),
            "dockerImageManifests holds information about sub-manifests when the image represents a manifest list. \
             When this field is present, no dockerImageLayers should be specified.",
        ),
    ],
};

static IMAGE_LAYER: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageLayer",
    description: "ImageLayer represents a single layer of the image. Some images may have multiple layers. Some may \
                  have none.",
    fields: &[
        field("name", Shape::Text, "name of the layer as defined by the underlying store.").required(),
        field("size", Shape::Whole, "size of the layer in bytes as defined by the underlying store.")
            .required(),
        field("mediaType", Shape::Text, "mediaType of the referenced object.").required(),
    ],
};

static IMAGE_MANIFEST: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageManifest",
    description: "ImageManifest represents sub-manifests of a manifest list. The digest points to a regular Image \
                  object.",
    fields: &[
        field(
            "digest",
            Shape::Text,
            "digest is the unique identifier for the manifest. It refers to an Image object.",
        )
        .required(),
        field("mediaType", Shape::Text, "mediaType defines the type of the manifest.").required(),
        field(
            "manifestSize",
            Shape::Whole,
            "manifestSize represents the size of the raw object contents, in bytes.",
        )
        .required(),
        field(
            "architecture",
            Shape::Text,
            "architecture specifies the supported CPU architecture, for example amd64.",
        )
        .required(),
        field("os", Shape::Text, "os specifies the operating system, for example linux.").required(),
        field(
            "variant",
            Shape::Text,
            "variant is an optional field representing a variant of the CPU, for example v6.",
        ),
    ],
};

/// `ImageSignature`.
pub(crate) static IMAGE_SIGNATURE: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageSignature",
    description: "ImageSignature holds a signature of an image. It allows to verify image identity and possibly other \
                  claims as long as the signature is trusted.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field("type", Shape::Text, "Required: Describes a type of stored blob.").required(),
        field("content", Shape::Bytes, "Required: An opaque binary string which is an image's signature.")
            .required(),
        field(
            "conditions",
            Shape::List(&Shape::Object(&SIGNATURE_CONDITION)),
            "Conditions represent the latest available observations of a signature's current state.",
        )
        .merged(Merge::ByKey("type")),
        field(
            "imageIdentity",
            Shape::Text,
            "A human readable string representing image's identity. It could be a product name and version, or an \
             image pull spec.",
        ),
        field("signedClaims", Shape::Map(&Shape::Text), "Contains claims from the signature."),
        field("created", Shape::Time, "If specified, it is the time of signature's creation."),
        field(
            "issuedBy",
            Shape::Object(&SIGNATURE_ISSUER),
            "If specified, it holds information about an issuer of signing certificate or key.",
        ),
        field(
            "issuedTo",
            Shape::Object(&SIGNATURE_SUBJECT),
            "If specified, it holds information about a subject of signing certificate or key.",
        ),
    ],
};

static SIGNATURE_CONDITION: Schema = Schema {
    name: "com.github.openshift.api.image.v1.SignatureCondition",
    description: "SignatureCondition describes an image signature condition of particular kind at particular probe \
                  time.",
    fields: &[
        field("type", Shape::Text, "type of signature condition, Complete or Failed.").required(),
        field("status", Shape::Text, "status of the condition, one of True, False, Unknown.").required(),
        field("lastProbeTime", Shape::Time, "Last time the condition was checked."),
        field(
            "lastTransitionTime",
            Shape::Time,
            "Last time the condition transit from one status to another.",
        ),
        field("reason", Shape::Text, "(brief) reason for the condition's last transition."),
        field("message", Shape::Text, "Human readable message indicating details about last transition."),
    ],
};

static SIGNATURE_ISSUER: Schema = Schema {
    name: "com.github.openshift.api.image.v1.SignatureIssuer",
    description: "SignatureIssuer holds information about an issuer of signing certificate or key.",
    fields: &[
        field("organization", Shape::Text, "organization name."),
        field("commonName", Shape::Text, "Common name (e.g. openshift-signing-service)."),
    ],
};

static SIGNATURE_SUBJECT: Schema = Schema {
    name: "com.github.openshift.api.image.v1.SignatureSubject",
    description: "SignatureSubject holds information about a person or entity who created the signature.",
    fields: &[
        field("organization", Shape::Text, "organization name."),
        field("commonName", Shape::Text, "Common name (e.g. openshift-signing-service)."),
        field(
            "publicKeyID",
            Shape::Text,
            "If present, it is a human readable key id of public key belonging to the subject used to verify image \
             signature. It should contain at least 64 lowest bits of public key's fingerprint.",
        )
        .required(),
    ],
};
