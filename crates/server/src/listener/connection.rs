use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::protocol::{Protocol, detect};
use super::service::Service;
use super::{Handler, Shared};
use crate::telemetry::Refused;
use crate::wire::{Activity, Wire, WireSettings};

/// Most bytes of a connection that wait to be read by a request or written by the kernel. A lone
/// upload gains a third over 64 KiB; beyond 512 KiB nothing more.
const BUFFER: usize = 256 << 10;
/// What one HTTP/2 request, and one connection, may send before it is read. 256 KiB would hold an
/// upload to 5 MB/s over a line of 50 ms.
const HTTP2_STREAM_WINDOW: u32 = 1 << 20;
const HTTP2_CONNECTION_WINDOW: u32 = 4 << 20;
/// How often an HTTP/2 client is asked whether it is there, and how long it has to answer.
const HTTP2_PING: Duration = Duration::from_secs(20);
const HTTP2_PONG: Duration = Duration::from_secs(10);

/// Serves one connection to its end.
pub(super) async fn run<H: Handler>(mut tcp: TcpStream, peer: SocketAddr, shared: Arc<Shared<H>>) {
    let telemetry = Arc::clone(&shared.telemetry);
    telemetry.metrics().connection_begins();
    // A head and a body that leave in two writes would else wait 40 ms for each other.
    let nodelay = tcp.set_nodelay(true);
    let protocol = tokio::select! {
        protocol = detect(&mut tcp, &shared.timeouts) => protocol,
        () = shared.stop.cancelled() => Ok(Protocol::Silent),
    };
    match nodelay.and(protocol) {
        Ok(Protocol::Http1(prefix)) => http1(Connection { tcp, prefix, peer, shared }).await,
        // Apart, so that a connection of the other kind does not carry its state too.
        Ok(Protocol::Http2(prefix)) => Box::pin(http2(Connection { tcp, prefix, peer, shared })).await,
        Ok(Protocol::Tls) => {
            telemetry.metrics().connection_refused(Refused::Tls);
            refuse_tls(tcp).await;
        }
        Ok(Protocol::Silent) => {}
        Err(error) => tracing::debug!(%peer, %error, "a connection broke before its first request"),
    }
    telemetry.metrics().connection_ends();
}

/// What a client gets that speaks TLS to a port that does not. An answer in plain HTTP, which is what
/// Go's own servers give: Docker's command line and `BuildKit` take it as the word to try without TLS,
/// and a connection that just closes as a failure.
const PLAIN_HTTP: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n\
    this port speaks plain HTTP\n";

async fn refuse_tls(mut tcp: TcpStream) {
    let told = async {
        tcp.write_all(PLAIN_HTTP).await?;
        tcp.shutdown().await?;
        // Closing with bytes unread would reset the connection, and the answer with it.
        let mut hello = [0; 1024];
        while tcp.read(&mut hello).await? > 0 {}
        std::io::Result::Ok(())
    };
    // The client hangs up when it has read the answer; one that does not is not waited for.
    let _ = tokio::time::timeout(REFUSAL, told).await;
}

/// Time for a client to take in that it speaks the wrong protocol.
const REFUSAL: Duration = Duration::from_secs(1);

struct Connection<H> {
    tcp: TcpStream,
    prefix: bytes::Bytes,
    peer: SocketAddr,
    shared: Arc<Shared<H>>,
}

async fn http1<H: Handler>(connection: Connection<H>) {
    let Connection { tcp, prefix, peer, shared } = connection;
    let activity = Arc::new(Activity::default());
    let (wire, files) = Wire::http1(tcp, prefix, &settings(&shared), Arc::clone(&activity));
    let service =
        Arc::new(Service { shared: Arc::clone(&shared), activity: Arc::clone(&activity), peer, files });
    let mut builder = http1::Builder::new();
    builder
        // The wire has the clocks: hyper's would count the idle time before a head as part of it.
        .header_read_timeout(None)
        .max_header_size(shared.limits.request_head)
        .max_headers(shared.limits.request_headers)
        .max_buf_size(BUFFER.max(shared.limits.request_head + (16 << 10)))
        .timer(TokioTimer::new());
    let serving = pin!(builder.serve_connection(
        wire,
        service_fn(|request| {
            let service = Arc::clone(&service);
            async move { service.call(request).await }
        })
    ));
    note(peer, to_its_end(serving, &shared, &activity).await);
}

async fn http2<H: Handler>(connection: Connection<H>) {
    let Connection { tcp, prefix, peer, shared } = connection;
    let activity = Arc::new(Activity::default());
    let wire = Wire::http2(tcp, prefix, &settings(&shared), Arc::clone(&activity));
    let service =
        Arc::new(Service { shared: Arc::clone(&shared), activity: Arc::clone(&activity), peer, files: None });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .max_concurrent_streams(shared.limits.http2_streams)
        .max_header_list_size(u32::try_from(shared.limits.request_head).unwrap_or(u32::MAX))
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PONG)
        .timer(TokioTimer::new());
    let serving = pin!(builder.serve_connection(
        wire,
        service_fn(|request| {
            let service = Arc::clone(&service);
            async move { service.call(request).await }
        })
    ));
    note(peer, to_its_end(serving, &shared, &activity).await);
}

/// Serves a connection until it ends by itself, or lets it finish what it has begun and ends it.
async fn to_its_end<H, C: GracefulConnection>(
    mut serving: Pin<&mut C>,
    shared: &Shared<H>,
    activity: &Activity,
) -> Result<(), C::Error> {
    tokio::select! {
        result = serving.as_mut() => result,
        () = wants_to_end(shared, activity) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    }
}

/// Waits until the server stops or the client has had nothing to say for long.
async fn wants_to_end<H>(shared: &Shared<H>, activity: &Activity) {
    tokio::select! {
        () = shared.stop.cancelled() => {}
        () = activity.idle_for_long() => {}
    }
}

fn settings<H>(shared: &Shared<H>) -> WireSettings {
    WireSettings {
        idle: shared.timeouts.idle,
        head: shared.timeouts.head,
        response: shared.timeouts.response,
    }
}

/// Clients break connections off all the time; what the server did wrong stands in the line of the
/// request.
fn note(peer: SocketAddr, result: hyper::Result<()>) {
    if let Err(error) = result {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::debug!(%peer, %error, cause, "a connection ended early");
    }
}
