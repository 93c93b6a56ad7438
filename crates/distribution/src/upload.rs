use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body;
use weir_access::{Pull, Push};
use weir_oci::{Algorithm, Digest, ErrorCode, RepositoryName, UploadId};
use weir_registry::{BodyError, Chunk, Error};

use crate::body::frames;
use crate::range::ChunkRange;
use crate::response::{DOCKER_UPLOAD_UUID, WithHeader, empty};
use crate::service::{Call, Distribution};
use crate::{ApiError, Payload};

impl<B> Call<'_, B>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<BodyError>,
{
    /// `mount` decides first, then `digest`; without either a session is opened.
    pub(crate) async fn post_upload(self, repository: RepositoryName) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Push>(repository.clone())?;
        let edge = self.edge;
        if let Some(digest) = self.query.one("mount")? {
            let from = self.query.one("from")?;
            if self.mount(&permit, digest, from).await?
                && let Ok(digest) = Digest::parse(digest)
            {
                return Ok(stored(edge, &repository, &digest));
            }
            // A mount that cannot be done is an upload like any other.
        } else if let Some(digest) = self.query.one("digest")? {
            let digest = Digest::parse(digest)?;
            let chunk = Chunk { first: None, len: self.body.size_hint().exact() };
            edge.registry.put_blob(&permit, chunk, frames(self.body), &digest).await?;
            return Ok(stored(edge, &repository, &digest));
        }
        let algorithm = match self.query.one("digest-algorithm")? {
            None => None,
            Some(name) => Some(Algorithm::parse(name).ok_or_else(|| {
                ApiError::new(
                    ErrorCode::DigestInvalid,
                    "unsupported digest algorithm; supported are sha256 and sha512",
                )
            })?),
        };
        let id = edge.registry.start_upload(&permit, algorithm).await?;
        Ok(session(edge, StatusCode::ACCEPTED, &repository, id, 0))
    }

    pub(crate) async fn get_upload(
        self,
        repository: RepositoryName,
        id: UploadId,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Push>(repository.clone())?;
        let offset = self.edge.registry.upload_offset(&permit, id).await?;
        Ok(session(self.edge, StatusCode::NO_CONTENT, &repository, id, offset))
    }

    pub(crate) async fn patch_upload(
        self,
        repository: RepositoryName,
        id: UploadId,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Push>(repository.clone())?;
        let chunk = self.chunk()?;
        let edge = self.edge;
        let appended = edge.registry.append(&permit, id, chunk, frames(self.body)).await;
        let offset = appended.map_err(|error| refuse(edge, error, &repository, id))?;
        Ok(session(edge, StatusCode::ACCEPTED, &repository, id, offset))
    }

    pub(crate) async fn put_upload(
        self,
        repository: RepositoryName,
        id: UploadId,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Push>(repository.clone())?;
        let digest = self.query.one("digest")?.ok_or_else(|| {
            ApiError::new(
                ErrorCode::DigestInvalid,
                "the closing request names the digest in parameter digest",
            )
        })?;
        let digest = Digest::parse(digest)?;
        let chunk = self.chunk()?;
        let edge = self.edge;
        let finished = edge.registry.finish_upload(&permit, id, chunk, frames(self.body), &digest).await;
        finished.map_err(|error| refuse(edge, error, &repository, id))?;
        Ok(stored(edge, &repository, &digest))
    }

    pub(crate) async fn delete_upload(
        self,
        repository: RepositoryName,
        id: UploadId,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Push>(repository)?;
        self.edge.registry.cancel_upload(&permit, id).await?;
        Ok(empty(StatusCode::NO_CONTENT).with_text(DOCKER_UPLOAD_UUID, &id.to_string()))
    }

    /// Whatever stands in the way of a mount (an unknown or unreadable source, a malformed digest),
    /// the answer is the same: not mounted. So it tells nothing about what exists.
    async fn mount(
        &self,
        permit: &weir_access::Permit<Push>,
        digest: &str,
        from: Option<&str>,
    ) -> Result<bool, ApiError> {
        let Ok(digest) = Digest::parse(digest) else { return Ok(false) };
        let source = match from.map(RepositoryName::parse) {
            None => None,
            Some(Err(_)) => return Ok(false),
            Some(Ok(source)) => match self.permit::<Pull>(source) {
                Ok(permit) => Some(permit),
                Err(_) => return Ok(false),
            },
        };
        Ok(self.registry().mount(permit, &digest, source.as_ref()).await?)
    }

    fn chunk(&self) -> Result<Chunk, ApiError> {
        let announced = self.body.size_hint().exact();
        let Some(header) = self.headers.get(header::CONTENT_RANGE) else {
            return Ok(Chunk { first: None, len: announced });
        };
        let range = header.to_str().ok().and_then(ChunkRange::parse).ok_or_else(|| {
            ApiError::new(
                ErrorCode::BlobUploadInvalid,
                "Content-Range of a chunk is <first byte>-<last byte>",
            )
        })?;
        if announced.is_some_and(|announced| announced != range.len()) {
            return Err(ApiError::new(ErrorCode::SizeInvalid, "Content-Range and Content-Length disagree"));
        }
        Ok(Chunk { first: Some(range.first), len: Some(range.len()) })
    }
}

/// A chunk at the wrong place changes nothing, and the answer says where the session stands, so
/// that a client can go on without asking.
fn refuse(edge: &Distribution, error: Error, repository: &RepositoryName, id: UploadId) -> ApiError {
    let offset = match &error {
        Error::OutOfOrder { offset } | Error::UploadBusy { offset } => Some(*offset),
        _ => None,
    };
    let refusal = ApiError::from(error);
    let Some(offset) = offset else { return refusal };
    let text = |text: &str| HeaderValue::from_str(text).expect("names, ids and numbers are header text");
    refusal
        .with_header(header::LOCATION, text(&location(edge, repository, id)))
        .with_header(header::RANGE, text(&received(offset)))
        .with_header(DOCKER_UPLOAD_UUID, text(&id.to_string()))
}

/// Docker takes the size it writes into the manifest from `Range`, so it must never be off by one.
/// An empty session has no last byte; `0-0` is what clients expect then.
fn received(offset: u64) -> String {
    format!("0-{}", offset.saturating_sub(1))
}

fn location(edge: &Distribution, repository: &RepositoryName, id: UploadId) -> String {
    edge.location(&format!("/v2/{repository}/blobs/uploads/{id}"))
}

fn session(
    edge: &Distribution,
    status: StatusCode,
    repository: &RepositoryName,
    id: UploadId,
    offset: u64,
) -> Response<Payload> {
    empty(status)
        .with_text(header::LOCATION, &location(edge, repository, id))
        .with_text(DOCKER_UPLOAD_UUID, &id.to_string())
        .with_text(header::RANGE, &received(offset))
}

fn stored(edge: &Distribution, repository: &RepositoryName, digest: &Digest) -> Response<Payload> {
    empty(StatusCode::CREATED)
        .with_text(header::LOCATION, &edge.location(&format!("/v2/{repository}/blobs/{digest}")))
        .with_digest(digest)
}
