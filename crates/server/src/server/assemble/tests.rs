use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use weir_registry::SystemClock;

use super::*;
use crate::config::{Layer, Variables, resolve};
use crate::listener::{Shared, serve};

/// What a server answers whose parts have been told to stop, on a connection that is open still.
async fn stopping(path: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut config = resolve(Layer::new(), &Variables::new(), None).unwrap().config;
    config.data = folder.path().join("data");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, closing) = (CancellationToken::new(), CancellationToken::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let parts = assemble(&config, address, &clock, &Sink::default(), Arc::default(), &stop).await.unwrap();
    let tasks = TaskTracker::new();
    let shared = Shared {
        telemetry: Arc::clone(&parts.app.telemetry),
        handler: parts.app,
        limits: config.limits,
        timeouts: config.timeouts,
        tasks: tasks.clone(),
        stop: closing.clone(),
    };
    tasks.spawn(serve(listener, Arc::new(shared)));
    stop.cancel();
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).await.unwrap();
    closing.cancel();
    tasks.close();
    tasks.wait().await;
    parts.registry.engine().close().await;
    answer.to_ascii_lowercase()
}

// kubernetes-api 65
#[tokio::test]
async fn what_is_asked_of_a_server_that_stops_is_for_another_one() {
    for path in ["/apis", "/api/v1/namespaces", "/api/v1/namespaces?watch=true", "/version"] {
        let answer = stopping(path).await;
        assert!(answer.starts_with("http/1.1 503 "), "{path}: {answer}");
        assert!(answer.contains("\r\nretry-after: 1\r\n"), "{path}: {answer}");
        for part in [
            r#""message":"the apiserver is shutting down, please try again later.""#,
            r#""reason":"serviceunavailable""#,
            r#""details":{"retryafterseconds":1}"#,
        ] {
            assert!(answer.contains(part), "{path}: {part} is missing in {answer}");
        }
    }
    assert!(stopping("/livez").await.starts_with("http/1.1 200 "), "it lives, all the same");
}
