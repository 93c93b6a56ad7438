use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that stand in JSON as standard base64, as Go encodes `[]byte`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Base64Bytes(pub Vec<u8>);

impl fmt::Debug for Base64Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Serialize for Base64Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            serializer.serialize_none()
        } else {
            serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
        }
    }
}

impl<'de> Deserialize<'de> for Base64Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Base64Bytes, D::Error> {
        match Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)? {
            Some(text) => BASE64_STANDARD
                .decode(text.as_bytes())
                .map(Base64Bytes)
                .map_err(|_| serde::de::Error::custom("not standard base64")),
            None => Ok(Base64Bytes::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_base64_with_padding() {
        let bytes = Base64Bytes(vec![0xfb, 0xff, 0]);
        assert_eq!(serde_json::to_string(&bytes).unwrap(), r#""+/8A""#);
        assert_eq!(serde_json::from_str::<Base64Bytes>(r#""+/8A""#).unwrap(), bytes);
        assert_eq!(serde_json::from_str::<Base64Bytes>("null").unwrap(), Base64Bytes::default());
        assert_eq!(serde_json::to_string(&Base64Bytes::default()).unwrap(), "null");
        assert!(serde_json::from_str::<Base64Bytes>(r#""-_8A""#).is_err());
    }
}
