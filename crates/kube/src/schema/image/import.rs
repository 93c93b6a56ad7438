//! `ImageStreamImport` and what it consists of.

use super::image_kind::IMAGE;
use super::stream::{IMAGE_STREAM, OBJECT_REFERENCE, TAG_IMPORT_POLICY, TAG_REFERENCE_POLICY};
use crate::schema::meta::STATUS;
use crate::schema::{API_VERSION, Field, KIND, METADATA, Schema, Shape, field};

/// `ImageStreamImport`. The status is not required of clients, although the Go types say so.
pub(crate) static IMAGE_STREAM_IMPORT: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamImport",
    description: "The image stream import resource provides an easy way for a user to find and import container images \
                  from other container image registries into the server. It is named as the stream.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field(
            "spec",
            Shape::Object(&SPEC),
            "spec is a description of the images that the user wishes to import.",
        )
        .required(),
        field("status", Shape::Object(&IMPORT_STATUS), "status is the result of importing the images."),
    ],
};

const FROM: Field =
    field("from", Shape::Object(&OBJECT_REFERENCE), "from is the source; the kind is DockerImage.");
const IMPORT_POLICY: Field = field(
    "importPolicy",
    Shape::Object(&TAG_IMPORT_POLICY),
    "importPolicy is the policy controlling how it is imported.",
);
const REFERENCE_POLICY: Field = field(
    "referencePolicy",
    Shape::Object(&TAG_REFERENCE_POLICY),
    "referencePolicy defines how other components should consume the image.",
);
const INCLUDE_MANIFEST: Field = field(
    "includeManifest",
    Shape::Flag,
    "includeManifest determines if the manifest is returned in the response.",
);

static SPEC: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamImportSpec",
    description: "ImageStreamImportSpec defines what images should be imported.",
    fields: &[
        field(
            "import",
            Shape::Flag,
            "import indicates whether to perform an import; if not, only metadata is shown.",
        )
        .required(),
        field(
            "repository",
            Shape::Object(&REPOSITORY_SPEC),
            "repository is an optional import of an entire container image repository.",
        ),
        field(
            "images",
            Shape::List(&Shape::Object(&IMAGE_SPEC)),
            "images are a list of individual images to import.",
        ),
    ],
};

static REPOSITORY_SPEC: Schema = Schema {
    name: "com.github.openshift.api.image.v1.RepositoryImportSpec",
    description: "RepositoryImportSpec describes a request to import images from a container image repository.",
    fields: &[FROM, IMPORT_POLICY, REFERENCE_POLICY, INCLUDE_MANIFEST],
};

static IMAGE_SPEC: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageImportSpec",
    description: "ImageImportSpec describes a request to import a specific image.",
    fields: &[
        FROM,
        field(
            "to",
            Shape::Object(&TAG_NAME),
            "to is a tag in the current image stream to assign the imported image to.",
        ),
        IMPORT_POLICY,
        REFERENCE_POLICY,
        INCLUDE_MANIFEST,
    ],
};

static TAG_NAME: Schema = Schema {
    name: "io.k8s.api.core.v1.LocalObjectReference",
    description: "LocalObjectReference contains enough information to locate something in the same namespace.",
    fields: &[field("name", Shape::Text, "Name of the referent.")],
};

static IMPORT_STATUS: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageStreamImportStatus",
    description: "ImageStreamImportStatus contains information about the status of an image stream import.",
    fields: &[
        field(
            "import",
            Shape::Object(&IMAGE_STREAM),
            "import is the image stream that was successfully updated or created.",
        ),
        field(
            "repository",
            Shape::Object(&REPOSITORY_STATUS),
            "repository is set if spec.repository was set to the outcome of the import.",
        ),
        field("images", IMAGE_STATUSES, "images is set with the result of importing spec.images."),
    ],
};

const IMAGE_STATUSES: Shape = Shape::List(&Shape::Object(&IMAGE_STATUS));

static REPOSITORY_STATUS: Schema = Schema {
    name: "com.github.openshift.api.image.v1.RepositoryImportStatus",
    description: "RepositoryImportStatus describes the result of an image repository import.",
    fields: &[
        field(
            "status",
            Shape::Object(&STATUS),
            "status reflects whether any failure occurred during import.",
        ),
        field("images", IMAGE_STATUSES, "images is a list of images successfully retrieved by the import."),
        field(
            "additionalTags",
            Shape::List(&Shape::Text),
            "additionalTags are tags that exist in the repository but were not imported because of the limit.",
        ),
    ],
};

static IMAGE_STATUS: Schema = Schema {
    name: "com.github.openshift.api.image.v1.ImageImportStatus",
    description: "ImageImportStatus describes the result of an image import.",
    fields: &[
        field(
            "status",
            Shape::Object(&STATUS),
            "status is the status of the image import, including errors.",
        ),
        field(
            "image",
            Shape::Object(&IMAGE),
            "image is the metadata of that image, if the image was located.",
        ),
        field("tag", Shape::Text, "tag is the tag this image was located under, if any."),
        field(
            "manifests",
            Shape::List(&Shape::Object(&IMAGE)),
            "manifests holds sub-manifests metadata when importing a manifest list.",
        ),
    ],
};
