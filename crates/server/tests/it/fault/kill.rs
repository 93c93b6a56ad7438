use std::sync::mpsc;
use std::time::Duration;

use weir_oci::Digest;

use super::journal::Journal;
use super::server::Server;
use super::wire::Wire;

const CLIENTS: usize = 4;
const KILLS: usize = 100;

/// Numbers that look random and are the same in every run, so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn killed_at_any_moment_it_loses_nothing_it_acknowledged() {
    // distribution 205; field C060; reliability K2
    let data = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(20_260_203);
    let mut journals: Vec<Journal> = (0..CLIENTS).map(|_| Journal::default()).collect();
    for round in 0..KILLS {
        let server = Server::start(data.path(), &[]).expect("it starts on whatever the last kill left");
        let address = server.address;
        let delay = Duration::from_millis(numbers.below(120));
        journals = std::thread::scope(|scope| {
            let clients: Vec<_> = journals
                .into_iter()
                .enumerate()
                .map(|(client, mut journal)| {
                    scope.spawn(move || {
                        journal.push_until_it_dies(&mut Wire::to(address), client, round, usize::MAX);
                        journal
                    })
                })
                .collect();
            // The moment of the kill is what the test is about: nothing to wait for but time.
            let (_never, alarm) = mpsc::channel::<()>();
            let _ = alarm.recv_timeout(delay);
            server.kill();
            clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
        });
        if round % 10 == 9 {
            let server = Server::start(data.path(), &[]).expect("it starts again");
            let mut wire = Wire::to(server.address);
            for (client, journal) in journals.iter().enumerate() {
                journal
                    .verify(&mut wire, client)
                    .unwrap_or_else(|problem| panic!("after kill {round}: {problem}"));
            }
            server.kill();
        }
    }
    let acknowledged: usize = journals.iter().map(Journal::acknowledged).sum();
    assert!(acknowledged > KILLS, "only {acknowledged} pushes got through: the test shows nothing");
}

#[test]
fn an_upload_goes_on_after_a_kill_where_the_server_says_it_stands() {
    // distribution 88; field C007; reliability I11
    let data = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..9_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest = Digest::sha256(&content);
    for cut in [0, 10, 50_000, 4_000_000] {
        let server = Server::start(data.path(), &[]).unwrap();
        let mut wire = Wire::to(server.address);
        let session = wire.ask("POST", "/v2/demo/s/blobs/uploads/", &[], b"").unwrap();
        let location = session.header("location").unwrap().to_owned();
        if cut > 0 {
            assert_eq!(wire.ask("PATCH", &location, &[], &content[..cut]).unwrap().status, 202);
        }
        server.kill();

        let server = Server::start(data.path(), &[]).unwrap();
        let mut wire = Wire::to(server.address);
        let stands = wire.ask("GET", &location, &[], b"").unwrap();
        assert_eq!(stands.status, 204);
        assert_eq!(stands.header("range"), Some(format!("0-{}", cut.saturating_sub(1)).as_str()));
        let closed = wire.ask("PUT", &format!("{location}?digest={digest}"), &[], &content[cut..]).unwrap();
        assert_eq!(closed.status, 201, "{}", String::from_utf8_lossy(&closed.body));
        let pulled = wire.ask("GET", &format!("/v2/demo/s/blobs/{digest}"), &[], b"").unwrap();
        assert!(pulled.body == content);
        server.kill();
    }
}
