//! The `weir` program from outside: its command line, its start, its answers, its end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod arrows;
mod command_line;
mod fault;
mod http;
mod lifecycle;
mod overload;
mod serving;
mod weir;
