//! Where in a schema a value stands while a document is walked.

use crate::schema::{Schema, Shape};

/// What is known about a value before it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// An object with these members.
    Object(&'static Schema),
    /// A list of these.
    List(&'static Shape),
    /// An object with these under keys of the client's choice.
    Map(&'static Shape),
    /// No schema at all: everything is known.
    Any,
    /// Nothing below is anybody's business: raw JSON, the inside of an unknown member, or a value of
    /// another type than the schema's, which the typed reading will refuse.
    Closed,
}

impl Place {
    /// The place of a whole document.
    pub(super) fn root(schema: Option<&'static Schema>) -> Place {
        schema.map_or(Place::Any, Place::Object)
    }

    fn of(shape: &'static Shape) -> Place {
        match shape {
            Shape::Object(schema) => Place::Object(schema),
            Shape::List(inner) => Place::List(inner),
            Shape::Map(inner) => Place::Map(inner),
            Shape::Text | Shape::Bytes | Shape::Time | Shape::Flag | Shape::Whole | Shape::Raw => {
                Place::Closed
            }
        }
    }

    /// The place of a member; none if there is no such member. Names are compared exactly.
    pub(super) fn member(self, name: &str) -> Option<Place> {
        match self {
            Place::Object(schema) => {
                let field = schema.fields.iter().find(|field| field.name == name)?;
                Some(Place::of(&field.shape))
            }
            Place::Map(inner) => Some(Place::of(inner)),
            Place::Any => Some(Place::Any),
            Place::List(_) | Place::Closed => Some(Place::Closed),
        }
    }

    /// The place of each element.
    pub(super) fn element(self) -> Place {
        match self {
            Place::List(inner) => Place::of(inner),
            Place::Any => Place::Any,
            Place::Object(_) | Place::Map(_) | Place::Closed => Place::Closed,
        }
    }

    /// Whether members are expected here, so that it matters if one occurs twice.
    pub(super) fn has_members(self) -> bool {
        matches!(self, Place::Object(_) | Place::Map(_) | Place::Any)
    }
}
