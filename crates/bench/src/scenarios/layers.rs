//! Pushes of images with one layer of 100 MiB. Each scenario has servers and folders of its own: what it writes is removed after it.

use std::sync::Arc;

use super::{Bench, Effect, Goal, Scenario, Unit, clients};
use crate::content::{Blob, Image, MIB, seed};
use crate::drive::{Done, Load};
use crate::failure::Failure;
use crate::protocol::{Way, push_image};
use crate::servers::Peer;

pub(super) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let length = bench.scale().pick(100 * MIB, 16 * MIB);
    for (way, spelled, rates) in
        [(Way::Docker, "docker's way", [4.0, 2.5]), (Way::Whole, "POST and PUT", [4.0, 2.0])]
    {
        for (count, rate, hash, pushes) in [(1, rates[0], 0.55, 4), (8, rates[1], 0.6, 16)] {
            let pushes = bench.scale().pick(pushes, count);
            let scenario = Scenario {
                name: format!("100 MiB layer image, {spelled}, {}", clients(count)),
                unit: Unit::Throughput(length as u64),
                load: Load::count(count, pushes),
                effect: Effect::Writes,
                goals: vec![
                    Goal::Rate(Peer::Registry, rate),
                    Goal::Hash(hash),
                    Goal::Time(Peer::Registry, 0.25),
                    Goal::TimePerGb(1.3),
                ],
                note: None,
            };
            if bench.wants(&scenario.name) {
                measure(bench, scenario, way, length)?;
            }
        }
    }
    Ok(())
}

fn measure(bench: &mut Bench, scenario: Scenario, way: Way, length: usize) -> Result<(), Failure> {
    let pushes = scenario.load.most;
    let rounds = bench.options().rounds + 1;
    let writes = (2 * pushes * rounds * length) as u64;
    let field = bench.field("layers", &[Peer::Weir, Peer::Registry], writes)?;
    let name = scenario.name.clone();
    bench.measure(scenario, &field.lanes(), |round| {
        let shared = Blob::shareable(seed(&name, round, 0), length);
        let image = |item| Image::of(vec![Blob::over(seed(&name, round, item), &Arc::clone(&shared))]);
        let images: Vec<Image> = (0..pushes).map(image).collect();
        Ok(Box::new(move |_, client, turn| {
            let repository = format!("bench/large{}", turn.index % 8);
            let tag = format!("r{round}-{}", turn.index);
            push_image(client, &repository, &tag, &images[turn.index], way)?;
            Ok(Done::WHOLE)
        }))
    })?;
    bench.retire(field)
}
