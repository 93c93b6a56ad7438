use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set that JSON has as an object with an empty object under each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet(pub BTreeSet<String>);

impl Serialize for KeySet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Empty {}
        serializer.collect_map(self.0.iter().map(|key| (key, Empty {})))
    }
}

impl<'de> Deserialize<'de> for KeySet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<KeySet, D::Error> {
        // What the objects hold does not matter, but objects they must be.
        let map: BTreeMap<String, Option<BTreeMap<String, IgnoredAny>>> =
            BTreeMap::deserialize(deserializer)?;
        Ok(KeySet(map.into_keys().collect()))
    }
}
