//! A running server, and programs that end by themselves.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::http::Client;

/// Long enough for a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program, without any variable of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.env_clear();
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

/// A server in a folder of its own. Killed when it is dropped.
pub(crate) struct Weir {
    child: Child,
    pub(crate) address: SocketAddr,
    lines: mpsc::Receiver<String>,
    pub(crate) folder: tempfile::TempDir,
}

impl Weir {
    pub(crate) fn start(arguments: &[&str]) -> Weir {
        Weir::start_in(tempfile::tempdir().unwrap(), arguments)
    }

    /// Starts on what is in the folder, and waits until it serves.
    pub(crate) fn start_in(folder: tempfile::TempDir, arguments: &[&str]) -> Weir {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--shutdown-drain-delay", "0s", "--data"])
            .arg(folder.path().join("data"))
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let mut address = None;
        while address.is_none() {
            let line = lines.recv_timeout(PATIENCE).expect("it says that it serves");
            address = line
                .split("http://")
                .nth(1)
                .and_then(|rest| rest.trim_end_matches(['"', '}']).split('"').next()?.parse().ok());
        }
        Weir { child, address: address.unwrap(), lines, folder }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Waits for a line of the log that holds the text.
    pub(crate) fn line(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line says {text}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Ends in order and hands the folder on.
    pub(crate) fn stop(mut self) -> tempfile::TempDir {
        self.signal(Signal::INT);
        assert!(self.wait().success());
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

impl Drop for Weir {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
