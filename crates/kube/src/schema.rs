//! What the objects look like, as data.
//!
//! One description of each kind's fields serves everything that has to know them: the `OpenAPI`
//! documents and through them `kubectl explain`, and the rules of field validation and merging.
//! Names follow the packages of the Go types, because tools key on them.

pub(crate) mod core;
pub(crate) mod empty;
pub(crate) mod image;
pub(crate) mod meta;
pub(crate) mod project;

/// A described type.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The name below `#/components/schemas/`.
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) fields: &'static [Field],
}

/// One member of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) description: &'static str,
    pub(crate) need: Need,
    pub(crate) merge: Merge,
}

/// The type of a member.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Text,
    /// Base64 in JSON.
    Bytes,
    Time,
    Flag,
    Whole,
    /// Any JSON object; nothing is known about its members.
    Raw,
    Object(&'static Schema),
    List(&'static Shape),
    Map(&'static Shape),
}

/// Whether a client has to send a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Optional,
    Required,
}

/// How a strategic merge patch treats a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// No marker: lists are replaced as a whole.
    Whole,
    /// The list is merged element by element, by this member of the elements.
    ByKey(&'static str),
    /// As [`Merge::ByKey`], and declared a map to server-side apply too.
    MapByKey(&'static str),
    /// A list of distinct values.
    Set,
    /// An object that is never merged.
    Replace,
    /// A list that server-side apply never looks into.
    Atomic,
}

/// A member that may be left out.
pub(crate) const fn field(name: &'static str, shape: Shape, description: &'static str) -> Field {
    Field { name, shape, description, need: Need::Optional, merge: Merge::Whole }
}

impl Field {
    /// The same member, but a client has to send it.
    pub(crate) const fn required(self) -> Field {
        Field { need: Need::Required, ..self }
    }

    /// The same member with a merge rule.
    pub(crate) const fn merged(self, merge: Merge) -> Field {
        Field { merge, ..self }
    }
}

impl Shape {
    /// The described type inside, however deep in lists and maps.
    pub(crate) fn schema(&self) -> Option<&'static Schema> {
        match self {
            Shape::Object(schema) => Some(schema),
            Shape::List(inner) | Shape::Map(inner) => inner.schema(),
            Shape::Text | Shape::Bytes | Shape::Time | Shape::Flag | Shape::Whole | Shape::Raw => None,
        }
    }
}

/// `apiVersion` of every kind.
pub(crate) const API_VERSION: Field = field(
    "apiVersion",
    Shape::Text,
    "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized \
     schemas to the latest internal value, and may reject unrecognized values.",
);

/// `kind` of every kind.
pub(crate) const KIND: Field = field(
    "kind",
    Shape::Text,
    "Kind is a string value representing the REST resource this object represents. Servers may infer this from the \
     endpoint the client submits requests to. Cannot be updated. In CamelCase.",
);

/// `metadata` of every kind.
pub(crate) const METADATA: Field = field(
    "metadata",
    Shape::Object(&meta::OBJECT_META),
    "Standard object metadata: name, labels, annotations, version.",
);
