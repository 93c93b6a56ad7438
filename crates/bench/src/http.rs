//! A small blocking HTTP/1.1 client: one connection kept alive, `TCP_NODELAY`, bodies copied into this process's memory.
//!
//! Less than a client library on purpose: it shares two cores with the server it measures, so what it costs is taken from the result.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::failure::{Doing as _, Failure};

/// Room for a response head and for one read of a body.
const BUFFER: usize = 256 * 1024;
/// Docker copies a layer in pieces of 32 KiB, each a chunk of the transfer encoding.
const CHUNK: usize = 32 * 1024;
/// Chunks that leave with one system call.
const CHUNKS_PER_WRITE: usize = 8;
/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// What follows the head of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    /// No body and no length.
    Absent,
    /// With `Content-Length`.
    Sized(&'a [&'a [u8]]),
    /// With `Transfer-Encoding: chunked`.
    Chunked(&'a [&'a [u8]]),
}

#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: Body<'a>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Framing {
    Nothing,
    Length(u64),
    Chunked,
    UntilClose,
}

/// The part of a response before its body.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) length: Option<u64>,
    pub(crate) location: Option<String>,
    pub(crate) digest: Option<String>,
    framing: Framing,
    close: bool,
}

/// How far a body was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    pub(crate) bytes: u64,
    pub(crate) complete: bool,
}

/// One connection, opened when needed.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    out: Vec<u8>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, out: Vec::new(), buffer: vec![0; BUFFER], start: 0, end: 0 }
    }

    pub(crate) fn connect(&mut self) -> Result<(), Failure> {
        if self.stream.is_none() {
            let connect = || -> io::Result<TcpStream> {
                let stream = TcpStream::connect(self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(stream)
            };
            self.stream = Some(connect().doing(|| format!("connect to {}", self.address))?);
            (self.start, self.end) = (0, 0);
        }
        Ok(())
    }

    /// Sends a request and reads the head of the response. The body must be read next.
    pub(crate) fn send(&mut self, request: &Request<'_>) -> Result<Head, Failure> {
        self.connect()?;
        let name = || format!("{} {}", request.method, request.target);
        if let Err(error) = self.write(request) {
            // A server that refuses a body answers and closes before it has read all: its answer says more than the broken pipe.
            return self.head(request).or(Err(error)).doing(name).inspect_err(|_| self.stream = None);
        }
        self.head(request).doing(name).inspect_err(|_| self.stream = None)
    }

    /// Reads a body, handing each piece on, no longer than the deadline.
    pub(crate) fn body(
        &mut self,
        head: &Head,
        deadline: Option<Instant>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Result<Received, Failure> {
        let received = match head.framing {
            Framing::Nothing => Ok(Received { bytes: 0, complete: true }),
            Framing::Length(length) => self.take(length, deadline, sink),
            Framing::Chunked => self.take_chunks(sink),
            Framing::UntilClose => self.take_rest(sink),
        };
        let done = received.as_ref().is_ok_and(|received| received.complete) && !head.close;
        if !done {
            self.stream = None;
        }
        received.doing(|| "read a body".to_owned())
    }

    fn write(&mut self, request: &Request<'_>) -> io::Result<()> {
        let out = &mut self.out;
        out.clear();
        write!(out, "{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, self.address)?;
        for (name, value) in request.headers {
            write!(out, "{name}: {value}\r\n")?;
        }
        let stream = self.stream.as_mut().expect("connected before writing");
        match request.body {
            Body::Absent => {
                out.extend_from_slice(b"\r\n");
                stream.write_all(out)
            }
            Body::Sized(parts) => {
                let length: usize = parts.iter().map(|part| part.len()).sum();
                write!(out, "Content-Length: {length}\r\n\r\n")?;
                let mut slices = vec![IoSlice::new(out)];
                slices.extend(parts.iter().map(|part| IoSlice::new(part)));
                write_all(stream, &mut slices)
            }
            Body::Chunked(parts) => {
                out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                write_chunks(stream, out, parts)
            }
        }
    }

    fn head(&mut self, request: &Request<'_>) -> io::Result<Head> {
        loop {
            let mut from = self.start;
            let stop = loop {
                let seen = &self.buffer[from..self.end];
                if let Some(at) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
                    break from + at + 4;
                }
                // The separator may be cut by the end of what was read; filling may move the bytes to the front.
                let behind = self.end.saturating_sub(3).max(self.start) - self.start;
                self.fill()?;
                from = self.start + behind;
            };
            let head = parse(&self.buffer[self.start..stop], request.method == "HEAD")?;
            self.start = stop;
            if head.status >= 200 {
                return Ok(head);
            }
        }
    }

    /// Reads more into the buffer, moving what is unread to its front when it is full.
    fn fill(&mut self) -> io::Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            return Err(invalid("a head or line that fills the buffer"));
        }
        let stream = self.stream.as_mut().expect("connected before reading");
        match stream.read(&mut self.buffer[self.end..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.end += read;
                Ok(())
            }
        }
    }

    fn take(
        &mut self,
        length: u64,
        deadline: Option<Instant>,
        sink: &mut dyn FnMut(&[u8]),
    ) -> io::Result<Received> {
        let mut left = length;
        while left > 0 {
            if self.start == self.end {
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    return Ok(Received { bytes: length - left, complete: false });
                }
                self.fill()?;
            }
            let held = self.end - self.start;
            let piece = usize::try_from(left).map_or(held, |left| left.min(held));
            sink(&self.buffer[self.start..self.start + piece]);
            self.start += piece;
            left -= piece as u64;
        }
        Ok(Received { bytes: length, complete: true })
    }

    fn take_chunks(&mut self, sink: &mut dyn FnMut(&[u8])) -> io::Result<Received> {
        let mut bytes = 0;
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(|_| invalid("a chunk without a size"))?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(Received { bytes, complete: true });
            }
            bytes += self.take(size, None, sink)?.bytes;
            if !self.line()?.is_empty() {
                return Err(invalid("a chunk longer than its size"));
            }
        }
    }

    fn take_rest(&mut self, sink: &mut dyn FnMut(&[u8])) -> io::Result<Received> {
        let mut bytes = 0;
        loop {
            if self.start == self.end {
                match self.fill() {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                        return Ok(Received { bytes, complete: true });
                    }
                    Err(error) => return Err(error),
                }
            }
            bytes += (self.end - self.start) as u64;
            sink(&self.buffer[self.start..self.end]);
            self.start = self.end;
        }
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            let held = &self.buffer[self.start..self.end];
            if let Some(at) = held.windows(2).position(|two| two == b"\r\n") {
                let line = String::from_utf8_lossy(&held[..at]).into_owned();
                self.start += at + 2;
                return Ok(line);
            }
            self.fill()?;
        }
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {what}"))
}

