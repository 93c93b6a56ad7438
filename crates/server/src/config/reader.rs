use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;
use weir_access::OpenTo;
use weir_oci::RepositoryName;

use super::layers::{Layer, Origin};
use super::problem::{ConfigError, Problem};
use super::spec::{Unset, find};
use super::units::{parse_duration, parse_size};
use super::{Config, Limits, Log, LogFormat, OnMissing, Timeouts};

/// The least a registry must take as a manifest (distribution-spec, "Pushing Manifests").
const LEAST_MANIFEST: u64 = 4 << 20;
/// hyper takes no smaller buffer, and a head must fit into it.
const LEAST_HEAD: u64 = 8 << 10;
/// More of anything than a machine can have. Where counts end up, not every number fits.
const MOST_COUNT: usize = 1_000_000_000;

/// Turns texts into values and gathers every mistake on the way.
pub(super) struct Reader<'a> {
    settings: &'a Layer,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(settings: &'a Layer) -> Reader<'a> {
        Reader { settings, problems: Vec::new() }
    }

    pub(super) fn config(mut self) -> Result<Config, ConfigError> {
        let listen = self.value("listen", parse_address);
        let open_to = self.optional("anonymous", parse_open_to);
        self.only("verify-on-read", "off");
        let config = Config {
            data: self.value("data", |text| {
                if text.is_empty() { Err("is empty".to_owned()) } else { Ok(PathBuf::from(text)) }
            }),
            listen,
            log: self.value("log", parse_log),
            open_to: open_to.unwrap_or_else(|| self.open_to_everybody_near(listen)),
            hostname: self.optional("hostname", parse_host),
            public_hostname: self.optional("public-hostname", parse_host),
            external_url: self.optional("external-url", parse_url),
            default_namespace: self.value("default-namespace", parse_namespace),
            secret_key_file: self.optional("secrets.key-file", |text| Ok(PathBuf::from(text))),
            read_only: self.value("read-only", parse_switch),
            missing_blobs: self.value("manifests.missing-blobs", parse_missing),
            missing_children: self.value("manifests.missing-children", parse_missing),
            manifest_bytes: self.size_from("manifests.max-size", LEAST_MANIFEST),
            blob_bytes: self.value("blobs.max-size", parse_size),
            upload_idle: self.duration("uploads.idle-expiry"),
            upload_life: self.duration("uploads.max-age"),
            deletes: self.value("deletes.enabled", parse_switch),
            record_cache_bytes: self.size_from("cache.records", 0),
            object_cache_bytes: self.value("cache.objects", parse_size),
            limits: self.limits(),
            timeouts: self.timeouts(),
            drain_delay: self.value("shutdown.drain-delay", parse_duration),
            drain_timeout: self.value("shutdown.drain-timeout", parse_duration),
            notes: Vec::new(),
        };
        if self.problems.is_empty() { Ok(config) } else { Err(ConfigError(self.problems)) }
    }

    fn limits(&mut self) -> Limits {
        Limits {
            connections: self.count("limits.connections"),
            connections_per_address: self.count("limits.connections-per-address"),
            request_head: self.size_from("limits.request-head", LEAST_HEAD),
            request_headers: self.count("limits.request-headers"),
            http2_streams: u32::try_from(self.count("limits.http2-streams")).unwrap_or(u32::MAX),
            uploads: self.count("limits.uploads"),
            api_requests: self.count("limits.api-requests"),
            watches: self.count("limits.watches"),
            page: self.count("limits.page"),
        }
    }

    fn timeouts(&mut self) -> Timeouts {
        Timeouts {
            head: self.duration("timeouts.head"),
            idle: self.duration("timeouts.idle"),
            body: self.duration("timeouts.body"),
            blob_body: self.duration("timeouts.blob-body"),
            document: self.duration("timeouts.document"),
            response: self.duration("timeouts.response"),
        }
    }

    /// A value that is set or has a default. A text that cannot be read is noted, and the default
    /// stands in, so that the other options are looked at too.
    fn value<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        match self.optional(key, &parse) {
            Some(value) => value,
            None => match find(key).map(|spec| spec.default) {
                Some(Unset::Value(text)) => parse(text).expect("the defaults of the table can be read"),
                _ => panic!("{key} is not an option with a default"),
            },
        }
    }

    fn optional<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        assert!(find(key).is_some(), "{key} is not in the table of options");
        let setting = self.settings.get(key)?;
        match parse(&setting.text) {
            Ok(value) => Some(value),
            Err(text) => {
                self.problem(key, &text);
                None
            }
        }
    }

    fn count(&mut self, key: &str) -> usize {
        self.value(key, |text| match text.parse() {
            Ok(0) => Err("must be at least 1".to_owned()),
            Ok(count) if count > MOST_COUNT => Err(format!("must be at most {MOST_COUNT}")),
            Ok(count) => Ok(count),
            Err(_) => Err(format!("{text:?} is no number")),
        })
    }

    fn size_from(&mut self, key: &str, least: u64) -> usize {
        self.value(key, |text| match parse_size(text)? {
            size if size < least => Err(format!("{text} is less than {} KiB", least >> 10)),
            size => {
                usize::try_from(size).map_err(|_| format!("{text} is more than this machine can address"))
            }
        })
    }

    fn duration(&mut self, key: &str) -> Duration {
        self.value(key, |text| match parse_duration(text)? {
            Duration::ZERO => Err("must be longer than 0s".to_owned()),
            duration => Ok(duration),
        })
    }

    fn only(&mut self, key: &str, supported: &str) {
        let check = |text: &str| match text {
            text if text == supported => Ok(()),
            text => Err(format!("{text:?} is not supported by this version; leave it {supported}")),
        };
        self.value(key, check);
    }

    /// Without access control, an address that others can reach must not be opened by accident.
    fn open_to_everybody_near(&mut self, listen: SocketAddr) -> OpenTo {
        if !listen.ip().is_loopback() && !self.settings.contains_key("anonymous") {
            self.problem(
                "listen",
                &format!(
                    "{listen} can be reached from other machines and there is no access control. Say what everybody \
                     may do with --anonymous read, --anonymous write or --anonymous admin (WEIR_ANONYMOUS, key \
                     anonymous), or listen on a loopback address such as 127.0.0.1:{}",
                    listen.port()
                ),
            );
        }
        OpenTo::Admin
    }

    fn problem(&mut self, key: &str, text: &str) {
        let origin = self.settings.get(key).map_or(Origin::Default, |setting| setting.origin.clone());
        self.problems.push(Problem { origin, text: format!("{key}: {text}") });
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let near = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    near.as_deref().unwrap_or(text).parse().map_err(|_| {
        format!("{text:?} is no address; write it like 127.0.0.1:5000, or 0.0.0.0:5000 or [::]:5000 for every interface")
    })
}

