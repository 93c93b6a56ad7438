//! Where in the schema a merge stands.

use crate::schema::{Merge, Schema, Shape};

/// What is known about an object that is being merged.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Struct(&'static Schema),
    Map(&'static Shape),
    /// Nothing: raw JSON, or a member that the schema does not have. Objects merge, lists replace.
    Unknown,
}

/// What is known about a member, or an element of a list.
#[derive(Clone, Copy)]
pub(super) struct Member {
    shape: Option<&'static Shape>,
    pub(super) merge: Merge,
}

impl Place {
    pub(super) fn member(self, name: &str) -> Member {
        match self {
            Place::Struct(schema) => match schema.fields.iter().find(|field| field.name == name) {
                Some(field) => Member { shape: Some(&field.shape), merge: field.merge },
                None => Member::UNKNOWN,
            },
            Place::Map(shape) => Member { shape: Some(shape), merge: Merge::Whole },
            Place::Unknown => Member::UNKNOWN,
        }
    }
}

impl Member {
    const UNKNOWN: Member = Member { shape: None, merge: Merge::Whole };

    /// The place inside, if the member is an object.
    pub(super) fn place(self) -> Place {
        match self.shape {
            Some(Shape::Object(schema)) => Place::Struct(schema),
            Some(Shape::Map(shape)) => Place::Map(shape),
            _ => Place::Unknown,
        }
    }

    /// An element, if the member is a list.
    pub(super) fn element(self) -> Member {
        match self.shape {
            Some(Shape::List(shape)) => Member { shape: Some(shape), merge: Merge::Whole },
            _ => Member::UNKNOWN,
        }
    }
}
