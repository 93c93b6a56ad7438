//! What is asked of the servers, in groups that share servers and content, and how a scenario runs: all servers in turn, round by
//! round, the first round not counted.

mod api_scale;
mod growth;
mod layers;
mod memory;
mod pushes;
mod reads;
mod tags;
mod watch_fanout;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::content::{MIB, noise};
use crate::drive::{Done, Load, Sample, Turn, drive, float};
use crate::failure::{Doing as _, Failure};
use crate::http::Client;
use crate::options::{Options, Scale};
use crate::protocol::Check;
use crate::report::Figure;
use crate::servers::{Peer, Programs, Server};

/// ext4 steps over inodes freed in the last five seconds one by one: what follows a deletion pays for it.
const AFTER_DELETION: Duration = Duration::from_secs(6);
/// Left free on the disk in any case.
const SPARE: u64 = 4 << 30;

/// One set of scenarios over the same servers and content.
type Group = fn(&mut Bench) -> Result<(), Failure>;

/// Runs every group that has a wanted scenario. A group that cannot go on does not take the others with it.
pub(crate) fn run(bench: &mut Bench) {
    let groups: [(&str, Group); 7] = [
        ("reads", reads::run),
        ("pushes", pushes::run),
        ("layers", layers::run),
        ("tags", tags::run),
        ("growth", growth::run),
        ("api-scale", api_scale::run),
        ("watch-fanout", watch_fanout::run),
    ];
    for (name, group) in groups {
        if let Err(failure) = group(bench) {
            bench.fail(format!("{name}: {failure}"));
        }
    }
    memory::run(bench);
}

/// How the rate of a scenario is said.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Operations per second.
    PerSecond(&'static str),
    /// GB per second, of so many bytes per operation.
    Throughput(u64),
}

/// What a scenario is meant to reach; the figures are those of `performance.md`, section 3.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    /// At least so many times the rate of a peer.
    Rate(Peer, f64),
    /// At most so many times what an operation takes at a peer: the rates the other way round.
    Cost(Peer, f64),
    /// At most so many times the processor time of a peer, per operation.
    Time(Peer, f64),
    /// At most so many processor seconds per GB.
    TimePerGb(f64),
    /// At least so much of what SHA-256 does on one core.
    Hash(f64),
}

/// Whether what the scenario writes must be on disk before the next server runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    Reads,
    Writes,
}

/// One row of the result.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) load: Load,
    pub(crate) effect: Effect,
    pub(crate) goals: Vec<Goal>,
    pub(crate) note: Option<String>,
}

/// A scenario with what was measured, per server and counted round.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) scenario: Scenario,
    pub(crate) lanes: Vec<Lane>,
}

#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) peer: Peer,
    pub(crate) samples: Vec<Sample>,
    pub(crate) failure: Option<String>,
}

/// Anonymous memory of a server in bytes.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) peer: Peer,
    pub(crate) idle: u64,
    /// The peak during downloads and during uploads, above the idle figure of the same process.
    pub(crate) downloads: u64,
    pub(crate) uploads: Option<u64>,
}

/// A round's work for all servers: called by all clients at once.
type Round<'a> = Box<dyn Fn(Peer, &mut Client, Turn) -> Result<Done, Failure> + Sync + 'a>;

/// The run: what was asked for, and what came out so far.
#[derive(Debug)]
pub(crate) struct Bench {
    options: Options,
    programs: Programs,
    /// SHA-256 on one core, bytes per second.
    hash_rate: f64,
    rows: Vec<Row>,
    memory: Vec<Memory>,
    figures: Vec<Figure>,
    failures: Vec<String>,
}

