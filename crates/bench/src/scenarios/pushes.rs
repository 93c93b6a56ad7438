//! Pushes of small things: images of small layers, manifests alone, mounts, layers of 1 MiB.

use std::sync::Arc;

use super::{Bench, Effect, Goal, Round, Scenario, Unit, clients, fill};
use crate::content::{Blob, Image, MIB, seed};
use crate::drive::{Done, Load};
use crate::failure::Failure;
use crate::protocol::{Way, mount, push_image, put_manifest};
use crate::servers::Peer;

/// Holds the blobs that are mounted and that manifests name.
const BASE: &str = "bench/base";
/// Pushes are spread over so many repositories.
const REPOSITORIES: usize = 8;

/// Clients, how many times the rate of docker-registry is wanted, and the operations prepared for a window: above what that needs.
type Level = (usize, f64, usize);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    SmallImage,
    Manifest,
    Mount,
    Megabyte(Way),
}

pub(super) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let wanted: Vec<_> =
        scenarios(bench).into_iter().filter(|(scenario, _)| bench.wants(&scenario.name)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let field = bench.field("pushes", &[Peer::Weir, Peer::Registry], 32 << 30)?;
    let base = Image::of((0..3).map(|layer| Blob::noise(seed("base", 0, layer), MIB)).collect());
    for (_, server) in field.lanes() {
        fill(server, 1, &|client, _| push_image(client, BASE, "latest", &base, Way::Docker))?;
    }
    for (scenario, kind) in wanted {
        let name = scenario.name.clone();
        let most = scenario.load.most;
        bench.measure(scenario, &field.lanes(), |round| Ok(prepare(kind, &name, round, most, &base)))?;
    }
    bench.retire(field)
}

fn scenarios(bench: &Bench) -> Vec<(Scenario, Kind)> {
    let whole = "1 MiB layer image, POST and PUT";
    let kinds: [(&str, Kind, &[Level]); 5] = [
        (
            "small image push, docker's way",
            Kind::SmallImage,
            &[(1, 4.0, 1500), (8, 8.0, 3000), (32, 12.0, 4000)],
        ),
        ("manifest PUT, new tag", Kind::Manifest, &[(1, 5.0, 8000), (8, 7.0, 20_000), (32, 10.0, 24_000)]),
        ("3 layers and config mounted, manifest PUT", Kind::Mount, &[(1, 5.0, 2000), (8, 8.0, 4000)]),
        ("1 MiB layer image, docker's way", Kind::Megabyte(Way::Docker), &[(1, 4.0, 800), (8, 4.0, 1600)]),
        (whole, Kind::Megabyte(Way::Whole), &[(1, 4.0, 800), (8, 4.0, 1600)]),
    ];
    let mut all = Vec::new();
    for (name, kind, levels) in kinds {
        for (count, times, most) in levels {
            let most = bench.scale().pick(*most, most / 20);
            let scenario = Scenario {
                name: format!("{name}, {}", clients(*count)),
                unit: Unit::PerSecond("images/s"),
                load: Load::window(*count, bench.window(), most),
                effect: Effect::Writes,
                goals: vec![Goal::Rate(Peer::Registry, *times)],
                note: None,
            };
            all.push((scenario, kind));
        }
    }
    all
}

/// The work of one round: content of its own, the same for all servers.
fn prepare<'a>(kind: Kind, name: &str, round: usize, most: usize, base: &'a Image) -> Round<'a> {
    let scope = seed(name, round, 0);
    let tag = move |index: usize| format!("r{scope:x}-{index}");
    match kind {
        Kind::SmallImage | Kind::Megabyte(_) => {
            let way = if let Kind::Megabyte(way) = kind { way } else { Way::Docker };
            let shared = Blob::shareable(scope, MIB);
            let image = |item: usize| match kind {
                Kind::Megabyte(_) => {
                    Image::of(vec![Blob::over(seed(name, round, item), &Arc::clone(&shared))])
                }
                _ => Image::small(seed(name, round, item)),
            };
            let images: Vec<Image> = (0..most).map(image).collect();
            Box::new(move |_, client, turn| {
                let repository = format!("bench/push{}", turn.index % REPOSITORIES);
                push_image(client, &repository, &tag(turn.index), &images[turn.index], way)?;
                Ok(Done::WHOLE)
            })
        }
        Kind::Manifest | Kind::Mount => {
            let manifests: Vec<Blob> = (0..most).map(|item| base.variant(&tag(item))).collect();
            Box::new(move |_, client, turn| {
                let tag = tag(turn.index);
                let repository = match kind {
                    // Each into a repository of its own, where no link exists yet.
                    Kind::Mount => format!("bench/{tag}"),
                    _ => BASE.to_owned(),
                };
                if kind == Kind::Mount {
                    for blob in base.blobs() {
                        mount(client, &repository, BASE, blob.digest())?;
                    }
                }
                put_manifest(client, &repository, &tag, &manifests[turn.index])?;
                Ok(Done::WHOLE)
            })
        }
    }
}
