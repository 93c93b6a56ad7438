/// One option: what it is called, what it is without being set, and what it means.
///
/// Flag, variable, key of the file, help text and reference all come from this table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    /// Key in the file. `limits.connections` is the flag `--limits-connections` and the variable
    /// `WEIR_LIMITS_CONNECTIONS`.
    pub(crate) key: &'static str,
    /// What stands for the value in the help text.
    pub(crate) value: &'static str,
    /// The value if nothing sets it.
    pub(crate) default: Unset,
    /// What it means, for a person.
    pub(crate) help: &'static str,
}

/// What an option is when nothing sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unset {
    /// This text, read like any other value.
    Value(&'static str),
    /// Nothing, which means what the text says.
    Means(&'static str),
}

impl Spec {
    pub(crate) fn flag(&self) -> String {
        self.key.replace('.', "-")
    }

    pub(crate) fn variable(&self) -> String {
        format!("WEIR_{}", self.key.replace(['.', '-'], "_").to_uppercase())
    }

    /// Whether the flag alone means `true`.
    pub(crate) fn is_switch(&self) -> bool {
        self.value == SWITCH
    }
}

const SWITCH: &str = "true|false";

/// Every option of the TOML file.
pub(crate) const SPECS: &[Spec] = &[
    spec("data", "DIR", "./weir-data", "Folder of blobs and records. It is created if it is missing"),
    spec("listen", "ADDR", "127.0.0.1:5000", "Address and port to listen on. Port 0 picks a free one"),
    spec(
        "log",
        "FORMAT/LEVEL",
        "text/info",
        "Format (text, json) and level (error, warn, info, debug, trace) of the log. From info on every request is a line",
    ),
    unset(
        "anonymous",
        "read|write|admin",
        "admin on a loopback address, refused on any other",
        "What everybody who can connect may do: pull; pull and push; everything, deleting included",
    ),
    unset(
        "hostname",
        "HOST[:PORT]",
        "the listen address",
        "Name of this registry in the pull specs of pushed images",
    ),
    unset(
        "public-hostname",
        "HOST[:PORT]",
        "none",
        "Name of this registry for clients outside, shown as publicDockerImageRepository",
    ),
    unset(
        "external-url",
        "URL",
        "Locations that start with /v2/",
        "Scheme, host and port that clients see, if answers must name it",
    ),
    spec("default-namespace", "NAME", "default", "Namespace of repositories whose name has no slash"),
    spec("read-only", SWITCH, "false", "Refuse everything that writes"),
    spec("verify-on-read", "off", "off", "Whether blobs are hashed while they are served"),
    unset(
        "secrets.key-file",
        "FILE",
        "secrets.key in the data folder, made at the first start",
        "File with the key that the values of secrets are encrypted with: 64 hexadecimal digits, readable by its owner only",
    ),
    spec(
        "manifests.missing-blobs",
        "reject|accept",
        "reject",
        "What to do with a manifest that names a config or layer the repository does not have",
    ),
    spec(
        "manifests.missing-children",
        "reject|accept",
        "accept",
        "What to do with an index that names a manifest the repository does not have",
    ),
    spec("manifests.max-size", "SIZE", "4MiB", "Largest manifest, at least 4MiB"),
    spec("blobs.max-size", "SIZE", "64GiB", "Largest blob"),
    spec("uploads.idle-expiry", "DURATION", "24h", "Time until an upload nobody continues is dropped"),
    spec("uploads.max-age", "DURATION", "7d", "Time until an upload is dropped, continued or not"),
    spec("deletes.enabled", SWITCH, "true", "Whether tags, manifests and blobs may be deleted"),
    spec("cache.records", "SIZE", "16MiB", "Memory for records of tags, manifests and blobs"),
    spec("cache.objects", "SIZE", "16MiB", "Memory for the bytes of small blobs"),
    spec("limits.connections", "NUMBER", "10000", "Open connections. Above, new ones wait"),
    spec(
        "limits.connections-per-address",
        "NUMBER",
        "512",
        "Open connections of one address, loopback excepted. Above, new ones are closed",
    ),
    spec("limits.request-head", "SIZE", "64KiB", "Longest request head"),
    spec("limits.request-headers", "NUMBER", "100", "Most header lines of a request"),
    spec("limits.http2-streams", "NUMBER", "250", "Most requests at a time on one HTTP/2 connection"),
    spec("limits.uploads", "NUMBER", "512", "Requests that bring blob content at a time. Above, 429"),
    spec(
        "limits.api-requests",
        "NUMBER",
        "400",
        "Requests to the Kubernetes API that are not answered yet, at a time. Above, 429",
    ),
    spec("limits.watches", "NUMBER", "10000", "Watches at a time. Above, 429"),
    spec("limits.page", "NUMBER", "1000", "Most entries of a page of tags or repositories"),
    spec("timeouts.head", "DURATION", "10s", "From the first byte of a request head to its last"),
    spec("timeouts.idle", "DURATION", "75s", "How long a connection without a request stays open"),
    spec("timeouts.body", "DURATION", "30s", "Longest gap in the body of a manifest or document"),
    spec("timeouts.blob-body", "DURATION", "2m", "Longest gap in the body of a blob"),
    spec("timeouts.document", "DURATION", "60s", "Time for the whole body of a manifest or document"),
    spec("timeouts.response", "DURATION", "30s", "How long a client may take no byte of a response"),
    spec(
        "shutdown.drain-delay",
        "DURATION",
        "5s",
        "After SIGTERM, time to go on accepting while /readyz says no. SIGINT does not wait",
    ),
    spec("shutdown.drain-timeout", "DURATION", "60s", "Time for running requests to end"),
];

const fn spec(key: &'static str, value: &'static str, default: &'static str, help: &'static str) -> Spec {
    Spec { key, value, default: Unset::Value(default), help }
}

const fn unset(key: &'static str, value: &'static str, means: &'static str, help: &'static str) -> Spec {
    Spec { key, value, default: Unset::Means(means), help }
}

/// The option with that key.
pub(crate) fn find(key: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rule_makes_flag_and_variable() {
        let spec = find("manifests.missing-blobs").unwrap();
        assert_eq!(spec.flag(), "manifests-missing-blobs");
        assert_eq!(spec.variable(), "WEIR_MANIFESTS_MISSING_BLOBS");
        assert_eq!(find("data").unwrap().variable(), "WEIR_DATA");
    }

    #[test]
    fn no_two_options_share_a_name() {
        let names =
            |name: fn(&Spec) -> String| SPECS.iter().map(name).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(names(Spec::flag).len(), SPECS.len());
        assert_eq!(names(Spec::variable).len(), SPECS.len());
    }
}
