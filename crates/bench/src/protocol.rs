//! The verbs of the distribution protocol, each checking that the server answered what it had to.

use std::time::Instant;

use sha2::{Digest as _, Sha256};

use crate::content::{Blob, Image, MANIFEST_TYPE, spell};
use crate::failure::Failure;
use crate::http::{Body, Client, Head, Received, Request};

/// How a client brings a blob.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// HEAD, POST, chunked PATCH, PUT, HEAD: as `docker push` does.
    Docker,
    /// POST and PUT with the whole body.
    Whole,
}

/// Whether the digest of what was read is computed and compared, besides status and length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Check {
    Length,
    Digest,
}

/// What docker sends with a manifest GET.
const ACCEPT: (&str, &str) = (
    "Accept",
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, */*",
);
const OCTETS: (&str, &str) = ("Content-Type", "application/octet-stream");

/// A thing that can be read: where, how long, and its digest.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    path: String,
    digest: String,
    length: u64,
}

impl Target {
    pub(crate) fn blob(repository: &str, blob: &Blob) -> Self {
        Self::at(format!("/v2/{repository}/blobs/{}", blob.digest()), blob)
    }

    pub(crate) fn manifest(repository: &str, reference: &str, manifest: &Blob) -> Self {
        Self::at(format!("/v2/{repository}/manifests/{reference}"), manifest)
    }

    fn at(path: String, blob: &Blob) -> Self {
        Self { path, digest: blob.digest().to_owned(), length: blob.length() as u64 }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// GET; what arrives after the deadline is left in the connection, which is closed then.
    pub(crate) fn get(
        &self,
        client: &mut Client,
        check: Check,
        deadline: Option<Instant>,
    ) -> Result<Received, Failure> {
        let request = self.request("GET");
        let head = expect(&request, client.send(&request)?, 200)?;
        let mut hasher = Sha256::new();
        let received = match check {
            Check::Length => client.body(&head, deadline, &mut |piece| touch(piece))?,
            Check::Digest => client.body(&head, None, &mut |piece| hasher.update(piece))?,
        };
        if received.complete && received.bytes != self.length {
            return Err(wrong(&request, format!("{} bytes, not {}", received.bytes, self.length)));
        }
        if check == Check::Digest && spell(&hasher.finalize()) != self.digest {
            return Err(wrong(&request, "a body with another digest".to_owned()));
        }
        Ok(received)
    }

    pub(crate) fn head(&self, client: &mut Client) -> Result<(), Failure> {
        let request = self.request("HEAD");
        let head = finish(client, &request, 200)?;
        match head.length {
            Some(length) if length == self.length => Ok(()),
            length => Err(wrong(&request, format!("Content-Length {length:?}, not {}", self.length))),
        }
    }

    fn request(&self, method: &'static str) -> Request<'_> {
        Request { method, target: &self.path, headers: &[ACCEPT], body: Body::Absent }
    }
}

/// Keeps a piece from being optimised away; it was copied to this process by the read already.
fn touch(piece: &[u8]) {
    std::hint::black_box(piece.first());
}

pub(crate) fn push_blob(client: &mut Client, repository: &str, blob: &Blob, way: Way) -> Result<(), Failure> {
    let path = format!("/v2/{repository}/blobs/{}", blob.digest());
    let question = Request { method: "HEAD", target: &path, headers: &[], body: Body::Absent };
    if way == Way::Docker {
        finish(client, &question, 404)?;
    }
    let begin = format!("/v2/{repository}/blobs/uploads/");
    let mut session =
        located(client, &Request { method: "POST", target: &begin, headers: &[], body: Body::Sized(&[]) })?;
    let parts = blob.parts();
    let body = match way {
        Way::Docker => {
            let body = Body::Chunked(&parts);
            session =
                located(client, &Request { method: "PATCH", target: &session, headers: &[OCTETS], body })?;
            Body::Sized(&[])
        }
        Way::Whole => Body::Sized(&parts),
    };
    let separator = if session.contains('?') { '&' } else { '?' };
    let end = format!("{session}{separator}digest={}", blob.digest().replace(':', "%3A"));
    let request = Request { method: "PUT", target: &end, headers: &[OCTETS], body };
    let head = finish(client, &request, 201)?;
    named(&request, &head, blob)?;
    if way == Way::Docker {
        finish(client, &question, 200)?;
    }
    Ok(())
}

/// All blobs of an image, then its manifest under a tag.
pub(crate) fn push_image(
    client: &mut Client,
    repository: &str,
    tag: &str,
    image: &Image,
    way: Way,
) -> Result<(), Failure> {
    for blob in image.blobs() {
        push_blob(client, repository, blob, way)?;
    }
    put_manifest(client, repository, tag, &image.manifest)
}

pub(crate) fn put_manifest(
    client: &mut Client,
    repository: &str,
    reference: &str,
    manifest: &Blob,
) -> Result<(), Failure> {
    let target = format!("/v2/{repository}/manifests/{reference}");
    let parts = manifest.parts();
    let headers = &[("Content-Type", MANIFEST_TYPE)];
    let request = Request { method: "PUT", target: &target, headers, body: Body::Sized(&parts) };
    let head = finish(client, &request, 201)?;
    named(&request, &head, manifest)
}

pub(crate) fn mount(client: &mut Client, to: &str, from: &str, digest: &str) -> Result<(), Failure> {
    let digest = digest.replace(':', "%3A");
    let target = format!("/v2/{to}/blobs/uploads/?mount={digest}&from={}", from.replace('/', "%2F"));
    let request = Request { method: "POST", target: &target, headers: &[], body: Body::Sized(&[]) };
    finish(client, &request, 201).map(drop)
}

/// A page of the tags of a repository, as it came.
pub(crate) fn tags(
    client: &mut Client,
    repository: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let last = after.map(|after| format!("&last={after}")).unwrap_or_default();
    let target = format!("/v2/{repository}/tags/list?n={limit}{last}");
    let request = Request { method: "GET", target: &target, headers: &[], body: Body::Absent };
    let head = expect(&request, client.send(&request)?, 200)?;
    let mut page = Vec::new();
    client.body(&head, None, &mut |piece| page.extend_from_slice(piece))?;
    Ok(page)
}

/// Sends, reads the answer whole and checks its status.
pub(crate) fn answer(
    client: &mut Client,
    request: &Request<'_>,
    status: u16,
) -> Result<(Head, Vec<u8>), Failure> {
    let head = client.send(request)?;
    let mut body = Vec::new();
    client.body(&head, None, &mut |piece| body.extend_from_slice(piece))?;
    if head.status == status {
        return Ok((head, body));
    }
    let text = String::from_utf8_lossy(&body);
    Err(wrong(request, format!("status {}, not {status}: {}", head.status, text.trim())))
}

fn finish(client: &mut Client, request: &Request<'_>, status: u16) -> Result<Head, Failure> {
    answer(client, request, status).map(|(head, _)| head)
}

fn expect(request: &Request<'_>, head: Head, status: u16) -> Result<Head, Failure> {
    if head.status == status {
        return Ok(head);
    }
    Err(wrong(request, format!("status {}, not {status}", head.status)))
}

/// Where the session goes on; servers give a path or a whole address.
fn located(client: &mut Client, request: &Request<'_>) -> Result<String, Failure> {
    let head = finish(client, request, 202)?;
    let location = head.location.ok_or_else(|| wrong(request, "no Location".to_owned()))?;
    let path = match location.split_once("://") {
        Some((_, rest)) => rest.find('/').map(|at| rest[at..].to_owned()),
        None => Some(location),
    };
    path.ok_or_else(|| wrong(request, "a Location without a path".to_owned()))
}

fn named(request: &Request<'_>, head: &Head, blob: &Blob) -> Result<(), Failure> {
    match head.digest.as_deref() {
        Some(digest) if digest == blob.digest() => Ok(()),
        digest => Err(wrong(request, format!("Docker-Content-Digest {digest:?}, not {}", blob.digest()))),
    }
}

pub(crate) fn wrong(request: &Request<'_>, got: String) -> Failure {
    Failure::Answer { request: format!("{} {}", request.method, request.target), got }
}
