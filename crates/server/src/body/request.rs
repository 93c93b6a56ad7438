use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use weir_distribution::BodyStalled;

use super::{BodyError, Leftover};
use crate::exchange::Exchange;

/// Least bytes per second a body must bring on average while it is waited for.
const LEAST_RATE: u64 = 1024;
/// The average is taken over at least this long.
const AVERAGE_OVER: Duration = Duration::from_mins(1);

/// How fast a body has to come in. The clocks only run while somebody waits for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Longest time without a byte.
    pub(crate) gap: Duration,
    /// Longest time for all of it.
    pub(crate) whole: Option<Duration>,
}

/// The body of a request: counted, and given up when it stalls.
#[derive(Debug)]
pub(crate) struct RequestBody<B: Body = Incoming> {
    /// Nothing once it has been handed back.
    inner: Option<B>,
    exchange: Arc<Exchange>,
    leftover: Option<Arc<Leftover<B>>>,
    clock: Clock,
    polled: bool,
    ended: bool,
}

#[derive(Debug)]
struct Clock {
    pace: Pace,
    /// When the wait that is going on began.
    waits_since: Option<Instant>,
    /// Time waited since `average_bytes` was zero.
    average_waited: Duration,
    average_bytes: u64,
    /// Time waited in all.
    waited: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B: Body> RequestBody<B> {
    /// Wraps a body. What is not read of it when it is dropped is put into `leftover`.
    pub(crate) fn new(
        inner: B,
        pace: Pace,
        exchange: Arc<Exchange>,
        leftover: Option<Arc<Leftover<B>>>,
    ) -> RequestBody<B> {
        let clock = Clock {
            pace,
            waits_since: None,
            average_waited: Duration::ZERO,
            average_bytes: 0,
            waited: Duration::ZERO,
            timer: None,
        };
        RequestBody { inner: Some(inner), exchange, leftover, clock, polled: false, ended: false }
    }
}

impl Clock {
    /// Bytes came.
    fn moved(&mut self, bytes: usize) -> Result<(), BodyStalled> {
        self.average_bytes += bytes as u64;
        let Some(since) = self.waits_since.take() else { return Ok(()) };
        let waited = since.elapsed();
        self.waited += waited;
        self.average_waited += waited;
        let over = AVERAGE_OVER.max(self.pace.gap);
        if self.average_waited < over {
            return Ok(());
        }
        let enough = self.average_bytes >= over.as_secs() * LEAST_RATE;
        (self.average_waited, self.average_bytes) = (Duration::ZERO, 0);
        if enough { Ok(()) } else { Err(BodyStalled) }
    }

    /// Nothing is there yet. Ready when it has been waited for long enough.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<BodyStalled> {
        let since = *self.waits_since.get_or_insert_with(Instant::now);
        let whole = self.pace.whole.map(|whole| whole.saturating_sub(self.waited));
        let due = since + whole.map_or(self.pace.gap, |whole| whole.min(self.pace.gap));
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        timer.as_mut().poll(cx).map(|()| BodyStalled)
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        this.polled = true;
        match Pin::new(inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                this.exchange.received(bytes as u64);
                Poll::Ready(Some(this.clock.moved(bytes).map(|()| frame).map_err(Into::into)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.ended = true;
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                this.ended = true;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let stalled = ready!(this.clock.poll_stalled(cx));
                Poll::Ready(Some(Err(stalled.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body> Drop for RequestBody<B> {
    fn drop(&mut self) {
        if let (Some(inner), Some(leftover)) = (self.inner.take(), &self.leftover)
            && !self.ended
            && !inner.is_end_stream()
        {
            leftover.put(inner, self.polled);
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, StreamBody};
    use tokio::sync::mpsc;

    use super::*;

    const PACE: Pace = Pace { gap: Duration::from_secs(30), whole: None };

    type Sender = mpsc::UnboundedSender<usize>;

    /// A body whose frames are sent by the test, by their length.
    fn body(pace: Pace) -> (Sender, Arc<Exchange>, impl Body<Data = Bytes, Error = BodyError> + Unpin) {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let frames = futures_util::stream::poll_fn(move |cx| {
            receiver
                .poll_recv(cx)
                .map(|len| len.map(|len| Ok::<_, BodyError>(Frame::data(Bytes::from(vec![b'x'; len])))))
        });
        let exchange = Exchange::for_test(&Arc::default());
        (sender, Arc::clone(&exchange), RequestBody::new(StreamBody::new(frames), pace, exchange, None))
    }

    #[tokio::test(start_paused = true)]
    async fn a_gap_that_is_too_long_is_a_stall() {
        let (sender, _, mut body) = body(PACE);
        for _ in 0..20 {
            let (frame, ()) = tokio::join!(body.frame(), async {
                tokio::time::sleep(Duration::from_secs(29)).await;
                sender.send(64 << 10).unwrap();
            });
            assert!(frame.unwrap().is_ok());
        }
        let from = Instant::now();
        let error = body.frame().await.unwrap().unwrap_err();
        assert!(error.is::<BodyStalled>());
        assert_eq!(from.elapsed(), Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_late_while_nobody_waits() {
        let (sender, exchange, mut body) = body(PACE);
        sender.send(3).unwrap();
        assert!(body.frame().await.unwrap().is_ok());
        tokio::time::advance(Duration::from_secs(1000)).await;
        sender.send(4).unwrap();
        assert!(body.frame().await.unwrap().is_ok());
        drop(sender);
        assert!(body.frame().await.is_none());
        assert_eq!(exchange.received_so_far(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn dripping_is_a_stall_too() {
        let (sender, _, mut body) = body(PACE);
        let from = Instant::now();
        let error = loop {
            let (frame, ()) = tokio::join!(body.frame(), async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                sender.send(1000).unwrap();
            });
            if let Err(error) = frame.unwrap() {
                break error;
            }
        };
        assert!(error.is::<BodyStalled>());
        assert_eq!(from.elapsed(), Duration::from_mins(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_document_has_a_time_for_all_of_it() {
        let (sender, _, mut body) = body(Pace { whole: Some(Duration::from_mins(1)), ..PACE });
        let from = Instant::now();
        let error = loop {
            let late = async {
                tokio::time::sleep(Duration::from_secs(7)).await;
                sender.send(100_000).unwrap();
            };
            if let (Err(error), ()) = tokio::join!(async { body.frame().await.unwrap() }, late) {
                break error;
            }
        };
        assert!(error.is::<BodyStalled>());
        assert_eq!(
            from.elapsed().as_secs(),
            63,
            "at 60 s, after the 8th frame; the test's own frame comes at 63"
        );
    }
}
