//! Reading a value of any format while looking for unknown and duplicate members.
//!
//! `serde_json::Value` would do but for the duplicates, which it loses without a word.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::findings::Findings;
use super::place::Place;

/// State shared by all nodes of one document.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) findings: Findings,
    /// Bytes of text that may still come. An alias of YAML repeats text at no cost to the sender.
    text_left: usize,
    /// Most containers around a value.
    max_depth: usize,
}

impl Walk {
    /// A walk that reads at most so many bytes of text, and goes so deep.
    pub(super) fn new(text_limit: usize, max_depth: usize) -> Walk {
        Walk { findings: Findings::default(), text_left: text_limit, max_depth }
    }

    fn spend<E: Error>(&mut self, text: &str) -> Result<(), E> {
        let left = self.text_left.checked_sub(text.len());
        self.text_left = left.ok_or_else(|| E::custom("the document repeats too much text"))?;
        Ok(())
    }
}

/// One value to be read.
#[derive(Debug)]
pub(super) struct Node<'a> {
    place: Place,
    depth: usize,
    walk: &'a mut Walk,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn root(place: Place, walk: &'a mut Walk) -> Node<'a> {
        Node { place, depth: 0, walk }
    }

    fn below(&mut self, place: Place) -> Node<'_> {
        Node { place, depth: self.depth + 1, walk: self.walk }
    }

    fn check_depth<E: Error>(&self) -> Result<(), E> {
        if self.depth < self.walk.max_depth { Ok(()) } else { Err(E::custom("exceeded max depth")) }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value JSON can hold")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("the number is not finite"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        self.walk.spend(&value)?;
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let place = self.place.element();
        let mut out = Vec::new();
        loop {
            let mark = self.walk.findings.enter_element(out.len());
            let next = elements.next_element_seed(self.below(place))?;
            self.walk.findings.leave(mark);
            match next {
                Some(element) => out.push(element),
                None => return Ok(Value::Array(out)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut out = Map::new();
        while let Some(name) = members.next_key_seed(Key)? {
            self.walk.spend(&name)?;
            let mark = self.walk.findings.enter(&name);
            let place = self.place.member(&name);
            if place.is_none() {
                self.walk.findings.unknown_here();
            } else if self.place.has_members() && out.contains_key(&name) {
                self.walk.findings.duplicate_here();
            }
            // What is unknown is read too: it has to be well-formed and not too deep.
            let value = members.next_value_seed(self.below(place.unwrap_or(Place::Closed)))?;
            self.walk.findings.leave(mark);
            if place.is_some() {
                out.insert(name, value);
            }
        }
        Ok(Value::Object(out))
    }
}

/// A key. YAML has keys of other types, which become the text they are written as.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text as key")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
        Ok(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<String, E> {
        Ok(value)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
        Ok(value.to_string())
    }
}
