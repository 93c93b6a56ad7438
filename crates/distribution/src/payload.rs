use bytes::Bytes;
use weir_registry::Content;

/// Body of a response. Its length stands in `Content-Length` already.
#[derive(Debug, Default)]
pub enum Payload {
    /// Nothing.
    #[default]
    Empty,
    /// A document.
    Bytes(Bytes),
    /// A blob or one range of it, straight from the store.
    Blob(Content),
    /// Several ranges of a blob, as `multipart/byteranges`.
    Parts(Vec<Part>),
}

/// A piece of a multipart body.
#[derive(Debug)]
pub enum Part {
    /// Boundary and headers.
    Bytes(Bytes),
    /// A range.
    Blob(Content),
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Payload {
        Payload::Bytes(bytes.into())
    }
}
