//! Downloads and lookups, against nginx and docker-registry.

use std::sync::Arc;

use super::{Bench, Effect, Field, Goal, Scenario, Unit, clients, fill};
use crate::content::{Blob, Image, KIB, MIB, choose, seed};
use crate::drive::{Done, Load};
use crate::failure::Failure;
use crate::protocol::{Target, Way, push_blob, push_image};
use crate::servers::Peer;

const REPOSITORY: &str = "bench/reads";
const CLIENTS: [usize; 3] = [1, 8, 64];

/// What is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Kilobyte,
    Megabyte,
    Large,
    ManifestByTag,
    ManifestByDigest,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Method {
    Get,
    Head,
}

pub(super) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let wanted: Vec<_> =
        scenarios(bench).into_iter().filter(|(scenario, ..)| bench.wants(&scenario.name)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let field = bench.field("reads", &[Peer::Weir, Peer::Nginx, Peer::Registry], 3 << 30)?;
    let content = Content::make(bench);
    content.place(&field)?;
    for (scenario, kind, method) in wanted {
        let targets = content.targets(kind);
        bench.measure(scenario, &field.lanes(), |round| {
            let (first, targets) = (round << 32, Arc::clone(&targets));
            Ok(Box::new(move |_, client, turn| {
                let target = &targets[choose(first + turn.index, targets.len())];
                match method {
                    Method::Head => target.head(client).map(|()| Done::WHOLE),
                    Method::Get => target
                        .get(client, turn.check, turn.deadline)
                        .map(|received| Done::part(received, target.length())),
                }
            }))
        })?;
    }
    bench.retire(field)
}

fn scenarios(bench: &Bench) -> Vec<(Scenario, Kind, Method)> {
    let kinds: [(&str, Kind, Method, [Vec<Goal>; 3]); 8] = [
        ("blob GET 1 KiB", Kind::Kilobyte, Method::Get, goals([0.75, 0.7, 0.85], [20.0, 50.0, 40.0])),
        ("blob GET 1 MiB", Kind::Megabyte, Method::Get, goals([1.2, 1.0, 0.95], [6.0; 3])),
        ("blob GET 100 MiB", Kind::Large, Method::Get, large_goals()),
        ("manifest GET by tag", Kind::ManifestByTag, Method::Get, lookup_goals(8.0)),
        ("manifest HEAD by tag", Kind::ManifestByTag, Method::Head, lookup_goals(8.0)),
        ("manifest GET by digest", Kind::ManifestByDigest, Method::Get, <[_; 3]>::default()),
        ("manifest HEAD by digest", Kind::ManifestByDigest, Method::Head, <[_; 3]>::default()),
        ("blob HEAD", Kind::Kilobyte, Method::Head, lookup_goals(7.0)),
    ];
    let mut all = Vec::new();
    for (name, kind, method, goals) in kinds {
        for (count, goals) in CLIENTS.into_iter().zip(goals) {
            let bytes = match kind {
                Kind::Megabyte => Some(MIB as u64),
                Kind::Large => Some(large(bench) as u64),
                _ => None,
            };
            // Few large downloads end in a second: a longer window evens them out.
            let window = if kind == Kind::Large { bench.window() * 2 } else { bench.window() };
            let scenario = Scenario {
                name: format!("{name}, {}", clients(count)),
                unit: bytes.map_or(Unit::PerSecond("requests/s"), Unit::Throughput),
                load: Load::window(count, window, usize::MAX),
                effect: Effect::Reads,
                goals,
                note: None,
            };
            all.push((scenario, kind, method));
        }
    }
    all
}

fn goals(nginx: [f64; 3], registry: [f64; 3]) -> [Vec<Goal>; 3] {
    [0, 1, 2].map(|at| vec![Goal::Rate(Peer::Nginx, nginx[at]), Goal::Rate(Peer::Registry, registry[at])])
}

fn large_goals() -> [Vec<Goal>; 3] {
    goals([1.2, 1.05, 1.05], [2.0, 1.4, 1.7]).map(|mut goals| {
        goals.extend([Goal::Time(Peer::Nginx, 0.8), Goal::Time(Peer::Registry, 0.35)]);
        goals
    })
}

fn lookup_goals(alone: f64) -> [Vec<Goal>; 3] {
    goals([0.75, 0.65, 0.75], [alone, 24.0, 24.0])
}

fn large(bench: &Bench) -> usize {
    bench.scale().pick(100 * MIB, 16 * MIB)
}

/// What all servers hold.
#[derive(Debug)]
struct Content {
    blobs: Vec<(Kind, Vec<Blob>)>,
    images: Vec<Image>,
}

impl Content {
    fn make(bench: &Bench) -> Self {
        let scale = bench.scale();
        let make = |kind: Kind, count: usize, length: usize| {
            let shared = Blob::shareable(seed("reads", 0, length), length);
            let blob = |item| {
                let seed = seed("reads", length, item);
                if length > MIB { Blob::over(seed, &Arc::clone(&shared)) } else { Blob::noise(seed, length) }
            };
            (kind, (0..count).map(blob).collect())
        };
        Self {
            blobs: vec![
                make(Kind::Kilobyte, scale.pick(256, 16), KIB),
                make(Kind::Megabyte, scale.pick(32, 4), MIB),
                make(Kind::Large, scale.pick(4, 1), large(bench)),
            ],
            images: (0..scale.pick(64, 8)).map(|item| Image::small(seed("read images", 0, item))).collect(),
        }
    }

    fn place(&self, field: &Field) -> Result<(), Failure> {
        let blobs: Vec<&Blob> = self.blobs.iter().flat_map(|(_, blobs)| blobs).collect();
        for (peer, server) in field.lanes() {
            if peer == Peer::Nginx {
                for blob in &blobs {
                    server.place(&Target::blob(REPOSITORY, blob), blob)?;
                }
                for (at, image) in self.images.iter().enumerate() {
                    for reference in [tag(at), image.manifest.digest().to_owned()] {
                        let target = Target::manifest(REPOSITORY, &reference, &image.manifest);
                        server.place(&target, &image.manifest)?;
                    }
                }
            } else {
                fill(server, blobs.len(), &|client, at| {
                    push_blob(client, REPOSITORY, blobs[at], Way::Whole)
                })?;
                fill(server, self.images.len(), &|client, at| {
                    push_image(client, REPOSITORY, &tag(at), &self.images[at], Way::Docker)
                })?;
            }
        }
        Ok(())
    }

    fn targets(&self, kind: Kind) -> Arc<[Target]> {
        let images = self.images.iter();
        match kind {
            Kind::ManifestByTag => images
                .enumerate()
                .map(|(at, image)| Target::manifest(REPOSITORY, &tag(at), &image.manifest))
                .collect(),
            Kind::ManifestByDigest => images
                .map(|image| Target::manifest(REPOSITORY, image.manifest.digest(), &image.manifest))
                .collect(),
            Kind::Kilobyte | Kind::Megabyte | Kind::Large => self
                .blobs
                .iter()
                .filter(|(of, _)| *of == kind)
                .flat_map(|(_, blobs)| blobs)
                .map(|blob| Target::blob(REPOSITORY, blob))
                .collect(),
        }
    }
}

fn tag(at: usize) -> String {
    format!("v{at}")
}
