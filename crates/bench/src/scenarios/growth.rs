//! The cost of a push and of a manifest GET with few and with many images in one database: Weir against itself.

use std::sync::Arc;

use super::{Bench, Effect, Goal, Scenario, Unit, clients, fill, power};
use crate::content::{Blob, Image, choose, seed};
use crate::drive::{Done, Load};
use crate::failure::Failure;
use crate::options::Scale;
use crate::protocol::{Target, Way, mount, push_image, put_manifest};
use crate::servers::{Peer, Server};

const FEW: usize = 100;
const PER_REPOSITORY: usize = 100;
/// Images of which the client keeps the digest.
const MOST_ASKED: usize = 100_000;
const BASE: &str = "bench/base";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// The same 100 images are asked for again and again.
    Few,
    /// Any image is asked for.
    Any,
    Push,
}

pub(super) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let many = match bench.scale() {
        Scale::Quick => 2000,
        Scale::Normal => 100_000,
        Scale::Full => 1_000_000,
    };
    let wanted: Vec<_> =
        scenarios(bench, many).into_iter().filter(|(scenario, _)| bench.wants(&scenario.name)).collect();
    if wanted.is_empty() || bench.programs().of(Peer::Weir).is_none() {
        return Ok(());
    }
    let field = bench.field("growth", &[Peer::Weir, Peer::Small], 24 << 30)?;
    let base = Image::small(seed("growth", 0, 0));
    for (peer, server) in field.lanes() {
        fill_images(server, &base, size(peer, many))?;
    }
    for (scenario, kind) in wanted {
        let name = scenario.name.clone();
        let most = scenario.load.most;
        let targets = |peer| targets(kind, &base, size(peer, many));
        let (large, small) = (targets(Peer::Weir), targets(Peer::Small));
        bench.measure(scenario, &field.lanes(), |round| {
            let pushed = if kind == Kind::Push { most } else { 0 };
            let images: Vec<Image> = (0..pushed).map(|item| Image::small(seed(&name, round, item))).collect();
            let (large, small) = (Arc::clone(&large), Arc::clone(&small));
            Ok(Box::new(move |peer, client, turn| {
                if kind == Kind::Push {
                    let tag = format!("r{:x}", seed("growth push", most, (round << 32) + turn.index));
                    push_image(client, "bench/pushed", &tag, &images[turn.index], Way::Docker)?;
                    return Ok(Done::WHOLE);
                }
                let targets = if peer == Peer::Small { &small } else { &large };
                let target = &targets[choose((round << 32) + turn.index, targets.len())];
                let received = target.get(client, turn.check, None)?;
                Ok(Done::part(received, target.length()))
            }))
        })?;
    }
    bench.retire(field)
}

fn scenarios(bench: &Bench, many: usize) -> Vec<(Scenario, Kind)> {
    let kinds = [
        ("manifest GET of 100 images", Kind::Few, "requests/s"),
        ("manifest GET of any image", Kind::Any, "requests/s"),
        ("small image push", Kind::Push, "images/s"),
    ];
    let mut all = Vec::new();
    for (name, kind, unit) in kinds {
        for count in [1, 8] {
            let (load, effect, note) = if kind == Kind::Push {
                // Few, so that the small database stays one.
                let load = Load::count(count, bench.scale().pick(60 * count, 10));
                (load, Effect::Writes, Some("the small database grows with the rounds".to_owned()))
            } else {
                (Load::window(count, bench.window(), usize::MAX), Effect::Reads, None)
            };
            let scenario = Scenario {
                name: format!("{name}, among {}, {}", power(many), clients(count)),
                unit: Unit::PerSecond(unit),
                load,
                effect,
                goals: vec![Goal::Rate(Peer::Small, 0.9)],
                note,
            };
            all.push((scenario, kind));
        }
    }
    all
}

/// Brings `count` images over the same blobs, a hundred to a repository.
fn fill_images(server: &Server, base: &Image, count: usize) -> Result<(), Failure> {
    fill(server, 1, &|client, _| push_image(client, BASE, "latest", base, Way::Docker))?;
    fill(server, count / PER_REPOSITORY, &|client, group| {
        let first = group * PER_REPOSITORY;
        for blob in base.blobs() {
            mount(client, &repository(first), BASE, blob.digest())?;
        }
        for image in first..first + PER_REPOSITORY {
            put_manifest(client, &repository(image), &tag(image), &variant(base, image))?;
        }
        Ok(())
    })
}

/// What the scenario asks for among `held` images, spread over all of them.
fn targets(kind: Kind, base: &Image, held: usize) -> Arc<[Target]> {
    let asked = match kind {
        Kind::Few => FEW,
        Kind::Any => held.min(MOST_ASKED),
        Kind::Push => 0,
    };
    let target = |at: usize| {
        let image = at * (held / asked);
        Target::manifest(&repository(image), &tag(image), &variant(base, image))
    };
    (0..asked).map(target).collect()
}

fn size(peer: Peer, many: usize) -> usize {
    if peer == Peer::Small { FEW } else { many }
}

fn variant(base: &Image, image: usize) -> Blob {
    base.variant(&format!("image {image}"))
}

fn repository(image: usize) -> String {
    format!("bench/group{}", image / PER_REPOSITORY)
}

fn tag(image: usize) -> String {
    format!("v{}", image % PER_REPOSITORY)
}