fn parse_open_to(text: &str) -> Result<OpenTo, String> {
    match text {
        "read" => Ok(OpenTo::Read),
        "write" => Ok(OpenTo::Write),
        "admin" => Ok(OpenTo::Admin),
        _ => Err(format!("{text:?} is none of read, write, admin")),
    }
}

fn parse_log(text: &str) -> Result<Log, String> {
    let refuse = || format!("{text:?} is no log setting; write it like text/info, json/info or text/debug");
    let (format, level) = text.split_once('/').ok_or_else(refuse)?;
    let format = match format {
        "text" => LogFormat::Text,
        "json" => LogFormat::Json,
        _ => return Err(refuse()),
    };
    let level = match level {
        "error" => Level::ERROR,
        "warn" => Level::WARN,
        "info" => Level::INFO,
        "debug" => Level::DEBUG,
        "trace" => Level::TRACE,
        _ => return Err(refuse()),
    };
    Ok(Log { format, level })
}

/// What stands before the first slash of a pull spec.
fn parse_host(text: &str) -> Result<String, String> {
    let refuse = || format!("{text:?} is no host name; write it like registry.example.com or 10.0.0.5:5000");
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') && (!host.contains(':') || host.ends_with(']')) => {
            (host, Some(port))
        }
        _ => (text, None),
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let legal = match inner {
        Some(address) => matches!(address.parse(), Ok(IpAddr::V6(_))),
        None => {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
                && !host.starts_with(['-', '.'])
                && !host.ends_with(['-', '.'])
        }
    };
    if legal && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0)) {
        Ok(text.to_owned())
    } else {
        Err(refuse())
    }
}

fn parse_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest.map(|rest| parse_host(rest.trim_end_matches('/'))) {
        Some(Ok(_)) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err(format!(
            "{text:?} is no URL of a host; write it like https://registry.example.com, without a path"
        )),
    }
}

fn parse_namespace(text: &str) -> Result<String, String> {
    match RepositoryName::parse(text) {
        Ok(_) if !text.contains('/') => Ok(text.to_owned()),
        _ => Err(format!("{text:?} cannot be the first part of a repository name")),
    }
}

fn parse_switch(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| format!("{text:?} is neither true nor false"))
}

fn parse_missing(text: &str) -> Result<OnMissing, String> {
    match text {
        "reject" => Ok(OnMissing::Reject),
        "accept" => Ok(OnMissing::Accept),
        _ => Err(format!("{text:?} is neither reject nor accept")),
    }
}
