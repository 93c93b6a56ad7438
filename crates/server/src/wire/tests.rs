//! Files over real sockets: exact bytes, whatever happens on the way.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use weir_oci::Digest;
use weir_store::{Content, LocalOptions, ObjectKey, Store};

use super::{Activity, Wire, WireSettings};
use crate::body::{Pieces, ResponseBody};
use crate::exchange::Exchange;

/// Larger than one window and than one frame of a body, and no multiple of anything.
const LARGE: usize = (17 << 20) + 4711;
const SETTINGS: WireSettings = WireSettings {
    idle: Duration::from_secs(75),
    head: Duration::from_secs(10),
    response: Duration::from_secs(30),
};

/// Bytes that differ from their neighbours, near and far, and hold no long runs of zeros.
fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// A stored object and the server that sends it.
struct Fixture {
    folder: tempfile::TempDir,
    store: Store,
    key: ObjectKey,
    bytes: Vec<u8>,
}

impl Fixture {
    async fn new(len: usize) -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let options = LocalOptions { fsync: false, cache_bytes: 0, ..LocalOptions::default() };
        let store = Store::open_local(folder.path(), options).await.unwrap();
        let bytes = pattern(len, 42);
        let key = store.put(&Digest::sha256(&bytes), Bytes::from(bytes.clone()), 0).await.unwrap();
        Fixture { folder, store, key, bytes }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.key.to_string())
    }

    async fn content(&self) -> Content {
        let content = self.store.open(&self.key, self.bytes.len() as u64).await.unwrap();
        assert!(matches!(content, Content::File(_)), "the test is about files");
        content
    }

    /// Serves connections. The target of a request is `/<first>-<end>`, several joined by commas; the
    /// ranges come one after the other, with a bar between them.
    async fn serve(&self) -> Server {
        let content = self.content().await;
        Server::start(move |target| {
            let ranges = target.trim_start_matches('/').split(',').map(|range| {
                let (first, end) = range.split_once('-').unwrap();
                Pieces::content(content.slice(first.parse().unwrap()..end.parse().unwrap()))
            });
            let mut pieces = Vec::new();
            for range in ranges {
                if !pieces.is_empty() {
                    pieces.push(Pieces::bytes(Bytes::from_static(b"|")));
                }
                pieces.push(range);
            }
            Pieces::several(pieces)
        })
        .await
    }

    fn expected(&self, target: &str) -> Vec<u8> {
        let ranges = target.split(',').map(|range| {
            let (first, end) = range.split_once('-').unwrap();
            &self.bytes[first.parse().unwrap()..end.parse().unwrap()]
        });
        ranges.collect::<Vec<_>>().join(&b'|')
    }
}

struct Server {
    address: SocketAddr,
    tasks: TaskTracker,
    /// Number of promised ranges left when a connection ended.
    ended: mpsc::UnboundedReceiver<usize>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> Pieces + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = TaskTracker::new();
        let (tell, ended) = mpsc::unbounded_channel();
        let (answer, spawner) = (Arc::new(answer), tasks.clone());
        tasks.spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                spawner.spawn(connection(tcp, Arc::clone(&answer), tell.clone()));
            }
        });
        Server { address, tasks, ended }
    }

    async fn connect(&self) -> Client {
        Client { tcp: TcpStream::connect(self.address).await.unwrap(), buffer: Vec::new() }
    }
}

async fn connection<F>(tcp: TcpStream, answer: Arc<F>, tell: mpsc::UnboundedSender<usize>)
where
    F: Fn(&str) -> Pieces + Send + Sync + 'static,
{
    let activity = Arc::new(Activity::default());
    let (wire, files) = Wire::http1(tcp, Bytes::new(), &SETTINGS, Arc::clone(&activity));
    let files = files.expect("the region can be had");
    let queue = Arc::clone(&files);
    let service = service_fn(move |request: Request<Incoming>| {
        let pieces = answer(request.uri().path());
        let body = ResponseBody::new(pieces, Exchange::for_test(&activity), Some(Arc::clone(&queue)));
        async move { Ok::<_, Infallible>(Response::new(body)) }
    });
    let _ = http1::Builder::new().header_read_timeout(None).serve_connection(wire, service).await;
    let _ = tell.send(files.len());
}

struct Client {
    tcp: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn send(&mut self, method: &str, target: &str) {
        let head = format!("{method} /{target} HTTP/1.1\r\nHost: x\r\n\r\n");
        self.tcp.write_all(head.as_bytes()).await.unwrap();
    }

    /// Reads a head and answers with the length of the body.
    async fn head(&mut self) -> usize {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8(self.buffer.drain(..end + 4).collect()).unwrap().to_lowercase();
                assert!(head.starts_with("http/1.1 200"), "{head}");
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                return length.unwrap().parse().unwrap();
            }
            assert!(self.tcp.read_buf(&mut self.buffer).await.unwrap() > 0, "the connection ended in a head");
        }
    }

    /// Reads one response. An end before its end is an error with what came.
    async fn response(&mut self) -> Result<Vec<u8>, usize> {
        let len = self.head().await;
        while self.buffer.len() < len {
            match self.tcp.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Err(self.buffer.len()),
                Ok(_) => {}
            }
        }
        Ok(self.buffer.drain(..len).collect())
    }

    async fn get(&mut self, target: &str) -> Vec<u8> {
        self.send("GET", target).await;
        self.response().await.expect("the response is whole")
    }
}

