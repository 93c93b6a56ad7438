use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use http_body::{Body, Frame, SizeHint};
use weir_registry::{Content, FileRange};

use super::BodyError;
use crate::exchange::Exchange;
use crate::wire::{FileSlice, Region, SendQueue};

/// A piece of a response body.
pub(crate) enum Piece {
    /// In memory.
    Bytes(Bytes),
    /// In a file.
    File(FileRange),
    /// Fetched as it is sent.
    Stream(BoxStream<'static, Result<Bytes, BodyError>>),
    /// Made as it is sent; it has no length and ends when it ends.
    Events(BoxStream<'static, Bytes>),
}

/// What a response body is made of.
pub(crate) struct Pieces {
    /// The first one stands apart: nearly always it is the only one.
    first: Option<Piece>,
    rest: std::vec::IntoIter<Piece>,
    /// Nothing if it cannot be said before the end.
    len: Option<u64>,
}

impl Default for Pieces {
    fn default() -> Pieces {
        Pieces { first: None, rest: Vec::new().into_iter(), len: Some(0) }
    }
}

/// The body of a response, on its way into hyper.
pub(crate) struct ResponseBody {
    pieces: Pieces,
    /// Bytes not yet handed on. Nothing while nobody can know.
    left: Option<u64>,
    exchange: Arc<Exchange>,
    /// Where a connection takes files that it sends by itself.
    files: Option<(Arc<SendQueue>, &'static Region)>,
}

impl Pieces {
    /// A body in memory.
    pub(crate) fn bytes(bytes: Bytes) -> Pieces {
        if bytes.is_empty() {
            return Pieces::default();
        }
        Pieces { len: Some(bytes.len() as u64), first: Some(Piece::Bytes(bytes)), ..Pieces::default() }
    }

    /// Stored content.
    pub(crate) fn content(content: Content) -> Pieces {
        Pieces { len: Some(content.len()), first: Some(content.into()), ..Pieces::default() }
    }

    /// Frames that go on for as long as they like.
    pub(crate) fn events(events: impl Stream<Item = Bytes> + Send + 'static) -> Pieces {
        Pieces { len: None, first: Some(Piece::Events(events.boxed())), ..Pieces::default() }
    }

    /// Several in a row.
    pub(crate) fn several(pieces: Vec<Pieces>) -> Pieces {
        let len = pieces.iter().map(|pieces| pieces.len).sum();
        let rest: Vec<Piece> =
            pieces.into_iter().flat_map(|pieces| pieces.first.into_iter().chain(pieces.rest)).collect();
        Pieces { first: None, rest: rest.into_iter(), len }
    }

    /// Bytes in all, if that can be said.
    pub(crate) fn len(&self) -> Option<u64> {
        self.len
    }

    fn next(&mut self) -> Option<Piece> {
        self.first.take().or_else(|| self.rest.next())
    }
}

impl From<Content> for Piece {
    fn from(content: Content) -> Piece {
        match content {
            Content::Bytes(bytes) => Piece::Bytes(bytes),
            Content::File(range) => Piece::File(range),
            content @ Content::Bucket(_) => Piece::stream(content),
        }
    }
}

impl Piece {
    fn stream(content: Content) -> Piece {
        Piece::Stream(content.into_stream().map(|read| read.map_err(Into::into)).boxed())
    }
}

impl ResponseBody {
    /// `files` is where the connection takes files that it sends by itself, if it can.
    pub(crate) fn new(
        pieces: Pieces,
        exchange: Arc<Exchange>,
        files: Option<Arc<SendQueue>>,
    ) -> ResponseBody {
        let left = pieces.len();
        ResponseBody { pieces, left, exchange, files: files.zip(Region::get()) }
    }

    fn handed_on(&mut self, bytes: u64) -> Result<(), BodyError> {
        let Some(left) = self.left else { return Ok(()) };
        match left.checked_sub(bytes) {
            Some(left) => {
                self.left = Some(left);
                Ok(())
            }
            None => Err("a stored object yields more bytes than its record says".into()),
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BodyError>> {
        loop {
            let bytes = match self.pieces.next() {
                None if self.left.is_none_or(|left| left == 0) => {
                    self.left = Some(0);
                    return Poll::Ready(Ok(None));
                }
                None => {
                    return Poll::Ready(
                        Err("a stored object yields fewer bytes than its record says".into()),
                    );
                }
                Some(Piece::Bytes(bytes)) => bytes,
                Some(Piece::File(range)) => {
                    if let Some((queue, region)) = self.files.clone() {
                        // From here on the socket keeps account of what is sent.
                        return Poll::Ready(self.promise(range, &queue, region).map(Some));
                    }
                    self.pieces.first = Some(Piece::stream(Content::File(range)));
                    continue;
                }
                Some(Piece::Stream(mut stream)) => {
                    let next = stream.poll_next_unpin(cx);
                    if !matches!(next, Poll::Ready(None)) {
                        self.pieces.first = Some(Piece::Stream(stream));
                    }
                    match ready!(next).transpose()? {
                        Some(bytes) => bytes,
                        None => continue,
                    }
                }
                Some(Piece::Events(mut events)) => {
                    let next = events.poll_next_unpin(cx);
                    if !matches!(next, Poll::Ready(None)) {
                        self.pieces.first = Some(Piece::Events(events));
                    }
                    match ready!(next) {
                        Some(bytes) => bytes,
                        None => continue,
                    }
                }
            };
            if bytes.is_empty() {
                continue;
            }
            self.handed_on(bytes.len() as u64)?;
            self.exchange.sent(bytes.len() as u64);
            return Poll::Ready(Ok(Some(bytes)));
        }
    }

    /// Hands on a slice that stands for the next bytes of a file.
    fn promise(&mut self, range: FileRange, queue: &SendQueue, region: &Region) -> Result<Bytes, BodyError> {
        let len = usize::try_from(range.len()).unwrap_or(usize::MAX).min(region.most());
        let now = len as u64;
        self.handed_on(now)?;
        let slice = FileSlice { file: Arc::clone(range.file()), offset: range.offset(), len: now };
        if now < range.len() {
            let all = range.len();
            self.pieces.first = Some(Content::File(range).slice(now..all).into());
        }
        queue.push(slice, Arc::clone(&self.exchange));
        Ok(region.stand_in(len))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let piece = ready!(self.poll_piece(cx));
        if let Err(error) = &piece {
            self.exchange.broke(error);
        }
        Poll::Ready(piece.transpose().map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt as _;
    use weir_oci::Digest;
    use weir_store::{LocalOptions, Store};

    use super::*;

    fn body(pieces: Pieces) -> ResponseBody {
        ResponseBody::new(pieces, Exchange::for_test(&Arc::default()), None)
    }

    async fn collect(pieces: Pieces) -> Result<Bytes, BodyError> {
        Ok(body(pieces).collect().await?.to_bytes())
    }

    #[tokio::test]
    async fn without_a_socket_that_sends_files_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_local(folder.path(), LocalOptions::default()).await.unwrap();
        let bytes: Bytes = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let key = store.put(&Digest::sha256(&bytes), bytes.clone(), 0).await.unwrap();
        let content = store.open(&key, bytes.len() as u64).await.unwrap();
        assert!(matches!(content, Content::File(_)));
        assert_eq!(collect(Pieces::content(content.clone())).await.unwrap(), bytes);
        let several = vec![
            Pieces::bytes(Bytes::from_static(b"head")),
            Pieces::content(content.slice(5..700_005)),
            Pieces::default(),
            Pieces::content(content.slice(1..1)),
            Pieces::bytes(Bytes::from_static(b"tail")),
        ];
        let several = Pieces::several(several);
        assert_eq!(several.len(), Some(700_008));
        let expected = [b"head", &bytes[5..700_005], b"tail"].concat();
        assert!(collect(several).await.unwrap() == expected);
    }

    #[tokio::test]
    async fn a_stream_of_another_length_is_an_error() {
        let pieces = |len, chunks: &'static [&'static [u8]]| {
            let chunks = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk)));
            Pieces {
                first: Some(Piece::Stream(stream::iter(chunks).boxed())),
                len: Some(len),
                ..Pieces::default()
            }
        };
        assert_eq!(collect(pieces(6, &[b"abc", b"", b"def"])).await.unwrap(), "abcdef");
        assert!(collect(pieces(7, &[b"abc", b"def"])).await.is_err());
        assert!(collect(pieces(5, &[b"abc", b"def"])).await.is_err());
    }

    #[tokio::test]
    async fn events_have_no_length_and_end_when_they_end() {
        let events = stream::iter([&b"one"[..], b"", b"two"].map(Bytes::from_static));
        let mut body = body(Pieces::events(events));
        assert!(!body.is_end_stream());
        assert_eq!(body.size_hint().exact(), None);
        let mut got = Vec::new();
        while let Some(frame) = body.frame().await {
            got.push(frame.unwrap().into_data().unwrap());
        }
        assert_eq!(got, ["one", "two"]);
        assert!(body.is_end_stream());
    }

    #[test]
    fn an_empty_body_has_ended_before_it_begins() {
        for pieces in [Pieces::default(), Pieces::bytes(Bytes::new()), Pieces::several(Vec::new())] {
            let body = body(pieces);
            assert!(body.is_end_stream());
            assert_eq!(body.size_hint().exact(), Some(0));
        }
    }
}
