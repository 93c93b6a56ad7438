use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload};

use crate::content::SMALL;
use crate::{Content, Error, ObjectKey};

/// What a bucket must offer: objects, and uploads in parts that outlive a process.
pub(crate) trait Objects: ObjectStore + MultipartStore {}

impl<T: ObjectStore + MultipartStore> Objects for T {}

/// Objects in something that is not a file system of this machine: memory, or a cloud's bucket.
///
/// Nothing here renames, copies or lists: buckets copy slowly, with size limits, and a listing
/// proves nothing.
#[derive(Clone)]
pub(crate) struct Bucket {
    objects: Arc<dyn Objects>,
    part_size: usize,
    reads: Reads,
}

/// How objects that are not small are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// In one piece: the bucket is memory already, and the piece is shared, not copied.
    Whole,
    /// As a stream of the range that is asked for.
    #[cfg_attr(not(test), expect(dead_code, reason = "what a bucket over a network is opened with"))]
    Ranged,
}

impl Bucket {
    pub(crate) fn new(objects: Arc<dyn Objects>, part_size: usize, reads: Reads) -> Bucket {
        Bucket { objects, part_size, reads }
    }

    /// Size of every part of a multipart upload but the last.
    pub(crate) fn part_size(&self) -> usize {
        self.part_size
    }

    /// Stores an object whole. The key is fresh, so no condition is needed.
    pub(crate) async fn put(&self, key: &ObjectKey, payload: PutPayload) -> Result<(), Error> {
        let stored = ObjectStoreExt::put(&*self.objects, &path_of(key), payload).await;
        stored.map(|_| ()).map_err(|error| Error::object("store an object", key, error))
    }

    pub(crate) async fn open_object(&self, key: &ObjectKey, size: u64) -> Result<Content, Error> {
        let range = BucketRange { objects: self.objects.clone(), key: *key, size, offset: 0, len: size };
        if size <= SMALL || self.reads == Reads::Whole {
            return range.into_bytes().await.map(Content::Bytes);
        }
        let found = self.size(key).await?;
        if found != size {
            return Err(Error::Corrupt { key: *key, expected: size, found });
        }
        Ok(Content::Bucket(range))
    }

    async fn size(&self, key: &ObjectKey) -> Result<u64, Error> {
        let found = self.objects.head(&path_of(key)).await;
        found.map(|meta| meta.size).map_err(|error| Error::object("look an object up", key, error))
    }

    pub(crate) async fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        match ObjectStoreExt::delete(&*self.objects, &path_of(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::object("remove an object", key, error)),
        }
    }

    /// Whether the bucket answers: asks for an object that cannot exist.
    pub(crate) async fn probe(&self) -> Result<(), Error> {
        match self.size(&ObjectKey::fresh(None, 0)).await {
            Ok(_) | Err(Error::Missing(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn create_multipart(&self, key: &ObjectKey) -> Result<String, Error> {
        let created = self.objects.create_multipart(&path_of(key)).await;
        created.map_err(|error| Error::object("begin an upload", key, error))
    }

    /// Stores part number `index`, again if need be: the last one counts.
    pub(crate) async fn put_part(
        &self,
        key: &ObjectKey,
        multipart: &String,
        index: usize,
        payload: PutPayload,
    ) -> Result<String, Error> {
        let stored = self.objects.put_part(&path_of(key), multipart, index, payload).await;
        stored.map(|part| part.content_id).map_err(|error| Error::object("store a part", key, error))
    }

    /// Makes the parts an object of `size` bytes.
    pub(crate) async fn complete(
        &self,
        key: &ObjectKey,
        multipart: &String,
        parts: &[String],
        size: u64,
    ) -> Result<(), Error> {
        let parts = parts.iter().map(|part| PartId { content_id: part.clone() }).collect();
        let completed = self.objects.complete_multipart(&path_of(key), multipart, parts).await;
        // A completion is retried below, and its second try fails when the first one took effect
        // and only its reply was lost; and a success is not believed without the length. So what
        // is there decides.
        match (completed, self.size(key).await) {
            (_, Ok(found)) if found == size => Ok(()),
            (Ok(_), Ok(found)) => Err(Error::Corrupt { key: *key, expected: size, found }),
            (Ok(_), Err(error)) => Err(error),
            (Err(error), _) => Err(Error::object("complete an upload", key, error)),
        }
    }

    pub(crate) async fn abort(&self, key: &ObjectKey, multipart: &String) -> Result<(), Error> {
        match self.objects.abort_multipart(&path_of(key), multipart).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::object("abort an upload", key, error)),
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.objects)
    }
}

/// Part of an object in a bucket.
#[derive(Clone)]
pub struct BucketRange {
    objects: Arc<dyn Objects>,
    key: ObjectKey,
    /// Length of the whole object.
    size: u64,
    offset: u64,
    len: u64,
}

impl BucketRange {
    /// Number of bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn slice(&self, range: Range<u64>) -> BucketRange {
        BucketRange { offset: self.offset + range.start, len: range.end - range.start, ..self.clone() }
    }

    async fn get(&self) -> Result<BoxStream<'static, object_store::Result<Bytes>>, Error> {
        let mut options = GetOptions::default();
        // A range of an empty object, or an empty range, is an error everywhere.
        if self.len < self.size {
            options.range = Some(GetRange::Bounded(self.offset..self.offset + self.len));
        }
        let found = self.objects.get_opts(&path_of(&self.key), options).await;
        let found = found.map_err(|error| Error::object("read an object", &self.key, error))?;
        if found.meta.size != self.size {
            return Err(Error::Corrupt { key: self.key, expected: self.size, found: found.meta.size });
        }
        Ok(found.into_stream())
    }

    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<Bytes, Error>> {
        if self.len == 0 {
            return stream::empty().boxed();
        }
        stream::once(async move {
            let chunks = self.get().await?;
            Ok(exactly(chunks, self))
        })
        .try_flatten()
        .boxed()
    }

    pub(crate) async fn into_bytes(self) -> Result<Bytes, Error> {
        if self.len == 0 && self.size != 0 {
            return Ok(Bytes::new());
        }
        let chunks = self.get().await?;
        let mut chunks = exactly(chunks, self).boxed();
        let Some(first) = chunks.try_next().await? else { return Ok(Bytes::new()) };
        let Some(second) = chunks.try_next().await? else { return Ok(first) };
        let mut whole = Vec::with_capacity(first.len() + second.len());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = chunks.try_next().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }
}

/// Passes chunks on until the range is complete. An end before that, or a chunk without bytes
/// (which some stores repeat for ever at the end of a truncated object), is an error.
fn exactly(
    chunks: BoxStream<'static, object_store::Result<Bytes>>,
    range: BucketRange,
) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    stream::try_unfold((chunks, range), |(mut chunks, mut range)| async move {
        if range.len == 0 {
            return Ok(None);
        }
        let cut = Error::Corrupt { key: range.key, expected: range.size, found: range.offset };
        match chunks.next().await {
            Some(Ok(chunk)) if chunk.is_empty() || chunk.len() as u64 > range.len => Err(cut),
            None => Err(cut),
            Some(Err(error)) => Err(Error::object("read an object", &range.key, error)),
            Some(Ok(chunk)) => {
                range = range.slice(chunk.len() as u64..range.len);
                Ok(Some((chunk, (chunks, range))))
            }
        }
    })
}

impl fmt::Debug for BucketRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketRange({} {}+{})", self.key, self.offset, self.len)
    }
}

fn path_of(key: &ObjectKey) -> Path {
    Path::parse(key.to_string()).expect("keys hold only hex, digits and fixed words")
}
