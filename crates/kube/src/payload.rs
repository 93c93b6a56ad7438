//! The body of an answer: bytes, or events that go on until somebody ends them.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;

/// What the edge answers with.
#[derive(Debug)]
pub enum Payload {
    /// All of it.
    Bytes(Bytes),
    /// Frames, each as soon as there is one.
    Events(Events),
}

/// The frames of a watch, in order. Nothing of it has to be sent before the next one is there, which
/// may take hours.
pub struct Events(Pin<Box<dyn Stream<Item = Bytes> + Send>>);

impl Events {
    /// Frames from anywhere.
    pub(crate) fn new(frames: impl Stream<Item = Bytes> + Send + 'static) -> Events {
        Events(Box::pin(frames))
    }

    /// The same frames, up to the moment when the server stops. Then they end as they would by
    /// themselves, and the client asks again somewhere else.
    pub(crate) fn until(self, stop: CancellationToken) -> Events {
        Events(Box::pin(self.0.take_until(stop.cancelled_owned())))
    }
}

impl Payload {
    /// How many bytes it has, if that can be said.
    pub(crate) fn len(&self) -> Option<usize> {
        match self {
            Payload::Bytes(bytes) => Some(bytes.len()),
            Payload::Events(_) => None,
        }
    }
}

impl Stream for Events {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.poll_next_unpin(cx)
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Payload {
        Payload::Bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_stop_ends_frames_that_would_never_end() {
        let stop = CancellationToken::new();
        let frames = stream::iter([Bytes::from_static(b"one\n")]).chain(stream::pending());
        let mut events = Events::new(frames).until(stop.clone());
        assert_eq!(events.next().await.as_deref(), Some(&b"one\n"[..]));
        stop.cancel();
        assert_eq!(events.next().await, None);
    }
}
