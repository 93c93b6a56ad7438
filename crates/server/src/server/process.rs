use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

/// Descriptors that are no connection: the log, the database, the runtime.
const RESERVED: u64 = 64;
/// A connection has a socket and a file or two at its fullest.
const PER_CONNECTION: u64 = 4;

/// Sets what a process has once and for all.
pub(super) fn prepare(connections: usize) {
    // Nobody else on the machine reads the registry's files.
    umask(Mode::RWXG | Mode::RWXO);
    let limit = getrlimit(Resource::Nofile);
    let wanted = (connections as u64).saturating_mul(PER_CONNECTION).saturating_add(RESERVED);
    let possible = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if limit.current.is_some_and(|current| current < possible) {
        // Where it is refused, accepting pauses when descriptors run out.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum: limit.maximum });
    }
}
