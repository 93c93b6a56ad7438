//! Writing through the image API: creating, changing and deleting objects by their own rules.
//!
//! The rules themselves are pure functions in `image-api`; here they meet the caller's rights and
//! the records. Each use case is one transaction. The rule runs inside of it and sees the newest
//! state, so that no change of somebody else is ever lost, however busy the object is.

mod author;
mod documents;
mod emptying;
mod ending;
mod fetch;
mod image_tags;
mod images;
mod imports;
mod incarnation;
mod lookup;
mod mappings;
mod mutation;
mod namespaces;
mod refusal;
mod secrets;
mod signatures;
mod stream_tags;
mod streams;
mod tag_edits;
mod writer;

pub use author::{Author, MayPull};
pub use mutation::{Deletion, Gone, Mutation, Preconditions, Propagation, Written};
pub use refusal::Refusal;
pub use tag_edits::TagView;
pub use writer::Writer;
