//! What the server is told to do: the options as they were written, resolved once into a [`Config`]
//! that never changes afterwards.

mod file;
mod layers;
mod problem;
mod reader;
mod report;
mod spec;
mod units;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use weir_access::OpenTo;

use layers::merge;
pub(crate) use layers::{Layer, Origin, Setting};
pub(crate) use problem::ConfigError;
use reader::Reader;
pub(crate) use report::{reference, table};
pub(crate) use spec::{SPECS, Spec, Unset};

/// What the server is told to do.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) log: Log,
    /// What everybody who can connect may do.
    pub(crate) open_to: OpenTo,
    /// Name in pull specs; without one, what the listener is bound to.
    pub(crate) hostname: Option<String>,
    pub(crate) public_hostname: Option<String>,
    pub(crate) external_url: Option<String>,
    pub(crate) default_namespace: String,
    /// File with the key that secrets are encrypted with; without one, one beside the records.
    pub(crate) secret_key_file: Option<PathBuf>,
    pub(crate) read_only: bool,
    pub(crate) missing_blobs: OnMissing,
    pub(crate) missing_children: OnMissing,
    pub(crate) manifest_bytes: usize,
    pub(crate) blob_bytes: u64,
    pub(crate) upload_idle: Duration,
    pub(crate) upload_life: Duration,
    pub(crate) deletes: bool,
    pub(crate) record_cache_bytes: usize,
    pub(crate) object_cache_bytes: u64,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) drain_delay: Duration,
    pub(crate) drain_timeout: Duration,
    /// What the operator should know although nothing is wrong.
    pub(crate) notes: Vec<String>,
}

/// What to do about content that is named and not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnMissing {
    Reject,
    Accept,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) level: tracing::Level,
}

/// The form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// How much of anything there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connections: usize,
    pub(crate) connections_per_address: usize,
    pub(crate) request_head: usize,
    pub(crate) request_headers: usize,
    pub(crate) http2_streams: u32,
    pub(crate) uploads: usize,
    pub(crate) api_requests: usize,
    pub(crate) watches: usize,
    pub(crate) page: usize,
}

/// How long anything may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) body: Duration,
    pub(crate) blob_body: Duration,
    pub(crate) document: Duration,
    pub(crate) response: Duration,
}

/// Environment variables, passed in so that tests have their own.
pub(crate) type Variables = BTreeMap<String, String>;

/// The values that count, and where each came from.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) config: Config,
    pub(crate) settings: Layer,
}

/// Joins flags, variables, file and defaults, in that order of strength.
pub(crate) fn resolve(
    flags: Layer,
    variables: &Variables,
    file: Option<&std::path::Path>,
) -> Result<Resolved, ConfigError> {
    let mut layers = vec![flags, from_variables(variables)];
    if let Some(path) = file {
        layers.push(file::read(path).map_err(ConfigError)?);
    }
    layers.push(defaults());
    let settings = merge(layers);
    let mut config = Reader::new(&settings).config()?;
    config.notes.extend(unknown_variables(variables));
    Ok(Resolved { config, settings })
}

/// The variable that names the file. It is no option of the file itself.
pub(crate) const FILE_VARIABLE: &str = "WEIR_CONFIG";

fn from_variables(variables: &Variables) -> Layer {
    let mut layer = Layer::new();
    for spec in SPECS {
        let name = spec.variable();
        if let Some(text) = variables.get(&name) {
            layer.insert(spec.key, Setting { text: text.clone(), origin: Origin::Variable(name) });
        }
    }
    layer
}

fn defaults() -> Layer {
    let value = |spec: &Spec| match spec.default {
        Unset::Value(text) => Some((spec.key, Setting { text: text.to_owned(), origin: Origin::Default })),
        Unset::Means(_) => None,
    };
    SPECS.iter().filter_map(value).collect()
}

/// A misspelt variable would be ignored in silence. It is not refused, since Kubernetes sets
/// variables of its own for a service that is called weir.
fn unknown_variables(variables: &Variables) -> impl Iterator<Item = String> + '_ {
    variables
        .keys()
        .filter(|name| name.starts_with("WEIR_") && *name != FILE_VARIABLE)
        .filter(|name| !name.starts_with("WEIR_SERVICE_") && !name.starts_with("WEIR_PORT"))
        .filter(|name| SPECS.iter().all(|spec| spec.variable() != **name))
        .map(|name| format!("the variable {name} is no option and has no effect"))
}

#[cfg(test)]
mod tests;
