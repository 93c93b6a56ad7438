use bytes::Bytes;

/// `writev` takes this many pieces at once (`IOV_MAX`), and more would make the list itself heavy
/// beside what it lists.
const MOST_PIECES: usize = 1024;

/// Frames of a body as they came, to be hashed and written together without being copied.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pieces: Vec<Bytes>,
    len: usize,
}

impl Batch {
    pub(crate) fn push(&mut self, frame: Bytes) {
        if !frame.is_empty() {
            self.len += frame.len();
            self.pieces.push(frame);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether there is enough in it for a step of `target` bytes.
    pub(crate) fn is_full(&self, target: usize) -> bool {
        self.len >= target || self.pieces.len() >= MOST_PIECES
    }

    pub(crate) fn pieces(&self) -> &[Bytes] {
        &self.pieces
    }

    pub(crate) fn into_pieces(self) -> Vec<Bytes> {
        self.pieces
    }
}

impl FromIterator<Bytes> for Batch {
    fn from_iter<I: IntoIterator<Item = Bytes>>(frames: I) -> Batch {
        let mut batch = Batch::default();
        frames.into_iter().for_each(|frame| batch.push(frame));
        batch
    }
}
