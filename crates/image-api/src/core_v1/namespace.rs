use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::meta::{Column, Kind, NAME, ObjectMeta, Resource};
use crate::wire::{is_default, nullable};
use crate::{Timestamp, elapsed};

/// A namespace as an object. Its name alone is [`crate::Namespace`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Namespace {
    /// Metadata.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ObjectMeta,
    /// What it should be.
    #[serde(deserialize_with = "nullable")]
    pub spec: NamespaceSpec,
    /// What it is.
    #[serde(deserialize_with = "nullable")]
    pub status: NamespaceStatus,
}

/// What a namespace should be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamespaceSpec {
    /// Who must agree before the namespace may vanish.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub finalizers: Vec<String>,
}

/// What a namespace is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamespaceStatus {
    /// `Active` or `Terminating`.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub phase: String,
}

impl Namespace {
    /// A namespace that is in use.
    pub fn active(metadata: ObjectMeta) -> Namespace {
        let finalizers = vec!["kubernetes".to_owned()];
        Namespace {
            metadata,
            spec: NamespaceSpec { finalizers },
            status: NamespaceStatus { phase: "Active".to_owned() },
        }
    }
}

impl Kind for Namespace {
    const KIND: &'static str = "Namespace";
    const API_VERSION: &'static str = "v1";
}

impl Resource for Namespace {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn columns() -> &'static [Column] {
        const COLUMNS: &[Column] = &[
            NAME,
            Column::text("Status", "Whether the namespace is in use or being deleted."),
            Column::text("Age", "Time since the namespace was made."),
        ];
        COLUMNS
    }

    fn row(&self, now: Timestamp) -> Vec<Value> {
        let age =
            self.metadata.creation_timestamp.map_or("<unknown>".to_owned(), |made| elapsed::age(made, now));
        vec![self.metadata.name.as_str().into(), self.status.phase.as_str().into(), age.into()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    #[test]
    fn shown_as_clients_know_it() {
        let metadata = ObjectMeta {
            name: "team".to_owned(),
            creation_timestamp: Some(Timestamp::from_seconds(0)),
            ..ObjectMeta::default()
        };
        let namespace = Namespace::active(metadata);
        assert_eq!(
            serde_json::to_string(&Typed::of(&namespace)).unwrap(),
            concat!(
                r#"{"kind":"Namespace","apiVersion":"v1","#,
                r#""metadata":{"name":"team","creationTimestamp":"1970-01-01T00:00:00Z"},"#,
                r#""spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}"#
            )
        );
        assert_eq!(namespace.row(Timestamp::from_seconds(300)), ["team", "Active", "5m"]);
        assert_eq!(Namespace::default().row(Timestamp::from_seconds(300)), ["", "", "<unknown>"]);
        assert_eq!(Namespace::columns().len(), 3);
    }
}
