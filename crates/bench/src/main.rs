//! Measures Weir against other servers: one command starts Weir, Debian's `docker-registry` and, for downloads, nginx with the same
//! bytes, drives them alternately in one run, and prints ratios with medians as a Markdown table.
//!
//! ```text
//! cargo run --release -p weir-bench -- --weir target/release/weir
//! ```
//!
//! The map: [`options`] is the command line, [`servers`] starts and stops what is measured, [`content`] makes incompressible bytes
//! and images of them, [`http`] is a small blocking client, [`protocol`] the registry's verbs over it and [`image_api`] those of the image API,
//! [`drive`] the closed loop of many clients, [`watchers`] many connections that only listen, [`scenarios`] what is asked of the servers and how often, [`process`] processor time and memory from `/proc`,
//! [`report`] the tables. Nothing here depends on the crates of Weir: the harness is a client and sees what a client sees.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool: tables on standard output, progress on standard error"
)]

mod content;
mod drive;
mod failure;
mod http;
mod image_api;
mod options;
mod process;
mod protocol;
mod report;
mod scenarios;
mod servers;
mod watchers;

use std::process::ExitCode;

use failure::Failure;
use options::{Options, USAGE};
use scenarios::Bench;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("weir-bench: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Failure> {
    let Some(options) = Options::parse(std::env::args().skip(1))? else {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    let mut bench = Bench::new(options)?;
    scenarios::run(&mut bench);
    if bench.lists() {
        return Ok(ExitCode::SUCCESS);
    }
    print!("{}", report::render(&bench));
    Ok(if bench.failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
