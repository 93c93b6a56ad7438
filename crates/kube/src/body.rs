//! Reading the body of a request.

use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use weir_registry::BodyError;

use crate::failure::Failure;

/// Most bytes of a body; no object gets near, and `etcd` would not take a larger one either.
pub(crate) const LIMIT: usize = 3 << 20;

/// Reads a body to its end.
pub(crate) async fn read<B>(body: B) -> Result<Bytes, Failure>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BodyError>,
{
    if body.size_hint().lower() > LIMIT as u64 {
        return Err(Failure::TooLarge);
    }
    match Limited::new(body, LIMIT).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::TooLarge),
        Err(error) => Err(Failure::BrokenBody { cause: error.to_string() }),
    }
}
