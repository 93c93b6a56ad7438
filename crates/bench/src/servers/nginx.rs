//! nginx with the same bytes as static files, set up to be as fast as it can.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use crate::content::Blob;
use crate::failure::{Doing as _, Failure};

pub(super) fn configure(command: &mut Command, address: SocketAddr, folder: &Path) -> Result<(), Failure> {
    let config = folder.join("nginx.conf");
    let root = folder.join("files");
    fs::create_dir_all(root.join("v2")).doing(|| format!("create {}", root.display()))?;
    // Started by root, workers would become another user, who may not read the folder.
    let owner = fs::metadata("/proc/self").doing(|| "find who runs this".to_owned())?.uid();
    let user = if owner == 0 { "user root root;" } else { "" };
    let text = format!(
        "{user}
daemon off;
worker_processes auto;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{
    worker_connections 4096;
}}
http {{
    access_log off;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    open_file_cache max=10000 inactive=1h;
    open_file_cache_valid 1h;
    open_file_cache_min_uses 1;
    client_body_temp_path {folder}/tmp-body;
    proxy_temp_path {folder}/tmp-proxy;
    fastcgi_temp_path {folder}/tmp-fastcgi;
    uwsgi_temp_path {folder}/tmp-uwsgi;
    scgi_temp_path {folder}/tmp-scgi;
    server {{
        listen {address} backlog=1024;
        root {root};
    }}
}}
",
        folder = folder.display(),
        root = root.display()
    );
    fs::write(&config, text).doing(|| format!("write {}", config.display()))?;
    command.arg("-p").arg(folder).arg("-c").arg(config).args(["-e", "stderr"]);
    Ok(())
}

pub(super) fn place(folder: &Path, path: &str, blob: &Blob) -> Result<(), Failure> {
    let file = folder.join("files").join(path.trim_start_matches('/'));
    let write = || {
        fs::create_dir_all(file.parent().expect("the path has a folder"))?;
        let mut out = File::create(&file)?;
        for part in blob.parts() {
            out.write_all(part)?;
        }
        Ok(())
    };
    write().doing(|| format!("write {}", file.display()))
}
