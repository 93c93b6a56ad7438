//! What `serde_json` lets through and a content-addressed store must not: a document that two
//! readers understand differently (CVE-2021-41190 and its kin).

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Refuses repeated members anywhere, and members of the manifest or its descriptors whose name
/// differs from a known one in case only: Go's decoder would take them for the known one.
///
/// Nesting is bounded by `serde_json` (128 levels), trailing bytes and a byte order mark are errors.
pub(crate) fn check(json: &[u8]) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Shape::Document.deserialize(&mut deserializer)?;
    deserializer.end()
}

#[derive(Clone, Copy)]
enum Shape {
    Document,
    Descriptor,
    Descriptors,
    Platform,
    Free,
}

impl Shape {
    fn known(self) -> &'static [&'static str] {
        match self {
            Shape::Document => &[
                "schemaVersion",
                "mediaType",
                "artifactType",
                "config",
                "layers",
                "manifests",
                "subject",
                "annotations",
            ],
            Shape::Descriptor => {
                &["mediaType", "digest", "size", "urls", "annotations", "data", "artifactType", "platform"]
            }
            Shape::Platform => &["architecture", "os", "variant"],
            Shape::Descriptors | Shape::Free => &[],
        }
    }

    fn member(self, name: &str) -> Shape {
        match (self, name) {
            (Shape::Document, "config" | "subject") => Shape::Descriptor,
            (Shape::Document, "layers" | "manifests") => Shape::Descriptors,
            (Shape::Descriptor, "platform") => Shape::Platform,
            _ => Shape::Free,
        }
    }

    fn element(self) -> Shape {
        match self {
            Shape::Descriptors => Shape::Descriptor,
            _ => Shape::Free,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self.element())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if self.known().iter().any(|known| *known != name && known.eq_ignore_ascii_case(&name)) {
                return Err(A::Error::custom(format_args!("member {name:?} is misspelled in case")));
            }
            map.next_value_seed(self.member(&name))?;
            if let Some(name) = seen.replace(name) {
                return Err(A::Error::custom(format_args!("member {name:?} is repeated")));
            }
        }
        Ok(())
    }
}
