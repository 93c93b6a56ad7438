use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body;
use weir_access::{Delete, Pull, Push};
use weir_oci::{Digest, ErrorCode, ManifestType, Reference, RepositoryName, Tag};
use weir_registry::{BodyError, PushManifest};

use crate::body::read_manifest;
use crate::conditional::{condition, is_current};
use crate::reason::reason;
use crate::response::{OCI_SUBJECT, OCI_TAG, WithHeader, empty};
use crate::service::Call;
use crate::{ApiError, Payload};

/// Most characters of a program's name in the history.
const MAX_CLIENT: usize = 256;

/// Most `tag` parameters of one push.
const MAX_TAGS: usize = 250;

impl<B> Call<'_, B> {
    pub(crate) fn head_manifest(
        self,
        repository: RepositoryName,
        reference: &Reference,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Pull>(repository)?;
        let record = self.registry().manifest_record(&permit, reference)?;
        if is_current(self.headers, &record.digest) {
            return Ok(described(empty(StatusCode::NOT_MODIFIED), reference, &record.digest));
        }
        let response = sized(Payload::Empty, record.media_type, record.size);
        Ok(described(response, reference, &record.digest))
    }

    pub(crate) async fn get_manifest(
        self,
        repository: RepositoryName,
        reference: Reference,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Pull>(repository)?;
        if self.headers.contains_key(header::IF_NONE_MATCH) {
            let record = self.registry().manifest_record(&permit, &reference)?;
            if is_current(self.headers, &record.digest) {
                return Ok(described(empty(StatusCode::NOT_MODIFIED), &reference, &record.digest));
            }
        }
        let manifest = self.registry().manifest(&permit, &reference).await?;
        let size = manifest.raw.len() as u64;
        let response = sized(Payload::Bytes(manifest.raw), manifest.media_type, size);
        Ok(described(response, &reference, &manifest.digest))
    }

    pub(crate) async fn put_manifest(
        self,
        repository: RepositoryName,
        reference: Reference,
    ) -> Result<Response<Payload>, ApiError>
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: Into<BodyError>,
    {
        let permit = self.permit::<Push>(repository.clone())?;
        let tags = self.tags_of_push(&reference)?;
        let digest = self.query.one("digest")?.map(Digest::parse).transpose()?;
        if let (Reference::Digest(path), Some(digest)) = (&reference, digest)
            && *path != digest
        {
            return Err(ApiError::new(ErrorCode::DigestInvalid, "path and parameter name different digests"));
        }
        let condition = condition(self.headers)?;
        if condition.is_some() && matches!(reference, Reference::Digest(_)) {
            return Err(ApiError::new(
                ErrorCode::TagInvalid,
                "a condition is about the tag of a push by tag",
            ));
        }
        let push = PushManifest {
            content_type: self.header(header::CONTENT_TYPE).map(str::to_owned),
            reference,
            digest,
            tags: tags.clone(),
            condition,
            client: self.client(),
            reason: reason(self.headers)?,
            raw: Bytes::new(),
        };
        let edge = self.edge;
        let raw = read_manifest(self.body, edge.settings.manifest_bytes).await?;
        let pushed = edge.registry.push_manifest(&permit, PushManifest { raw, ..push }).await?;

        let location = edge.location(&format!("/v2/{repository}/manifests/{}", pushed.digest));
        let mut response =
            empty(StatusCode::CREATED).with_text(header::LOCATION, &location).with_digest(&pushed.digest);
        if let Some(subject) = pushed.subject {
            response = response.with_text(OCI_SUBJECT, &subject.to_string());
        }
        Ok(tags.iter().fold(response, |response, tag| response.with_text(OCI_TAG, tag.as_str())))
    }

    pub(crate) async fn delete_manifest(
        self,
        repository: RepositoryName,
        reference: Reference,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Delete>(repository)?;
        let condition = condition(self.headers)?;
        let (client, reason) = (self.client(), reason(self.headers)?);
        self.registry().delete_manifest(&permit, &reference, condition, client, reason).await?;
        Ok(empty(StatusCode::ACCEPTED))
    }

    /// The program that asks, for the history. Headers may be long and rows are kept.
    pub(crate) fn client(&self) -> Option<String> {
        self.header(header::USER_AGENT).map(|name| name.chars().take(MAX_CLIENT).collect())
    }

    /// `?tag=a&tag=b` of a push by digest. All of them are judged before anything is stored.
    fn tags_of_push(&self, reference: &Reference) -> Result<Vec<Tag>, ApiError> {
        let mut tags = Vec::new();
        for text in self.query.all("tag") {
            let tag = Tag::parse(text).map_err(|error| {
                ApiError::new(ErrorCode::TagInvalid, error.to_string())
                    .with_detail(text.chars().take(256).collect::<String>())
            })?;
            if !tags.contains(&tag) {
                tags.push(tag);
            }
            if tags.len() > MAX_TAGS {
                let message = format!("a push sets at most {MAX_TAGS} tags");
                return Err(
                    ApiError::new(ErrorCode::TagInvalid, message).with_status(StatusCode::URI_TOO_LONG)
                );
            }
        }
        if !tags.is_empty() && matches!(reference, Reference::Tag(_)) {
            return Err(ApiError::new(ErrorCode::TagInvalid, "the tag parameter goes with a push by digest"));
        }
        Ok(tags)
    }
}

/// The type goes out exactly as the manifest was pushed, without a parameter: clients compare it.
fn sized(payload: Payload, media_type: ManifestType, size: u64) -> Response<Payload> {
    Response::new(payload)
        .with(header::CONTENT_TYPE, HeaderValue::from_static(media_type.as_str()))
        .with(header::CONTENT_LENGTH, size.into())
}

fn described(response: Response<Payload>, reference: &Reference, digest: &Digest) -> Response<Payload> {
    let caching = match reference {
        Reference::Digest(_) => "max-age=31536000, immutable",
        Reference::Tag(_) => "no-cache",
    };
    response
        .with_digest(digest)
        .with_text(header::ETAG, &format!("\"{digest}\""))
        .with(header::CACHE_CONTROL, HeaderValue::from_static(caching))
}
