use serde::{Deserialize, Serialize};

use super::{Kind, ListMeta};
use crate::wire::{is_default, nullable};

/// What became of a request that does not answer with an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// Usually empty.
    #[serde(deserialize_with = "nullable")]
    pub metadata: ListMeta,
    /// Whether the request succeeded.
    pub status: Outcome,
    /// For a person.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub message: String,
    /// For a program; empty for a failure without a known reason.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub reason: String,
    /// About what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<StatusDetails>,
    /// The status code of the response; 0 where it is not shown.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub code: u16,
}

impl Kind for Status {
    const KIND: &'static str = "Status";
    const API_VERSION: &'static str = "v1";
}

/// Whether a request succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It did.
    Success,
    /// It did not.
    #[default]
    Failure,
}

/// What a [`Status`] is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusDetails {
    /// Name of the object.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub name: String,
    /// Its group.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub group: String,
    /// Its resource or, when it is invalid, its kind.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub kind: String,
    /// Its identity.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub uid: String,
    /// One by one.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub causes: Vec<StatusCause>,
    /// When to try again.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub retry_after_seconds: u32,
}

/// One cause of a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatusCause {
    /// For a program.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub reason: String,
    /// For a person.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub message: String,
    /// Path of the member at fault.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub field: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meta::Typed;

    #[test]
    fn a_failure_names_what_it_is_about() {
        // image-api 10
        let status = Status {
            message: "imagestreams.image.openshift.io \"app\" not found".to_owned(),
            reason: "NotFound".to_owned(),
            details: Some(StatusDetails {
                name: "app".to_owned(),
                group: "image.openshift.io".to_owned(),
                kind: "imagestreams".to_owned(),
                ..StatusDetails::default()
            }),
            code: 404,
            ..Status::default()
        };
        assert_eq!(
            serde_json::to_string(&Typed::of(&status)).unwrap(),
            concat!(
                r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","#,
                r#""message":"imagestreams.image.openshift.io \"app\" not found","reason":"NotFound","#,
                r#""details":{"name":"app","group":"image.openshift.io","kind":"imagestreams"},"code":404}"#
            )
        );
    }

    #[test]
    fn causes_and_retry_keep_their_order() {
        let text = concat!(
            r#"{"metadata":{},"status":"Failure","details":{"uid":"u","#,
            r#""causes":[{"reason":"FieldValueRequired","message":"Required value","field":"tag"}],"#,
            r#""retryAfterSeconds":2},"code":422}"#
        );
        let status: Status = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&status).unwrap(), text);
    }

    #[test]
    fn success_is_short() {
        let status = Status { status: Outcome::Success, ..Status::default() };
        assert_eq!(
            serde_json::to_string(&Typed::of(&status)).unwrap(),
            r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}"#
        );
    }
}
