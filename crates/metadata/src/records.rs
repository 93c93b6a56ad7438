use bytes::Bytes;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::stream_image::Match;
use weir_image_api::{Image, Namespace, ResourceVersion, StreamRef, TagEvent, TagParts};
use weir_oci::{Digest, Manifest, ManifestType, Tag, UploadId};

/// Where the bytes of a manifest are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredBytes {
    /// In the record.
    Inline(Bytes),
    /// In the store, under this key.
    Object(String),
}

/// A manifest as a repository serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestRecord {
    /// The digest it was pushed with.
    pub digest: Digest,
    /// The type it was pushed as into this repository.
    pub media_type: ManifestType,
    /// Bytes it has.
    pub size: u64,
    /// Where they are.
    pub bytes: StoredBytes,
}

/// A blob as a repository serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRecord {
    /// Key of its bytes in the store.
    pub key: String,
    /// Bytes it has.
    pub size: u64,
}

/// A blob whose bytes are durable under a fresh key, to be made readable through a repository.
#[derive(Clone, Debug)]
pub struct LinkBlob {
    /// The repository.
    pub stream: StreamRef,
    /// The blob.
    pub digest: Digest,
    /// Where this copy of its bytes is.
    pub key: String,
    /// Bytes it has.
    pub size: u64,
    /// Version of the records when the upload began. A repository that was deleted since does not
    /// come back by it.
    pub since: u64,
    /// The time.
    pub now_ms: u64,
}

/// What became of a stored copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// It is the blob's object now.
    Used,
    /// The blob had a good object already; this copy is in the trash.
    Trashed,
}

/// What to do about content that a manifest names and the repository does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingPolicy {
    /// Refuse the manifest.
    Reject,
    /// Take it, and record what is missing.
    Accept,
}

/// Where a tag, or without one a revision, must be for a write to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagCondition {
    /// It points to one of these digests.
    At(Vec<Digest>),
    /// It exists.
    Exists,
    /// It does not exist.
    Absent,
}

/// Who moved a tag, with what and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSource {
    /// Name of the caller.
    pub identity: String,
    /// Program the caller uses, as it calls itself.
    pub client: Option<String>,
    /// Why, in the caller's words.
    pub reason: Option<String>,
}

/// A manifest to be made pullable through a repository, with everything that follows from it.
#[derive(Clone, Debug)]
pub struct RecordPush {
    /// The repository.
    pub stream: StreamRef,
    /// The manifest.
    pub manifest: Manifest,
    /// Where its bytes are; an object is durable already.
    pub bytes: StoredBytes,
    /// The Image record to keep if there is none of that name. Its pull spec is in the stored form.
    pub image: Image,
    /// Tags to move to it, all or none.
    pub tags: Vec<Tag>,
    /// Where each tag must be before; without tags, where the revision must be.
    pub condition: Option<TagCondition>,
    /// Config and layers that are not in the repository.
    pub missing_blobs: MissingPolicy,
    /// Entries of an index that are not in the repository.
    pub missing_children: MissingPolicy,
    /// Who pushes.
    pub source: EventSource,
    /// The time.
    pub now_ms: u64,
}

/// What a push did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushOutcome {
    /// Version of the stream afterwards.
    pub version: ResourceVersion,
    /// Tags whose history changed, those that follow another tag included.
    pub moved: Vec<String>,
    /// What became of the copy of its bytes, if it was pushed with an object.
    pub object: Option<Linked>,
}

/// A page of a list in key order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Most entries; all of them without.
    pub limit: Option<usize>,
    /// Key after which the page starts: namespace (empty for kinds without) and name.
    pub after: Option<(String, String)>,
}

/// A page of a list, read in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Version of the whole database the page shows.
    pub version: ResourceVersion,
    /// Key of the last entry, if there are more.
    pub next: Option<(String, String)>,
    /// Number of entries after the page, where it is cheap to know.
    pub remaining: Option<u64>,
}

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceRecord {
    /// Its name.
    pub name: Namespace,
    /// Its metadata. One with a deletion timestamp is on its way out.
    pub metadata: ObjectMeta,
    /// Who must agree before it may vanish (`spec.finalizers`).
    pub finalizers: Vec<String>,
}

impl NamespaceRecord {
    /// `Active`, or `Terminating` once its deletion was asked for.
    pub fn phase(&self) -> &'static str {
        if self.metadata.deletion_timestamp.is_some() { "Terminating" } else { "Active" }
    }
}

/// One tag of a stream with what its views need: [`stream_tag::view`](weir_image_api::stream_tag::view)
/// and [`image_tag::view`](weir_image_api::image_tag::view).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamTagRecord {
    /// The tag's share of its stream. Neither spec nor status if the stream has no such tag.
    pub parts: TagParts,
    /// The image of its newest event, if there is one and it is there.
    pub image: Option<Image>,
}

/// An image of a stream that was asked for by an id, which may be the beginning of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamImageRecord {
    /// Metadata of the stream.
    pub stream: ObjectMeta,
    /// What the id means.
    pub meant: Match,
    /// The image it means, if it is there.
    pub image: Option<Image>,
}

/// How much of a tag's history to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The newest event, without how it came about. It costs the same however long the history is.
    Newest,
    /// All that the stream shows, with how each event came about.
    Whole,
}

/// Why an entry of a tag's history exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Somebody pushed to the tag.
    Push,
    /// The tag follows another one, which moved.
    Tracked,
    /// Somebody set what the tag points to.
    Tag,
    /// The image was imported.
    Import,
    /// The image was pushed elsewhere and reported here.
    Mapping,
    /// Somebody went back to an earlier image.
    Rollback,
    /// Somebody wrote the status itself.
    Status,
    /// The tag was removed.
    Deleted,
}

/// Place of an entry in the history of a stream. Newer entries are greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryKey {
    /// Version of the stream that first showed it as it is.
    pub version: u64,
    /// The tag.
    pub tag: String,
    /// Its place among the entries that one write gave the tag.
    pub position: u32,
}

/// An entry of a tag's whole history, which goes back beyond its removals and those of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Where it stands in the history of its stream.
    pub key: HistoryKey,
    /// Version of the stream that first showed it as it is.
    pub version: ResourceVersion,
    /// Why it exists.
    pub kind: EventKind,
    /// What the tag pointed to from then on; of a removal, what it pointed to before.
    pub event: TagEvent,
    /// Who did it, with what and why.
    pub source: EventSource,
    /// Whether the tag points there now.
    pub current: bool,
}

/// Kind of record a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A namespace.
    Namespace,
    /// An image stream.
    ImageStream,
    /// An image.
    Image,
    /// A secret.
    Secret,
}

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It was made.
    Added,
    /// It was changed.
    Modified,
    /// It was removed.
    Deleted,
}

/// One row of the change feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place in the one order of all changes.
    pub version: u64,
    /// Kind of the record.
    pub resource: Resource,
    /// Its namespace, if its kind has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// What happened to it.
    pub action: Action,
}

/// An upload session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    /// Its name.
    pub id: UploadId,
    /// The repository it belongs to.
    pub stream: StreamRef,
    /// Who opened it.
    pub identity: String,
    /// When it was opened.
    pub started_ms: u64,
    /// Version of the records when it was opened.
    pub since: u64,
    /// When it was last used.
    pub used_ms: u64,
    /// Where it stands.
    pub state: UploadState,
}

/// Where an upload session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadState {
    /// It takes bytes. The value is the store's own form of a session.
    Open(Bytes),
    /// It became this blob. Kept a while for clients that lost the answer.
    Complete(Digest),
}
