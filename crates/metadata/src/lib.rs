//! Records: repositories, tags and their history, images, links, the change feed.
//!
//! Metadata decides what exists; the store only holds bytes. The engine here keeps it in `SQLite`:
//!
//! * A method is a whole use case and one transaction. What it returns is durable: the log is
//!   flushed before anybody is told, and before any reader sees it.
//! * One thread writes. It gathers the writes that queue up while the last flush ran and commits
//!   them together, each in a savepoint of its own, so that one refusal does not touch the others.
//! * Resource versions, the change feed and the order of watches are one sequence, in commit order.
//!   A version is never used twice, not even after a crash or a restored copy.
//! * Reads are snapshots on the calling thread. Caches hold what recent reads found; only the
//!   writer makes an entry wrong, and it removes it before it answers.
//! * Nothing that a stream ever showed is overwritten: events of tags end, and a deleted stream leaves
//!   its history behind. A change keeps what else it overwrote, so that the object before it can be
//!   shown.
//! * An edit through the image API is a rule that runs inside the transaction: it sees the newest
//!   state, and nobody's change is lost.
//! * No cost of a push or of reading a tag grows with the tags or images there are: there is no
//!   document per stream, only rows.
//!
//! The crate knows no byte stream and no object store; keys of objects are texts to it.

mod adopt;
mod blobs;
mod cache;
mod changes;
mod columns;
mod deletes;
mod dry_run;
mod edits;
mod engine;
mod error;
mod history;
mod hosts;
mod image_edit;
mod image_ids;
mod images;
mod listing;
mod lookup;
mod manifests;
mod names;
mod namespace_edit;
mod namespaces;
mod next_changes;
mod object_changes;
#[cfg(test)]
mod plans;
mod push;
mod records;
mod references;
mod referrers;
mod repositories;
mod revisions;
mod secret_key;
mod secrets;
mod sparse;
mod sqlite;
mod stream_changes;
mod stream_detail;
mod stream_edit;
mod stream_images;
mod stream_removal;
mod stream_status;
mod stream_tags;
mod stream_views;
mod stream_walk;
mod streams;
pub mod suite;

mod tag_index;
mod tag_list;
mod tag_past;
mod tags;
mod timeline;
mod trash;
mod uploads;
mod watermark;
#[cfg(test)]
mod work;

pub use edits::{
    ChangeScope, Changes, Edited, ObjectChange, ObjectEdit, Reach, StreamEdit, StreamWish, StreamWrite, Wish,
};
pub use engine::{Engine, Options, Rollback, Stats};
pub use error::{DeleteError, Error, PushError};
pub use lookup::Lookup;
pub use records::{
    Action, BlobRecord, Change, Depth, EventKind, EventSource, HistoryEntry, HistoryKey, LinkBlob, Linked,
    Listed, ManifestRecord, MissingPolicy, NamespaceRecord, Page, PushOutcome, RecordPush, Resource,
    StoredBytes, StreamImageRecord, StreamTagRecord, TagCondition, UploadRow, UploadState,
};
pub use secret_key::SecretKey;
pub use sqlite::{GROUP_BOUNDS, ReadGauges, Synchronous, WriteGauges};
pub use tag_index::{Direction, IndexedTag, TagOrder};
pub use timeline::{Moment, Span, TimelineEntry};
