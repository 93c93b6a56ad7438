use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// What happens on one connection, shared by its socket, its requests and its task.
#[derive(Debug)]
pub(crate) struct Activity {
    active: AtomicUsize,
    /// Requests so far: the socket sees by it that a head has ended.
    requests: AtomicUsize,
    begun: Instant,
    /// Milliseconds from then to when nothing was going on any more.
    quiet_ms: AtomicU64,
    idle_for_long: Notify,
}

/// Counts as something going on until it is dropped.
#[derive(Debug)]
pub(crate) struct Active(Arc<Activity>);

impl Default for Activity {
    fn default() -> Activity {
        Activity {
            active: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            begun: Instant::now(),
            quiet_ms: AtomicU64::new(0),
            idle_for_long: Notify::new(),
        }
    }
}

impl Activity {
    /// Notes that a request has begun.
    pub(crate) fn request(self: &Arc<Activity>) -> Active {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.busy()
    }

    /// Notes that something other than a request keeps the connection busy.
    pub(crate) fn busy(self: &Arc<Activity>) -> Active {
        self.active.fetch_add(1, Ordering::Relaxed);
        Active(Arc::clone(self))
    }

    pub(super) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed) > 0
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Since when nothing is going on; without meaning while something is.
    pub(super) fn quiet_since(&self) -> Instant {
        self.begun + Duration::from_millis(self.quiet_ms.load(Ordering::Relaxed))
    }

    pub(super) fn tell_idle(&self) {
        self.idle_for_long.notify_one();
    }

    /// Waits until nothing has happened for so long that the connection should end.
    pub(crate) async fn idle_for_long(&self) {
        self.idle_for_long.notified().await;
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let quiet = u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.quiet_ms.store(quiet, Ordering::Relaxed);
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
