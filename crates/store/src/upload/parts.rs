use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use object_store::PutPayload;
use weir_oci::{Algorithm, Digest, Hasher};

use super::batch::Batch;
use super::hashes::Hashes;
use crate::bucket::Bucket;
use crate::{Error, ObjectKey};

/// Bytes of an upload in a bucket: whole parts under the final key, and a tail in memory that is
/// not a part yet.
///
/// Every part but the last has the same size. A part leaves the tail only when the bucket has it,
/// so a request that is dropped meanwhile leaves a consistent upload behind, and the next one
/// stores the same part under the same number again.
#[derive(Debug)]
pub(crate) struct Parts {
    key: ObjectKey,
    multipart: Option<String>,
    done: Vec<String>,
    tail: VecDeque<Bytes>,
    tail_len: usize,
    part_size: usize,
    /// The hashes at the end of each part that is complete in the tail.
    marks: VecDeque<Hashes>,
    /// The hashes at the end of the last part the bucket has.
    checkpoint: Hashes,
}

/// Frames smaller than this on average are gathered: a tail of tiny ones would be mostly list.
const SMALL_PIECE: usize = 4096;

impl Parts {
    pub(crate) fn new(key: ObjectKey, part_size: usize, hashes: Hashes) -> Parts {
        Parts {
            key,
            multipart: None,
            done: Vec::new(),
            tail: VecDeque::new(),
            tail_len: 0,
            part_size,
            marks: VecDeque::new(),
            checkpoint: hashes,
        }
    }

    /// Takes up what an earlier process stored.
    pub(crate) fn continued(self, multipart: String, done: Vec<String>) -> Parts {
        Parts { multipart: Some(multipart), done, ..self }
    }

    pub(crate) fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// The upload the bucket knows, with its parts, if there is one.
    pub(crate) fn stored(&self) -> Option<(&String, &[String])> {
        Some((self.multipart.as_ref()?, &self.done))
    }

    /// The hashes at the end of the last part the bucket has.
    pub(crate) fn checkpoint(&self) -> &Hashes {
        &self.checkpoint
    }

    pub(crate) fn tail(&self) -> Bytes {
        gather(self.tail.iter(), self.tail_len)
    }

    pub(crate) fn tail_len(&self) -> usize {
        self.tail_len
    }

    /// Takes the batch into the hashes and the tail.
    pub(crate) fn absorb(&mut self, hashes: &mut Hashes, batch: &Batch) {
        let scattered = batch.len() / SMALL_PIECE < batch.pieces().len();
        let gathered = scattered.then(|| [gather(batch.pieces().iter(), batch.len())]);
        for piece in gathered.as_ref().map_or(batch.pieces(), |whole| &whole[..]) {
            let mut piece = piece.clone();
            while !piece.is_empty() {
                let room = self.part_size - self.tail_len % self.part_size;
                let next = piece.split_to(room.min(piece.len()));
                hashes.update(&next);
                self.tail_len += next.len();
                self.tail.push_back(next);
                if self.tail_len.is_multiple_of(self.part_size) {
                    self.marks.push_back(hashes.clone());
                }
            }
        }
    }

    /// Stores every part that is complete.
    pub(crate) async fn ship(&mut self, bucket: &Bucket) -> Result<(), Error> {
        while let Some(mark) = self.marks.front().cloned() {
            self.ship_part(bucket, self.part_size).await?;
            self.marks.pop_front();
            self.checkpoint = mark;
        }
        Ok(())
    }

    async fn ship_part(&mut self, bucket: &Bucket, len: usize) -> Result<(), Error> {
        if self.multipart.is_none() {
            self.multipart = Some(bucket.create_multipart(&self.key).await?);
        }
        let multipart = self.multipart.as_ref().expect("it was created above");
        // Parts end where pieces end: `absorb` cuts them there.
        let mut ahead = 0;
        let pieces = self.tail.iter().take_while(|piece| {
            ahead += piece.len();
            ahead <= len
        });
        let payload: PutPayload = pieces.cloned().collect();
        let count = payload.as_ref().len();
        let part = bucket.put_part(&self.key, multipart, self.done.len(), payload).await?;
        self.done.push(part);
        self.tail.drain(..count);
        self.tail_len -= len;
        Ok(())
    }

    /// Makes everything the object.
    pub(crate) async fn publish(&mut self, bucket: &Bucket, size: u64) -> Result<(), Error> {
        self.ship(bucket).await?;
        if self.multipart.is_none() {
            return bucket.put(&self.key, self.tail.iter().cloned().collect()).await;
        }
        if self.tail_len > 0 {
            self.ship_part(bucket, self.tail_len).await?;
        }
        let multipart = self.multipart.as_ref().expect("there is one: checked above");
        bucket.complete(&self.key, multipart, &self.done, size).await
    }

    /// The digest by an algorithm nobody announced, if everything is still in memory.
    pub(crate) fn tail_digest(&self, algorithm: Algorithm) -> Option<Digest> {
        self.multipart.is_none().then(|| {
            let mut hasher = Hasher::new(algorithm);
            self.tail.iter().for_each(|piece| hasher.update(piece));
            hasher.finish()
        })
    }

    /// Gives the bucket's parts up.
    pub(crate) async fn abort(&self, bucket: &Bucket) -> Result<(), Error> {
        match &self.multipart {
            Some(multipart) => bucket.abort(&self.key, multipart).await,
            None => Ok(()),
        }
    }
}

fn gather<'a>(pieces: impl Iterator<Item = &'a Bytes>, len: usize) -> Bytes {
    let mut whole = BytesMut::with_capacity(len);
    pieces.for_each(|piece| whole.extend_from_slice(piece));
    whole.freeze()
}
