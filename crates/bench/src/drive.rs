//! The closed loop: some clients, each with one connection, ask as fast as they are answered.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::http::{Client, Received};
use crate::process;
use crate::protocol::Check;
use crate::servers::Server;

/// How much is asked in one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) clients: usize,
    /// The run ends after so long.
    pub(crate) window: Option<Duration>,
    /// The run ends after so many operations.
    pub(crate) most: usize,
}

impl Load {
    /// A number of operations, however long they take.
    pub(crate) fn count(clients: usize, most: usize) -> Self {
        Self { clients, window: None, most }
    }

    /// A time, and no more operations than were prepared.
    pub(crate) fn window(clients: usize, window: Duration, most: usize) -> Self {
        Self { clients, window: Some(window), most }
    }
}

/// One operation to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// Its number among all clients of the run.
    pub(crate) index: usize,
    pub(crate) deadline: Option<Instant>,
    pub(crate) check: Check,
}

/// What an operation moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    /// One, or the part of a download that fitted in the window.
    pub(crate) share: f64,
}

impl Done {
    pub(crate) const WHOLE: Self = Self { share: 1.0 };

    pub(crate) fn part(received: Received, length: u64) -> Self {
        if received.complete { Self::WHOLE } else { Self { share: float(received.bytes) / float(length) } }
    }
}

/// The figures of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) operations: f64,
    pub(crate) seconds: f64,
    pub(crate) server_seconds: f64,
    pub(crate) client_seconds: f64,
    pub(crate) median: Duration,
    pub(crate) late: Duration,
}

/// An operation: called by all clients at once.
pub(crate) type Work<'a> = dyn Fn(&mut Client, Turn) -> Result<Done, Failure> + Sync + 'a;

pub(crate) fn drive(server: &Server, load: Load, check: Check, work: &Work<'_>) -> Result<Sample, Failure> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let gate = Barrier::new(load.clients + 1);
    let client_loop = || -> Result<Tally, Failure> {
        let mut client = Client::new(server.address());
        let connected = client.connect();
        gate.wait();
        let deadline = load.window.map(|window| Instant::now() + window);
        let mut tally = Tally::default();
        connected.inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
        while !failed.load(Ordering::Relaxed) {
            let begun = Instant::now();
            if deadline.is_some_and(|deadline| begun >= deadline) {
                break;
            }
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= load.most {
                break;
            }
            let done = work(&mut client, Turn { index, deadline, check })
                .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            tally.operations += done.share;
            if done.share >= 1.0 {
                tally.latencies.push(begun.elapsed());
            }
        }
        Ok(tally)
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..load.clients).map(|_| scope.spawn(client_loop)).collect();
        gate.wait();
        let begun = Instant::now();
        let (server_before, client_before) = (server.family().time()?, process::own_time()?);
        let mut sum = Tally::default();
        for client in clients {
            let tally = client.join().expect("a client does not panic")?;
            sum.operations += tally.operations;
            sum.latencies.extend(tally.latencies);
        }
        let seconds = begun.elapsed().as_secs_f64();
        let server_seconds = server.family().time()?.saturating_sub(server_before).as_secs_f64();
        let client_seconds = process::own_time()?.saturating_sub(client_before).as_secs_f64();
        sum.latencies.sort_unstable();
        let rank = |percent: usize| {
            sum.latencies.get(sum.latencies.len() * percent / 100).copied().unwrap_or_default()
        };
        Ok(Sample {
            operations: sum.operations,
            seconds,
            server_seconds,
            client_seconds,
            median: rank(50),
            late: rank(99),
        })
    })
}

#[derive(Debug, Default)]
struct Tally {
    operations: f64,
    latencies: Vec<Duration>,
}

/// Exact up to 2^53, far above any count here.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
