mod file_stream;

use std::fs::File;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::BoxStream;

use crate::bucket::BucketRange;
use crate::disk::pread;
use crate::{Error, ObjectKey};
use file_stream::FileStream;

/// Objects up to this size are read whole on the calling thread and kept in memory: handing one to
/// another thread costs more than reading it.
pub(crate) const SMALL: u64 = 64 * 1024;

/// The bytes of an object, or a range of them, ready to be sent.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// In a file of this machine.
    File(FileRange),
    /// In a bucket, fetched as the stream is read.
    Bucket(BucketRange),
}

impl Content {
    /// Number of bytes.
    pub fn len(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File(range) => range.len(),
            Content::Bucket(range) => range.len(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part of this content from `range.start` up to, not including, `range.end`.
    #[must_use]
    pub fn slice(&self, range: Range<u64>) -> Content {
        assert!(range.start <= range.end && range.end <= self.len(), "a range lies inside its content");
        match self {
            Content::Bytes(bytes) => {
                let place = |at| usize::try_from(at).expect("it is no larger than the length in memory");
                Content::Bytes(bytes.slice(place(range.start)..place(range.end)))
            }
            Content::File(file) => Content::File(file.slice(range)),
            Content::Bucket(object) => Content::Bucket(object.slice(range)),
        }
    }

    /// The bytes in order. An object that turns out shorter than its record is an error, never a
    /// clean end: the caller breaks the connection off.
    pub fn into_stream(self) -> ContentStream {
        ContentStream(match self {
            Content::Bytes(bytes) => Source::Bytes(bytes),
            Content::File(range) => Source::File(FileStream::new(range)),
            Content::Bucket(range) => Source::Bucket(range.into_stream()),
        })
    }

    /// All of it in memory. For what is known to be small: ask [`len`](Content::len) first.
    pub async fn into_bytes(self) -> Result<Bytes, Error> {
        match self {
            Content::Bytes(bytes) => Ok(bytes),
            Content::File(range) => file_stream::read_whole(range).await,
            Content::Bucket(range) => range.into_bytes().await,
        }
    }
}

/// Part of a file: what `sendfile` takes.
#[derive(Clone)]
pub struct FileRange {
    file: Arc<File>,
    key: ObjectKey,
    /// Length of the whole object.
    size: u64,
    offset: u64,
    len: u64,
}

impl FileRange {
    pub(crate) fn whole(key: ObjectKey, file: Arc<File>, size: u64) -> FileRange {
        FileRange { file, key, size, offset: 0, len: size }
    }

    /// The open file. Its position is shared with other readers and means nothing.
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Where in the file the range begins.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Number of bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The object the file holds, for the report when it ends early.
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// The error of a reader that met the end of the file at `found`.
    pub fn ended_at(&self, found: u64) -> Error {
        Error::Corrupt { key: self.key, expected: self.size, found }
    }

    fn slice(&self, range: Range<u64>) -> FileRange {
        FileRange { offset: self.offset + range.start, len: range.end - range.start, ..self.clone() }
    }
}

impl std::fmt::Debug for FileRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileRange({} {}+{})", self.key, self.offset, self.len)
    }
}

/// Exactly `len` bytes at `offset`. Fewer mean that the object lost bytes since it was recorded.
pub(crate) fn read_exact_at(
    file: &File,
    key: &ObjectKey,
    size: u64,
    offset: u64,
    len: usize,
) -> Result<Bytes, Error> {
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        let at = offset + bytes.len() as u64;
        match pread(file, &mut bytes, at) {
            Ok(0) => return Err(Error::Corrupt { key: *key, expected: size, found: at }),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read an object", error)),
        }
    }
    // The allocation may hold more than was asked for.
    bytes.truncate(len);
    Ok(Bytes::from(bytes))
}

/// The bytes of a [`Content`] in order.
pub struct ContentStream(Source);

enum Source {
    Bytes(Bytes),
    File(FileStream),
    Bucket(BoxStream<'static, Result<Bytes, Error>>),
}

impl Stream for ContentStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Source::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Source::Bytes(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Source::File(stream) => Pin::new(stream).poll_next(cx),
            Source::Bucket(stream) => stream.as_mut().poll_next(cx),
        }
    }
}

impl std::fmt::Debug for ContentStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentStream")
    }
}
