use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// What happens on one connection, shared by its socket, its requests and its task.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    active: AtomicUsize,
    /// Requests so far: the socket sees by it that a head has ended.
    requests: AtomicUsize,
    idle_for_long: Notify,
}

/// Counts as something going on until it is dropped.
#[derive(Debug)]
pub(crate) struct Active(Arc<Activity>);

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

    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed) > 0
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
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
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}