fn assert_same(got: &[u8], expected: &[u8]) {
    if got == expected {
        return;
    }
    // A failed comparison must not print megabytes.
    let differs = got.iter().zip(expected).position(|(a, b)| a != b);
    panic!("{} of {} bytes, the first other one at {differs:?}", got.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whole_files_and_ranges_over_one_connection() {
    let fixture = Fixture::new(LARGE).await;
    let server = fixture.serve().await;
    let mut client = server.connect().await;
    for target in [
        &format!("0-{LARGE}"),
        "0-1",
        "1048575-1048577",
        &format!("{}-{LARGE}", LARGE - 1),
        "5-5",
        "4096-17000000",
        "0-100000,200000-200001,3-1048580",
        "10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20,10-20",
    ] {
        assert_same(&client.get(target).await, &fixture.expected(target));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_requests_are_answered_in_order() {
    let fixture = Fixture::new(3 << 20).await;
    let server = fixture.serve().await;
    let mut client = server.connect().await;
    let targets: Vec<String> = (0..40).map(|n| format!("{}-{}", n * 7001, 100_000 + n * 65_537)).collect();
    for target in &targets {
        client.send("GET", target).await;
    }
    for target in &targets {
        assert_same(&client.response().await.unwrap(), &fixture.expected(target));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_request_promises_nothing() {
    let fixture = Fixture::new(1 << 20).await;
    let server = fixture.serve().await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send("HEAD", "0-1048576").await;
        assert_eq!(client.head().await, 1 << 20);
        assert_same(&client.get("100-200").await, &fixture.expected("100-200"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_get_their_own_bytes() {
    let fixture = Fixture::new(5 << 20).await;
    let server = fixture.serve().await;
    let clients = (0..64).map(|n| {
        let fixture = &fixture;
        let server = &server;
        async move {
            let mut client = server.connect().await;
            for round in 0..3 {
                let target = format!("{}-{}", n * 1009 + round, (4 << 20) + n * 4093);
                assert_same(&client.get(&target).await, &fixture.expected(&target));
            }
        }
    });
    futures_util::future::join_all(clients).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_file_is_read_in_first() {
    let fixture = Fixture::new(9 << 20).await;
    let server = fixture.serve().await;
    let file = std::fs::File::open(fixture.path()).unwrap();
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    let mut client = server.connect().await;
    let whole = format!("0-{}", 9 << 20);
    assert_same(&client.get(&whole).await, &fixture.expected(&whole));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_takes_its_promise_along() {
    let fixture = Fixture::new(LARGE).await;
    let mut server = fixture.serve().await;
    let mut client = server.connect().await;
    client.send("GET", &format!("0-{LARGE}")).await;
    assert_eq!(client.head().await, LARGE);
    drop(client);
    let left = server.ended.recv().await.unwrap();
    assert!(left <= 2, "the connection is over and holds {left} ranges no longer than itself");
    // The file is not held by anybody but the fixture's own copies.
    let mut other = server.connect().await;
    assert_same(&other.get("7-77777").await, &fixture.expected("7-77777"));
    drop(other);
    assert_eq!(server.ended.recv().await, Some(0));
    server.tasks.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_lost_its_end_ends_the_connection() {
    let fixture = Fixture::new(4 << 20).await;
    let mut server = fixture.serve().await;
    let file = std::fs::OpenOptions::new().write(true).open(fixture.path()).unwrap();
    file.set_len((2 << 20) + 5).unwrap();
    let mut client = server.connect().await;
    client.send("GET", &format!("0-{}", 4 << 20)).await;
    let came = client.response().await.unwrap_err();
    assert_eq!(came, (2 << 20) + 5, "what there is, no padding, and no clean end");
    assert_same(&client.buffer, &fixture.bytes[..came]);
    assert!(server.ended.recv().await.is_some());
}

/// The region is zeros. Were it ever sent, a body of other bytes would hold a run of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_byte_of_the_region_is_ever_sent() {
    let fixture = Fixture::new(8 << 20).await;
    let server = fixture.serve().await;
    let mut client = server.connect().await;
    let body = client.get(&format!("0-{},0-9", 8 << 20)).await;
    assert!(!body.windows(64).any(|window| window.iter().all(|byte| *byte == 0)));
}

#[tokio::test]
#[should_panic = "is never sent as it is"]
async fn the_socket_refuses_bytes_of_the_region() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (tcp, _) = listener.accept().await.unwrap();
    let (mut wire, _) = Wire::http1(tcp, Bytes::new(), &SETTINGS, Arc::default());
    let slice = super::Region::get().unwrap().stand_in(10);
    std::future::poll_fn(|cx| hyper::rt::Write::poll_write(std::pin::Pin::new(&mut wire), cx, &slice))
        .await
        .unwrap();
}

/// HTTP/1.0, and clients that say so, end the connection with the response.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_closes_sends_all_before() {
    let fixture = Fixture::new(6 << 20).await;
    let server = fixture.serve().await;
    for head in ["HTTP/1.0\r\n\r\n", "HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"] {
        let mut tcp = TcpStream::connect(server.address).await.unwrap();
        tcp.write_all(format!("GET /3-{} {head}", 6 << 20).as_bytes()).await.unwrap();
        let mut all = Vec::new();
        tcp.read_to_end(&mut all).await.unwrap();
        let start = all.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        assert_same(&all[start..], &fixture.bytes[3..]);
    }
}

/// A client that reads slowly gets everything, and others meanwhile too.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_slow_reader_holds_nobody_up() {
    let fixture = Fixture::new(24 << 20).await;
    let server = fixture.serve().await;
    let whole = format!("0-{}", 24 << 20);
    let mut slow = server.connect().await;
    slow.send("GET", &whole).await;
    for _ in 0..5 {
        let mut fast = server.connect().await;
        assert_same(&fast.get("0-2000000").await, &fixture.expected("0-2000000"));
    }
    assert_same(&slow.response().await.unwrap(), &fixture.bytes);
}
