use std::ops::Range;

use http::{HeaderValue, Response, StatusCode, header};
use weir_access::{Delete, Pull};
use weir_oci::{Digest, ErrorCode, RepositoryName};
use weir_registry::{Blob, Content};

use crate::conditional::{is_current, range_applies};
use crate::payload::Part;
use crate::range::{Selection, select};
use crate::response::{WithHeader, empty};
use crate::service::Call;
use crate::{ApiError, Payload};

/// What a blob is served as. The type that some manifest gives it is that manifest's word.
const BLOB_TYPE: &str = "application/octet-stream";

/// Stands between the parts of a multipart body. Fixed: a reader takes lengths from
/// `Content-Range`, so that bytes of the blob that look like it do no harm.
const BOUNDARY: &str = "weir-9f3c61d2a7b84e0fb5d1c8e2470a6b93";

impl<B> Call<'_, B> {
    pub(crate) fn head_blob(
        self,
        repository: RepositoryName,
        digest: &Digest,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Pull>(repository)?;
        let record = self.registry().blob_record(&permit, digest)?;
        if is_current(self.headers, digest) {
            return Ok(described(empty(StatusCode::NOT_MODIFIED), digest));
        }
        let response = Response::new(Payload::Empty)
            .with(header::CONTENT_TYPE, HeaderValue::from_static(BLOB_TYPE))
            .with(header::CONTENT_LENGTH, record.size.into());
        Ok(described(response, digest))
    }

    pub(crate) async fn get_blob(
        self,
        repository: RepositoryName,
        digest: Digest,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Pull>(repository)?;
        if is_current(self.headers, &digest) {
            self.registry().blob_record(&permit, &digest)?;
            return Ok(described(empty(StatusCode::NOT_MODIFIED), &digest));
        }
        let blob = self.registry().blob(&permit, &digest).await?;
        let selection = match self.header(header::RANGE) {
            Some(range) if range_applies(self.headers, &digest) => select(range, blob.size),
            _ => Selection::Whole,
        };
        let response = match selection {
            Selection::Whole => whole(blob),
            Selection::One(range) => one(&blob, range),
            Selection::Many(ranges) => many(&blob, &ranges),
            Selection::Unsatisfiable => {
                let message = format!("the blob has {} bytes, and none of the ranges lies within", blob.size);
                let total =
                    HeaderValue::from_str(&format!("bytes */{}", blob.size)).expect("digits are header text");
                return Err(
                    ApiError::new(ErrorCode::RangeInvalid, message).with_header(header::CONTENT_RANGE, total)
                );
            }
            Selection::TooMany => {
                let message = "too many ranges in one request";
                return Err(
                    ApiError::new(ErrorCode::RangeInvalid, message).with_status(StatusCode::BAD_REQUEST)
                );
            }
        };
        Ok(described(response, &digest))
    }

    pub(crate) async fn delete_blob(
        self,
        repository: RepositoryName,
        digest: &Digest,
    ) -> Result<Response<Payload>, ApiError> {
        let permit = self.permit::<Delete>(repository)?;
        self.registry().delete_blob(&permit, digest).await?;
        Ok(empty(StatusCode::ACCEPTED))
    }
}

fn described(response: Response<Payload>, digest: &Digest) -> Response<Payload> {
    response
        .with_digest(digest)
        .with_text(header::ETAG, &format!("\"{digest}\""))
        .with(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"))
        .with(header::CACHE_CONTROL, HeaderValue::from_static("max-age=31536000, immutable"))
}

fn whole(blob: Blob) -> Response<Payload> {
    Response::new(Payload::Blob(blob.content))
        .with(header::CONTENT_TYPE, HeaderValue::from_static(BLOB_TYPE))
        .with(header::CONTENT_LENGTH, blob.size.into())
}

fn one(blob: &Blob, range: Range<u64>) -> Response<Payload> {
    let mut response = Response::new(Payload::Empty)
        .with(header::CONTENT_TYPE, HeaderValue::from_static(BLOB_TYPE))
        .with(header::CONTENT_LENGTH, (range.end - range.start).into())
        .with_text(header::CONTENT_RANGE, &content_range(&range, blob.size));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    *response.body_mut() = Payload::Blob(blob.content.slice(range));
    response
}

/// One part for each range, in the order they were asked for and never merged: pullers of
/// zstd:chunked layers count the parts.
fn many(blob: &Blob, ranges: &[Range<u64>]) -> Response<Payload> {
    let mut parts = Vec::with_capacity(ranges.len() * 2 + 1);
    let mut length = 0;
    for range in ranges {
        let head = format!(
            "\r\n--{BOUNDARY}\r\nContent-Type: {BLOB_TYPE}\r\nContent-Range: {}\r\n\r\n",
            content_range(range, blob.size)
        );
        length += head.len() as u64 + (range.end - range.start);
        parts.push(Part::Bytes(head.into()));
        parts.push(Part::Blob(Content::slice(&blob.content, range.clone())));
    }
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    length += end.len() as u64;
    parts.push(Part::Bytes(end.into()));
    let mut response = Response::new(Payload::Parts(parts))
        .with_text(header::CONTENT_TYPE, &format!("multipart/byteranges; boundary={BOUNDARY}"))
        .with(header::CONTENT_LENGTH, length.into());
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    response
}

fn content_range(range: &Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", range.start, range.end - 1)
}
