//! Secrets.

pub mod rules;

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::meta::{Column, Kind, NAME, ObjectMeta, Resource};
use crate::wire::{is_default, nullable};
use crate::{Timestamp, elapsed};

/// Something only some may know, above all credentials of other registries.
///
/// Printing one for debugging shows the keys and never a value.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Secret {
    /// Metadata.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// Whether the values are there to stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub immutable: Option<bool>,
    /// The values, as base64 on the wire.
    #[serde(skip_serializing_if = "is_default")]
    pub data: SecretData,
    /// Values as text. They are only taken in, and then go into `data`.
    #[serde(skip_serializing)]
    pub string_data: SecretText,
    /// What the values are.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub r#type: String,
}

impl Secret {
    /// The type of secrets that say nothing else.
    pub const OPAQUE: &'static str = "Opaque";
    /// Type of credentials in the form of Docker's old configuration file.
    pub const DOCKERCFG: &'static str = "kubernetes.io/dockercfg";
    /// The key such credentials are under.
    pub const DOCKERCFG_KEY: &'static str = ".dockercfg";
    /// Type of credentials in the form of Docker's configuration file.
    pub const DOCKERCONFIGJSON: &'static str = "kubernetes.io/dockerconfigjson";
    /// The key such credentials are under.
    pub const DOCKERCONFIGJSON_KEY: &'static str = ".dockerconfigjson";
}

/// Leaves out the annotations too: `kubectl apply` keeps a copy of all values in one.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("namespace", &self.metadata.namespace)
            .field("name", &self.metadata.name)
            .field("immutable", &self.immutable)
            .field("data", &self.data)
            .field("string_data", &self.string_data)
            .field("type", &self.r#type)
            .finish_non_exhaustive()
    }
}

/// Values of a secret by key. Prints their sizes only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretData(pub BTreeMap<String, Vec<u8>>);

/// Values of a secret as text. Prints their sizes only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretText(pub BTreeMap<String, String>);

impl fmt::Debug for SecretData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sizes(f, self.0.iter().map(|(key, value)| (key, value.len())))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sizes(f, self.0.iter().map(|(key, value)| (key, value.len())))
    }
}

fn sizes<'a>(f: &mut fmt::Formatter<'_>, values: impl Iterator<Item = (&'a String, usize)>) -> fmt::Result {
    f.debug_map()
        .entries(values.map(|(key, bytes)| (key, format_args!("{bytes} bytes").to_string())))
        .finish()
}

impl Serialize for SecretData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, BASE64_STANDARD.encode(value))))
    }
}

impl<'de> Deserialize<'de> for SecretData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretData, D::Error> {
        let encoded = Texts::deserialize(deserializer)?.unwrap_or_default();
        let decoded = encoded.into_iter().map(|(key, value)| {
            // The error must not repeat the value.
            match BASE64_STANDARD.decode(value.unwrap_or_default()) {
                Ok(bytes) => Ok((key, bytes)),
                Err(_) => Err(serde::de::Error::custom(format_args!("data[{key}] is not standard base64"))),
            }
        });
        decoded.collect::<Result<_, _>>().map(SecretData)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SecretText, D::Error> {
        let texts = Texts::deserialize(deserializer)?.unwrap_or_default();
        Ok(SecretText(texts.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect()))
    }
}

type Texts = Option<BTreeMap<String, Option<String>>>;

impl Kind for Secret {
    const KIND: &'static str = "Secret";
    const API_VERSION: &'static str = "v1";
}

impl Resource for Secret {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            NAME,
            Column::text("Type", "What the values are."),
            Column::text("Data", "How many values there are."),
            Column::text("Age", "Time since the secret was made."),
        ];
        COLUMNS
    }

    fn row(&self, now: Timestamp) -> Vec<Value> {
        let age =
            self.metadata.creation_timestamp.map_or("<unknown>".to_owned(), |made| elapsed::age(made, now));
        vec![
            self.metadata.name.as_str().into(),
            self.r#type.as_str().into(),
            self.data.0.len().into(),
            age.into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    fn parse(text: &str) -> Secret {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn members_keep_their_order_and_text_is_never_shown() {
        let text = concat!(
            r#"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s"},"immutable":true,"#,
            r#""data":{"a":"AAEC","b":""},"type":"Opaque"}"#
        );
        let secret = parse(text);
        assert_eq!(secret.data.0["a"], [0, 1, 2]);
        assert_eq!(serde_json::to_string(&Typed::of(&secret)).unwrap(), text);
        let with_text = parse(r#"{"stringData":{"k":"v","n":null},"data":null,"type":null}"#);
        assert_eq!(with_text.string_data.0["k"], "v");
        assert_eq!(serde_json::to_string(&with_text).unwrap(), r#"{"metadata":{}}"#);
        assert_eq!(parse(r#"{"data":{"n":null}}"#).data.0["n"], b"");
    }

    #[test]
    fn values_show_up_neither_in_debug_nor_in_errors() {
        let secret = parse(
            r#"{"metadata":{"name":"s","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"swordfish"}},
                "data":{"password":"aHVudGVyMg=="},"stringData":{"token":"swordfish"}}"#,
        );
        let shown = format!("{secret:?} {secret:#?}");
        for hidden in ["hunter2", "aHVudGVyMg", "swordfish", "104, 117"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains(r#"name: "s""#) && shown.contains(r#""password": "7 bytes""#), "{shown}");
        let error = serde_json::from_str::<Secret>(r#"{"data":{"k":"hunter2!"}}"#).unwrap_err().to_string();
        assert!(error.starts_with("data[k] is not standard base64"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_row_counts_values() {
        let mut secret = parse(r#"{"metadata":{"name":"s"},"data":{"a":"","b":""},"type":"Opaque"}"#);
        let now = Timestamp::from_seconds(300);
        assert_eq!(serde_json::to_string(&secret.row(now)).unwrap(), r#"["s","Opaque",2,"<unknown>"]"#);
        secret.metadata.creation_timestamp = Some(Timestamp::from_seconds(0));
        assert_eq!(secret.row(now)[3], "5m");
        assert_eq!(Secret::columns().len(), 4);
    }
}
