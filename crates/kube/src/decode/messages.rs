//! The messages that are read from protobuf, as tables: the numbers of `k8s.io/api` and
//! `k8s.io/apimachinery`, which never change.

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: &'static [Field],
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// Its name in JSON.
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) zero: Zero,
}

/// What a field holds, and so how it looks in JSON.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text,
    /// Base64 in JSON.
    Bytes,
    Whole,
    Flag,
    /// Seconds and nanoseconds, a text in JSON.
    Time,
    /// A message with JSON in its first field.
    Raw,
    Message(&'static Message),
    Texts,
    Messages(&'static Message),
    TextMap,
    BytesMap,
}

/// What a zero on the wire means. The encoder of Go writes fields whether they are set or not, unless
/// they are pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zero {
    Absent,
    Meant,
}

const fn field(number: u32, name: &'static str, form: Form) -> Field {
    Field { number, name, form, zero: Zero::Absent }
}

/// A field that is a pointer in Go.
const fn pointer(number: u32, name: &'static str, form: Form) -> Field {
    Field { number, name, form, zero: Zero::Meant }
}

/// The message of a kind. Options are sent in whatever version the client speaks of other things.
pub(super) fn find(api_version: &str, kind: &str) -> Option<&'static Message> {
    match (api_version, kind) {
        ("" | "v1", "Namespace") => Some(&NAMESPACE),
        ("" | "v1", "Secret") => Some(&SECRET),
        (_, "DeleteOptions") => Some(&DELETE_OPTIONS),
        (_, "CreateOptions") => Some(&CREATE_OPTIONS),
        _ => None,
    }
}

static NAMESPACE: Message = Message {
    fields: &[
        METADATA,
        field(2, "spec", Form::Message(&NAMESPACE_SPEC)),
        field(3, "status", Form::Message(&NAMESPACE_STATUS)),
    ],
};

static NAMESPACE_SPEC: Message = Message { fields: &[field(1, "finalizers", Form::Texts)] };

static NAMESPACE_STATUS: Message = Message {
    fields: &[field(1, "phase", Form::Text), field(2, "conditions", Form::Messages(&NAMESPACE_CONDITION))],
};

static NAMESPACE_CONDITION: Message = Message {
    fields: &[
        field(1, "type", Form::Text),
        field(2, "status", Form::Text),
        field(4, "lastTransitionTime", Form::Time),
        field(5, "reason", Form::Text),
        field(6, "message", Form::Text),
    ],
};

static SECRET: Message = Message {
    fields: &[
        METADATA,
        field(2, "data", Form::BytesMap),
        field(3, "type", Form::Text),
        field(4, "stringData", Form::TextMap),
        pointer(5, "immutable", Form::Flag),
    ],
};

static DELETE_OPTIONS: Message = Message {
    fields: &[
        pointer(1, "gracePeriodSeconds", Form::Whole),
        field(2, "preconditions", Form::Message(&PRECONDITIONS)),
        pointer(3, "orphanDependents", Form::Flag),
        pointer(4, "propagationPolicy", Form::Text),
        field(5, "dryRun", Form::Texts),
    ],
};

static PRECONDITIONS: Message =
    Message { fields: &[pointer(1, "uid", Form::Text), pointer(2, "resourceVersion", Form::Text)] };

static CREATE_OPTIONS: Message = Message {
    fields: &[
        field(1, "dryRun", Form::Texts),
        field(3, "fieldManager", Form::Text),
        field(4, "fieldValidation", Form::Text),
    ],
};

const METADATA: Field = field(1, "metadata", Form::Message(&OBJECT_META));

static OBJECT_META: Message = Message {
    fields: &[
        field(1, "name", Form::Text),
        field(2, "generateName", Form::Text),
        field(3, "namespace", Form::Text),
        field(4, "selfLink", Form::Text),
        field(5, "uid", Form::Text),
        field(6, "resourceVersion", Form::Text),
        field(7, "generation", Form::Whole),
        field(8, "creationTimestamp", Form::Time),
        field(9, "deletionTimestamp", Form::Time),
        pointer(10, "deletionGracePeriodSeconds", Form::Whole),
        field(11, "labels", Form::TextMap),
        field(12, "annotations", Form::TextMap),
        field(13, "ownerReferences", Form::Messages(&OWNER_REFERENCE)),
        field(14, "finalizers", Form::Texts),
        field(17, "managedFields", Form::Messages(&MANAGED_FIELDS_ENTRY)),
    ],
};

static OWNER_REFERENCE: Message = Message {
    fields: &[
        field(1, "kind", Form::Text),
        field(3, "name", Form::Text),
        field(4, "uid", Form::Text),
        field(5, "apiVersion", Form::Text),
        pointer(6, "controller", Form::Flag),
        pointer(7, "blockOwnerDeletion", Form::Flag),
    ],
};

static MANAGED_FIELDS_ENTRY: Message = Message {
    fields: &[
        field(1, "manager", Form::Text),
        field(2, "operation", Form::Text),
        field(3, "apiVersion", Form::Text),
        field(4, "time", Form::Time),
        field(6, "fieldsType", Form::Text),
        field(7, "fieldsV1", Form::Raw),
        field(8, "subresource", Form::Text),
    ],
};
