use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

use super::complain;
use crate::config::Config;

/// A server that needs longer is not well.
const PATIENCE: Duration = Duration::from_secs(3);
/// Enough for the status line and the lines of a verbose answer.
const MOST: u64 = 8 << 10;

#[derive(Debug, thiserror::Error)]
enum Unwell {
    #[error("{0:?} is no URL of a plain HTTP server; write it like http://127.0.0.1:5000/readyz")]
    Url(String),
    #[error("cannot ask {url}: {source}")]
    Silent { url: String, source: io::Error },
    #[error("{url} answers {answer}")]
    Says { url: String, answer: String },
}

/// `weir healthcheck [URL]`
pub(super) fn run(url: Option<&String>, config: &Config) -> ExitCode {
    let url = url.cloned().unwrap_or_else(|| format!("http://{}/readyz", reachable(config.listen)));
    match check(&url) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// An address that answers what is sent to every address of this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn check(url: &str) -> Result<(), Unwell> {
    let (host, path) = parse(url).ok_or_else(|| Unwell::Url(url.to_owned()))?;
    let answer = ask(host, path).map_err(|source| Unwell::Silent { url: url.to_owned(), source })?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        return Ok(());
    }
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).trim_end();
    Err(Unwell::Says { url: url.to_owned(), answer: format!("{status}\n{body}").trim_end().to_owned() })
}

fn parse(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let path = if path.is_empty() { "/readyz" } else { path };
    (!host.is_empty() && plain(host) && plain(path)).then_some((host, path))
}

fn ask(host: &str, path: &str) -> io::Result<String> {
    let with_port = if host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let address = with_port.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let mut tcp = TcpStream::connect_timeout(&address, PATIENCE)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    tcp.set_write_timeout(Some(PATIENCE))?;
    tcp.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    tcp.take(MOST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let read = tcp.read(&mut request).unwrap();
            assert!(request[..read].starts_with(b"GET /readyz HTTP/1.1\r\n"));
            tcp.write_all(answer.as_bytes()).unwrap();
        });
        format!("http://{address}")
    }

    #[test]
    fn a_server_that_is_ready_and_one_that_is_not() {
        assert!(check(&server("HTTP/1.1 200 OK\r\n\r\nok")).is_ok());
        let unwell =
            check(&server("HTTP/1.1 500 Internal Server Error\r\n\r\nreadyz check failed\n")).unwrap_err();
        assert!(unwell.to_string().ends_with("answers 500\nreadyz check failed"), "{unwell}");
    }

    #[test]
    fn nobody_there_and_no_url() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(matches!(check(&format!("http://{free}/")), Err(Unwell::Silent { .. })));
        for url in ["127.0.0.1:5000", "https://x", "http://", "http://a b/"] {
            assert!(matches!(check(url), Err(Unwell::Url(_))), "{url}");
        }
    }

    #[test]
    fn every_address_is_asked_at_this_machine() {
        assert_eq!(reachable("0.0.0.0:5000".parse().unwrap()).to_string(), "127.0.0.1:5000");
        assert_eq!(reachable("[::]:5000".parse().unwrap()).to_string(), "[::1]:5000");
        assert_eq!(reachable("192.0.2.1:80".parse().unwrap()).to_string(), "192.0.2.1:80");
    }
}
