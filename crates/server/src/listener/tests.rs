//! The listener over real sockets, with handlers of a few lines behind it.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::*;
use crate::config::{Config, Layer, Variables, resolve};

/// Long enough for a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than the kernel takes of a response nobody reads.
const LARGE: usize = 64 << 20;

/// Answers with what the body was, refuses it unread, or waits.
struct Echo {
    /// Lets `/wait` go on.
    go_on: Arc<Notify>,
    /// Tells that `/wait` was reached.
    waiting: Arc<Notify>,
}

impl Handler for Echo {
    async fn answer(&self, request: Request<RequestBody>, _: RequestContext) -> Answer {
        let (head, body) = request.into_parts();
        let (status, text) = match head.uri.path() {
            "/refuse" => (StatusCode::FORBIDDEN, "refused".to_owned()),
            "/large" => {
                self.waiting.notify_one();
                (StatusCode::OK, "x".repeat(LARGE))
            }
            "/panic" => panic!("a handler fails"),
            "/wait" => {
                self.waiting.notify_one();
                self.go_on.notified().await;
                (StatusCode::OK, "waited".to_owned())
            }
            _ => match body.collect().await {
                Ok(body) => (StatusCode::OK, format!("{} bytes", body.to_bytes().len())),
                Err(error) => (StatusCode::REQUEST_TIMEOUT, error.to_string()),
            },
        };
        let mut response = Response::new(Pieces::bytes(Bytes::from(text)));
        *response.status_mut() = status;
        Answer { response, facts: Facts::default() }
    }
}

struct Server {
    address: SocketAddr,
    shared: Arc<Shared<Echo>>,
    go_on: Arc<Notify>,
    waiting: Arc<Notify>,
}

