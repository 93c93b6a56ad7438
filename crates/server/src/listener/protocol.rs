use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::config::Timeouts;

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The first byte of a TLS record that holds a handshake (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// Enough for most request heads, so that telling the protocol costs no read of its own.
const FIRST_READ: usize = 4 << 10;

/// What a client speaks, with the bytes that told it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1(Bytes),
    Http2(Bytes),
    /// The client expects TLS. Were it left waiting for an answer, it would wait for its handshake
    /// timeout on every single operation before it tried without.
    Tls,
    /// It went away, or said nothing for too long.
    Silent,
}

/// Reads until it can tell.
pub(super) async fn detect(tcp: &mut TcpStream, timeouts: &Timeouts) -> io::Result<Protocol> {
    let mut read = BytesMut::with_capacity(FIRST_READ);
    let mut until = Instant::now() + timeouts.idle;
    loop {
        let before = read.len();
        match timeout_at(until, tcp.read_buf(&mut read)).await {
            Ok(Ok(0)) | Err(_) => return Ok(Protocol::Silent),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
        }
        if before == 0 {
            until = Instant::now() + timeouts.head;
        }
        if read.first() == Some(&TLS_HANDSHAKE) {
            return Ok(Protocol::Tls);
        }
        let common = read.iter().zip(HTTP2_PREFACE).take_while(|(a, b)| a == b).count();
        if common == HTTP2_PREFACE.len() {
            return Ok(Protocol::Http2(read.freeze()));
        }
        if common < read.len() {
            return Ok(Protocol::Http1(read.freeze()));
        }
    }
}
