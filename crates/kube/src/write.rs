//! Writes: from the body of a request to the registry, and what is answered (kubernetes-api 2, 5, 6).
//!
//! ```text
//! permission ─> content type ─> body ─> parameters ─> decode ─> kind, namespace, name
//!     ─> the row of the catalogue: a typed call of the registry ─> Answer
//! ```
//!
//! A create and a replacement are decoded at once. A patch is carried along as a [`Change`] and applied
//! inside the registry's transaction, to what the object is then: so a patch never loses against
//! somebody else's.

mod answer;
mod author;
mod change;
mod deletion;
mod desk;
mod options;
mod pen;
mod reason;
mod shape;
mod submitted;
mod writable;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use weir_image_api::Timestamp;
use weir_registry::api::Deletion;

pub(crate) use self::answer::{Answer, Answered, Work};
pub(crate) use self::author::author;
pub(crate) use self::change::{Change, Missing};
pub(crate) use self::desk::Desk;
pub(crate) use self::pen::Pen;
pub(crate) use self::reason::reason;
pub(crate) use self::submitted::Submitted;
pub(crate) use self::writable::Writable;

use self::change::{How, Notes};
use self::options::{WriteKind, WriteOptions};
use crate::failure::Failure;
use crate::patch::PatchType;
use crate::query::Query;
use crate::resource::{Create, Delete, Update};
use crate::route::Target;

/// A request that writes, up to its body.
pub(crate) struct Writing<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) query: &'a Query,
    pub(crate) target: &'a Target<'a>,
    pub(crate) pen: Pen,
    pub(crate) now: Timestamp,
}

impl Writing<'_> {
    /// Makes an object.
    pub(crate) async fn create(&self, create: Create, body: &Bytes) -> Result<Answer, Failure> {
        let options = self.options(WriteKind::Create)?;
        let mut warnings = Vec::new();
        let kind = self.target.kind;
        let mut submitted =
            Submitted::read(self.content_type(), body, kind, options.validation, &mut warnings)?;
        submitted.place(self.target)?;
        let name = submitted.name().to_owned();
        let desk = Desk::new(self, self.target.namespace(), &name, &options);
        Ok(create(&desk, submitted).await?.made().warning(warnings))
    }

    /// Replaces an object.
    pub(crate) async fn update(&self, update: Update, body: &Bytes) -> Result<Answer, Failure> {
        let options = self.options(WriteKind::Update)?;
        let mut warnings = Vec::new();
        let kind = self.target.kind;
        let mut submitted =
            Submitted::read(self.content_type(), body, kind, options.validation, &mut warnings)?;
        submitted.check_place(self.name(), self.target.namespace())?;
        let answer = self.change(update, How::Replace(submitted), &options).await?;
        Ok(answer.warning(warnings))
    }

    /// Patches an object.
    pub(crate) async fn patch(&self, update: Update, body: &Bytes) -> Result<Answer, Failure> {
        let taken = self.target.resource.patch_types();
        let patch_type = PatchType::of_content_type(self.content_type());
        let patch_type = patch_type.filter(|given| taken.contains(given));
        let (how, options) = match patch_type.ok_or(Failure::UnsupportedPatch(taken))? {
            PatchType::Apply => {
                let options = self.options(WriteKind::Apply)?;
                (How::apply(body, &options)?, options)
            }
            patch_type @ (PatchType::Json | PatchType::Merge | PatchType::Strategic) => {
                (How::Patch(patch_type, body.clone()), self.options(WriteKind::Patch)?)
            }
        };
        self.change(update, how, &options).await
    }

    /// Deletes an object.
    pub(crate) async fn delete(&self, delete: Delete, body: &Bytes) -> Result<Answer, Failure> {
        let (deletion, options) = self.deletion(body)?;
        let desk = Desk::new(self, self.target.namespace(), self.name(), &options);
        delete(&desk, deletion).await
    }

    /// Deletes one object of a collection. Nothing is said if somebody else was faster.
    pub(crate) async fn delete_one(
        &self,
        delete: Delete,
        (namespace, name): (&str, &str),
        (deletion, options): &(Deletion, WriteOptions),
    ) -> Result<(), Failure> {
        let desk = Desk::new(self, namespace, name, options);
        match delete(&desk, deletion.clone()).await {
            Ok(_) | Err(Failure::NotFound { .. }) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Reads how to delete.
    pub(crate) fn deletion(&self, body: &Bytes) -> Result<(Deletion, WriteOptions), Failure> {
        let (deletion, keep) = deletion::read(self.content_type(), body, self.query)?;
        Ok((deletion, WriteOptions { keep, ..WriteOptions::default() }))
    }

    async fn change(&self, update: Update, how: How, options: &WriteOptions) -> Result<Answer, Failure> {
        let notes = Notes::default();
        let desk = Desk::new(self, self.target.namespace(), self.name(), options);
        let change = Change { how, place: desk.place(), recorder: desk.recorder(), notes: notes.clone() };
        Ok(update(&desk, change).await?.warning(notes.take()))
    }

    fn options(&self, kind: WriteKind) -> Result<WriteOptions, Failure> {
        WriteOptions::parse(self.query, &self.parts.headers, kind)
    }

    fn content_type(&self) -> Option<&str> {
        // One that is no text names no type that is read here.
        self.parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"))
    }

    fn name(&self) -> &str {
        self.target.name.unwrap_or_default()
    }
}
