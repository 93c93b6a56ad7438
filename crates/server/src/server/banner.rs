use std::net::SocketAddr;

use serde_json::json;
use weir_access::OpenTo;

use super::assemble::hostname;
use crate::config::{Config, LogFormat};
use crate::telemetry::stamp;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is said once the server serves: where, what, and who may do what.
pub(super) fn banner(config: &Config, address: SocketAddr, now_ms: u64) -> Vec<u8> {
    let data = std::path::absolute(&config.data).unwrap_or_else(|_| config.data.clone());
    let data = data.display();
    let host = hostname(config, address);
    let may = may(config);
    let text = match config.log.format {
        LogFormat::Text => {
            let from =
                if address.ip().is_loopback() { "on this machine" } else { "who can reach this address" };
            format!(
                "Weir {VERSION} serves http://{address}\n\
                 \x20 data    {data}\n\
                 \x20 access  everybody {from} may {may}, without logging in\n\
                 \x20 push    docker push {host}/demo/app:v1\n\
                 \x20 look    kubectl --server http://{address} get imagestreams -A\n",
            )
        }
        LogFormat::Json => {
            let line = json!({
                "timestamp": stamp(now_ms),
                "level": "INFO",
                "message": "serving",
                "version": VERSION,
                "url": format!("http://{address}"),
                "data": data.to_string(),
                "hostname": host,
                "everybody_may": may,
            });
            format!("{line}\n")
        }
    };
    text.into_bytes()
}

fn may(config: &Config) -> &'static str {
    match config.open_to {
        OpenTo::Read => "pull",
        _ if config.read_only => "pull",
        OpenTo::Admin if config.deletes => "pull, push and delete",
        OpenTo::Admin | OpenTo::Write => "pull and push",
    }
}
