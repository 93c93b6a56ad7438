//! A thousand watches: how soon they hear of a push, what they cost those who push, and what one that reads nothing costs.

use std::thread;
use std::time::{Duration, Instant};

use super::{Bench, Field, clients, fill, memory};
use crate::content::{Blob, Image, seed};
use crate::drive::{Done, Load, Sample, drive, float};
use crate::failure::{Doing as _, Failure};
use crate::http::Client;
use crate::image_api;
use crate::process;
use crate::protocol::{Check, Way, push_image, put_manifest};
use crate::report::{Figure, Reading};
use crate::servers::{Peer, Server};
use crate::watchers::{Counter, Crowd, Left, begin};

const NAMESPACE: &str = "fan";
/// Pushes go to so many streams in turn: a watch of streams shows each with all its history.
const STREAMS: usize = 64;
const PUSHERS: usize = 8;
/// All is heard by then, or never.
const PATIENCE: Duration = Duration::from_secs(20);
/// A watch that takes nothing is ended by then.
const END: Duration = Duration::from_mins(2);
/// The issue's own target.
const SOON: f64 = 0.1;

/// How many watch what.
#[derive(Clone, Copy, Debug)]
enum Mix {
    Tags,
    Half,
}

pub(super) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let count = bench.scale().pick(1000, 50);
    let parts: [(&str, Part); 6] = [
        ("memory of idle watchers", |bench, field, count| idle(bench, field, count)),
        ("a push and its arrival, imagestreamtags", |bench, field, count| {
            arrivals(bench, field, count, Mix::Tags)
        }),
        ("a push and its arrival, half on imagestreams", |bench, field, count| {
            arrivals(bench, field, count, Mix::Half)
        }),
        ("push rate", |bench, field, count| rates(bench, field, count)),
        ("catching up", |bench, field, _| catching_up(bench, field)),
        ("a watcher that reads nothing", |bench, field, _| stalled(bench, field)),
    ];
    let wanted: Vec<_> =
        parts.into_iter().filter(|(name, _)| bench.wants(&format!("watch-fanout: {name}"))).collect();
    if wanted.is_empty() || bench.programs().of(Peer::Weir).is_none() {
        return Ok(());
    }
    let mut field = bench.field("watch-fanout", &[Peer::Weir], 2 << 30)?;
    let base = base();
    fill(&field.servers[0], STREAMS, &|client, at| {
        push_image(client, &repository(at), "base", &base, Way::Whole)
    })?;
    for (name, part) in wanted {
        eprintln!("watch-fanout: {name}");
        // A new process each time: what an allocator keeps from the work before must not hide in it.
        memory::restart(bench, &mut field.servers)?;
        if let Err(failure) = part(bench, &field, count) {
            bench.fail(format!("watch-fanout: {name}: {failure}"));
        }
    }
    bench.retire(field)
}

type Part = fn(&mut Bench, &Field, usize) -> Result<(), Failure>;

/// What a thousand watches cost while nothing happens, and once they have been used.
fn idle(bench: &mut Bench, field: &Field, count: usize) -> Result<(), Failure> {
    let server = &field.servers[0];
    let before = server.family().anonymous()?;
    let crowd = Crowd::gather(server.address(), &targets(server, count, Mix::Tags)?)?;
    thread::sleep(Duration::from_secs(1));
    let fresh = server.family().anonymous()?;
    let mut client = Client::new(server.address());
    for push in 0..10 {
        push_one(&mut client, push, &manifest("idle", 0, push))?;
        heard(&crowd, push as u64 + 1)?;
    }
    thread::sleep(Duration::from_secs(1));
    let used = server.family().anonymous()?;
    all_heard(crowd.leave()?, 10)?;
    let each = |now: u64| vec![float(now.saturating_sub(before)) / float(count as u64)];
    bench.figures.push(figure(
        &format!("memory per idle watcher, {count} of them"),
        Reading::Bytes,
        each(fresh),
    ));
    bench.figures.push(figure("the same after ten events each", Reading::Bytes, each(used)));
    Ok(())
}

