//! A page of 100 tags, in repositories of few and of many tags.

use super::{Bench, Effect, Goal, Round, Scenario, Unit, fill, power};
use crate::content::{Image, choose, seed};
use crate::drive::{Done, Load};
use crate::failure::Failure;
use crate::options::Scale;
use crate::protocol::{Check, Way, push_image, put_manifest, tags};
use crate::servers::{Peer, Server};

const PAGE: usize = 100;

pub(super) fn run(bench: &mut Bench) -> Result<(), Failure> {
    let few = 100;
    let many = bench.scale().pick(10_000, 1000);
    let most = bench.scale().pick(100_000, 2000);
    // docker-registry takes minutes to be given 10^5 tags, and its time per list grows with their number.
    let most_everywhere = bench.scale() == Scale::Full;
    let scenario = |count: usize, goals: Vec<Goal>| Scenario {
        name: format!("tags page n={PAGE}, {} tags, 1 client", power(count)),
        unit: Unit::PerSecond("pages/s"),
        load: Load::window(1, bench.window(), usize::MAX),
        effect: Effect::Reads,
        goals,
        note: None,
    };
    let mut all = vec![
        (few, scenario(few, Vec::new())),
        (many, scenario(many, vec![Goal::Rate(Peer::Small, 0.9), Goal::Rate(Peer::Registry, 50.0)])),
        (most, scenario(most, vec![Goal::Rate(Peer::Small, 0.9)])),
    ];
    if most_everywhere {
        all[2].1.goals.push(Goal::Rate(Peer::Registry, 500.0));
    } else {
        all[2].1.note = Some(format!("R left out: filling it takes long (--full); see {} tags", power(many)));
    }
    all.retain(|(_, scenario)| bench.wants(&scenario.name));
    if all.is_empty() {
        return Ok(());
    }
    let field = bench.field("tags", &[Peer::Weir, Peer::Registry], 8 << 30)?;
    let weir = field.server(Peer::Weir);
    let registry = field.server(Peer::Registry);
    if let Some(weir) = weir {
        fill_tags(weir, few, 1)?;
    }
    for (count, scenario) in all {
        let registry = registry.filter(|_| count != most || most_everywhere);
        if let Some(weir) = weir
            && count != few
        {
            fill_tags(weir, count, PAGE)?;
        }
        if let Some(registry) = registry {
            fill_tags(registry, count, 1)?;
        }
        let mut lanes: Vec<(Peer, &Server)> = Vec::new();
        lanes.extend(weir.map(|server| (Peer::Weir, server)));
        lanes.extend(weir.filter(|_| count != few).map(|server| (Peer::Small, server)));
        lanes.extend(registry.map(|server| (Peer::Registry, server)));
        bench.measure(scenario, &lanes, |round| Ok(pages(round, count, few)))?;
    }
    bench.retire(field)
}

/// Pages from anywhere in the list.
fn pages(round: usize, count: usize, few: usize) -> Round<'static> {
    Box::new(move |peer, client, turn| {
        let held = if peer == Peer::Small { few } else { count };
        let first = choose((round << 32) + turn.index, held - PAGE + 1);
        let after = first.checked_sub(1).map(name);
        let page = tags(client, &repository(held), after.as_deref(), PAGE)?;
        // docker-registry 2.8.2 knows no pages and sends all.
        if peer != Peer::Registry && !is_page(&page, first, turn.check) {
            return Err(Failure::Answer {
                request: format!("a page of tags after {after:?}"),
                got: String::from_utf8_lossy(&page).into_owned(),
            });
        }
        Ok(Done::WHOLE)
    })
}

fn is_page(page: &[u8], first: usize, check: Check) -> bool {
    match check {
        // One comma before the list and one between each two of its tags: cheap, since the client shares the cores.
        Check::Length => page.split(|byte| *byte == b',').count() == PAGE + 1,
        Check::Digest => {
            let expected: Vec<String> = (first..first + PAGE).map(name).collect();
            serde_json::from_slice::<serde_json::Value>(page)
                .is_ok_and(|page| page["tags"] == serde_json::json!(expected))
        }
    }
}

/// Brings a repository of `count` tags, so many of them with one request (`?tag=`, which docker-registry does not know).
fn fill_tags(server: &Server, count: usize, at_once: usize) -> Result<(), Failure> {
    let repository = repository(count);
    let base = Image::small(seed("tags", count, 0));
    fill(server, 1, &|client, _| push_image(client, &repository, &name(0), &base, Way::Docker))?;
    fill(server, count.div_ceil(at_once), &|client, at| {
        let names: Vec<String> = (at * at_once..count.min((at + 1) * at_once)).map(name).collect();
        let manifest = base.variant(&names[0]);
        match names.as_slice() {
            [only] => put_manifest(client, &repository, only, &manifest),
            names => {
                let reference = format!("{}?tag={}", manifest.digest(), names.join("&tag="));
                put_manifest(client, &repository, &reference, &manifest)
            }
        }
    })
}

fn repository(count: usize) -> String {
    format!("bench/tags{count}")
}

/// Sorts as it counts.
fn name(at: usize) -> String {
    format!("t{at:07}")
}
