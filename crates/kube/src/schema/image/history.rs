use crate::schema::{API_VERSION, KIND, METADATA, Schema, Shape, field};

/// `ImageStreamHistory`, which is this server's own.
pub(crate) static IMAGE_STREAM_HISTORY: Schema = Schema {
    name: "weir.image.v1.ImageStreamHistory",
    description: "ImageStreamHistory is what happened to the tags of a stream, newest first. It outlives the stream.",
    fields: &[
        API_VERSION,
        KIND,
        METADATA,
        field(
            "entries",
            Shape::List(&Shape::Object(&HISTORY_ENTRY)),
            "entries are the events, newest first.",
        ),
    ],
};

static HISTORY_ENTRY: Schema = Schema {
    name: "weir.image.v1.HistoryEntry",
    description: "HistoryEntry is one thing that happened to one tag.",
    fields: &[
        field("tag", Shape::Text, "tag is the tag it happened to."),
        field("version", Shape::Text, "version is the resource version of the change."),
        field("created", Shape::Time, "created is when it happened."),
        field(
            "kind",
            Shape::Text,
            "kind says what brought it about: push, tag, import, mapping, rollback, tracked, status or deleted.",
        ),
        field("image", Shape::Text, "image is the name of the image the tag then pointed to, if any."),
        field("dockerImageReference", Shape::Text, "dockerImageReference is the pull spec of the image."),
        field("generation", Shape::Whole, "generation is the spec tag generation the event answers to."),
        field("user", Shape::Text, "user is who did it."),
        field("client", Shape::Text, "client is the program it was done with."),
        field("reason", Shape::Text, "reason is why, in the words of whoever did it."),
        field("current", Shape::Flag, "current says whether the tag points there now."),
        field(
            "pullable",
            Shape::Flag,
            "pullable says whether the image can be pulled from the repository now.",
        ),
    ],
};
