//! The life of a server: start, readiness, service, drain, end.

mod assemble;
mod background;
mod banner;
mod error;
mod key_file;
mod process;
mod signals;

use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use weir_registry::{Clock, Registry, SystemClock};

use crate::command::complain;
use crate::config::Config;
use crate::health::Health;
use crate::listener::{Shared, serve};
use crate::telemetry::{Sink, install};
use assemble::Assembled;
use error::ServeError;
use signals::{Signal, Signals};

/// Threads for what blocks: files, flushes, opening the records. More would only queue in the kernel.
const BLOCKING_THREADS: usize = 32;
/// A blocking call that is stuck in the kernel must not keep a stopped server alive.
const LAST_CALLS: Duration = Duration::from_secs(1);

/// Serves until a signal ends it.
pub(crate) fn run(config: Config) -> ExitCode {
    match start(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn start(config: Config) -> Result<(), ServeError> {
    process::prepare(config.limits.connections);
    let (sink, written) = Sink::start(std::io::stderr()).map_err(ServeError::Thread)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    install(config.log, Arc::clone(&clock), sink.clone());
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).max(2);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("weir")
        .enable_all()
        .build()
        .map_err(ServeError::Thread)?;
    let result = runtime.block_on(live(config, clock, sink));
    runtime.shutdown_timeout(LAST_CALLS);
    drop(written);
    result
}

async fn live(config: Config, clock: Arc<dyn Clock>, sink: Sink) -> Result<(), ServeError> {
    // Signals count from here on: one that comes during the start ends the server in order.
    let mut signals = Signals::listen().map_err(ServeError::Thread)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| ServeError::Listen { address: config.listen, source })?;
    let address =
        listener.local_addr().map_err(|source| ServeError::Listen { address: config.listen, source })?;
    let health = Arc::new(Health::default());
    let tasks = TaskTracker::new();
    let stop = CancellationToken::new();
    let Assembled { app, registry } =
        assemble::assemble(&config, address, &clock, &sink, Arc::clone(&health), &stop).await?;
    let telemetry = Arc::clone(&app.telemetry);
    background::ask_once(&registry, &health).await;
    background::start(&registry, &health, &clock, &tasks, &stop);
    let shared = Shared {
        handler: app,
        limits: config.limits,
        timeouts: config.timeouts,
        telemetry,
        tasks: tasks.clone(),
        stop: stop.clone(),
    };
    tasks.spawn(serve(listener, Arc::new(shared)));
    sink.offer(&banner::banner(&config, address, clock.now_ms()));

    let signal = signals.next().await;
    health.stop();
    tokio::select! {
        () = drain(&config, signal, &registry, &tasks, &stop) => {}
        _ = signals.next() => {
            // As safe as being killed, which is always safe.
            tracing::warn!("stopping at once");
            return Ok(());
        }
    }
    registry.engine().close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Lets running requests end.
async fn drain(
    config: &Config,
    signal: Signal,
    registry: &Registry,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    // Somebody at a terminal has no balancer that must notice first.
    if signal == Signal::Terminate {
        tracing::info!(delay = ?config.drain_delay, "stopping, still accepting");
        tokio::time::sleep(config.drain_delay).await;
    }
    tracing::info!(timeout = ?config.drain_timeout, "finishing the requests that run");
    stop.cancel();
    tasks.close();
    let settled = async {
        tasks.wait().await;
        registry.settle().await;
    };
    if tokio::time::timeout(config.drain_timeout, settled).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
}
