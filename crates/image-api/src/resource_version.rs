use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is no resource version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a resource version is a decimal number")]
pub struct ResourceVersionError;

/// The place of a change in the commit order; a decimal string on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceVersion(pub u64);

impl FromStr for ResourceVersion {
    type Err = ResourceVersionError;

    fn from_str(text: &str) -> Result<ResourceVersion, ResourceVersionError> {
        // `u64::from_str` also takes a leading plus.
        if text.starts_with('+') {
            return Err(ResourceVersionError);
        }
        text.parse().map(ResourceVersion).map_err(|_| ResourceVersionError)
    }
}

impl fmt::Display for ResourceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for ResourceVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ResourceVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ResourceVersion, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads the empty string as no version at all, as clients send it.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ResourceVersion>, D::Error> {
    match Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)? {
        Some(text) if !text.is_empty() => text.parse().map(Some).map_err(serde::de::Error::custom),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_string_on_the_wire() {
        assert_eq!(serde_json::to_string(&ResourceVersion(20417)).unwrap(), r#""20417""#);
        assert_eq!(serde_json::from_str::<ResourceVersion>(r#""20417""#).unwrap(), ResourceVersion(20417));
        for bad in [r#""""#, r#""abc""#, r#""-1""#, r#""+1""#, r#""1.5""#, "7"] {
            assert!(serde_json::from_str::<ResourceVersion>(bad).is_err(), "{bad}");
        }
    }
}
