use std::pin::Pin;

use weir_image_api::meta::{Outcome, Status};

use crate::failure::Failure;
use crate::record::Record;

/// A write that is being done.
pub(crate) type Work<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// What a write is answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) result: Answered,
    /// What the client should know although nothing failed.
    pub(crate) warnings: Vec<String>,
}

/// What there is to show.
#[derive(Debug)]
pub(crate) enum Answered {
    /// The object as it is now.
    Changed(Box<dyn Record>),
    /// The object, which was not there before.
    Made(Box<dyn Record>),
    /// That it was done.
    Done(Status),
    /// That something was made which is no object.
    Recorded(Status),
}

impl Answer {
    pub(crate) fn of(result: Answered) -> Answer {
        Answer { result, warnings: Vec::new() }
    }

    /// That it was done, or may be done.
    pub(crate) fn success() -> Answer {
        Answer::of(Answered::Done(Status { status: Outcome::Success, ..Status::default() }))
    }

    /// As the answer to a request that makes something, whatever came of it.
    pub(super) fn made(self) -> Answer {
        let result = match self.result {
            Answered::Changed(object) => Answered::Made(object),
            Answered::Done(status) => Answered::Recorded(status),
            made @ (Answered::Made(_) | Answered::Recorded(_)) => made,
        };
        Answer { result, ..self }
    }

    /// With what was noticed earlier.
    pub(super) fn warning(mut self, earlier: Vec<String>) -> Answer {
        self.warnings.splice(0..0, earlier);
        self
    }
}