/// How soon the last watcher hears of a push, one push at a time.
///
/// The acknowledgement is no good beginning by itself: it leaves through the same threads as the events, and the more watchers
/// there are, the later it comes. The commit lies between the sending of the push and it, so the time from the sending is the one
/// that is judged: it cannot be less than that from the commit.
fn arrivals(bench: &mut Bench, field: &Field, count: usize, mix: Mix) -> Result<(), Failure> {
    let pushes = bench.scale().pick(200, 10);
    let server = &field.servers[0];
    let mut client = Client::new(server.address());
    let [mut alone, mut answered, mut medians, mut late, mut after] = [const { Vec::new() }; 5];
    let mut events = 0;
    let crowd = Crowd::gather(server.address(), &targets(server, count, mix)?)?;
    for round in 0..=bench.options().rounds {
        let [mut answers, mut whole, mut behind] = [const { Vec::new() }; 3];
        for push in 0..pushes {
            let manifest = manifest(mix.spelled(), round, push);
            let sent = Instant::now();
            push_one(&mut client, push, &manifest)?;
            let acknowledged = Instant::now();
            events += 1;
            let heard = heard(&crowd, events)?;
            answers.push(acknowledged.saturating_duration_since(sent).as_secs_f64());
            whole.push(heard.saturating_duration_since(sent).as_secs_f64());
            behind.push(heard.saturating_duration_since(acknowledged).as_secs_f64());
        }
        if round > 0 {
            answered.push(rank(&mut answers, 50));
            medians.push(rank(&mut whole, 50));
            late.push(rank(&mut whole, 99));
            after.push(rank(&mut behind, 99));
        }
    }
    all_heard(crowd.leave()?, events)?;
    for round in 0..=bench.options().rounds {
        let mut answers = Vec::new();
        for push in 0..pushes {
            let manifest = manifest(&format!("{} unwatched", mix.spelled()), round, push);
            let sent = Instant::now();
            push_one(&mut client, push, &manifest)?;
            answers.push(sent.elapsed().as_secs_f64());
        }
        if round > 0 {
            alone.push(rank(&mut answers, 50));
        }
    }
    let about = format!("{count} watchers, {}", mix.spelled());
    let to_last = |word: &str, values| {
        let name = format!("from sending a push to its event at the last of {about}, {word}");
        Figure { most: Some(SOON), ..figure(&name, Reading::Span, values) }
    };
    bench.figures.extend([
        to_last("median", medians),
        to_last("99 % within", late),
        figure("of that after the acknowledgement, 99 % within", Reading::Span, after),
        figure("from sending a push to its acknowledgement with them, median", Reading::Span, answered),
        figure("the same with no watcher, median", Reading::Span, alone),
    ]);
    Ok(())
}

/// A rank among measured times, in percent.
fn rank(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * percent / 100).copied().unwrap_or(f64::NAN)
}

/// Pushes per second without watchers and with them, in turn.
fn rates(bench: &mut Bench, field: &Field, count: usize) -> Result<(), Failure> {
    let server = &field.servers[0];
    let window = bench.window() * 2;
    let most = bench.scale().pick(20_000, 200);
    let mut alone = Vec::new();
    let mut watched = Vec::new();
    let mut lags = Vec::new();
    let mut ended = Vec::new();
    for round in 0..=bench.options().rounds {
        let manifests = manifests("alone", round, most);
        super::sync()?;
        let quiet = push_many(server, Some(window), &manifests)?;
        let manifests = self::manifests("watched", round, most);
        super::sync()?;
        let crowd = Crowd::gather(server.address(), &targets(server, count, Mix::Tags)?)?;
        let busy = push_many(server, Some(window), &manifests)?;
        let acknowledged = Instant::now();
        // A watcher that could not keep up has been sent away and is not waited for.
        let arrived = crowd.arrival(whole(busy.operations), PATIENCE);
        let gone = crowd.leave()?.ended;
        if round > 0 {
            alone.push(quiet);
            watched.push(busy);
            lags.extend(arrived.map(|at| at.saturating_duration_since(acknowledged).as_secs_f64()));
            ended.push(float(gone as u64));
        }
    }
    let pushers = clients(PUSHERS);
    let (before, after) = (per_second(&alone), per_second(&watched));
    let ratio = after.iter().zip(&before).map(|(after, before)| after / before).collect();
    let cost = |of: fn(&Sample) -> f64| watched.iter().map(|sample| of(sample) / sample.operations).collect();
    let deliveries = after.iter().map(|rate| rate * float(count as u64)).collect();
    bench.figures.extend([
        figure(&format!("pushes with no watcher, {pushers}"), Reading::Rate("pushes/s"), before),
        figure(&format!("pushes with {count} watchers, {pushers}"), Reading::Rate("pushes/s"), after),
        figure("pushes with watchers over pushes without", Reading::Plain, ratio),
        figure("events that this delivers", Reading::Rate("events/s"), deliveries),
        figure(
            "processor time of the server per watched push",
            Reading::Span,
            cost(|sample| sample.server_seconds),
        ),
        figure(
            "processor time of the clients per watched push",
            Reading::Span,
            cost(|sample| sample.client_seconds),
        ),
        figure("from the last push to its arrival at the last watcher", Reading::Span, lags),
        figure("watches that ended because they could not keep up", Reading::Plain, ended),
    ]);
    Ok(())
}

