//! Processor time and memory of other processes, from `/proc`.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::failure::{Doing as _, Failure};

/// Clock ticks per second in `/proc/PID/stat`: part of Linux's interface on every architecture we run on.
const TICKS_PER_SECOND: u64 = 100;
/// How often memory is read while its peak is looked for.
const SAMPLING: Duration = Duration::from_millis(5);

/// A process and its children.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    members: Vec<u32>,
}

impl Family {
    pub(crate) fn of(parent: u32) -> Result<Self, Failure> {
        let mut members = vec![parent];
        for entry in fs::read_dir("/proc").doing(|| "list /proc".to_owned())? {
            let name = entry.doing(|| "list /proc".to_owned())?.file_name();
            let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            // A process may end between the listing and the reading.
            let Ok(fields) = stat(&format!("/proc/{process}/stat")) else { continue };
            if fields.get(1).is_some_and(|of| *of == parent.to_string()) {
                members.push(process);
            }
        }
        Ok(Self { members })
    }

    /// Processor time used so far.
    pub(crate) fn time(&self) -> Result<Duration, Failure> {
        self.members.iter().map(|process| time(&format!("/proc/{process}/stat"))).sum()
    }

    /// Anonymous memory now, exactly: walks the page tables, so it is for moments of rest.
    pub(crate) fn anonymous(&self) -> Result<u64, Failure> {
        self.memory("smaps_rollup", "Anonymous:")
    }

    /// Anonymous memory now, from the kernel's counters.
    fn resident(&self) -> Result<u64, Failure> {
        self.memory("status", "RssAnon:")
    }

    fn memory(&self, file: &str, key: &str) -> Result<u64, Failure> {
        let read = |process: &u32| {
            let path = format!("/proc/{process}/{file}");
            let text = fs::read_to_string(&path).doing(|| format!("read {path}"))?;
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            let size = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            size.map(|kib| kib * 1024).ok_or_else(|| Failure::Setup(format!("no {key} in {path}")))
        };
        self.members.iter().map(read).sum()
    }

    /// Runs something and tells the most anonymous memory seen meanwhile.
    pub(crate) fn peak_during(&self, work: impl FnOnce() -> Result<(), Failure>) -> Result<u64, Failure> {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let sampler = scope.spawn(|| -> Result<u64, Failure> {
                let mut peak = 0;
                loop {
                    let last = over.load(Ordering::Acquire);
                    peak = peak.max(self.resident()?);
                    if last {
                        return Ok(peak);
                    }
                    thread::sleep(SAMPLING);
                }
            });
            let worked = work();
            over.store(true, Ordering::Release);
            let peak = sampler.join().expect("the sampler does not panic");
            worked.and(peak)
        })
    }

    /// Whether the parent itself holds the listening socket, so that what is sampled is what answers.
    pub(crate) fn listens_on(&self, port: u16) -> Result<bool, Failure> {
        let table = fs::read_to_string("/proc/net/tcp").doing(|| "read /proc/net/tcp".to_owned())?;
        let inode = table.lines().skip(1).find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, local) = fields.get(1)?.split_once(':')?;
            let listening = fields.get(3) == Some(&"0A");
            (listening && u16::from_str_radix(local, 16) == Ok(port)).then(|| fields.get(9).copied())?
        });
        let Some(inode) = inode else { return Ok(false) };
        let wanted = format!("socket:[{inode}]");
        let folder = format!("/proc/{}/fd", self.members[0]);
        let entries = fs::read_dir(&folder).doing(|| format!("list {folder}"))?;
        let mut links = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
        Ok(links.any(|link| link.as_os_str() == wanted.as_str()))
    }
}

/// Whether a server's end of a connection over loopback is established: neither end has closed it.
pub(crate) fn is_connected(server: u16, client: u16) -> Result<bool, Failure> {
    let table = fs::read_to_string("/proc/net/tcp").doing(|| "read /proc/net/tcp".to_owned())?;
    let port = |address: &str| u16::from_str_radix(address.split_once(':')?.1, 16).ok();
    Ok(table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, state, ..] = fields[..] else { return false };
        state == "01" && port(local) == Some(server) && port(remote) == Some(client)
    }))
}

/// Processor time of this process: what the clients cost.
pub(crate) fn own_time() -> Result<Duration, Failure> {
    time("/proc/self/stat")
}

fn time(path: &str) -> Result<Duration, Failure> {
    let fields = stat(path)?;
    let field = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    match (field(11), field(12)) {
        (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 1000 / TICKS_PER_SECOND)),
        _ => Err(Failure::Setup(format!("no times in {path}"))),
    }
}

/// The fields behind the program's name, which may itself contain spaces.
fn stat(path: &str) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(path).doing(|| format!("read {path}"))?;
    let behind = text.rsplit_once(')').map(|(_, behind)| behind).unwrap_or_default();
    Ok(behind.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn sees_itself() {
        let family = Family::of(std::process::id()).unwrap();
        assert!(family.anonymous().unwrap() > 0);
        assert!(family.resident().unwrap() > 0);
        family.time().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(family.listens_on(port).unwrap());
        drop(listener);
        assert!(!family.listens_on(port).unwrap());
    }

    #[test]
    fn end_of_a_connection_is_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(server).unwrap();
        let accepted = listener.accept().unwrap().0;
        let port = client.local_addr().unwrap().port();
        assert!(is_connected(server.port(), port).unwrap());
        drop(accepted);
        assert!(!is_connected(server.port(), port).unwrap());
    }

    #[test]
    fn peak_is_seen() {
        let family = Family { members: vec![std::process::id()] };
        let size = 64 * 1024 * 1024;
        let mut held = Vec::new();
        let peak = family.peak_during(|| {
            held = vec![1_u8; size];
            Ok(())
        });
        assert_eq!(held.len(), size);
        assert!(peak.unwrap() >= size as u64);
    }
}
