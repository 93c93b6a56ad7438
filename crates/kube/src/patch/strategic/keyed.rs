//! Lists whose elements have a key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::directive::{Directive, ELEMENT_ORDER, WHOLE};
use super::order::ordered;
use super::place::Place;
use crate::patch::{GoValue, PatchError};

/// What such a list is.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) key: &'static str,
    /// Its elements.
    pub(super) place: Place,
}

/// The list after a patch. Elements are put into the order that the patch wants, or has.
pub(super) fn merged(
    list: List,
    current: &[Value],
    patch: Option<&[Value]>,
    order: Option<&[Value]>,
) -> Result<Vec<Value>, PatchError> {
    let patch = patch.unwrap_or_default();
    let order = order.map(|order| list.order(order)).transpose()?;
    if let Some(order) = &order {
        list.check(patch, order)?;
    }
    let live: Vec<Option<String>> = current.iter().map(|item| list.name(item)).collect();
    let merged = list.merge(current, &live, patch)?;
    let wanted = match order {
        Some(order) => order,
        None => patch.iter().filter_map(|item| list.name(item)).collect(),
    };
    Ok(ordered(merged, &wanted, live.iter().flatten()))
}

impl List {
    /// What an element is known by.
    fn name(&self, element: &Value) -> Option<String> {
        element.get(self.key).filter(|name| !name.is_null()).map(Value::to_string)
    }

    fn named(&self, element: &Value) -> Result<String, PatchError> {
        self.name(element).ok_or_else(|| PatchError::no_merge_key(element, self.key))
    }

    /// The keys in `$setElementOrder`.
    fn order(&self, order: &[Value]) -> Result<Vec<String>, PatchError> {
        order.iter().map(|element| self.named(element)).collect()
    }

    /// A patch must not contradict the order it asks for.
    fn check(&self, patch: &[Value], order: &[String]) -> Result<(), PatchError> {
        let mut left = order.iter();
        for element in patch {
            let Some(name) = self.name(element) else { continue };
            if Directive::of(element)? != Directive::Delete && !left.any(|next| *next == name) {
                let order = order.iter().filter_map(|name| serde_json::from_str::<Value>(name).ok());
                let order = Value::Array(order.map(|name| json!({self.key: name})).collect());
                let patch = Value::Array(patch.to_vec());
                let directive = ELEMENT_ORDER.trim_end_matches('/');
                return Err(PatchError::Strategic(format!(
                    "The order in patch list:\n{}\n doesn't match {directive} list:\n{}\n",
                    GoValue(&patch),
                    GoValue(&order)
                )));
            }
        }
        Ok(())
    }

    /// The elements after the patch, each with its name, not in order yet.
    fn merge(
        &self,
        current: &[Value],
        live: &[Option<String>],
        patch: &[Value],
    ) -> Result<Vec<(Option<String>, Value)>, PatchError> {
        let mut afresh = false;
        let mut gone = BTreeSet::new();
        let mut content = Vec::new();
        for element in patch {
            if !element.is_object() {
                let told = GoValue(element);
                return Err(PatchError::Strategic(format!(
                    "list merged by {} has an element {told}",
                    self.key
                )));
            }
            match (Directive::of(element)?, self.name(element)) {
                (Directive::Replace, None) => afresh = true,
                (Directive::Delete, _) => {
                    gone.insert(self.named(element)?);
                }
                (Directive::Merge | Directive::Replace, _) => content.push((self.named(element)?, element)),
            }
        }
        let kept = current
            .iter()
            .zip(live)
            .filter(|(_, name)| !afresh && !name.as_ref().is_some_and(|name| gone.contains(name)));
        let mut out: Vec<(Option<String>, Value)> =
            kept.map(|(item, name)| (name.clone(), item.clone())).collect();
        let names = out.iter().enumerate().filter_map(|(at, (name, _))| Some((name.clone()?, at)));
        // The first of equal names wins, so it is put in last.
        let mut places: BTreeMap<String, usize> = names.rev().collect();
        for (name, element) in content {
            if let Some(&at) = places.get(&name) {
                let item = super::merged(self.place, out[at].1.as_object(), element)?;
                out[at].1 = Value::Object(item);
            } else {
                places.insert(name.clone(), out.len());
                out.push((Some(name), Value::Object(super::merged(self.place, None, element)?)));
            }
        }
        debug_assert!(out.iter().all(|(_, item)| item.get(WHOLE).is_none()), "directives are never stored");
        Ok(out)
    }
}