/// Many events pass a watcher that reads nothing.
fn stalled(bench: &mut Bench, field: &Field) -> Result<(), Failure> {
    let server = &field.servers[0];
    let events = bench.scale().pick(20_000, 500);
    let [mut ratios, mut growth, mut ends, mut received] = [const { Vec::new() }; 4];
    let rounds = bench.options().rounds;
    for round in 0..=rounds {
        let mut watch = None;
        let mut seen = [(0.0, 0.0); 2];
        // In turn: whoever comes later finds more records.
        for beside in [round % 2, (round + 1) % 2] {
            let targets = targets(server, beside, Mix::Tags)?;
            watch = targets.first().map(|target| begin(server.address(), target)).transpose()?;
            let manifests = manifests(&format!("beside {beside}"), round, events);
            super::sync()?;
            let mut rate = 0.0;
            let peak = server.family().peak_during(|| {
                let sample = push_many(server, None, &manifests)?;
                rate = sample.operations / sample.seconds;
                Ok(())
            })?;
            seen[beside] = (rate, float(peak));
        }
        if round > 0 {
            ratios.push(seen[1].0 / seen[0].0);
            growth.push(seen[1].1 - seen[0].1);
        }
        // The rest takes long and needs no spread.
        if let Some(watch) = watch.as_mut().filter(|_| bench.scale().pick(true, false) && ends.is_empty()) {
            let client = watch.local_addr().doing(|| "name a watch".to_owned())?;
            let begun = Instant::now();
            while process::is_connected(server.address().port(), client.port())? && begun.elapsed() < END {
                thread::sleep(Duration::from_millis(100));
            }
            ends.push(begun.elapsed().as_secs_f64());
            received.push(float(read_out(watch)));
        }
    }
    bench.figures.extend([
        figure(
            &format!("pushes beside a watcher that reads nothing, over pushes without, {events} events"),
            Reading::Plain,
            ratios,
        ),
        figure("peak of memory with it, above the peak without", Reading::Bytes, growth),
        Figure {
            most: Some(60.0),
            ..figure("from the last event to the end of its connection", Reading::Span, ends)
        },
        figure(
            &format!("events of {events} that it finds in its socket afterwards"),
            Reading::Plain,
            received,
        ),
    ]);
    Ok(())
}

/// A watch that begins where many events ago things stood.
fn catching_up(bench: &mut Bench, field: &Field) -> Result<(), Failure> {
    let server = &field.servers[0];
    let events = bench.scale().pick(20_000, 500);
    let mut took = Vec::new();
    for round in 0..=bench.options().rounds {
        let targets = targets(server, 1, Mix::Tags)?;
        push_many(server, None, &manifests("long ago", round, events))?;
        let begun = Instant::now();
        let crowd = Crowd::gather(server.address(), &targets)?;
        let arrived = crowd.arrival(events as u64, END);
        let ended = crowd.leave()?.ended;
        let arrived = arrived.ok_or_else(|| Failure::Answer {
            request: format!("a watch of {events} events"),
            got: format!("not all of them after {} s, {ended} watches ended", END.as_secs()),
        })?;
        if round > 0 {
            took.push(arrived.saturating_duration_since(begun).as_secs_f64());
        }
    }
    bench.figures.push(figure(
        &format!("to catch up with {events} events, one watcher"),
        Reading::Span,
        took,
    ));
    Ok(())
}

