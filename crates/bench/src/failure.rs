//! What can go wrong in a run, said so that the reader knows which server and which request.

use std::fmt;
use std::io;

/// Characters of an unexpected answer that are shown.
const SHOWN: usize = 300;

/// A failure of the harness or an answer that was not the expected one.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The operating system refused something.
    Io { doing: String, source: io::Error },
    /// A server answered something else than it had to.
    Answer { request: String, got: String },
    /// The command line or the machine does not allow the run.
    Setup(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(f, "{doing}: {source}"),
            Self::Answer { request, got } => {
                let got = got.trim();
                let shown: String = got.chars().take(SHOWN).collect();
                let more = if shown.len() < got.len() { "…" } else { "" };
                write!(f, "{request}: {shown}{more}")
            }
            Self::Setup(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

/// Says what was attempted when an I/O call failed.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|source| Failure::Io { doing: what(), source })
    }
}
