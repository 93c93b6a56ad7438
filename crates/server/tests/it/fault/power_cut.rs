use super::journal::Journal;
use super::server::Server;
use super::shadow::Shadow;
use super::wire::Wire;

const CLIENTS: usize = 2;

/// Pushes until the server is gone, cuts the power, starts on what is left and asks for everything
/// that was acknowledged.
fn run(cut: &[(&'static str, String)], pushes: usize) -> (usize, Result<(), String>) {
    let shadow = Shadow::new();
    let Some(server) = Server::start(&shadow.data(), &shadow.environment(cut)) else {
        // It died while it was starting: nothing was acknowledged.
        return (0, Ok(()));
    };
    let address = server.address;
    let journals: Vec<Journal> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn(move || {
                    let mut journal = Journal::default();
                    journal.push_until_it_dies(&mut Wire::to(address), client, 0, pushes);
                    journal
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
    });
    // Either a flush or a step killed it, or it outlived the pushes and dies now.
    server.kill();
    let rebuilt = shadow.after_the_cut();
    let acknowledged = journals.iter().map(Journal::acknowledged).sum();
    let Some(server) = Server::start(rebuilt.path(), &[]) else {
        return (acknowledged, Err("it does not start on what the power cut left".to_owned()));
    };
    let mut wire = Wire::to(server.address);
    let verdict =
        journals.iter().enumerate().try_for_each(|(client, journal)| journal.verify(&mut wire, client));
    server.kill();
    (acknowledged, verdict)
}

#[test]
fn a_power_cut_at_any_flush_loses_nothing_that_was_acknowledged() {
    // reliability P0, I1, I3, I5; field C060
    let mut acknowledged = 0;
    for n in 0..20 {
        // Spread over the start, the first pushes and the steady state.
        let at = 1 + n * n * 2 + n;
        let (pushes, verdict) = run(&[("SHADOW_CUT", at.to_string())], 30);
        verdict.unwrap_or_else(|problem| panic!("power cut at flush {at}: {problem}"));
        acknowledged += pushes;
    }
    assert!(acknowledged > 20, "only {acknowledged} pushes got through: the test shows nothing");
}

#[test]
fn killed_between_any_two_steps_it_loses_nothing_and_starts_again() {
    // reliability 2.10, K1: the steps are system calls, so every durable point of the matrix is one
    let mut acknowledged = 0;
    for n in 0..25 {
        let at = 20 + n * 37;
        let shadow = Shadow::new();
        let step = ("SHADOW_STEP", at.to_string());
        let server = Server::start(&shadow.data(), &shadow.environment(&[step]));
        let mut journal = Journal::default();
        if let Some(server) = server {
            journal.push_until_it_dies(&mut Wire::to(server.address), 0, 0, 40);
            server.kill();
        }
        let server = Server::start(&shadow.data(), &[]).expect("it starts on what a kill left");
        journal
            .verify(&mut Wire::to(server.address), 0)
            .unwrap_or_else(|problem| panic!("killed at step {at}: {problem}"));
        server.kill();
        acknowledged += journal.acknowledged();
    }
    assert!(acknowledged > 25, "only {acknowledged} pushes got through: the test shows nothing");
}

// The two controls: a server that does not flush would pass the first test if the harness kept what
// it should lose.

#[test]
fn without_flushing_blobs_a_power_cut_is_seen_to_lose_some() {
    let (acknowledged, verdict) = run(&[("SHADOW_FORGET", "blobs".to_owned())], 5);
    assert!(acknowledged > 0);
    assert!(verdict.is_err(), "the harness does not notice lost blobs");
}

#[test]
fn without_flushing_the_log_of_the_records_a_power_cut_is_seen_to_lose_some() {
    let (acknowledged, verdict) = run(&[("SHADOW_FORGET", "wal".to_owned())], 5);
    assert!(acknowledged > 0);
    assert!(verdict.is_err(), "the harness does not notice lost records");
}
