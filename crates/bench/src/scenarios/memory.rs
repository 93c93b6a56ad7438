//! Anonymous memory: at rest, under 64 large downloads, under 64 large uploads.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{Bench, Memory, clients, fill};
use crate::content::{Blob, MIB, choose, seed};
use crate::drive::{Done, Load, drive};
use crate::failure::Failure;
use crate::protocol::{Check, Target, Way, push_blob};
use crate::servers::{Peer, Server};

const REPOSITORY: &str = "bench/memory";

pub(super) fn run(bench: &mut Bench) {
    let count = bench.scale().pick(64, 8);
    if !bench.wants(&format!("memory, {} of 100 MiB", clients(count))) {
        return;
    }
    for peer in [Peer::Weir, Peer::Nginx, Peer::Registry] {
        if bench.programs().of(peer).is_some() {
            eprintln!("memory of {peer}");
            match measure(bench, peer, count) {
                Ok(memory) => bench.memory.push(memory),
                Err(failure) => bench.fail(format!("memory of {peer}: {failure}")),
            }
        }
    }
}

fn measure(bench: &Bench, peer: Peer, count: usize) -> Result<Memory, Failure> {
    let length = bench.scale().pick(100 * MIB, 16 * MIB);
    let mut field = bench.field("memory", &[peer], (2 * count * length) as u64)?;
    let shared = Blob::shareable(seed("memory", 0, 0), length);
    let blob = |item| Blob::over(seed("memory", 1, item), &Arc::clone(&shared));
    let held: Vec<Blob> = (0..4).map(blob).collect();
    let targets: Vec<Target> = held.iter().map(|blob| Target::blob(REPOSITORY, blob)).collect();
    let server = &field.servers[0];
    if peer == Peer::Nginx {
        for (target, blob) in targets.iter().zip(&held) {
            server.place(target, blob)?;
        }
    } else {
        fill(server, held.len(), &|client, at| push_blob(client, REPOSITORY, &held[at], Way::Whole))?;
    }

    // A new process for each figure: what an allocator keeps from the work before must not hide in it.
    restart(bench, &mut field.servers)?;
    let family = field.servers[0].family();
    let idle = family.anonymous()?;
    let peak = family.peak_during(|| {
        drive(&field.servers[0], Load::count(count, 2 * count), Check::Length, &|client, turn| {
            let target = &targets[choose(turn.index, targets.len())];
            target.get(client, turn.check, None).map(|_| Done::WHOLE)
        })
        .map(drop)
    })?;
    let downloads = peak.saturating_sub(idle);

    let mut uploads = None;
    if peer != Peer::Nginx {
        let pushed: Vec<Blob> = (held.len()..held.len() + count).map(blob).collect();
        restart(bench, &mut field.servers)?;
        let family = field.servers[0].family();
        let before = family.anonymous()?;
        let peak = family.peak_during(|| {
            drive(&field.servers[0], Load::count(count, count), Check::Length, &|client, turn| {
                push_blob(client, REPOSITORY, &pushed[turn.index], Way::Docker).map(|()| Done::WHOLE)
            })
            .map(drop)
        })?;
        uploads = Some(peak.saturating_sub(before));
    }
    bench.retire(field)?;
    Ok(Memory { peer, idle, downloads, uploads })
}

/// Starts the only server anew on what it holds.
pub(super) fn restart(bench: &Bench, servers: &mut Vec<Server>) -> Result<(), Failure> {
    let server = servers.remove(0);
    let (peer, folder) = (server.peer(), server.folder().to_owned());
    drop(server);
    super::sync()?;
    let program = bench.programs().of(peer).expect("it was running");
    servers.push(Server::start(peer, program, &folder)?);
    // Start-up work is over by then.
    thread::sleep(Duration::from_secs(1));
    Ok(())
}
