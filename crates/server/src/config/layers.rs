use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Values of one place, by key.
pub(crate) type Layer = BTreeMap<&'static str, Setting>;

/// A value as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A flag of the command line.
    Flag(String),
    /// An environment variable.
    Variable(String),
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, if one can be named.
        line: Option<usize>,
    },
    /// Nobody set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(flag) => write!(f, "--{flag}"),
            Origin::Variable(name) => f.write_str(name),
            Origin::File { path, line: Some(line) } => write!(f, "{}:{line}", path.display()),
            Origin::File { path, line: None } => write!(f, "{}", path.display()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// Lays several layers over each other, the strongest first.
pub(crate) fn merge(layers: impl IntoIterator<Item = Layer>) -> Layer {
    let mut merged = Layer::new();
    for layer in layers {
        for (key, setting) in layer {
            merged.entry(key).or_insert(setting);
        }
    }
    merged
}
