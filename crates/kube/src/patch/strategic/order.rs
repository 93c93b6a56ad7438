//! The order of elements after a merge.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Puts elements into order: those that are wanted in the order they are wanted, the others in the
/// order they have. Between the two the order of the live list decides; what is new and has nothing
/// old behind it comes last.
pub(super) fn ordered<'a>(
    items: Vec<(Option<String>, Value)>,
    wanted: &[String],
    live: impl Iterator<Item = &'a String>,
) -> Vec<Value> {
    let wanted = positions(wanted.iter());
    let live = positions(live);
    let place = |name: &Option<String>, among: &BTreeMap<&String, usize>| {
        name.as_ref().and_then(|name| among.get(name)).copied()
    };
    let mut named = Vec::new();
    let mut others = Vec::new();
    for (name, item) in items {
        let at = place(&name, &live);
        match place(&name, &wanted) {
            Some(rank) => named.push((rank, at, item)),
            None => others.push((at.unwrap_or(usize::MAX), item)),
        }
    }
    named.sort_by_key(|(rank, ..)| *rank);
    // A new element belongs before the next old one of its list.
    let mut next = usize::MAX;
    for (_, at, _) in named.iter_mut().rev() {
        next = at.unwrap_or(next);
        *at = Some(next);
    }
    let mut out = Vec::with_capacity(named.len() + others.len());
    let mut others = others.into_iter().peekable();
    for (_, at, item) in named {
        while let Some((_, other)) = others.next_if(|(other, _)| Some(*other) < at) {
            out.push(other);
        }
        out.push(item);
    }
    out.extend(others.map(|(_, item)| item));
    out
}

/// The union of two lists of values, in order.
pub(super) fn set(current: &[Value], patch: &[Value], wanted: &[Value]) -> Vec<Value> {
    let live: Vec<String> = current.iter().map(Value::to_string).collect();
    let wanted: Vec<String> = wanted.iter().map(Value::to_string).collect();
    let mut seen = BTreeSet::new();
    let items = current.iter().chain(patch).map(|item| (Some(item.to_string()), item.clone()));
    let items = items.filter(|(name, _)| seen.insert(name.clone())).collect();
    ordered(items, &wanted, live.iter())
}

/// Where each name is first.
fn positions<'a>(names: impl Iterator<Item = &'a String>) -> BTreeMap<&'a String, usize> {
    let mut places = BTreeMap::new();
    for (at, name) in names.enumerate() {
        places.entry(name).or_insert(at);
    }
    places
}
