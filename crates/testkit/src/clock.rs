use std::sync::atomic::{AtomicU64, Ordering};

use weir_registry::Clock;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that shows 2026-02-03T10:16:00Z, the time of the golden example of the image API.
    pub fn new() -> ManualClock {
        ManualClock(AtomicU64::new(1_770_113_760_000))
    }

    /// Moves it forward.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> ManualClock {
        ManualClock::new()
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
