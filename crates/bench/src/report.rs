//! The tables: medians over rounds, ratios with their spread, and whether the targets are reached.

mod figures;

pub(crate) use figures::{Figure, Reading};

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use crate::drive::{Sample, float};
use crate::options::Scale;
use crate::scenarios::{Bench, Goal, Lane, Memory, Row, Scenario, Unit};
use crate::servers::Peer;

const GB: f64 = 1e9;
const MIB: f64 = 1_048_576.0;
/// The largest anonymous memory at rest, and above it under downloads and uploads, in MiB.
const MEMORY_GOALS: [f64; 3] = [16.0, 16.0, 64.0];

pub(crate) fn render(bench: &Bench) -> String {
    let mut out = String::new();
    heading(&mut out, bench);
    let (grown, compared): (Vec<&Row>, Vec<&Row>) =
        bench.rows().iter().partition(|row| row.lane(Peer::Small).is_some());
    if !compared.is_empty() {
        table(&mut out, bench, &compared, [Peer::Nginx, Peer::Registry]);
    }
    if !grown.is_empty() {
        table(&mut out, bench, &grown, [Peer::Small, Peer::Registry]);
    }
    if !bench.memory().is_empty() {
        memory(&mut out, bench.memory());
    }
    if !bench.figures().is_empty() {
        figures::table(&mut out, bench.figures());
    }
    if !bench.rows().is_empty() {
        details(&mut out, bench.rows());
    }
    let mut notes: Vec<String> = Vec::new();
    for row in bench.rows() {
        notes.extend(row.scenario.note.as_ref().map(|note| format!("{}: {note}", row.scenario.name)));
    }
    notes.extend(bench.failures().iter().map(|failure| format!("**failed** {failure}")));
    for note in notes {
        line(&mut out, &format!("* {note}"));
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn heading(out: &mut String, bench: &Bench) {
    let options = bench.options();
    if options.scale == Scale::Quick {
        line(out, "**Quick run: sizes and counts are reduced, the figures mean nothing.**\n");
    }
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo")
        .lines()
        .find_map(|line| {
            line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = read("/proc/sys/kernel/osrelease");
    line(
        out,
        &format!(
            "{model}, {cores} cores shared with the clients, Linux {}; SHA-256 on one core {:.2} GB/s; load average {}. \
             {} rounds after one for warming up, servers in turn; ratios are medians of the ratios per round, with the least and \
             the greatest in brackets. Warm cache. Plain HTTP/1.1 over loopback, keep-alive.",
            kernel.trim(),
            bench.hash_rate() / GB,
            read("/proc/loadavg").split(' ').next().unwrap_or_default(),
            options.rounds,
        ),
    );
    line(out, "");
    for (peer, role) in [
        (Peer::Weir, "Weir: as it comes, durable"),
        (Peer::Nginx, "N: nginx, the same bytes as static files, sendfile and open-file cache"),
        (
            Peer::Registry,
            "R: docker-registry with Debian's settings, no access log; flushes files, not folders",
        ),
    ] {
        let version = bench.programs().version(peer).unwrap_or_else(|| "not measured".to_owned());
        line(out, &format!("* {role} ({version})"));
    }
    line(out, "");
}

fn table(out: &mut String, bench: &Bench, rows: &[&Row], peers: [Peer; 2]) {
    let [first, second] = peers;
    line(
        out,
        &format!(
            "| Scenario | Weir | × {first} | × {second} | Target | Result | CPU Weir | CPU {first} | CPU {second} |"
        ),
    );
    line(out, "|---|---|---|---|---|---|---|---|---|");
    for row in rows {
        let measured = row.lane(Peer::Weir).map_or_else(none, |lane| rate_text(&row.scenario, lane));
        let ratio =
            |peer| row.ratios(peer, |sample| rate(&row.scenario, sample)).map_or_else(none, Ratios::text);
        let time = |peer| row.lane(peer).map_or_else(none, |lane| time_text(&row.scenario, lane));
        line(
            out,
            &format!(
                "| {} | {measured} | {} | {} | {} | {} | {} | {} | {} |",
                row.scenario.name,
                ratio(first),
                ratio(second),
                join(row.scenario.goals.iter().map(goal_text)),
                verdict(bench, row),
                time(Peer::Weir),
                time(first),
                time(second),
            ),
        );
    }
    line(
        out,
        "\nCPU is the server's processor time, all its processes: us per operation, or s per GB. A result with `~` lies within the \
         spread: another run may decide otherwise.\n",
    );
}

fn details(out: &mut String, rows: &[Row]) {
    line(out, "| Scenario | Server | Rate | Median | 99 % within | CPU server | CPU client |");
    line(out, "|---|---|---|---|---|---|---|");
    for row in rows {
        for lane in &row.lanes {
            let latency = |of: fn(&Sample) -> Duration| {
                median(lane.samples.iter().map(|sample| of(sample).as_secs_f64()).collect())
                    .map_or_else(none, span)
            };
            let client = median(
                lane.samples
                    .iter()
                    .map(|sample| per_unit(&row.scenario, sample.client_seconds / sample.operations))
                    .collect(),
            );
            line(
                out,
                &format!(
                    "| {} | {} | {} | {} | {} | {} | {} |",
                    row.scenario.name,
                    lane.peer,
                    rate_text(&row.scenario, lane),
                    latency(|sample| sample.median),
                    latency(|sample| sample.late),
                    time_text(&row.scenario, lane),
                    client.map_or_else(none, |value| time_value(&row.scenario, value)),
                ),
            );
        }
    }
    line(out, "");
}

fn memory(out: &mut String, all: &[Memory]) {
    line(out, "| Anonymous memory, MiB | idle | during downloads | during uploads |");
    line(out, "|---|---|---|---|");
    let [idle, downloads, uploads] = MEMORY_GOALS;
    line(out, &format!("| target | ≤ {idle} | ≤ +{downloads} | ≤ +{uploads} |"));
    for memory in all {
        let cell = |bytes: u64, goal: f64, sign: &str| {
            let size = float(bytes) / MIB;
            let verdict = match memory.peer {
                Peer::Weir if size <= goal => ", met",
                Peer::Weir => ", missed",
                _ => "",
            };
            format!("{sign}{size:.1}{verdict}")
        };
        line(
            out,
            &format!(
                "| {} | {} | {} | {} |",
                memory.peer,
                cell(memory.idle, idle, ""),
                cell(memory.downloads, downloads, "+"),
                memory.uploads.map_or_else(none, |size| cell(size, uploads, "+")),
            ),
        );
    }
    line(
        out,
        "\nPeaks are above the idle figure of the same process, sampled every 5 ms (RssAnon, all processes of a server).\n",
    );
}

fn none() -> String {
    "–".to_owned()
}

fn join(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { none() } else { parts.join(", ") }
}

impl Row {
    fn lane(&self, peer: Peer) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.peer == peer)
    }

    /// Weir's figure over the peer's, round by round.
    fn ratios(&self, peer: Peer, figure: impl Fn(&Sample) -> f64) -> Option<Ratios> {
        let (ours, theirs) = (self.lane(Peer::Weir)?, self.lane(peer)?);
        Ratios::of(
            ours.samples
                .iter()
                .zip(&theirs.samples)
                .map(|(ours, theirs)| figure(ours) / figure(theirs))
                .collect(),
        )
    }
}

/// A median with the least and the greatest.
#[derive(Clone, Copy, Debug)]
struct Ratios {
    median: f64,
    least: f64,
    greatest: f64,
}

impl Ratios {
    fn of(values: Vec<f64>) -> Option<Self> {
        // A division by a processor time that was too short to be counted says nothing.
        let finite: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        let least = finite.iter().copied().reduce(f64::min)?;
        let greatest = finite.iter().copied().reduce(f64::max)?;
        Some(Self { median: median(finite)?, least, greatest })
    }

    fn text(self) -> String {
        format!("{} ({}–{})", short(self.median), short(self.least), short(self.greatest))
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { f64::midpoint(values[middle - 1], upper) })
}

fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn span(seconds: f64) -> String {
    match seconds {
        seconds if seconds >= 1.0 => format!("{} s", short(seconds)),
        seconds if seconds >= 1e-3 => format!("{} ms", short(seconds * 1e3)),
        seconds => format!("{} us", short(seconds * 1e6)),
    }
}

fn rate(scenario: &Scenario, sample: &Sample) -> f64 {
    let operations = sample.operations / sample.seconds;
    match scenario.unit {
        Unit::PerSecond(_) => operations,
        Unit::Throughput(bytes) => operations * float(bytes) / GB,
    }
}

/// Seconds per operation as seconds per what the scenario counts.
fn per_unit(scenario: &Scenario, seconds: f64) -> f64 {
    match scenario.unit {
        Unit::PerSecond(_) => seconds,
        Unit::Throughput(bytes) => seconds / float(bytes) * GB,
    }
}

fn server_time(scenario: &Scenario, sample: &Sample) -> f64 {
    per_unit(scenario, sample.server_seconds / sample.operations)
}

fn rate_text(scenario: &Scenario, lane: &Lane) -> String {
    if lane.failure.is_some() {
        return "failed".to_owned();
    }
    let rate = median(lane.samples.iter().map(|sample| rate(scenario, sample)).collect());
    rate.map_or_else(none, |rate| match scenario.unit {
        Unit::PerSecond(unit) => format!("{} {unit}", short(rate)),
        Unit::Throughput(_) => format!("{} GB/s", short(rate)),
    })
}

fn time_text(scenario: &Scenario, lane: &Lane) -> String {
    let time = median(lane.samples.iter().map(|sample| server_time(scenario, sample)).collect());
    time.map_or_else(none, |time| time_value(scenario, time))
}

fn time_value(scenario: &Scenario, time: f64) -> String {
    match scenario.unit {
        Unit::PerSecond(_) => format!("{} us", short(time * 1e6)),
        Unit::Throughput(_) => format!("{} s/GB", short(time)),
    }
}

fn goal_text(goal: &Goal) -> String {
    match goal {
        Goal::Rate(peer, least) => format!("≥ {least} {peer}"),
        Goal::Cost(peer, most) => format!("cost ≤ {most} {peer}"),
        Goal::Time(peer, most) => format!("CPU ≤ {most} {peer}"),
        Goal::TimePerGb(most) => format!("CPU ≤ {most} s/GB"),
        Goal::Hash(least) => format!("≥ {least} SHA-256"),
    }
}

/// What is compared with a goal, and whether the least or the most is meant.
fn standing(bench: &Bench, row: &Row, goal: &Goal) -> Option<(Ratios, f64, Bound)> {
    let scenario = &row.scenario;
    let own = |figure: &dyn Fn(&Sample) -> f64| {
        Ratios::of(row.lane(Peer::Weir)?.samples.iter().map(figure).collect())
    };
    match *goal {
        Goal::Rate(peer, least) => {
            Some((row.ratios(peer, |sample| rate(scenario, sample))?, least, Bound::AtLeast))
        }
        Goal::Cost(peer, most) => {
            Some((row.ratios(peer, |sample| 1.0 / rate(scenario, sample))?, most, Bound::AtMost))
        }
        Goal::Time(peer, most) => {
            Some((row.ratios(peer, |sample| server_time(scenario, sample))?, most, Bound::AtMost))
        }
        Goal::TimePerGb(most) => Some((own(&|sample| server_time(scenario, sample))?, most, Bound::AtMost)),
        Goal::Hash(least) => {
            Some((own(&|sample| rate(scenario, sample) * GB / bench.hash_rate())?, least, Bound::AtLeast))
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Bound {
    AtLeast,
    AtMost,
}

fn verdict(bench: &Bench, row: &Row) -> String {
    let mut missed = Vec::new();
    let mut judged = 0;
    let mut close = false;
    for goal in &row.scenario.goals {
        let Some((ratios, bound, kind)) = standing(bench, row, goal) else { continue };
        judged += 1;
        let met = match kind {
            Bound::AtLeast => ratios.median >= bound,
            Bound::AtMost => ratios.median <= bound,
        };
        close |= ratios.least < bound && bound < ratios.greatest;
        if !met {
            missed.push(format!("{} is {}", goal_text(goal), short(ratios.median)));
        }
    }
    let mut text = match (judged, missed.is_empty()) {
        (0, _) => return none(),
        (_, true) => "met".to_owned(),
        (_, false) => format!("**missed** ({})", missed.join(", ")),
    };
    if judged < row.scenario.goals.len() {
        write!(text, " of {judged}").expect("writing to a string cannot fail");
    }
    if close {
        text.push_str(" ~");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spread() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
        assert_eq!(median(vec![f64::NAN]), None);
        let ratios = Ratios::of(vec![1.5, f64::INFINITY, 1.0, 2.0]).unwrap();
        assert_eq!(ratios.text(), "1.50 (1.00–2.00)");
    }

    #[test]
    fn figures_keep_three_digits() {
        assert_eq!(short(0.856), "0.86");
        assert_eq!(short(12.34), "12.3");
        assert_eq!(short(12_345.6), "12346");
        assert_eq!(span(0.000_016), "16.0 us");
        assert_eq!(span(0.25), "250 ms");
    }
}
