//! The command line.

use std::path::PathBuf;

use crate::failure::Failure;

pub(crate) const USAGE: &str = "\
Usage: weir-bench [OPTIONS]

  --weir PATH   the weir program; without it only the other servers are driven
  --rounds N    rounds that count, after one for warming up [default: 5, with --quick 1]
  --only TEXT   only scenarios whose name contains TEXT; `a|b` is either, `a.*b` one after the other
  --quick       small counts and sizes: shows that everything works, its figures mean nothing
  --full        10^6 images, and docker-registry with 10^5 tags as well
  --work DIR    folder for the servers' data, on the disk to measure [default: target/bench]
  --keep        leave logs and configuration of the servers in the folder afterwards
  --list        print the names of the scenarios
  --help        print this
";

/// What the user asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) weir: Option<PathBuf>,
    pub(crate) rounds: usize,
    pub(crate) only: Option<Pattern>,
    pub(crate) scale: Scale,
    pub(crate) work: PathBuf,
    pub(crate) keep: bool,
    pub(crate) list: bool,
}

/// How much is done per scenario.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scale {
    Quick,
    Normal,
    Full,
}

impl Scale {
    /// One of two figures, the second for `--quick`.
    pub(crate) fn pick<T>(self, normal: T, quick: T) -> T {
        if self == Self::Quick { quick } else { normal }
    }
}

impl Options {
    /// `None` when the usage was asked for.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Self>, Failure> {
        let mut options = Self {
            weir: None,
            rounds: 0,
            only: None,
            scale: Scale::Normal,
            work: PathBuf::from("target/bench"),
            keep: false,
            list: false,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let (name, inline) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let mut value = || {
                inline
                    .clone()
                    .or_else(|| arguments.next())
                    .ok_or_else(|| Failure::Setup(format!("{name} needs a value")))
            };
            match name.as_str() {
                "--weir" => options.weir = Some(PathBuf::from(value()?)),
                "--rounds" => options.rounds = rounds(&value()?)?,
                "--only" => options.only = Some(Pattern::new(&value()?)),
                "--work" => options.work = PathBuf::from(value()?),
                "--quick" => options.scale = Scale::Quick,
                "--full" => options.scale = Scale::Full,
                "--keep" => options.keep = true,
                "--list" => options.list = true,
                "--help" | "-h" => return Ok(None),
                _ => return Err(Failure::Setup(format!("unknown argument {name}\n\n{USAGE}"))),
            }
        }
        if options.rounds == 0 {
            options.rounds = options.scale.pick(5, 1);
        }
        Ok(Some(options))
    }
}

fn rounds(text: &str) -> Result<usize, Failure> {
    text.parse()
        .ok()
        .filter(|rounds| *rounds > 0)
        .ok_or_else(|| Failure::Setup(format!("--rounds needs a number above zero, not {text}")))
}

/// A choice of scenario names: alternatives of pieces that follow each other.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<Vec<String>>);

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        let pieces = |alternative: &str| alternative.split(".*").map(str::to_lowercase).collect();
        Self(text.split('|').map(pieces).collect())
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.0.iter().any(|pieces| {
            let mut rest = name.as_str();
            pieces.iter().all(|piece| match rest.find(piece.as_str()) {
                Some(at) => {
                    rest = &rest[at + piece.len()..];
                    true
                }
                None => false,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_takes_alternatives_and_sequences() {
        let pattern = Pattern::new("blob.*64|mount");
        assert!(pattern.matches("blob 1 KiB, 64 clients"));
        assert!(pattern.matches("Mounts and manifest, 1 client"));
        assert!(!pattern.matches("blob 1 KiB, 8 clients"));
        assert!(!pattern.matches("64 then blob"));
    }

    #[test]
    fn arguments_with_and_without_equals_sign() {
        let parse = |text: &str| Options::parse(text.split(' ').map(str::to_owned));
        let options = parse("--rounds=3 --weir x/weir --quick").unwrap().unwrap();
        assert_eq!(options.rounds, 3);
        assert_eq!(options.weir, Some(PathBuf::from("x/weir")));
        assert_eq!(options.scale, Scale::Quick);
        assert!(parse("--rounds 0").is_err());
        assert!(parse("--nonsense").is_err());
        assert!(parse("--help").unwrap().is_none());
    }
}
