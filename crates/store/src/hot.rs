use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ObjectKey;

/// A bounded cache by object key, with second-chance eviction: a hit sets a mark and moves nothing.
///
/// Nothing in it can be stale, since a key is never used twice.
pub(crate) struct Hot<V> {
    shelf: Mutex<Shelf<V>>,
    capacity: u64,
}

struct Shelf<V> {
    entries: HashMap<ObjectKey, Entry<V>>,
    /// Keys in the order of insertion. One that is no longer in `entries` is skipped.
    queue: VecDeque<ObjectKey>,
    weight: u64,
}

struct Entry<V> {
    value: V,
    weight: u64,
    used: bool,
}

impl<V> std::fmt::Debug for Hot<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hot({})", self.capacity)
    }
}

impl<V: Clone> Hot<V> {
    /// A cache for entries whose weights add up to no more than `capacity`.
    pub(crate) fn new(capacity: u64) -> Hot<V> {
        let shelf = Shelf { entries: HashMap::new(), queue: VecDeque::new(), weight: 0 };
        Hot { shelf: Mutex::new(shelf), capacity }
    }

    pub(crate) fn get(&self, key: &ObjectKey) -> Option<V> {
        let mut inside = self.locked();
        let entry = inside.entries.get_mut(key)?;
        entry.used = true;
        Some(entry.value.clone())
    }

    /// Keeps `value`, or does nothing if it is heavier than the whole cache.
    pub(crate) fn insert(&self, key: ObjectKey, value: V, weight: u64) {
        if weight > self.capacity {
            return;
        }
        let mut inside = self.locked();
        if inside.entries.contains_key(&key) {
            return;
        }
        while inside.weight + weight > self.capacity {
            inside.evict_one();
        }
        inside.weight += weight;
        inside.queue.push_back(key);
        inside.entries.insert(key, Entry { value, weight, used: false });
    }

    pub(crate) fn remove(&self, key: &ObjectKey) {
        let mut inside = self.locked();
        if let Some(entry) = inside.entries.remove(key) {
            inside.weight -= entry.weight;
            inside.forget_removed();
        }
    }

    pub(crate) fn weight(&self) -> u64 {
        self.locked().weight
    }

    fn locked(&self) -> MutexGuard<'_, Shelf<V>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Shelf<V> {
    /// Where nothing is ever evicted, removed keys would pile up in the queue.
    fn forget_removed(&mut self) {
        if self.queue.len() > 2 * self.entries.len() + 64 {
            let Shelf { entries, queue, .. } = self;
            queue.retain(|key| entries.contains_key(key));
        }
    }

    /// Drops the oldest entry that was not used since it was last passed over.
    fn evict_one(&mut self) {
        while let Some(key) = self.queue.pop_front() {
            let Some(entry) = self.entries.get_mut(&key) else { continue };
            if entry.used {
                entry.used = false;
                self.queue.push_back(key);
                continue;
            }
            self.weight -= entry.weight;
            self.entries.remove(&key);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys<const N: usize>() -> [ObjectKey; N] {
        std::array::from_fn(|_| ObjectKey::fresh(None, 0))
    }

    #[test]
    fn weight_stays_within_capacity_and_used_entries_survive() {
        let hot = Hot::new(10);
        let [a, b, c, d] = keys();
        hot.insert(a, "a", 4);
        hot.insert(b, "b", 4);
        assert_eq!(hot.get(&a), Some("a"));
        hot.insert(c, "c", 4);
        assert_eq!(hot.get(&b), None, "the unused one went");
        assert_eq!(hot.get(&a), Some("a"));
        hot.insert(d, "d", 11);
        assert_eq!(hot.get(&d), None, "heavier than everything");
        assert_eq!(hot.weight(), 8);
    }

    #[test]
    fn all_used_still_makes_room() {
        let hot = Hot::new(2);
        let [a, b, c] = keys();
        for key in [a, b] {
            hot.insert(key, (), 1);
            hot.get(&key);
        }
        hot.insert(c, (), 2);
        assert_eq!((hot.get(&a), hot.get(&b), hot.get(&c)), (None, None, Some(())));
    }

    #[test]
    fn removal_frees_its_weight() {
        let hot = Hot::new(2);
        let [a, b] = keys();
        hot.insert(a, (), 2);
        hot.remove(&a);
        hot.remove(&a);
        assert_eq!(hot.weight(), 0);
        hot.insert(b, (), 2);
        assert_eq!(hot.get(&b), Some(()));
    }

    #[test]
    fn removed_keys_do_not_pile_up() {
        let hot = Hot::new(2);
        for _ in 0..1000 {
            let key = ObjectKey::fresh(None, 0);
            hot.insert(key, (), 1);
            hot.remove(&key);
        }
        assert!(hot.locked().queue.len() < 100);
    }
}
