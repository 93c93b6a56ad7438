use std::fmt;
use std::sync::Arc;

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::prelude::*;
use weir_registry::Clock;

use super::Sink;
use super::stamp::Stamp;
use crate::config::{Log, LogFormat};

/// Sends events of every crate to the sink. Libraries below only get a word in when something is
/// wrong: at debug, HTTP/2 alone would write thousands of lines for one pull.
pub(crate) fn install(log: Log, clock: Arc<dyn Clock>, sink: Sink) {
    let others = log.level.min(Level::WARN);
    let filter = Targets::new().with_default(others).with_target("weir", log.level);
    let format = tracing_subscriber::fmt::layer()
        .with_timer(Timer(clock))
        .with_ansi(false)
        .with_writer(move || sink.clone());
    let registry = tracing_subscriber::registry().with(filter);
    // A second call can only come from a test that runs two servers in one process; the first
    // subscriber goes on.
    let _ = match log.format {
        LogFormat::Text => registry.with(format).try_init(),
        LogFormat::Json => registry.with(format.json().flatten_event(true)).try_init(),
    };
    std::panic::set_hook(Box::new(|panic| tracing::error!(target: "weir", "{panic}")));
}

struct Timer(Arc<dyn Clock>);

impl FormatTime for Timer {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        write!(w, "{}", Stamp(self.0.now_ms()))
    }
}