/// What had been sent before the end.
fn read_out(watch: &mut std::net::TcpStream) -> u64 {
    use std::io::Read as _;
    let mut counter = Counter::default();
    let mut buffer = vec![0; 64 * 1024];
    // Ends with the connection, whichever way that ends, or when nothing comes for long.
    while let Ok(read) = watch.read(&mut buffer) {
        if read == 0 {
            break;
        }
        counter.take(&buffer[..read]);
    }
    counter.events
}

impl Mix {
    fn spelled(self) -> &'static str {
        match self {
            Self::Tags => "all on imagestreamtags",
            Self::Half => "half on imagestreams",
        }
    }
}

/// Where each watcher begins: now.
fn targets(server: &Server, count: usize, mix: Mix) -> Result<Vec<String>, Failure> {
    let streams = image_api::collection(NAMESPACE, "imagestreams");
    let tags = image_api::collection(NAMESPACE, "imagestreamtags");
    let version = image_api::version(&mut Client::new(server.address()), &streams)?;
    let of = |at: usize| match mix {
        Mix::Half if at % 2 == 1 => &streams,
        Mix::Half | Mix::Tags => &tags,
    };
    Ok((0..count).map(|at| format!("{}?watch=true&resourceVersion={version}", of(at))).collect())
}

fn heard(crowd: &Crowd, events: u64) -> Result<Instant, Failure> {
    crowd.arrival(events, PATIENCE).ok_or_else(|| Failure::Answer {
        request: format!("event {events} at every watcher"),
        got: format!("not after {} s", PATIENCE.as_secs()),
    })
}

/// Every watcher is still there and has had each event once: otherwise an arrival was taken for that of another push.
fn all_heard(left: Left, events: u64) -> Result<(), Failure> {
    if left == (Left { ended: 0, most: events }) {
        return Ok(());
    }
    let got = format!("{} watches ended, and one has had {} events", left.ended, left.most);
    Err(Failure::Answer { request: format!("{events} events, once at every watcher"), got })
}

fn push_one(client: &mut Client, at: usize, manifest: &Blob) -> Result<(), Failure> {
    put_manifest(client, &repository(at), "latest", manifest)
}

fn push_many(server: &Server, window: Option<Duration>, manifests: &[Blob]) -> Result<Sample, Failure> {
    let load = Load { clients: PUSHERS, window, most: manifests.len() };
    drive(server, load, Check::Length, &|client, turn| {
        // A tag of its own for each: what a long history costs is another question.
        let manifest = &manifests[turn.index];
        let tag = manifest.digest().replace(':', "-");
        put_manifest(client, &repository(turn.index), &tag, manifest).map(|()| Done::WHOLE)
    })
}

fn base() -> Image {
    Image::small(seed("watch-fanout", 0, 0))
}

fn manifest(scope: &str, round: usize, push: usize) -> Blob {
    base().variant(&format!("{scope} {round} {push}"))
}

fn manifests(scope: &str, round: usize, count: usize) -> Vec<Blob> {
    let base = base();
    (0..count).map(|push| base.variant(&format!("{scope} {round} {push}"))).collect()
}

fn repository(at: usize) -> String {
    format!("{NAMESPACE}/app{}", at % STREAMS)
}

fn per_second(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.operations / sample.seconds).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count that was added up as one"
)]
fn whole(operations: f64) -> u64 {
    operations as u64
}

fn figure(name: &str, reading: Reading, values: Vec<f64>) -> Figure {
    Figure { name: format!("watch-fanout: {name}"), reading, values, most: None }
}
