use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

/// Most bytes of a refused body that are read and thrown away.
const MOST: u64 = 1 << 20;
/// How long a client that still sends is given to see the answer.
const LONGEST: Duration = Duration::from_secs(2);

/// What is left of a request body when the answer is there.
#[derive(Debug)]
pub(crate) struct Leftover<B>(Mutex<Option<Rest<B>>>);

/// A body that nobody wants any more.
#[derive(Debug)]
pub(crate) struct Rest<B> {
    body: B,
    /// Whether any of it was asked for. A client that waits for `100 Continue` sends nothing before.
    asked_for: bool,
}

impl<B> Default for Leftover<B> {
    fn default() -> Leftover<B> {
        Leftover(Mutex::new(None))
    }
}

impl<B> Leftover<B> {
    pub(super) fn put(&self, body: B, asked_for: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Rest { body, asked_for });
    }

    pub(crate) fn take(&self) -> Option<Rest<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the client does about the body it was not asked for to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sending {
    /// It keeps it until it is told to go on.
    Nothing,
    /// So little that reading it is cheaper than a new connection.
    Little,
    /// More than is worth reading, or nobody knows how much.
    Much,
}

impl<B: Body> Rest<B> {
    pub(crate) fn sending(&self, waits_for_continue: bool) -> Sending {
        if waits_for_continue && !self.asked_for {
            Sending::Nothing
        } else if self.body.size_hint().upper().is_some_and(|upper| upper <= MOST) {
            Sending::Little
        } else {
            Sending::Much
        }
    }
}

/// Reads a body nobody wants, within limits, while the answer goes out.
///
/// Closing at once would reset the connection, and a client that is busy sending would report a
/// broken pipe instead of the answer. After [`MOST`] bytes nothing is read any more, which stops the
/// client, and it still has until [`LONGEST`] to read the answer.
pub(crate) async fn drain<B>(rest: Rest<B>)
where
    B: Body<Data = Bytes> + Unpin,
{
    let until = Instant::now() + LONGEST;
    let mut body = rest.body;
    let mut read = 0;
    while read < MOST {
        match timeout_at(until, body.frame()).await {
            Ok(Some(Ok(frame))) => read += frame.data_ref().map_or(0, Bytes::len) as u64,
            Ok(None | Some(Err(_))) | Err(_) => return,
        }
    }
    tokio::time::sleep_until(until).await;
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    use super::*;

    fn rest<B>(body: B) -> Rest<B> {
        Rest { body, asked_for: true }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_rest_is_read_at_once() {
        let from = Instant::now();
        drain(rest(Full::new(Bytes::from(vec![0; 1000])))).await;
        assert_eq!(from.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_without_end_is_left_after_a_while() {
        let mut frames = 0;
        let endless = StreamBody::new(futures_util::stream::poll_fn(move |_| {
            frames += 1;
            assert!(frames <= 16, "no more than the limit is read");
            std::task::Poll::Ready(Some(Ok::<_, Infallible>(Frame::data(Bytes::from(vec![0; 64 << 10])))))
        }));
        let from = Instant::now();
        drain(rest(endless)).await;
        assert_eq!(from.elapsed(), LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_that_never_comes_is_not_waited_for() {
        let silent = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>());
        let from = Instant::now();
        drain(rest(silent)).await;
        assert_eq!(from.elapsed(), LONGEST);
    }

    #[test]
    fn a_client_that_waits_for_a_go_ahead_sends_nothing() {
        let little = |asked_for| Rest { body: Full::new(Bytes::from_static(b"x")), asked_for };
        assert_eq!(little(false).sending(true), Sending::Nothing);
        assert_eq!(little(true).sending(true), Sending::Little);
        assert_eq!(little(false).sending(false), Sending::Little);
        assert_eq!(rest(Full::new(Bytes::from(vec![0; 2 << 20]))).sending(false), Sending::Much);
    }
}
