use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use weir_image_api::StreamRef;
use weir_oci::{Digest, Reference, Tag};

use crate::{BlobRecord, Error, ManifestRecord, StoredBytes};

/// Locks per cache; more than any machine of this registry has cores, so that readers rarely meet.
const SHARDS: usize = 16;

/// What an entry costs beside its own bytes: two hash table slots and their allocations.
const ENTRY_BYTES: usize = 256;

/// Something that readers may hold and that a commit has made wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// What a tag points to.
    Tag(i64, Tag),
    /// A manifest of one repository.
    Manifest(i64, Digest),
    /// A blob of one repository.
    Blob(i64, Digest),
    /// A blob in every repository: its bytes are under another key.
    Blobs,
    /// Which repository a name means.
    Repository(StreamRef),
}

/// What recent reads found, so that a warm lookup touches no database.
///
/// Only the writer makes an entry wrong, and it removes it between the commit and the answer, so
/// nobody is shown anything older than what they have been told.
#[derive(Debug)]
pub(crate) struct Caches {
    pub(crate) repositories: Cache<StreamRef, i64>,
    pub(crate) manifests: Cache<(i64, Reference), ManifestRecord>,
    pub(crate) blobs: Cache<(i64, Digest), BlobRecord>,
}

impl Caches {
    pub(crate) fn new(bytes: usize) -> Caches {
        Caches {
            repositories: Cache::new(bytes / 16),
            manifests: Cache::new(bytes / 4 * 3),
            blobs: Cache::new(bytes / 16 * 3),
        }
    }

    pub(crate) fn remove(&self, stale: Stale) {
        match stale {
            Stale::Tag(repository, tag) => self.manifests.remove(&(repository, Reference::Tag(tag))),
            Stale::Manifest(repository, digest) => {
                self.manifests.remove(&(repository, Reference::Digest(digest)));
            }
            Stale::Blob(repository, digest) => self.blobs.remove(&(repository, digest)),
            Stale::Blobs => self.blobs.clear(),
            Stale::Repository(stream) => self.repositories.remove(&stream),
        }
    }

    pub(crate) fn clear(&self) {
        self.repositories.clear();
        self.manifests.clear();
        self.blobs.clear();
    }
}

/// Bytes an entry holds beside [`ENTRY_BYTES`].
pub(crate) trait Weigh {
    fn weight(&self) -> usize;
}

impl Weigh for i64 {
    fn weight(&self) -> usize {
        0
    }
}

impl Weigh for BlobRecord {
    fn weight(&self) -> usize {
        self.key.len()
    }
}

impl Weigh for ManifestRecord {
    fn weight(&self) -> usize {
        match &self.bytes {
            StoredBytes::Inline(bytes) => bytes.len(),
            StoredBytes::Object(key) => key.len(),
        }
    }
}

/// A map bounded by bytes that forgets what has not been asked for lately.
///
/// Each shard has two generations. Entries start in the young one and come back to it when they are
/// used; when it is half of what the shard may hold, it becomes the old one and the former old one
/// is dropped. That keeps what is used between two turns, at the price of two look-ups on a miss.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    shards: Vec<Mutex<Shard<K, V>>>,
    hasher: RandomState,
    half: usize,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug)]
struct Shard<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    young_bytes: usize,
    /// Counts removals. A reader that began before one may have read what it removed.
    removals: u64,
}

impl<K: Hash + Eq, V: Clone + Weigh> Cache<K, V> {
    pub(crate) fn new(bytes: usize) -> Cache<K, V> {
        let empty =
            || Mutex::new(Shard { young: HashMap::new(), old: HashMap::new(), young_bytes: 0, removals: 0 });
        Cache {
            shards: (0..SHARDS).map(|_| empty()).collect(),
            hasher: RandomState::new(),
            half: bytes / SHARDS / 2,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The entry, or what `load` finds, which becomes the entry unless a removal came in between.
    pub(crate) fn get_or_load(
        &self,
        key: K,
        load: impl FnOnce() -> Result<Option<V>, Error>,
    ) -> Result<Option<V>, Error> {
        let removals = {
            let mut shard = self.shard(&key);
            if let Some(value) = shard.get(&key, self.half) {
                self.hits.fetch_add(1, Ordering::Relaxed);
                return Ok(Some(value));
            }
            shard.removals
        };
        self.misses.fetch_add(1, Ordering::Relaxed);
        let Some(value) = load()? else { return Ok(None) };
        let mut shard = self.shard(&key);
        if shard.removals == removals {
            shard.insert(key, value.clone(), self.half);
        }
        Ok(Some(value))
    }

    pub(crate) fn remove(&self, key: &K) {
        let mut shard = self.shard(key);
        shard.removals += 1;
        if let Some(value) = shard.young.remove(key) {
            shard.young_bytes -= ENTRY_BYTES + value.weight();
        }
        shard.old.remove(key);
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.removals += 1;
            shard.young.clear();
            shard.old.clear();
            shard.young_bytes = 0;
        }
    }

    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    pub(crate) fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let hash = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).expect("less than SHARDS");
        lock(&self.shards[hash])
    }
}

