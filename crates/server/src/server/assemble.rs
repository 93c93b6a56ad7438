use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use weir_access::Access;
use weir_distribution::Distribution;
use weir_image_api::Namespace;
use weir_kube::{Kube, KubernetesVersion, Product};
use weir_metadata::{Engine, Options, Rollback, Synchronous};
use weir_registry::{Clock, Missing, Registry, Settings};
use weir_store::{LocalOptions, Store};

use super::error::ServeError;
use super::key_file;
use crate::app::{App, Places};
use crate::config::{Config, OnMissing};
use crate::health::Health;
use crate::telemetry::{Backends, Limit, Metrics, Sink, Telemetry};

/// The version of Kubernetes whose manners the image API has.
const KUBERNETES: KubernetesVersion = KubernetesVersion { major: 1, minor: 34 };

/// The parts, joined.
pub(super) struct Assembled {
    pub(super) app: App,
    pub(super) registry: Arc<Registry>,
}

/// Opens what is on disk and joins everything that answers requests.
pub(super) async fn assemble(
    config: &Config,
    address: SocketAddr,
    clock: &Arc<dyn Clock>,
    sink: &Sink,
    health: Arc<Health>,
    stop: &CancellationToken,
) -> Result<Assembled, ServeError> {
    let registry = Arc::new(open(config, address, Arc::clone(clock)).await?);
    let access = Access::open(config.open_to);
    let edge = weir_distribution::Settings {
        external_url: config.external_url.clone(),
        manifest_bytes: config.manifest_bytes,
        page_entries: config.limits.page,
    };
    let api = weir_kube::Settings {
        address: address.to_string(),
        kubernetes: KUBERNETES,
        product: product(),
        stop: stop.clone(),
    };
    let mut metrics = Metrics::new();
    metrics.collect(Backends { registry: Arc::clone(&registry), sink: sink.clone() });
    let telemetry = Arc::new(Telemetry::new(config.log, Arc::clone(clock), sink.clone(), metrics));
    let places = |most, limit| Places::new(most, limit, &telemetry);
    let app = App {
        uploads: places(config.limits.uploads, Limit::Uploads),
        api_requests: places(config.limits.api_requests, Limit::ApiRequests),
        watches: places(config.limits.watches, Limit::Watches),
        distribution: Distribution::new(Arc::clone(&registry), access.clone(), edge),
        kube: Kube::new(Arc::clone(&registry), access, Arc::clone(clock), &api),
        health,
        telemetry,
        stop: stop.clone(),
    };
    Ok(Assembled { app, registry })
}

/// The store comes first: it holds the lock that keeps a second process away from the records too.
async fn open(config: &Config, address: SocketAddr, clock: Arc<dyn Clock>) -> Result<Registry, ServeError> {
    let options = LocalOptions { cache_bytes: config.object_cache_bytes, ..LocalOptions::default() };
    let store = Store::open_local(&config.data, options).await?;
    let options = Options {
        host: hostname(config, address),
        public_host: config.public_hostname.clone(),
        synchronous: Synchronous::Full,
        cache_bytes: config.record_cache_bytes,
        rollback: Rollback::Refuse,
        secret_key: None,
    };
    let (folder, key_file) = (config.data.clone(), config.secret_key_file.clone());
    let open = move || -> Result<Engine, ServeError> {
        let secret_key = Some(key_file::key(&folder, key_file.as_deref())?);
        Ok(Engine::open(&folder, Options { secret_key, ..options })?)
    };
    let engine =
        tokio::task::spawn_blocking(open).await.expect("opening the records does nothing that panics")?;
    Ok(Registry::new(store, engine, clock, settings(config, address)))
}

fn settings(config: &Config, address: SocketAddr) -> Settings {
    let missing = |on_missing| match on_missing {
        OnMissing::Reject => Missing::Reject,
        OnMissing::Accept => Missing::Accept,
    };
    Settings {
        default_namespace: Namespace::parse(&config.default_namespace)
            .expect("the configuration takes only a legal first component of a repository name"),
        also_known_as: own_names(address),
        missing_blobs: missing(config.missing_blobs),
        missing_children: missing(config.missing_children),
        blob_limit: config.blob_bytes,
        deletes: config.deletes,
        read_only: config.read_only,
        automatic_mount: true,
        upload_idle_ms: millis(config.upload_idle),
        upload_life_ms: millis(config.upload_life),
    }
}

/// The names that lead here from the machine itself.
fn own_names(address: SocketAddr) -> Vec<String> {
    let port = address.port();
    vec![address.to_string(), format!("127.0.0.1:{port}"), format!("localhost:{port}")]
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The name in pull specs. "Every address" is the name of no machine, so the machine's own stands in
/// for it.
pub(super) fn hostname(config: &Config, address: SocketAddr) -> String {
    if let Some(hostname) = &config.hostname {
        return hostname.clone();
    }
    if !address.ip().is_unspecified() {
        return address.to_string();
    }
    let own = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let own = if own.trim().is_empty() { "localhost" } else { own.trim() };
    format!("{own}:{}", address.port())
}

fn product() -> Product {
    Product {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("WEIR_COMMIT").unwrap_or_default().to_owned(),
        build_date: option_env!("WEIR_BUILD_DATE").unwrap_or("1970-01-01T00:00:00Z").to_owned(),
        platform: format!("{}/{}", std::env::consts::OS, architecture()),
    }
}

/// The name Go gives it, which clients know.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests;
