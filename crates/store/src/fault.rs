//! Test support: a bucket that fails as it is told to.

use std::collections::VecDeque;
use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryFutureExt, stream};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartId, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// A call of the store below that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Storing an object whole.
    Put,
    /// Reading an object.
    Get,
    /// Asking for an object's size.
    Head,
    /// Removing an object.
    Delete,
    /// Beginning an upload in parts.
    Create,
    /// Storing a part.
    Part,
    /// Making the parts an object.
    Complete,
    /// Giving the parts up.
    Abort,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails without effect.
    Error(ErrorKind),
    /// It takes effect, then fails: a reply that was lost.
    AfterEffect(ErrorKind),
    /// It never returns.
    Hang,
    /// A read ends after this many bytes although the size promised more; then it yields empty
    /// chunks without end, as some stores do.
    Truncate(u64),
}

/// The faults still to come: each strikes the next call of its kind, once.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<VecDeque<(Call, Fault)>>>);

impl Faults {
    /// Makes the next `call` that no earlier fault strikes fail.
    pub fn strike(&self, call: Call, fault: Fault) {
        self.queue(|queue| queue.push_back((call, fault)));
    }

    /// Faults that have not struck.
    pub fn left(&self) -> usize {
        self.queue(|queue| queue.len())
    }

    fn next(&self, call: Call) -> Option<Fault> {
        self.queue(|queue| {
            let at = queue.iter().position(|(struck, _)| *struck == call)?;
            queue.remove(at).map(|(_, fault)| fault)
        })
    }

    fn queue<T>(&self, work: impl FnOnce(&mut VecDeque<(Call, Fault)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn around<T>(&self, call: Call, effect: impl Future<Output = Result<T>>) -> Result<T> {
        match self.next(call) {
            None | Some(Fault::Truncate(_)) => effect.await,
            Some(Fault::Error(kind)) => Err(injected(kind)),
            Some(Fault::AfterEffect(kind)) => effect.and_then(async |_| Err(injected(kind))).await,
            Some(Fault::Hang) => std::future::pending().await,
        }
    }
}

fn injected(kind: ErrorKind) -> object_store::Error {
    object_store::Error::Generic { store: "faulty", source: Box::new(std::io::Error::from(kind)) }
}

/// A bucket with faults in front of it.
#[derive(Debug)]
pub(crate) struct Faulty<T> {
    below: T,
    faults: Faults,
}

impl<T> Faulty<T> {
    pub(crate) fn new(below: T, faults: Faults) -> Faulty<T> {
        Faulty { below, faults }
    }
}

impl<T> fmt::Display for Faulty<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

/// What is asked for is cut to `left` bytes; the size that is stated stays.
fn truncate(found: GetResult, left: u64) -> GetResult {
    let (meta, range, attributes) = (found.meta.clone(), found.range.clone(), found.attributes.clone());
    let extensions = found.extensions.clone();
    let cut = found.into_stream().scan(left, |left, chunk| {
        let chunk = chunk.map(|chunk| {
            let len = usize::try_from(*left).unwrap_or(usize::MAX).min(chunk.len());
            *left -= len as u64;
            chunk.slice(..len)
        });
        std::future::ready(Some(chunk))
    });
    let payload = GetResultPayload::Stream(cut.chain(stream::repeat_with(|| Ok(Bytes::new()))).boxed());
    GetResult { payload, meta, range, attributes, extensions }
}

// The two traits are made by `async_trait`; this is what it makes of their methods.
impl<T: ObjectStore> ObjectStore for Faulty<T> {
    fn put_opts<'s, 'p, 'f>(
        &'s self,
        location: &'p Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> BoxFuture<'f, Result<PutResult>>
    where
        's: 'f,
        'p: 'f,
        Self: 'f,
    {
        Box::pin(self.faults.around(Call::Put, self.below.put_opts(location, payload, options)))
    }

    fn put_multipart_opts<'s, 'p, 'f>(
        &'s self,
        location: &'p Path,
        options: PutMultipartOptions,
    ) -> BoxFuture<'f, Result<Box<dyn MultipartUpload>>>
    where
        's: 'f,
        'p: 'f,
        Self: 'f,
    {
        self.below.put_multipart_opts(location, options)
    }

    fn get_opts<'s, 'p, 'f>(
        &'s self,
        location: &'p Path,
        options: GetOptions,
    ) -> BoxFuture<'f, Result<GetResult>>
    where
        's: 'f,
        'p: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            if options.head {
                return self.faults.around(Call::Head, self.below.get_opts(location, options)).await;
            }
            match self.faults.next(Call::Get) {
                None => self.below.get_opts(location, options).await,
                Some(Fault::Error(kind) | Fault::AfterEffect(kind)) => Err(injected(kind)),
                Some(Fault::Hang) => std::future::pending().await,
                Some(Fault::Truncate(left)) => {
                    Ok(truncate(self.below.get_opts(location, options).await?, left))
                }
            }
        })
    }

    fn get_ranges<'s, 'p, 'r, 'f>(
        &'s self,
        location: &'p Path,
        ranges: &'r [Range<u64>],
    ) -> BoxFuture<'f, Result<Vec<Bytes>>>
    where
        's: 'f,
        'p: 'f,
        'r: 'f,
        Self: 'f,
    {
        self.below.get_ranges(location, ranges)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.faults.next(Call::Delete) {
            Some(Fault::Error(kind)) => stream::once(async move { Err(injected(kind)) }).boxed(),
            Some(Fault::AfterEffect(kind)) => {
                self.below.delete_stream(locations).map(move |_| Err(injected(kind))).boxed()
            }
            Some(Fault::Hang) => stream::pending().boxed(),
            None | Some(Fault::Truncate(_)) => self.below.delete_stream(locations),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.below.list(prefix)
    }

    fn list_with_delimiter<'s, 'p, 'f>(
        &'s self,
        prefix: Option<&'p Path>,
    ) -> BoxFuture<'f, Result<ListResult>>
    where
        's: 'f,
        'p: 'f,
        Self: 'f,
    {
        self.below.list_with_delimiter(prefix)
    }

    fn copy_opts<'s, 'p, 'q, 'f>(
        &'s self,
        from: &'p Path,
        to: &'q Path,
        options: CopyOptions,
    ) -> BoxFuture<'f, Result<()>>
    where
        's: 'f,
        'p: 'f,
        'q: 'f,
        Self: 'f,
    {
        self.below.copy_opts(from, to, options)
    }
}

