use std::fmt;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http_body::Body;
use http_body_util::BodyDataStream;
use weir_oci::ErrorCode;
use weir_registry::BodyError;

use crate::ApiError;

/// No byte of the request body arrived for too long. The server puts this error into the body it
/// hands in; it becomes a 408.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyStalled;

impl fmt::Display for BodyStalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request body stalled")
    }
}

impl std::error::Error for BodyStalled {}

/// The frames of a body that hold data.
pub(crate) fn frames<B>(body: B) -> impl Stream<Item = Result<Bytes, BodyError>> + Send + Unpin
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<BodyError>,
{
    BodyDataStream::new(body).map(|frame| frame.map_err(Into::into))
}

/// Reads a manifest of at most `limit` bytes.
pub(crate) async fn read_manifest<B>(body: B, limit: usize) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<BodyError>,
{
    read_document(body, limit, ErrorCode::ManifestInvalid, "a manifest").await
}

/// Reads a document of at most `limit` bytes; a larger one is refused with `code`. The length is
/// counted, since it is often not announced.
pub(crate) async fn read_document<B>(
    body: B,
    limit: usize,
    code: ErrorCode,
    what: &str,
) -> Result<Bytes, ApiError>
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: Into<BodyError>,
{
    let too_large = || {
        ApiError::new(code, format!("{what} has at most {limit} bytes"))
            .with_status(http::StatusCode::PAYLOAD_TOO_LARGE)
    };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let mut frames = frames(body);
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(weir_registry::Error::Body)?;
        if first.len() + rest.len() + frame.len() > limit {
            return Err(too_large());
        }
        // One frame is the ordinary case and need not be copied.
        if first.is_empty() && rest.is_empty() {
            first = frame;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&frame);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}
