use std::collections::BTreeMap;
use std::io;

use serde_json::json;
use weir_oci::Digest;

use super::wire::Wire;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// What one client was told. Each client writes to a tag of its own, so the order of its own
/// acknowledgements is the order of the tag's history.
#[derive(Debug, Default)]
pub(super) struct Journal {
    /// Pushes in the order they were sent: the digest, and whether the answer was 201.
    pushes: Vec<(Digest, bool)>,
    /// Blobs that were acknowledged, with their bytes.
    blobs: BTreeMap<Digest, Vec<u8>>,
    /// Manifests that were acknowledged.
    manifests: BTreeMap<Digest, Vec<u8>>,
}

impl Journal {
    pub(super) fn acknowledged(&self) -> usize {
        self.pushes.iter().filter(|(_, acknowledged)| *acknowledged).count()
    }

    /// Pushes images that differ until the server stops answering, at most `limit`.
    pub(super) fn push_until_it_dies(&mut self, wire: &mut Wire, client: usize, round: usize, limit: usize) {
        for n in 0..limit {
            if self.push(wire, client, &format!("client {client} round {round} image {n}")).is_err() {
                return;
            }
        }
    }

    fn push(&mut self, wire: &mut Wire, client: usize, seed: &str) -> io::Result<()> {
        // One layer small enough to live in memory until it is whole, one that needs a file.
        let small = format!("small layer of {seed}").into_bytes();
        let large = seed.as_bytes().iter().copied().cycle().take(150_000).collect::<Vec<u8>>();
        let config = json!({"architecture": "amd64", "os": "linux", "config": {"Labels": {"seed": seed}}});
        let config = config.to_string().into_bytes();
        for blob in [&small, &large, &config] {
            let digest = Journal::upload(wire, blob)?;
            self.blobs.insert(digest, blob.clone());
        }
        let descriptor = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "size": bytes.len(), "digest": Digest::sha256(bytes)});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": [descriptor("application/x.small", &small), descriptor("application/x.large", &large)],
        });
        let manifest = manifest.to_string().into_bytes();
        let digest = Digest::sha256(&manifest);
        self.pushes.push((digest, false));
        let path = format!("/v2/demo/app/manifests/client-{client}");
        let answer = wire.ask("PUT", &path, &[("Content-Type", MANIFEST)], &manifest)?;
        expect(answer.status, 201)?;
        self.pushes.last_mut().expect("it was just pushed").1 = true;
        self.manifests.insert(digest, manifest);
        Ok(())
    }

    /// A session, two chunks, the closing request.
    fn upload(wire: &mut Wire, blob: &[u8]) -> io::Result<Digest> {
        let digest = Digest::sha256(blob);
        let session = wire.ask("POST", "/v2/demo/app/blobs/uploads/", &[], b"")?;
        expect(session.status, 202)?;
        let location = session.header("location").expect("a session has a place").to_owned();
        let (first, second) = blob.split_at(blob.len() / 2);
        for chunk in [first, second] {
            let answer = wire.ask("PATCH", &location, &[], chunk)?;
            expect(answer.status, 202)?;
        }
        let answer = wire.ask("PUT", &format!("{location}?digest={digest}"), &[], b"")?;
        expect(answer.status, 201)?;
        Ok(digest)
    }

    /// Whether a server that was started again shows everything this client was told.
    pub(super) fn verify(&self, wire: &mut Wire, client: usize) -> Result<(), String> {
        for (digest, bytes) in &self.blobs {
            same(wire, &format!("/v2/demo/app/blobs/{digest}"), bytes)?;
        }
        for (digest, bytes) in &self.manifests {
            same(wire, &format!("/v2/demo/app/manifests/{digest}"), bytes)?;
        }
        self.verify_history(wire, client)
    }

    /// The history of the tag is the acknowledged pushes in order; one whose answer nobody saw may
    /// stand at its place or be absent.
    fn verify_history(&self, wire: &mut Wire, client: usize) -> Result<(), String> {
        let path = "/apis/image.openshift.io/v1/namespaces/demo/imagestreams/app";
        let answer = wire.ask("GET", path, &[], b"").map_err(|error| error.to_string())?;
        if answer.status == 404 && self.acknowledged() == 0 {
            return Ok(());
        }
        let stream = answer.json();
        let tags = stream["status"]["tags"].as_array().cloned().unwrap_or_default();
        let tag = tags.iter().find(|tag| tag["tag"] == format!("client-{client}"));
        let items = tag.and_then(|tag| tag["items"].as_array().cloned()).unwrap_or_default();
        let mut history = items.iter().rev().filter_map(|item| item["image"].as_str()).peekable();
        for (digest, acknowledged) in &self.pushes {
            if history.peek() == Some(&digest.to_string().as_str()) {
                history.next();
            } else if *acknowledged {
                return Err(format!(
                    "{digest} was acknowledged and is not in the history of client-{client}: {items:?}"
                ));
            }
        }
        match history.next() {
            None => Ok(()),
            Some(event) => {
                Err(format!("{event} is in the history of client-{client}, and nobody pushed it there"))
            }
        }
    }
}

fn same(wire: &mut Wire, path: &str, bytes: &[u8]) -> Result<(), String> {
    let answer =
        wire.ask("GET", path, &[("Accept", "*/*")], b"").map_err(|error| format!("{path}: {error}"))?;
    if answer.status != 200 {
        return Err(format!("{path} was acknowledged and is {}", answer.status));
    }
    if answer.body != bytes {
        return Err(format!("{path} was acknowledged and has other bytes"));
    }
    Ok(())
}

fn expect(status: u16, wanted: u16) -> io::Result<()> {
    if status == wanted { Ok(()) } else { Err(io::Error::other(format!("{status} instead of {wanted}"))) }
}
