use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use weir_kube::Events;

use crate::telemetry::{Limit, Telemetry};

/// As many as there may be of something at a time. Who finds no place is told to come back: a queue
/// would only hide from clients that there are too many of them.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    limit: Limit,
    telemetry: Arc<Telemetry>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    limit: Limit,
    telemetry: Arc<Telemetry>,
}

impl Places {
    pub(crate) fn new(most: usize, limit: Limit, telemetry: &Arc<Telemetry>) -> Places {
        Places { free: Arc::new(Semaphore::new(most)), limit, telemetry: Arc::clone(telemetry) }
    }

    /// A place, if one is free.
    pub(super) fn take(&self) -> Option<Place> {
        let Places { limit, telemetry, .. } = self;
        let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() else {
            telemetry.metrics().no_place(*limit);
            return None;
        };
        telemetry.metrics().place_taken(*limit);
        Some(Place { _permit: permit, limit: *limit, telemetry: Arc::clone(telemetry) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.telemetry.metrics().place_left(self.limit);
    }
}

/// The events of a watch, which has its place for as long as they go on.
pub(super) struct Placed {
    events: Events,
    _place: Place,
}

impl Placed {
    pub(super) fn new(events: Events, place: Place) -> Placed {
        Placed { events, _place: place }
    }
}

impl Stream for Placed {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.events.poll_next_unpin(cx)
    }
}
