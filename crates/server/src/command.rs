//! The command line: one flag per option of the table, and what to do.

mod api;
mod check;
mod healthcheck;
mod history;
mod rollback;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::{
    ConfigError, FILE_VARIABLE, Layer, Origin, Resolved, SPECS, Setting, Spec, Unset, Variables, resolve,
};
use crate::server;

/// The configuration is wrong, or the command line.
const MISUSE: u8 = 2;

const PRECEDENCE: &str = "\
Every option can be given as a flag, as a variable (--limits-page is WEIR_LIMITS_PAGE) or in the TOML \
file that --config or WEIR_CONFIG names (limits.page). A flag counts before a variable, a variable \
before the file. `weir config reference` prints a file with every option and its default.";

/// Runs the program with these arguments and variables.
pub fn run(arguments: impl IntoIterator<Item = OsString>, variables: &BTreeMap<String, String>) -> ExitCode {
    let matches = match program().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(said) => {
            // Help and version are "errors" too; clap knows which of them is one.
            let _ = said.print();
            return ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(MISUSE));
        }
    };
    match matches.subcommand() {
        Some(("serve", options)) => match configured(options, variables) {
            Ok(resolved) => server::run(resolved.config),
            Err(error) => misuse(&error),
        },
        Some(("healthcheck", options)) => match configured(options, variables) {
            Ok(resolved) => healthcheck::run(options.get_one::<String>("url"), &resolved.config),
            Err(error) => misuse(&error),
        },
        Some(("history", options)) => history::run(options),
        Some(("rollback", options)) => rollback::run(options),
        Some(("config", config)) => match config.subcommand() {
            Some(("check", options)) => check::run(options, variables),
            _ => check::reference(),
        },
        _ => unreachable!("clap asks for a command"),
    }
}

fn program() -> Command {
    let serve = Command::new("serve").about("Serve the registry and the image API").after_help(PRECEDENCE);
    let healthcheck =
        Command::new("healthcheck").about("Ask a running server whether it is ready; exit 0 if it is").arg(
            Arg::new("url")
                .value_name("URL")
                .help("What to ask [default: /readyz of the configured address]"),
        );
    let check = Command::new("check")
        .about("Print the values that count and where each comes from; exit 2 if one is wrong")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("The file to check"),
        );
    let config = Command::new("config")
        .about("Look at the configuration")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check.args(options()))
        .subcommand(
            Command::new("reference").about("Print a file with every option, its meaning and its default"),
        );
    Command::new("weir")
        .about("An OCI registry that keeps an image record and the history of every tag")
        .version(env!("CARGO_PKG_VERSION"))
        // A wrapper sets its own, and whoever calls it has the last word.
        .args_override_self(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve.args(options()))
        .subcommand(healthcheck.args(options()))
        .subcommand(history::command())
        .subcommand(rollback::command())
        .subcommand(config)
}

/// One flag per option, and the one that names the file.
fn options() -> impl Iterator<Item = Arg> {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .help(format!("TOML file with options [default: none] [variable: {FILE_VARIABLE}]"));
    let option = |spec: &Spec| {
        let default = match spec.default {
            Unset::Value(text) | Unset::Means(text) => text,
        };
        let flag = Arg::new(spec.key)
            .long(spec.flag())
            .value_name(spec.value)
            .help(format!("{} [default: {default}] [variable: {}]", spec.help, spec.variable()))
            .hide_short_help(spec.key.contains('.'))
            .action(ArgAction::Set);
        if spec.is_switch() {
            flag.num_args(0..=1).require_equals(true).default_missing_value("true")
        } else {
            flag
        }
    };
    std::iter::once(file).chain(SPECS.iter().map(option))
}

fn configured(options: &ArgMatches, variables: &Variables) -> Result<Resolved, ConfigError> {
    let named = options.get_one::<PathBuf>("config").cloned();
    let file =
        named.or_else(|| variables.get(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from));
    resolve(flags(options), variables, file.as_deref())
}

fn flags(options: &ArgMatches) -> Layer {
    let given = |spec: &Spec| {
        let text = options.get_one::<String>(spec.key)?.clone();
        Some((spec.key, Setting { text, origin: Origin::Flag(spec.flag()) }))
    };
    SPECS.iter().filter_map(given).collect()
}

fn misuse(error: &ConfigError) -> ExitCode {
    complain(error);
    ExitCode::from(MISUSE)
}

/// Says on standard error what is wrong.
pub(crate) fn complain(error: &dyn std::fmt::Display) {
    // Where this cannot be written, nothing can.
    let _ = writeln!(io::stderr(), "weir: {}", error.to_string().replace('\n', "\nweir: "));
}

/// Writes the result of a command.
fn print(text: &str) -> ExitCode {
    // A reader that has seen enough is no failure.
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        program().debug_assert();
    }

    #[test]
    fn flags_reach_the_configuration() {
        let matches = program()
            .try_get_matches_from([
                "weir",
                "serve",
                "--data=/d",
                "--read-only",
                "--deletes-enabled=false",
                "--limits-page=9",
                "--limits-page",
                "7",
            ])
            .unwrap();
        let (_, options) = matches.subcommand().unwrap();
        let config = configured(options, &Variables::new()).unwrap().config;
        assert_eq!(config.data, PathBuf::from("/d"));
        assert!(config.read_only && !config.deletes);
        assert_eq!(config.limits.page, 7);
    }

    #[test]
    fn help_names_every_option_its_variable_and_its_default() {
        let mut program = program();
        let serve = program.find_subcommand_mut("serve").unwrap();
        let long = serve.render_long_help().to_string();
        for spec in SPECS {
            assert!(long.contains(&format!("--{}", spec.flag())), "{}", spec.key);
            assert!(long.contains(&spec.variable()), "{}", spec.key);
        }
        let short = serve.render_help().to_string();
        assert!(
            short.contains("--listen") && !short.contains("--limits-uploads"),
            "the rare ones stand in the long help"
        );
    }
}
