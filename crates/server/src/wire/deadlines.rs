use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::Activity;

/// How long a connection may stay in a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) idle: Duration,
    /// Nothing where a head is not for the socket to see (HTTP/2).
    pub(super) head: Option<Duration>,
    pub(super) response: Duration,
}

/// What a connection has run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// A request head did not end in time.
    Head,
    /// The client took no byte for too long.
    Response,
}

/// The clocks of one connection. Each runs only while its state lasts.
///
/// There is one timer for all of them. It is not moved when a deadline moves away, as it does with
/// every request; it fires, sees that nothing is due and is set anew.
#[derive(Debug)]
pub(super) struct Deadlines {
    patience: Patience,
    activity: Arc<Activity>,
    seen_requests: usize,
    /// When to look whether the connection is idle. hyper does not ask for more bytes at the moment
    /// a request ends, so that there is no better occasion.
    idle_check: Option<Instant>,
    idle_told: bool,
    head_from: Option<Instant>,
    response_from: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    armed: Option<Instant>,
}

impl Deadlines {
    pub(super) fn new(patience: Patience, activity: Arc<Activity>, head_from: Option<Instant>) -> Deadlines {
        Deadlines {
            patience,
            activity,
            seen_requests: 0,
            idle_check: None,
            idle_told: false,
            head_from: head_from.filter(|_| patience.head.is_some()),
            response_from: None,
            timer: None,
            armed: None,
        }
    }

    /// Bytes came in.
    pub(super) fn received(&mut self) {
        self.forget_finished_head();
        self.idle_told = false;
        if self.patience.head.is_some() && self.head_from.is_none() && !self.activity.is_active() {
            self.head_from = Some(Instant::now());
        }
    }

    /// The socket has nothing to read.
    pub(super) fn waits_for_client(&mut self) {
        self.forget_finished_head();
        if self.idle_check.is_none() && !self.idle_told {
            self.idle_check = Some(Instant::now() + self.patience.idle);
        }
    }

    /// The socket takes nothing.
    pub(super) fn response_blocked(&mut self) {
        self.response_from.get_or_insert_with(Instant::now);
    }

    /// The socket has taken something.
    pub(super) fn response_moved(&mut self) {
        self.response_from = None;
    }

    fn forget_finished_head(&mut self) {
        let requests = self.activity.requests();
        if requests != self.seen_requests {
            self.seen_requests = requests;
            self.head_from = None;
        }
    }

    fn due(&self) -> Option<Instant> {
        let head = self.head_from.zip(self.patience.head).map(|(from, patience)| from + patience);
        let response = self.response_from.map(|from| from + self.patience.response);
        [head, self.idle_check, response].into_iter().flatten().min()
    }

    /// Ready once a deadline is over. Being idle is not an error; the task is told and ends the
    /// connection as the protocol wants it.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Expired> {
        while let Some(due) = self.due() {
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
            if self.armed.is_none_or(|armed| armed > due) {
                timer.as_mut().reset(due);
                self.armed = Some(due);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.armed = None;
            let now = Instant::now();
            let over =
                |from: Option<Instant>, patience: Duration| from.is_some_and(|from| from + patience <= now);
            if over(self.response_from, self.patience.response) {
                return Poll::Ready(Expired::Response);
            }
            if self.patience.head.is_some_and(|patience| over(self.head_from, patience)) {
                return Poll::Ready(Expired::Head);
            }
            if self.idle_check.is_some_and(|check| check <= now) {
                self.check_idle(now);
            }
        }
        Poll::Pending
    }

    fn check_idle(&mut self, now: Instant) {
        let busy = self.activity.is_active() || self.head_from.is_some();
        let since = if busy { now } else { self.activity.quiet_since() };
        let due = since + self.patience.idle;
        if due > now {
            self.idle_check = Some(due);
        } else {
            self.idle_check = None;
            self.idle_told = true;
            self.activity.tell_idle();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const PATIENCE: Patience = Patience {
        idle: Duration::from_secs(75),
        head: Some(Duration::from_secs(10)),
        response: Duration::from_secs(30),
    };

    fn deadlines(head: Option<Duration>) -> (Deadlines, Arc<Activity>) {
        let activity = Arc::new(Activity::default());
        (Deadlines::new(Patience { head, ..PATIENCE }, Arc::clone(&activity), None), activity)
    }

    async fn expires(deadlines: &mut Deadlines) -> (Expired, u64) {
        let from = Instant::now();
        let expired = poll_fn(|cx| deadlines.poll(cx)).await;
        (expired, from.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_its_time_from_the_first_byte_on() {
        let (mut deadlines, _) = deadlines(PATIENCE.head);
        deadlines.waits_for_client();
        tokio::time::advance(Duration::from_mins(1)).await;
        deadlines.received();
        deadlines.waits_for_client();
        tokio::time::advance(Duration::from_secs(4)).await;
        deadlines.received();
        deadlines.waits_for_client();
        assert_eq!(expires(&mut deadlines).await, (Expired::Head, 6));
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_head_has_its_own_time() {
        let (mut deadlines, activity) = deadlines(PATIENCE.head);
        for _ in 0..5 {
            deadlines.received();
            drop(activity.request());
            deadlines.waits_for_client();
            tokio::time::advance(Duration::from_secs(9)).await;
        }
        deadlines.received();
        deadlines.waits_for_client();
        assert_eq!(expires(&mut deadlines).await, (Expired::Head, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_told_and_not_cut() {
        for head in [PATIENCE.head, None] {
            let (mut deadlines, activity) = deadlines(head);
            let from = Instant::now();
            deadlines.waits_for_client();
            tokio::select! {
                _ = poll_fn(|cx| deadlines.poll(cx)) => panic!("being idle is no error"),
                () = activity.idle_for_long() => {}
            }
            assert_eq!(from.elapsed().as_secs(), 75);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn idle_begins_when_the_last_request_ends() {
        let (mut deadlines, activity) = deadlines(PATIENCE.head);
        deadlines.received();
        let request = activity.request();
        deadlines.waits_for_client();
        let waited = tokio::time::timeout(Duration::from_secs(1000), poll_fn(|cx| deadlines.poll(cx))).await;
        assert!(waited.is_err(), "nothing is due while a request runs");
        // Nobody looks at the socket when it ends.
        drop(request);
        let from = Instant::now();
        tokio::select! {
            _ = poll_fn(|cx| deadlines.poll(cx)) => panic!("being idle is no error"),
            () = activity.idle_for_long() => {}
        }
        assert_eq!(from.elapsed().as_secs(), 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_noticed_and_a_slow_one_is_not() {
        let (mut deadlines, activity) = deadlines(PATIENCE.head);
        let _request = activity.request();
        for _ in 0..5 {
            deadlines.response_blocked();
            let waited =
                tokio::time::timeout(Duration::from_secs(29), poll_fn(|cx| deadlines.poll(cx))).await;
            assert!(waited.is_err());
            deadlines.response_moved();
        }
        deadlines.response_blocked();
        assert_eq!(expires(&mut deadlines).await, (Expired::Response, 30));
    }
}
