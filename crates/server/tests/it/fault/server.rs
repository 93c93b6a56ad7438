use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server of its own process, which these tests kill.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts one on a folder and waits until it says where it listens.
    pub(super) fn start(data: &Path, environment: &[(&str, String)]) -> Option<Server> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_weir"))
            .env_clear()
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "json/warn", "--data"])
            .arg(data)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built for this test");
        let mut lines = BufReader::new(process.stderr.take().expect("it is piped"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            // It may be killed before it gets that far.
            if lines.read_line(&mut line).unwrap_or(0) == 0 {
                process.wait().ok();
                return None;
            }
            if let Some(address) = address(&line) {
                break address;
            }
        };
        // Somebody has to read on, or the server would block on a full pipe.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Some(Server { process, address })
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The address in the line that says that it serves.
fn address(line: &str) -> Option<SocketAddr> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    value["url"].as_str()?.strip_prefix("http://")?.parse().ok()
}
