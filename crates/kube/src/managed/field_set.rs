//! Sets of paths.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value};

use super::step::{FieldPath, Step};

/// Marks a structure that is in the set itself, beside things inside it.
const ITSELF: &str = ".";

/// A set of paths, as a tree. No branch is without a path that is in the set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    /// Whether the path that leads here is in the set.
    owned: bool,
    below: BTreeMap<Step, FieldSet>,
}

/// Something that is no set of fields.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a set of fields: {0:?}")]
pub(crate) struct BadFields(String);

impl FieldSet {
    /// Whether no path is in the set.
    pub(crate) fn is_empty(&self) -> bool {
        !self.owned && self.below.is_empty()
    }

    /// Whether the path that leads to this part of a set is in the set.
    pub(crate) fn owns_itself(&self) -> bool {
        self.owned
    }

    /// The part of the set behind a step.
    pub(crate) fn at(&self, step: &Step) -> Option<&FieldSet> {
        self.below.get(step)
    }

    /// The parts behind every step.
    pub(crate) fn below(&self) -> impl Iterator<Item = (&Step, &FieldSet)> {
        self.below.iter()
    }

    /// Whether a path is in the set.
    #[cfg(test)]
    pub(crate) fn contains(&self, path: &[Step]) -> bool {
        let end = path.iter().try_fold(self, |part, step| part.at(step));
        end.is_some_and(|end| end.owned)
    }

    /// Adds a path.
    pub(crate) fn insert(&mut self, path: &[Step]) {
        let end = path.iter().fold(self, |part, step| part.below.entry(step.clone()).or_default());
        end.owned = true;
    }

    /// Puts a part behind a step, unless it is empty.
    pub(super) fn place(&mut self, step: Step, part: FieldSet) {
        if part.is_empty() {
            return;
        }
        match self.below.entry(step) {
            Entry::Vacant(vacant) => {
                vacant.insert(part);
            }
            Entry::Occupied(mut there) => there.get_mut().add(&part),
        }
    }

    /// Adds the path that leads to this part.
    pub(super) fn own_itself(&mut self) {
        self.owned = true;
    }

    /// Takes out the path that leads to this part, and nothing below it.
    pub(super) fn disown_itself(&mut self) {
        self.owned = false;
    }

    /// Takes out everything from a path on.
    pub(super) fn cut(&mut self, path: &[Step]) {
        self.change(path, &mut |part| *part = FieldSet::default());
    }

    /// Changes the part at the end of a path, if there is one, and clears away what is empty then.
    pub(super) fn change(&mut self, path: &[Step], change: &mut dyn FnMut(&mut FieldSet)) {
        let Some((step, rest)) = path.split_first() else { return change(self) };
        if let Some(part) = self.below.get_mut(step) {
            part.change(rest, change);
            if part.is_empty() {
                self.below.remove(step);
            }
        }
    }

    /// Adds the paths of another set.
    pub(crate) fn add(&mut self, other: &FieldSet) {
        self.owned |= other.owned;
        for (step, part) in &other.below {
            self.below.entry(step.clone()).or_default().add(part);
        }
    }

    /// Takes out the paths of another set.
    pub(crate) fn subtract(&mut self, other: &FieldSet) {
        self.owned &= !other.owned;
        for (step, part) in &other.below {
            if let Some(mine) = self.below.get_mut(step) {
                mine.subtract(part);
                if mine.is_empty() {
                    self.below.remove(step);
                }
            }
        }
    }

    /// The paths in both sets.
    pub(crate) fn intersection(&self, other: &FieldSet) -> FieldSet {
        let mut both = FieldSet { owned: self.owned && other.owned, below: BTreeMap::new() };
        for (step, part) in &self.below {
            if let Some(others) = other.at(step) {
                both.place(step.clone(), part.intersection(others));
            }
        }
        both
    }

    /// All paths, at each level what ends there first.
    pub(crate) fn paths(&self) -> Vec<FieldPath> {
        let mut out = Vec::new();
        self.walk(&mut Vec::new(), &mut out);
        out
    }

    fn walk(&self, path: &mut Vec<Step>, out: &mut Vec<FieldPath>) {
        let ends = self.below.iter().filter(|(_, part)| part.owned);
        out.extend(ends.map(|(step, _)| FieldPath(path.iter().chain([step]).cloned().collect())));
        for (step, part) in &self.below {
            path.push(step.clone());
            part.walk(path, out);
            path.pop();
        }
    }

    /// The set as `fieldsV1`.
    pub(crate) fn encode(&self) -> Value {
        let mut out = Map::new();
        if self.owned && !self.below.is_empty() {
            out.insert(ITSELF.to_owned(), Value::Object(Map::new()));
        }
        out.extend(self.below.iter().map(|(step, part)| (step.encode(), part.encode())));
        Value::Object(out)
    }

    /// Reads `fieldsV1`.
    pub(crate) fn decode(fields: &Value) -> Result<FieldSet, BadFields> {
        let mut set = FieldSet::part(fields)?;
        set.owned = false;
        Ok(set)
    }

    fn part(fields: &Value) -> Result<FieldSet, BadFields> {
        let members = fields.as_object().ok_or_else(|| BadFields(fields.to_string()))?;
        let mut part = FieldSet::default();
        for (name, fields) in members {
            if name == ITSELF {
                part.owned = true;
            } else {
                let step = Step::decode(name).ok_or_else(|| BadFields(name.clone()))?;
                part.place(step, FieldSet::part(fields)?);
            }
        }
        // A path ends where nothing follows.
        part.owned |= part.below.is_empty();
        Ok(part)
    }
}
