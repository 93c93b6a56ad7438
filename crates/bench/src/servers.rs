//! Starting and stopping what is measured.

mod docker_registry;
mod nginx;
mod weir;

use std::fmt;
use std::fs::{self, File};
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::content::Blob;
use crate::failure::{Doing as _, Failure};
use crate::http::{Body, Client, Request};
use crate::process::Family;
use crate::protocol::Target;

/// A part in a comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Peer {
    /// What is measured.
    Weir,
    /// Debian's nginx with the same bytes as static files: an upper reference.
    Nginx,
    /// Debian's docker-registry.
    Registry,
    /// Weir again, with few records.
    Small,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Weir => "Weir",
            Self::Nginx => "N",
            Self::Registry => "R",
            Self::Small => "Weir small",
        })
    }
}

/// Time to answer the first request.
const START: Duration = Duration::from_secs(30);
/// Time to end after SIGTERM.
const STOP: Duration = Duration::from_secs(20);
/// Between two looks at whether a server started or ended.
const POLL: Duration = Duration::from_millis(20);

/// The programs found on this machine.
#[derive(Debug)]
pub(crate) struct Programs {
    weir: Option<PathBuf>,
    registry: Option<PathBuf>,
    nginx: Option<PathBuf>,
}

impl Programs {
    pub(crate) fn find(weir: Option<&Path>) -> Result<Self, Failure> {
        let weir = weir.map(|path| path.canonicalize().doing(|| format!("find {}", path.display())));
        Ok(Self { weir: weir.transpose()?, registry: search("docker-registry"), nginx: search("nginx") })
    }

    pub(crate) fn of(&self, peer: Peer) -> Option<&Path> {
        match peer {
            Peer::Weir | Peer::Small => self.weir.as_deref(),
            Peer::Registry => self.registry.as_deref(),
            Peer::Nginx => self.nginx.as_deref(),
        }
    }

    /// What the program says its version is.
    pub(crate) fn version(&self, peer: Peer) -> Option<String> {
        let flag = if peer == Peer::Nginx { "-v" } else { "--version" };
        let output = Command::new(self.of(peer)?).arg(flag).output().ok()?;
        let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        String::from_utf8_lossy(&text).lines().next().map(|line| line.trim().to_owned())
    }
}

fn search(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/bin")])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

/// A running server with a folder of its own.
#[derive(Debug)]
pub(crate) struct Server {
    peer: Peer,
    address: SocketAddr,
    folder: PathBuf,
    child: Child,
    family: Family,
}

impl Server {
    /// Starts a server on a free port; what its folder holds already it serves.
    pub(crate) fn start(peer: Peer, program: &Path, folder: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder).doing(|| format!("create {}", folder.display()))?;
        let folder = folder.canonicalize().doing(|| format!("find {}", folder.display()))?;
        let address = free_address()?;
        let mut command = Command::new(program);
        match peer {
            Peer::Weir | Peer::Small => weir::configure(&mut command, address, &folder),
            Peer::Registry => docker_registry::configure(&mut command, address, &folder)?,
            Peer::Nginx => nginx::configure(&mut command, address, &folder)?,
        }
        let log = folder.join("log");
        let open = || {
            File::options().create(true).append(true).open(&log).doing(|| format!("open {}", log.display()))
        };
        command.stdin(Stdio::null()).stdout(open()?).stderr(open()?);
        let child = command.spawn().doing(|| format!("start {}", program.display()))?;
        let family = Family::of(child.id())?;
        let mut server = Self { peer, address, folder, child, family };
        server.await_answer(&log)?;
        // Workers exist once the first request was answered.
        server.family = Family::of(server.child.id())?;
        if !server.family.listens_on(address.port())? {
            return Err(Failure::Setup(format!("{peer}: another process answers at {address}")));
        }
        Ok(server)
    }

    pub(crate) fn peer(&self) -> Peer {
        self.peer
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn family(&self) -> &Family {
        &self.family
    }

    /// Puts bytes where a static server finds them under the path of the registry.
    pub(crate) fn place(&self, target: &Target, blob: &Blob) -> Result<(), Failure> {
        nginx::place(&self.folder, target.path(), blob)
    }

    fn await_answer(&mut self, log: &Path) -> Result<(), Failure> {
        let begun = Instant::now();
        loop {
            let mut client = Client::new(self.address);
            let request = Request { method: "GET", target: "/v2/", headers: &[], body: Body::Absent };
            if let Ok(head) = client.send(&request)
                && head.status < 500
            {
                return Ok(());
            }
            let ended = self.child.try_wait().doing(|| "wait for a server".to_owned())?;
            if ended.is_some() || begun.elapsed() > START {
                let mut text = String::new();
                File::open(log)
                    .and_then(|mut file| file.read_to_string(&mut text))
                    .doing(|| format!("read {}", log.display()))?;
                let state = ended.map_or_else(|| "does not answer".to_owned(), |status| status.to_string());
                return Err(Failure::Setup(format!(
                    "{} did not start ({state}): {}",
                    self.peer,
                    text.trim()
                )));
            }
            thread::sleep(POLL);
        }
    }

    fn stop(&mut self) {
        // The standard library sends SIGKILL only, which would leave nginx's workers and take a clean end from the others.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        let begun = Instant::now();
        while asked.as_ref().is_ok_and(std::process::ExitStatus::success) && begun.elapsed() < STOP {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(POLL),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_address() -> Result<SocketAddr, Failure> {
    let find = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr();
    find().doing(|| "find a free port".to_owned())
}
