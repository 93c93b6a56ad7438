//! A client of a few lines, so that every byte on the wire is the test's own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::weir::PATIENCE;

pub(crate) struct Client {
    tcp: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        let tcp = TcpStream::connect(address).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { tcp: BufReader::new(tcp) }
    }

    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.ask("GET", path, &[], b"")
    }

    pub(crate) fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        self.send(method, path, headers, body);
        let (status, headers) = self.head();
        let len = if method == "HEAD" {
            0
        } else {
            headers.get("content-length").map_or(0, |len| len.parse().unwrap())
        };
        let body = self.bytes(len);
        Response { status, headers, body }
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        if !body.is_empty() {
            write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
        }
        head += "\r\n";
        self.tcp.get_mut().write_all(&[head.as_bytes(), body].concat()).unwrap();
    }

    /// Bytes that follow what was sent.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.tcp.get_mut().write_all(bytes).unwrap();
    }

    pub(crate) fn head(&mut self) -> (u16, BTreeMap<String, String>) {
        let mut lines = self.tcp.by_ref().lines().map(Result::unwrap);
        let status = lines.next().expect("there is an answer");
        let status = status.split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.take_while(|line| !line.is_empty()).map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        (status, headers.collect())
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut body = vec![0; len];
        self.tcp.read_exact(&mut body).unwrap();
        body
    }

    /// A line, with its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.tcp.read_line(&mut line).unwrap();
        line
    }

    /// Everything up to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.tcp.read_to_end(&mut rest).unwrap();
        rest
    }

    /// Pushes a blob in one request and answers with its path.
    pub(crate) fn push_blob(&mut self, repository: &str, bytes: &[u8]) -> String {
        let digest = weir_oci::Digest::sha256(bytes);
        let response =
            self.ask("POST", &format!("/v2/{repository}/blobs/uploads/?digest={digest}"), &[], bytes);
        assert_eq!(response.status, 201, "{response:?}");
        format!("/v2/{repository}/blobs/{digest}")
    }
}
