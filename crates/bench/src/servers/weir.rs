//! Weir as it comes: durable, no configuration, no log line per request.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

pub(super) fn configure(command: &mut Command, address: SocketAddr, folder: &Path) {
    command
        .arg("serve")
        .args(["--listen", &address.to_string()])
        .arg("--data")
        .arg(folder.join("data"))
        .args(["--log", "text/warn"]);
}
