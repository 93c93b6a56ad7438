use std::path::PathBuf;
use std::process::ExitCode;

use clap::ArgMatches;

use super::{complain, configured, flags, misuse, print};
use crate::config::{self, Variables, resolve};

/// `weir config check [FILE]`
pub(super) fn run(options: &ArgMatches, variables: &Variables) -> ExitCode {
    let resolved = match options.get_one::<PathBuf>("file") {
        Some(file) => resolve(flags(options), variables, Some(file)),
        None => configured(options, variables),
    };
    match resolved {
        Ok(resolved) => {
            for note in &resolved.config.notes {
                complain(note);
            }
            print(&config::table(&resolved.settings))
        }
        Err(error) => misuse(&error),
    }
}

/// `weir config reference`
pub(super) fn reference() -> ExitCode {
    print(&config::reference())
}