impl Server {
    async fn start() -> Server {
        Server::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Server {
        let mut config = resolve(Layer::new(), &Variables::new(), None).unwrap().config;
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (go_on, waiting) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let shared = Arc::new(Shared {
            handler: Echo { go_on: Arc::clone(&go_on), waiting: Arc::clone(&waiting) },
            limits: config.limits,
            timeouts: config.timeouts,
            telemetry: Telemetry::for_test(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        shared.tasks.spawn(serve(listener, Arc::clone(&shared)));
        Server { address, shared, go_on, waiting }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads until the connection ends.
    async fn exchange(&self, request: impl AsRef<[u8]>) -> String {
        let mut tcp = self.connect().await;
        tcp.write_all(request.as_ref()).await.unwrap();
        rest(&mut tcp).await
    }

    fn metric(&self, line: &str) -> bool {
        self.shared.telemetry.metrics().text().lines().any(|there| there == line)
    }
}

/// Everything until the connection ends, however it does.
async fn rest(tcp: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let read = async { while matches!(tcp.read_buf(&mut all).await, Ok(1..)) {} };
    tokio::time::timeout(PATIENCE, read).await.expect("the connection ends");
    String::from_utf8_lossy(&all).into_owned()
}

/// Reads up to the end of the text.
async fn until(tcp: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    let read = async {
        while !String::from_utf8_lossy(&all).ends_with(end) {
            assert!(tcp.read_buf(&mut all).await.unwrap() > 0, "{}", String::from_utf8_lossy(&all));
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("the answer comes");
    String::from_utf8(all).unwrap()
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n")
}

#[tokio::test]
async fn a_request_is_named_and_answered() {
    let server = Server::start().await;
    let answer = server.exchange(get("/", "X-Request-Id: my-1\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("x-request-id: my-1\r\n") && answer.ends_with("\r\n\r\n0 bytes"), "{answer}");
    let answer = server.exchange(get("/", "")).await;
    assert!(answer.contains("x-request-id: "), "{answer}");
}

// distribution 1.4: clients try TLS first on registries declared insecure.
#[tokio::test]
async fn a_tls_hello_is_answered_in_plain_http_at_once() {
    let server = Server::start().await;
    let answer = server.exchange([0x16, 0x03, 0x01]).await;
    assert!(answer.starts_with("HTTP/1.0 400 Bad Request\r\n"), "{answer}");
    assert!(server.metric("weir_connections_refused_total{reason=\"tls\"} 1"));
}

// reliability 4.1
#[tokio::test]
async fn heads_up_to_the_limit_and_no_further() {
    let server = Server::start().await;
    for (bytes, status) in [(40, 200), (62, 200), (70, 431), (400, 431)] {
        let answer = server.exchange(get("/", &format!("Range: {}\r\n", "1".repeat(bytes << 10)))).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{bytes} KiB: {answer}");
    }
    // The request has two headers of its own.
    for (count, status) in [(98, 200), (99, 431)] {
        let answer = server.exchange(get("/", &"Accept: x\r\n".repeat(count))).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{count} headers: {answer}");
    }
    for (bytes, status) in [(8000, 200), (8193, 414), (40_000, 414)] {
        let answer = server.exchange(get(&format!("/{}", "a".repeat(bytes - 1)), "")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "target of {bytes}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_told_so() {
    for begin in ["G", "GET / HTTP/1.1\r\n", "PRI * HTTP/2"] {
        let server = Server::with(|config| config.timeouts.head = Duration::from_millis(50)).await;
        let answer = server.exchange(begin).await;
        // Before the protocol is clear there is nobody to tell.
        let expected = if begin.starts_with("PRI") { "" } else { "HTTP/1.1 408 " };
        assert!(answer.starts_with(expected), "{begin}: {answer}");
    }
}

#[tokio::test]
async fn connections_without_requests_end() {
    let server = Server::with(|config| config.timeouts.idle = Duration::from_millis(50)).await;
    assert_eq!(server.exchange("").await, "", "never asked anything");
    let mut tcp = server.connect().await;
    tcp.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(rest(&mut tcp).await.ends_with("0 bytes"), "asked once");
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let server = Server::with(|config| config.timeouts.body = Duration::from_millis(50)).await;
    let answer = server.exchange("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.ends_with("the request body stalled"), "{answer}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let server = Server::with(|config| config.timeouts.response = Duration::from_millis(50)).await;
    let mut tcp = server.connect().await;
    tcp.write_all(get("/large", "").as_bytes()).await.unwrap();
    // The server ends the connection without the client having read anything.
    let ended = async {
        while !(server.metric("weir_connections 0") && server.metric("weir_http_requests_in_flight 0")) {
            tokio::task::yield_now().await;
        }
    };
    server.waiting.notified().await;
    tokio::time::timeout(PATIENCE, ended).await.expect("the connection is given up");
    let read = rest(&mut tcp).await;
    assert!(read.len() < LARGE);
}

// distribution checklist 15: a client in the middle of a large body sees the status.
#[tokio::test]
async fn a_refusal_reaches_a_client_that_is_still_sending() {
    let server = Server::start().await;
    for head in ["Content-Length: 104857600", "Transfer-Encoding: chunked"] {
        let mut tcp = server.connect().await;
        tcp.write_all(format!("PUT /refuse HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
        let (mut reader, mut writer) = tcp.split();
        // Sends as long as anybody takes it, as a client does that looks for the answer beside.
        let send = async {
            let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 64 << 10], b"\r\n"].concat();
            while writer.write_all(&chunk).await.is_ok() {}
        };
        let mut answer = vec![0; 2048];
        let read = async {
            let read = reader.read(&mut answer).await.expect("the answer comes before any reset");
            String::from_utf8_lossy(&answer[..read]).into_owned()
        };
        let answer = tokio::select! {
            answer = read => answer,
            () = async { send.await; std::future::pending().await } => unreachable!(),
        };
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_small_refused_body_costs_no_connection() {
    let server = Server::start().await;
    let mut tcp = server.connect().await;
    for _ in 0..3 {
        tcp.write_all(b"PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n").await.unwrap();
        let answer = until(&mut tcp, "refused").await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && !answer.contains("connection: close"), "{answer}");
        tcp.write_all(&[b'x'; 1000]).await.unwrap();
    }
}

// distribution checklist 16
#[tokio::test]
async fn who_waits_for_a_go_ahead_gets_it_or_the_refusal() {
    let server = Server::start().await;
    let head =
        |path| format!("PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    let answer = server.exchange(head("/refuse")).await;
    assert!(answer.starts_with("HTTP/1.1 403 ") && !answer.contains(" 100 "), "{answer}");
    let mut tcp = server.connect().await;
    for _ in 0..2 {
        tcp.write_all(head("/x").as_bytes()).await.unwrap();
        assert_eq!(until(&mut tcp, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
        tcp.write_all(b"body").await.unwrap();
        assert!(until(&mut tcp, "4 bytes").await.starts_with("HTTP/1.1 200 "), "and the connection goes on");
    }
}

#[tokio::test]
async fn a_handler_that_panics_costs_one_connection() {
    let server = Server::start().await;
    assert_eq!(server.exchange(get("/panic", "")).await, "");
    assert!(server.exchange(get("/", "")).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn above_the_limit_connections_wait_for_a_place() {
    let server = Server::with(|config| config.limits.connections = 2).await;
    let (one, two) = (server.connect().await, server.connect().await);
    let mut three = server.connect().await;
    three.write_all(get("/", "").as_bytes()).await.unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(50), three.readable()).await;
    assert!(waits.is_err(), "nobody answers while both places are taken");
    drop(one);
    assert!(rest(&mut three).await.starts_with("HTTP/1.1 200 "));
    drop(two);
}

#[tokio::test]
async fn stopping_lets_requests_finish_and_ends_what_is_idle() {
    let server = Server::start().await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    until(&mut idle, "0 bytes").await;
    let mut silent = server.connect().await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    server.waiting.notified().await;

    server.shared.stop.cancel();
    server.shared.tasks.close();
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut silent).await, "");
    assert!(!server.shared.tasks.is_empty(), "one still runs");
    server.go_on.notify_one();
    let answer = rest(&mut busy).await;
    assert!(answer.contains("connection: close\r\n") && answer.ends_with("waited"), "{answer}");
    tokio::time::timeout(PATIENCE, server.shared.tasks.wait()).await.expect("everything ends");
    assert!(server.metric("weir_connections 0") && server.metric("weir_http_requests_in_flight 0"));
}

/// Just enough of HTTP/2 (RFC 9113) to ask without a library.
mod http2 {
    use super::*;

    pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    pub(super) fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&len[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    }

    /// `GET /` on a stream: indexed fields of the static table, and a literal `:authority`.
    pub(super) fn get(stream: u8) -> Vec<u8> {
        frame(1, 0x5, stream, &[0x82, 0x86, 0x84, 0x41, 1, b'x'])
    }

    /// Reads one frame: kind, flags, stream and payload.
    pub(super) async fn read(tcp: &mut TcpStream) -> Option<(u8, u8, u8, Vec<u8>)> {
        let mut head = [0; 9];
        tcp.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        tcp.read_exact(&mut payload).await.ok()?;
        Some((head[3], head[4], head[8], payload))
    }
}

// kubernetes-api 164
#[tokio::test]
async fn http2_with_prior_knowledge() {
    let server = Server::start().await;
    let mut tcp = server.connect().await;
    // The preface may come in pieces.
    tcp.write_all(&http2::PREFACE[..10]).await.unwrap();
    tcp.write_all(
        &[&http2::PREFACE[10..], &http2::frame(4, 0, 0, &[]), &http2::get(1), &http2::get(3)].concat(),
    )
    .await
    .unwrap();
    let mut settings = Vec::new();
    let mut bodies = Vec::new();
    while bodies.len() < 2 {
        match tokio::time::timeout(PATIENCE, http2::read(&mut tcp)).await.unwrap().expect("it goes on") {
            (4, 0, 0, payload) => settings = payload,
            (0, _, stream, payload) if !payload.is_empty() => bodies.push((stream, payload)),
            _ => {}
        }
    }
    bodies.sort();
    assert_eq!(bodies, [(1, b"0 bytes".to_vec()), (3, b"0 bytes".to_vec())]);
    let setting = |id: u16| {
        let found = settings.chunks(6).find(|setting| setting[..2] == id.to_be_bytes());
        found.map(|setting| u32::from_be_bytes(setting[2..].try_into().unwrap()))
    };
    assert_eq!(setting(3), Some(250), "streams at a time");
    assert_eq!(setting(4), Some(1 << 20), "window of a stream");
    assert_eq!(setting(6), Some(64 << 10), "list of headers");
    server.shared.stop.cancel();
    let mut last = None;
    while let Some((kind, flags, _, payload)) =
        tokio::time::timeout(PATIENCE, http2::read(&mut tcp)).await.unwrap()
    {
        last = Some(kind);
        if (kind, flags) == (6, 0) {
            // The answer to this ping tells the server that its first goodbye was seen.
            tcp.write_all(&http2::frame(6, 1, 0, &payload)).await.unwrap();
        }
    }
    assert_eq!(last, Some(7), "it says goodbye");
}