fn parse(bytes: &[u8], to_head: bool) -> io::Result<Head> {
    let text = std::str::from_utf8(bytes).map_err(|_| invalid("a head that is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let status: u16 = status.ok_or_else(|| invalid("a response without a status"))?;
    let mut head = Head {
        status,
        length: None,
        location: None,
        digest: None,
        framing: Framing::UntilClose,
        close: false,
    };
    let mut chunked = false;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            head.length = Some(value.parse().map_err(|_| invalid("a length that is no number"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
        } else if name.eq_ignore_ascii_case("connection") {
            head.close = value.eq_ignore_ascii_case("close");
        } else if name.eq_ignore_ascii_case("location") {
            head.location = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("docker-content-digest") {
            head.digest = Some(value.to_owned());
        }
    }
    head.framing = match head.length {
        _ if to_head || status < 200 || status == 204 || status == 304 => Framing::Nothing,
        _ if chunked => Framing::Chunked,
        Some(length) => Framing::Length(length),
        None => Framing::UntilClose,
    };
    Ok(head)
}

/// `write_all_vectored` of the standard library is not stable.
fn write_all(stream: &mut TcpStream, slices: &mut [IoSlice<'_>]) -> io::Result<()> {
    let mut rest = slices;
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match stream.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn write_chunks(stream: &mut TcpStream, head: &[u8], parts: &[&[u8]]) -> io::Result<()> {
    let chunks: Vec<&[u8]> = parts.iter().flat_map(|part| part.chunks(CHUNK)).collect();
    let mut first = Some(head);
    for group in chunks.chunks(CHUNKS_PER_WRITE) {
        let sizes: Vec<String> = group.iter().map(|chunk| format!("{:x}\r\n", chunk.len())).collect();
        let mut slices: Vec<IoSlice<'_>> = first.take().map(IoSlice::new).into_iter().collect();
        for (size, chunk) in sizes.iter().zip(group) {
            slices.extend([IoSlice::new(size.as_bytes()), IoSlice::new(chunk), IoSlice::new(b"\r\n")]);
        }
        write_all(stream, &mut slices)?;
    }
    let mut slices: Vec<IoSlice<'_>> = first.take().map(IoSlice::new).into_iter().collect();
    slices.push(IoSlice::new(b"0\r\n\r\n"));
    write_all(stream, &mut slices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// Answers each request on one connection with the next of `answers`, in pieces of a few bytes.
    fn scripted(answers: Vec<&'static [u8]>) -> (SocketAddr, thread::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            for answer in answers {
                let read = stream.read(&mut buffer).unwrap();
                seen.extend_from_slice(&buffer[..read]);
                for piece in answer.chunks(7) {
                    stream.write_all(piece).unwrap();
                }
            }
            seen
        });
        (address, served)
    }

    fn get(client: &mut Client, method: &'static str) -> (Head, Vec<u8>) {
        let head = client.send(&Request { method, target: "/x", headers: &[], body: Body::Absent }).unwrap();
        let mut body = Vec::new();
        client.body(&head, None, &mut |piece| body.extend_from_slice(piece)).unwrap();
        (head, body)
    }

    #[test]
    fn reads_sized_chunked_and_bodiless_answers_on_one_connection() {
        let (address, served) = scripted(vec![
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nDocker-Content-Digest: sha256:1\r\n\r\n",
            b"HTTP/1.1 201 Created\r\nlocation: /v2/x?a=b\r\nConnection: close\r\n\r\n",
        ]);
        let mut client = Client::new(address);
        assert_eq!(get(&mut client, "GET").1, b"hello world");
        assert_eq!(get(&mut client, "GET").1, b"hello world");
        let (head, body) = get(&mut client, "HEAD");
        assert_eq!((head.length, body.len(), head.digest.as_deref()), (Some(5000), 0, Some("sha256:1")));
        let (head, _) = get(&mut client, "GET");
        assert_eq!((head.status, head.location.as_deref()), (201, Some("/v2/x?a=b")));
        assert!(client.stream.is_none());
        assert!(
            String::from_utf8(served.join().unwrap()).unwrap().starts_with("GET /x HTTP/1.1\r\nHost: 127")
        );
    }

    #[test]
    fn writes_chunks() {
        let (address, served) = scripted(vec![b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"]);
        let mut client = Client::new(address);
        let body = Body::Chunked(&[b"abc", b"de"]);
        client.send(&Request { method: "PATCH", target: "/x", headers: &[("A", "b")], body }).unwrap();
        let seen = String::from_utf8(served.join().unwrap()).unwrap();
        assert!(
            seen.ends_with("A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"),
            "{seen}"
        );
    }
}