impl<T: MultipartStore> MultipartStore for Faulty<T> {
    fn create_multipart<'s, 'p, 'f>(&'s self, location: &'p Path) -> BoxFuture<'f, Result<MultipartId>>
    where
        's: 'f,
        'p: 'f,
        Self: 'f,
    {
        Box::pin(self.faults.around(Call::Create, self.below.create_multipart(location)))
    }

    fn put_part<'s, 'p, 'i, 'f>(
        &'s self,
        location: &'p Path,
        id: &'i MultipartId,
        index: usize,
        payload: PutPayload,
    ) -> BoxFuture<'f, Result<PartId>>
    where
        's: 'f,
        'p: 'f,
        'i: 'f,
        Self: 'f,
    {
        Box::pin(self.faults.around(Call::Part, self.below.put_part(location, id, index, payload)))
    }

    fn complete_multipart<'s, 'p, 'i, 'f>(
        &'s self,
        location: &'p Path,
        id: &'i MultipartId,
        parts: Vec<PartId>,
    ) -> BoxFuture<'f, Result<PutResult>>
    where
        's: 'f,
        'p: 'f,
        'i: 'f,
        Self: 'f,
    {
        Box::pin(self.faults.around(Call::Complete, self.below.complete_multipart(location, id, parts)))
    }

    fn abort_multipart<'s, 'p, 'i, 'f>(
        &'s self,
        location: &'p Path,
        id: &'i MultipartId,
    ) -> BoxFuture<'f, Result<()>>
    where
        's: 'f,
        'p: 'f,
        'i: 'f,
        Self: 'f,
    {
        Box::pin(self.faults.around(Call::Abort, self.below.abort_multipart(location, id)))
    }
}
