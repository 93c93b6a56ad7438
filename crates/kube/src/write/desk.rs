use std::fmt;

use weir_access::{ManageApi, Permit};
use weir_image_api::meta::{Outcome, Status, StatusDetails};
use weir_image_api::{Namespace, StreamRef};
use weir_registry::api::{Gone, Refusal, Writer, Written};

use super::answer::{Answer, Answered};
use super::change::{Place, Recorder};
use super::options::WriteOptions;
use super::{Writable, Writing};
use crate::failure::{Failure, GroupResource};
use crate::record::Record;
use crate::resource::Kind;

/// Where one object is written: what the path says, and the means to do it.
pub(crate) struct Desk<'a> {
    pub(crate) writer: Writer,
    /// Empty for resources without a namespace.
    pub(crate) namespace: &'a str,
    /// Empty for an object that has no name yet.
    pub(crate) name: &'a str,
    writing: &'a Writing<'a>,
    options: &'a WriteOptions,
}

impl<'a> Desk<'a> {
    pub(super) fn new(
        writing: &'a Writing<'a>,
        namespace: &'a str,
        name: &'a str,
        options: &'a WriteOptions,
    ) -> Desk<'a> {
        Desk { writer: writing.pen.writer(options.keep), namespace, name, writing, options }
    }

    /// Who writes.
    pub(crate) fn user(&self) -> &str {
        self.writing.pen.author.identity.name()
    }

    /// The leave to do everything. Whoever gets here without it is refused.
    pub(crate) fn manage(&self) -> Result<&Permit<ManageApi>, Failure> {
        self.writing.pen.manage.as_ref().ok_or_else(|| self.writing.target.forbidden(self.user()))
    }

    /// The namespace of the path. One that cannot exist does not.
    pub(crate) fn namespace(&self) -> Result<Namespace, Failure> {
        Namespace::parse(self.namespace).map_err(|_| Failure::no_namespace(self.namespace))
    }

    /// The stream of the path. A name that no stream can have names none.
    pub(crate) fn stream(&self) -> Result<StreamRef, Failure> {
        let named = self.writing.target.named(self.namespace, self.name, self.writing.query);
        crate::resources::stream(&named, self.name)
    }

    /// Notes who sets which fields.
    pub(crate) fn recorder(&self) -> Recorder {
        Recorder {
            manager: self.options.manager.clone(),
            kind: self.kind(),
            below: self.writing.target.below,
            now: self.writing.now,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place {
            kind: self.kind(),
            namespace: self.namespace.to_owned(),
            name: self.name.to_owned(),
            validation: self.options.validation,
        }
    }

    /// What is answered when an object was written.
    pub(crate) fn written<T: Writable>(
        &self,
        written: Result<Written<T>, Refusal>,
    ) -> Result<Answer, Failure> {
        self.shown(written, |object| Box::new(object))
    }

    /// The same for an object that is shown as something else than it was written as.
    pub(crate) fn shown<T>(
        &self,
        written: Result<Written<T>, Refusal>,
        show: impl FnOnce(T) -> Box<dyn Record>,
    ) -> Result<Answer, Failure> {
        let Written { object, made, warnings } = written.map_err(|refusal| self.failure(refusal))?;
        let object = show(object);
        let result = if made { Answered::Made(object) } else { Answered::Changed(object) };
        Ok(Answer { result, warnings })
    }

    /// What is answered when an object was deleted: that it is gone, or what it looks like while
    /// somebody has to agree first.
    pub(crate) fn gone<T: Writable>(&self, gone: Result<Gone<T>, Refusal>) -> Result<Answer, Failure> {
        self.gone_as(gone, |object| object)
    }

    /// The same for an object that is shown as something else than it was written as.
    pub(crate) fn gone_as<T, U: Writable>(
        &self,
        gone: Result<Gone<T>, Refusal>,
        show: impl FnOnce(T) -> U,
    ) -> Result<Answer, Failure> {
        let result = match gone.map_err(|refusal| self.failure(refusal))? {
            Gone::Removed(object) => Answered::Done(self.success(&show(object).metadata().uid)),
            Gone::Terminating(object) => Answered::Changed(Box::new(show(object))),
        };
        Ok(Answer::of(result))
    }

    /// What is answered when there is nothing to show.
    pub(crate) fn done(&self, done: Result<(), Refusal>) -> Result<Answer, Failure> {
        done.map_err(|refusal| self.failure(refusal))?;
        Ok(Answer::success())
    }

    /// The same when something was made.
    pub(crate) fn recorded(&self, done: Result<(), Refusal>) -> Result<Answer, Failure> {
        done.map_err(|refusal| self.failure(refusal))?;
        Ok(Answer::of(Answered::Recorded(Status {
            status: Outcome::Success,
            code: http::StatusCode::CREATED.as_u16(),
            ..Status::default()
        })))
    }

    /// What a refusal of the registry says to a client.
    pub(crate) fn failure(&self, refusal: Refusal) -> Failure {
        Failure::of_refusal(self.writing.target.verb(), self.resource(), self.kind(), self.name, refusal)
    }

    fn success(&self, uid: &str) -> Status {
        let GroupResource { group, resource } = self.resource();
        Status {
            status: Outcome::Success,
            details: Some(StatusDetails {
                name: self.name.to_owned(),
                group: group.to_owned(),
                kind: resource.to_owned(),
                uid: uid.to_owned(),
                ..StatusDetails::default()
            }),
            ..Status::default()
        }
    }

    fn resource(&self) -> GroupResource {
        self.writing.target.resource.group_resource()
    }

    fn kind(&self) -> &'static Kind {
        self.writing.target.kind
    }
}

impl fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
