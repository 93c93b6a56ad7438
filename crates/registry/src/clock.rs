use std::time::{SystemTime, UNIX_EPOCH};

use weir_image_api::Timestamp;

/// What time it is. Rules never ask for it themselves; they are told.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// Whole seconds, as the image API shows them.
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(i64::try_from(self.now_ms() / 1000).unwrap_or(i64::MAX))
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}