impl Bench {
    pub(crate) fn new(options: Options) -> Result<Self, Failure> {
        let programs = Programs::find(options.weir.as_deref())?;
        for (peer, name) in
            [(Peer::Weir, "weir (give --weir)"), (Peer::Registry, "docker-registry"), (Peer::Nginx, "nginx")]
        {
            if programs.of(peer).is_none() {
                eprintln!("skipped: {name}, no such program");
            }
        }
        let hash_rate = if options.list { 0.0 } else { hash_rate() };
        Ok(Self {
            options,
            programs,
            hash_rate,
            rows: Vec::new(),
            memory: Vec::new(),
            figures: Vec::new(),
            failures: Vec::new(),
        })
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn programs(&self) -> &Programs {
        &self.programs
    }

    pub(crate) fn hash_rate(&self) -> f64 {
        self.hash_rate
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn memory(&self) -> &[Memory] {
        &self.memory
    }

    /// What is no rate of a scenario.
    pub(crate) fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// Runs that a server did not get through.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    pub(crate) fn failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Whether names are printed instead of scenarios run.
    pub(crate) fn lists(&self) -> bool {
        self.options.list
    }

    fn scale(&self) -> Scale {
        self.options.scale
    }

    /// The length of a timed run.
    fn window(&self) -> Duration {
        self.scale().pick(Duration::from_secs(1), Duration::from_millis(150))
    }

    /// Whether a scenario is to run; when only names are wanted, prints it instead.
    fn wants(&self, name: &str) -> bool {
        let wanted = self.options.only.as_ref().is_none_or(|only| only.matches(name));
        if wanted && self.options.list {
            println!("{name}");
        }
        wanted && !self.options.list
    }

    /// Starts those of the servers that this machine has, each with a new folder.
    fn field(&self, name: &str, peers: &[Peer], writes: u64) -> Result<Field, Failure> {
        let folder = self.options.work.join(name);
        remove(&folder)?;
        fs::create_dir_all(&folder).doing(|| format!("create {}", folder.display()))?;
        let writes = self.scale().pick(writes, writes / 16);
        let free = free_space(&folder)?;
        if free < writes + SPARE {
            return Err(Failure::Setup(format!(
                "{}: {free} bytes free, {name} writes {writes} and {SPARE} stay free",
                folder.display()
            )));
        }
        let mut servers = Vec::new();
        for peer in peers {
            if let Some(program) = self.programs.of(*peer) {
                let own = folder.join(peer.to_string().to_lowercase().replace(' ', "-"));
                servers.push(Server::start(*peer, program, &own)?);
            }
        }
        Ok(Field { folder, servers })
    }

    /// Stops the servers and removes what they stored.
    fn retire(&self, field: Field) -> Result<(), Failure> {
        drop(field.servers);
        if self.options.keep {
            for entry in fs::read_dir(&field.folder).doing(|| format!("list {}", field.folder.display()))? {
                let server = entry.doing(|| format!("list {}", field.folder.display()))?.path();
                remove(&server.join("data"))?;
                remove(&server.join("files"))?;
            }
        } else {
            remove(&field.folder)?;
        }
        sync()?;
        if self.scale() != Scale::Quick {
            thread::sleep(AFTER_DELETION);
        }
        Ok(())
    }

    fn fail(&mut self, text: String) {
        eprintln!("  failed: {text}");
        self.failures.push(text);
    }

    /// Runs a scenario and keeps its figures. `lanes` are the servers with the part each has in the comparison; `prepare` makes
    /// the work of one round, with content that no earlier round had.
    fn measure<'a>(
        &mut self,
        scenario: Scenario,
        lanes: &[(Peer, &Server)],
        mut prepare: impl FnMut(usize) -> Result<Round<'a>, Failure>,
    ) -> Result<(), Failure> {
        if lanes.is_empty() {
            return Ok(());
        }
        eprintln!("{}", scenario.name);
        let mut row = Row {
            scenario,
            lanes: lanes
                .iter()
                .map(|(peer, _)| Lane { peer: *peer, samples: Vec::new(), failure: None })
                .collect(),
        };
        for round in 0..=self.options.rounds {
            let work = prepare(round)?;
            let check = if round == 0 { Check::Digest } else { Check::Length };
            for ((peer, server), lane) in lanes.iter().zip(&mut row.lanes) {
                if lane.failure.is_some() {
                    continue;
                }
                if row.scenario.effect == Effect::Writes {
                    sync()?;
                }
                match drive(server, row.scenario.load, check, &|client, turn| work(*peer, client, turn)) {
                    Ok(sample) if round > 0 => lane.samples.push(sample),
                    Ok(_) => {}
                    Err(failure) => {
                        let text = format!("{}, {peer}: {failure}", row.scenario.name);
                        self.fail(text);
                        lane.failure = Some(failure.to_string());
                    }
                }
            }
        }
        for lane in &row.lanes {
            let rates: Vec<String> = lane
                .samples
                .iter()
                .map(|sample| format!("{:.1}", sample.operations / sample.seconds))
                .collect();
            eprintln!("  {}: {} per second", lane.peer, rates.join(", "));
        }
        self.rows.push(row);
        Ok(())
    }
}

/// The servers of a group, and their folder.
#[derive(Debug)]
struct Field {
    folder: PathBuf,
    servers: Vec<Server>,
}

impl Field {
    fn lanes(&self) -> Vec<(Peer, &Server)> {
        self.servers.iter().map(|server| (server.peer(), server)).collect()
    }

    fn server(&self, peer: Peer) -> Option<&Server> {
        self.servers.iter().find(|server| server.peer() == peer)
    }
}

/// Does something `count` times outside any measurement, by several clients.
fn fill(
    server: &Server,
    count: usize,
    work: &(dyn Fn(&mut Client, usize) -> Result<(), Failure> + Sync),
) -> Result<(), Failure> {
    let begun = Instant::now();
    drive(server, Load::count(8, count), Check::Length, &|client, turn| {
        work(client, turn.index).map(|()| Done::WHOLE)
    })?;
    eprintln!("  filled {} with {count} items in {:.1} s", server.peer(), begun.elapsed().as_secs_f64());
    Ok(())
}

/// `1 client`, `8 clients`.
fn clients(count: usize) -> String {
    if count == 1 { "1 client".to_owned() } else { format!("{count} clients") }
}

/// A count as the texts about performance write it.
fn power(count: usize) -> String {
    let exponent = count.checked_ilog10().unwrap_or_default();
    if 10_usize.checked_pow(exponent) == Some(count) { format!("10^{exponent}") } else { count.to_string() }
}

fn remove(folder: &std::path::Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.doing(|| format!("remove {}", folder.display())),
    }
}

/// Writes out everybody's dirty pages, so that no server pays for another's.
fn sync() -> Result<(), Failure> {
    let status = Command::new("sync").status().doing(|| "run sync".to_owned())?;
    if status.success() { Ok(()) } else { Err(Failure::Setup(format!("sync: {status}"))) }
}

fn free_space(folder: &std::path::Path) -> Result<u64, Failure> {
    let output = Command::new("df")
        .args(["--output=avail", "-B1"])
        .arg(folder)
        .output()
        .doing(|| "run df".to_owned())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let free = text.lines().nth(1).and_then(|line| line.trim().parse().ok());
    free.ok_or_else(|| Failure::Setup(format!("df told nothing about {}", folder.display())))
}

/// The best of some runs: what one core can do, not what it did while something else ran.
fn hash_rate() -> f64 {
    let bytes = noise(1, MIB);
    let once = || {
        let begun = Instant::now();
        let mut hasher = Sha256::new();
        for _ in 0..64 {
            hasher.update(&bytes);
        }
        std::hint::black_box(hasher.finalize());
        float(64 * MIB as u64) / begun.elapsed().as_secs_f64()
    };
    (0..5).map(|_| once()).fold(0.0, f64::max)
}
