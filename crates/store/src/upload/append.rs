use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::OwnedMutexGuard;

use super::batch::Batch;
use super::{Upload, lost_job};
use crate::{AppendError, Error};

/// A step begins with this much, if the body has not ended: handing less to another thread costs
/// more than the work.
const LEAST: usize = 256 * 1024;
/// While a step runs, this much is received for the next one.
const MOST: usize = 1024 * 1024;
/// What all uploads together may hold received. Each holds as much again in its running step.
const ALL: usize = 16 * 1024 * 1024;

impl Upload {
    /// Takes in `body` at the current offset, up to an offset of `limit`, and answers with the new
    /// offset. Frames are neither copied nor waited for: while one batch is hashed and written,
    /// the next is received.
    ///
    /// If the future is dropped, what was handed to a step is kept, the rest is lost, and the
    /// offset says which is which.
    pub async fn append<S, E>(
        upload: OwnedMutexGuard<Upload>,
        body: S,
        limit: u64,
    ) -> (OwnedMutexGuard<Upload>, Result<u64, AppendError<E>>)
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        if upload.is_gone() {
            return (upload, Err(Error::UploadGone.into()));
        }
        let store = upload.store.clone();
        let mut crowd = None;
        let mut intake = Intake {
            body: pin!(body),
            batch: Batch::default(),
            room: limit.saturating_sub(upload.offset()),
            limit,
            end: None,
        };
        let mut upload = upload;
        loop {
            intake.fill(LEAST).await;
            let batch = std::mem::take(&mut intake.batch);
            if batch.is_empty() {
                break;
            }
            if crowd.is_none() && !upload.takes_inline(&batch) {
                crowd = Some(store.join_uploads());
            }
            let most = MOST.min(ALL / store.uploads().max(1)).max(LEAST);
            let result;
            (upload, result) = intake.fill_beside(most, step(upload, batch)).await;
            if let Err(error) = result {
                return (upload, Err(error.into()));
            }
        }
        let offset = upload.offset();
        (upload, intake.end.unwrap_or(Ok(())).map(|()| offset))
    }
}

/// Takes one batch in; the guard travels with the work.
async fn step(
    mut upload: OwnedMutexGuard<Upload>,
    batch: Batch,
) -> (OwnedMutexGuard<Upload>, Result<(), Error>) {
    let mut result;
    if upload.takes_inline(&batch) {
        result = upload.take_in(batch);
    } else {
        let session = OwnedMutexGuard::mutex(&upload).clone();
        let job = tokio::task::spawn_blocking(move || {
            let result = upload.take_in(batch);
            (upload, result)
        });
        (upload, result) = match job.await {
            Ok(done) => done,
            Err(error) => (session.lock_owned().await, Err(lost_job(error))),
        };
    }
    if result.is_ok() {
        result = upload.ship().await;
    }
    (upload, result)
}

/// The receiving side of an append.
struct Intake<'a, S, E> {
    body: Pin<&'a mut S>,
    batch: Batch,
    /// Bytes that may still come.
    room: u64,
    limit: u64,
    /// How the body ended, once it has.
    end: Option<Result<(), AppendError<E>>>,
}

impl<S, E> Intake<'_, S, E>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    /// Receives until there are `target` bytes or the body has ended.
    async fn fill(&mut self, target: usize) {
        poll_fn(|cx| self.poll_fill(cx, target)).await;
    }

    /// Receives up to `target` bytes for as long as `work` takes.
    async fn fill_beside<W: Future>(&mut self, target: usize, work: W) -> W::Output {
        let mut work = pin!(work);
        poll_fn(|cx| {
            // Once the batch is full this registers no waker; the work's is enough then.
            let _ = self.poll_fill(cx, target);
            work.as_mut().poll(cx)
        })
        .await
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, target: usize) -> Poll<()> {
        while self.end.is_none() && !self.batch.is_full(target) {
            let Poll::Ready(next) = self.body.as_mut().poll_next(cx) else { return Poll::Pending };
            match next {
                Some(Ok(frame)) if frame.len() as u64 > self.room => {
                    self.end = Some(Err(AppendError::TooLarge { limit: self.limit }));
                }
                Some(Ok(frame)) => {
                    self.room -= frame.len() as u64;
                    self.batch.push(frame);
                }
                Some(Err(error)) => self.end = Some(Err(AppendError::Body(error))),
                None => self.end = Some(Ok(())),
            }
        }
        Poll::Ready(())
    }
}
