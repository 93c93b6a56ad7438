//! Signatures of images, as skopeo and podman read and write them where a registry says that it keeps
//! them (integrated-registry 4.1, image-api 16.6). They are those of the image API.

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::Body;
use serde_json::{Value, json};
use weir_access::{ManageApi, Pull, Push, WriteApi};
use weir_oci::{Digest, ErrorCode, Reference, RepositoryName};
use weir_registry::api::{Author, MayPull, Refusal};
use weir_registry::{Base64Bytes, BodyError, Error};

use crate::body::read_document;
use crate::response::{document, empty};
use crate::service::Call;
use crate::{ApiError, Payload};

/// Most bytes of a signature as it is sent. Real ones have some hundred bytes; clients take at most
/// 4 MiB for all of an image.
const MAX_SIGNATURE: usize = 128 * 1024;

/// The only version there is.
const SCHEMA_VERSION: u64 = 2;

/// The type of a signature that does not say which it is.
const DEFAULT_TYPE: &str = "AtomicImageV1";

/// A signature as it is sent.
struct Sent {
    name: String,
    r#type: String,
    content: Vec<u8>,
}

impl<B> Call<'_, B> {
    pub(crate) fn get_signatures(
        self,
        repository: RepositoryName,
        digest: &Digest,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Pull>(repository)?;
        let signatures = match self.registry().signatures(&permit, digest) {
            Ok(signatures) => signatures,
            Err(error) => return unless_missing(error),
        };
        let shown: Vec<Value> = signatures
            .iter()
            .map(|signature| {
                json!({
                    "schemaVersion": SCHEMA_VERSION,
                    "name": signature.metadata.name,
                    "type": signature.r#type,
                    "content": signature.content,
                })
            })
            .collect();
        let body = json!({ "signatures": shown }).to_string();
        Ok(document("application/json; charset=utf-8", body))
    }

    pub(crate) async fn put_signature(
        self,
        repository: RepositoryName,
        digest: Digest,
    ) -> Result<Response<Payload>, ApiError>
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: Into<BodyError>,
    {
        let pull = self.permit::<Pull>(repository.clone())?;
        self.permit::<Push>(repository)?;
        let (access, identity) = (&self.edge.access, &self.caller.identity);
        let write = access.authorize::<WriteApi>(identity, ())?;
        let manage = access.authorize::<ManageApi>(identity, ())?;
        let author = Author {
            identity: identity.clone(),
            client: self.client(),
            reason: None,
            may_pull: MayPull::new(|_| Err("a signature is not copied from anywhere".to_owned())),
        };
        let edge = self.edge;
        let body =
            read_document(self.body, MAX_SIGNATURE, ErrorCode::SignatureInvalid, "a signature").await?;
        let sent = parse(&body, &digest)?;
        // One may sign what can be pulled here, and nothing else of the same registry.
        if let Err(error) = edge.registry.manifest_record(&pull, &Reference::Digest(digest)) {
            return unless_missing(error);
        }
        let writer = edge.registry.writer(&write, author, false);
        match writer.sign(&manage, sent.name, sent.r#type, sent.content).await {
            Ok(()) => Ok(empty(StatusCode::CREATED)),
            Err(refusal) => refused(refusal),
        }
    }
}

fn parse(body: &[u8], digest: &Digest) -> Result<Sent, ApiError> {
    let invalid = |message: &str| ApiError::new(ErrorCode::SignatureInvalid, message);
    let mut document: Value = serde_json::from_slice(body)
        .map_err(|error| invalid("invalid image signature").with_detail(error.to_string()))?;
    if !document.is_object() {
        return Err(invalid("a signature is a JSON object"));
    }
    if document["schemaVersion"].as_u64() != Some(SCHEMA_VERSION) {
        return Err(invalid("only schemaVersion=2 is currently supported"));
    }
    let text = |value: &Value, member: &str| match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        _ => Err(invalid(&format!("{member} is not a string"))),
    };
    let name = text(&document["name"], "name")?;
    let r#type = match text(&document["type"], "type")? {
        empty if empty.is_empty() => DEFAULT_TYPE.to_owned(),
        other => other,
    };
    let content: Base64Bytes = serde_json::from_value(document["content"].take())
        .map_err(|error| invalid("content is not base64").with_detail(error.to_string()))?;
    if name.split_once('@').is_none_or(|(image, _)| image != digest.to_string()) {
        return Err(invalid("the name is <digest>@<signature>, with the digest of the path"));
    }
    Ok(Sent { name, r#type, content: content.0 })
}

/// That there is no such image is said without a word.
fn unless_missing(error: Error) -> Result<Response<Payload>, ApiError> {
    match error {
        Error::RepositoryUnknown(_) | Error::ManifestUnknown(_) => Ok(empty(StatusCode::NOT_FOUND)),
        error => Err(error.into()),
    }
}

fn refused(refusal: Refusal) -> Result<Response<Payload>, ApiError> {
    let message = refusal.to_string();
    let error = match refusal {
        Refusal::NotFound { .. } | Refusal::NamespaceNotFound(_) => return Ok(empty(StatusCode::NOT_FOUND)),
        Refusal::BadRequest(_) => ApiError::new(ErrorCode::SignatureInvalid, message),
        Refusal::Invalid { errors, .. } => {
            errors.iter().fold(ApiError::new(ErrorCode::SignatureInvalid, message), |e, field| {
                e.with_detail(field.to_string())
            })
        }
        Refusal::AlreadyExists { .. } => ApiError::new(ErrorCode::SignatureExists, message),
        Refusal::Forbidden { .. } => ApiError::new(ErrorCode::Denied, message),
        Refusal::ReadOnly => Error::ReadOnly.into(),
        Refusal::DeletesDisabled => Error::DeletesDisabled.into(),
        Refusal::Unavailable(error) => Error::from(error).into(),
        Refusal::NamespaceTerminating(_)
        | Refusal::Conflict { .. }
        | Refusal::PreconditionFailed { .. }
        | Refusal::Edge(_) => Error::Internal(message.into()).into(),
    };
    Err(error)
}
