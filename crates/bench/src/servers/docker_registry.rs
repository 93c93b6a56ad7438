//! Debian's docker-registry with its packaged settings, but for authentication, address, folder and the access log, which Weir
//! does not write here either.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::failure::{Doing as _, Failure};

pub(super) fn configure(command: &mut Command, address: SocketAddr, folder: &Path) -> Result<(), Failure> {
    let config = folder.join("config.yml");
    let data = folder.join("data");
    let text = format!(
        "version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: {data}
  delete:
    enabled: true
http:
  addr: {address}
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
",
        data = data.display()
    );
    fs::write(&config, text).doing(|| format!("write {}", config.display()))?;
    command.arg("serve").arg(config);
    Ok(())
}
