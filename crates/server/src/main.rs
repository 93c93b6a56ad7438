//! The `weir` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    weir_server::run(std::env::args_os(), &std::env::vars_os().filter_map(text).collect())
}
