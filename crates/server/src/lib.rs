//! The `weir` program: configuration, listener, limits, telemetry, lifecycle.
//!
//! This is the only crate that knows hyper, clap and the system's signals, and the only one that
//! names concrete engines. A request passes through it like this:
//!
//! 1. `listener` accepts the connection, tells the protocol, and lets hyper read the head;
//! 2. `exchange` gives the request a name and begins its account;
//! 3. `app` chooses who answers by the first segment of the path;
//! 4. `body` carries bytes both ways, with clocks on what comes in;
//! 5. `wire` sends them; a stored file goes from the page cache to the socket by itself;
//! 6. when the last of these lets go of the exchange, `telemetry` counts it and writes its line.
//!
//! `config` turns flags, variables and the file into one immutable value, `server` is the life of
//! the process from the first signal handler to the last flush, `command` is the command line.

mod app;
mod body;
mod command;
mod config;
mod exchange;
mod health;
mod listener;
mod server;
mod telemetry;
mod wire;

pub use command::run;