impl<K: Hash + Eq, V: Clone + Weigh> Shard<K, V> {
    fn get(&mut self, key: &K, half: usize) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone(), half);
        Some(value)
    }

    fn insert(&mut self, key: K, value: V, half: usize) {
        let bytes = ENTRY_BYTES + value.weight();
        if bytes > half {
            return;
        }
        if self.young_bytes + bytes > half {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        if let Some(former) = self.young.insert(key, value) {
            self.young_bytes -= ENTRY_BYTES + former.weight();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(len: usize) -> BlobRecord {
        BlobRecord { key: "k".repeat(len), size: 1 }
    }

    fn load(cache: &Cache<u64, BlobRecord>, key: u64, value: BlobRecord) -> BlobRecord {
        cache.get_or_load(key, || Ok(Some(value))).unwrap().unwrap()
    }

    fn held(cache: &Cache<u64, BlobRecord>) -> usize {
        let of =
            |map: &HashMap<u64, BlobRecord>| map.values().map(|v| ENTRY_BYTES + v.weight()).sum::<usize>();
        cache.shards.iter().map(|shard| lock(shard)).map(|shard| of(&shard.young) + of(&shard.old)).sum()
    }

    #[test]
    fn the_second_look_does_not_load() {
        let cache = Cache::new(1 << 20);
        assert_eq!(load(&cache, 1, blob(3)), blob(3));
        assert_eq!(load(&cache, 1, blob(4)), blob(3));
        assert_eq!((cache.hits(), cache.misses()), (1, 1));
    }

    #[test]
    fn what_is_absent_is_not_remembered_as_absent() {
        let cache: Cache<u64, BlobRecord> = Cache::new(1 << 20);
        assert_eq!(cache.get_or_load(1, || Ok(None)).unwrap(), None);
        assert_eq!(load(&cache, 1, blob(3)), blob(3));
    }

    #[test]
    fn a_read_that_a_removal_overtook_does_not_get_in() {
        let cache = Cache::new(1 << 20);
        let seen = cache
            .get_or_load(1, || {
                cache.remove(&1);
                Ok(Some(blob(3)))
            })
            .unwrap();
        assert_eq!(seen, Some(blob(3)));
        assert_eq!(load(&cache, 1, blob(4)), blob(4), "the entry was stale and must not be there");
        let seen = cache.get_or_load(2, || {
            cache.clear();
            Ok(Some(blob(3)))
        });
        assert_eq!(seen.unwrap(), Some(blob(3)));
        assert_eq!(load(&cache, 2, blob(4)), blob(4));
    }

    #[test]
    fn a_removed_entry_is_gone_from_both_generations() {
        let half = 4 * ENTRY_BYTES;
        let cache = Cache::new(half * 2 * SHARDS);
        for key in 0..200 {
            load(&cache, key, blob(0));
        }
        for key in 0..200 {
            cache.remove(&key);
        }
        assert_eq!(held(&cache), 0);
        for key in 0..200 {
            assert_eq!(load(&cache, key, blob(1)), blob(1));
        }
    }

    #[test]
    fn bytes_stay_within_the_bound_and_what_is_used_stays_in() {
        let bytes = 64 * 1024 * SHARDS;
        let cache = Cache::new(bytes);
        for key in 0..20_000 {
            load(&cache, key, blob(1000));
            assert_eq!(load(&cache, 0, blob(7)), blob(1000), "used all the time, so never dropped");
        }
        let held = held(&cache);
        assert!(held <= bytes, "{held}");
        assert!(held > bytes / 4, "{held}");
    }

    #[test]
    fn an_entry_larger_than_its_shard_may_hold_stays_out() {
        let cache = Cache::new(SHARDS * 1024);
        load(&cache, 1, blob(10_000));
        assert_eq!(held(&cache), 0);
    }
}
