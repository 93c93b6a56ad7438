//! What the cases of the contract are made of.

use std::cell::Cell;
use std::error::Error;

use bytes::Bytes;
use serde_json::{Value, json};
use weir_image_api::core_v1::{ObjectReference, Secret};
use weir_image_api::{
    Image, ImageStream, NamedTagEventList, Namespace, PullSpec, StreamRef, TagEvent, TagReference, Timestamp,
    image,
};
use weir_oci::{Algorithm, Digest, Manifest, ManifestType, Reference, RepositoryName, Tag};

use crate::{
    Edited, Engine, EventKind, EventSource, LinkBlob, Linked, Lookup, ManifestRecord, MissingPolicy,
    NamespaceRecord, ObjectEdit, PushError, PushOutcome, Reach, RecordPush, StoredBytes, StreamEdit,
    StreamWish, StreamWrite, Wish,
};

/// The answer of a helper.
pub type Done<T> = Result<T, Box<dyn Error>>;

/// 2026-02-03T10:16:00Z
const START_MS: u64 = 1_770_113_760_000;

/// An engine, a clock and a source of object keys.
#[derive(Debug)]
pub struct World {
    /// The engine.
    pub engine: Engine,
    now_ms: Cell<u64>,
    keys: Cell<u64>,
}

/// A blob of the tests: a text.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub size: u64,
}

impl Blob {
    /// The blob with this content.
    pub fn of(text: &str) -> Blob {
        Blob { digest: Digest::sha256(text.as_bytes()), size: text.len() as u64 }
    }

    /// What a manifest says of it.
    pub fn descriptor(&self, media_type: &str) -> Value {
        json!({"mediaType": media_type, "digest": self.digest, "size": self.size})
    }
}

/// Media type of a layer.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// Media type of a config.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

impl World {
    /// A world around an engine.
    pub fn new(engine: Engine) -> World {
        World { engine, now_ms: Cell::new(START_MS), keys: Cell::new(0) }
    }

    /// The time, a second later each time it is asked for.
    pub fn now_ms(&self) -> u64 {
        self.now_ms.set(self.now_ms.get() + 1000);
        self.now_ms.get()
    }

    /// The time as the last write had it.
    pub fn last(&self) -> Timestamp {
        Timestamp::from_seconds((self.now_ms.get() / 1000).cast_signed())
    }

    /// An object key nobody has had.
    pub fn key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("objects/{}", self.keys.get())
    }

    /// Version of the newest commit.
    pub fn version(&self) -> u64 {
        *self.engine.subscribe().borrow()
    }

    /// Makes a blob readable through a repository.
    pub async fn link(&self, repository: &str, blob: &Blob) -> Done<Linked> {
        self.link_as(repository, blob, &self.key()).await
    }

    /// The same with a copy of this key.
    pub async fn link_as(&self, repository: &str, blob: &Blob, key: &str) -> Done<Linked> {
        let link = LinkBlob {
            stream: stream(repository),
            digest: blob.digest,
            key: key.to_owned(),
            size: blob.size,
            since: self.version(),
            now_ms: self.now_ms(),
        };
        Ok(self.engine.link_blob(link).await?)
    }

    /// An image whose blobs are in the repository, one for each text.
    pub async fn image(&self, repository: &str, text: &str) -> Done<Manifest> {
        let (config, layer) = (Blob::of(&format!("config of {text}")), Blob::of(text));
        self.link(repository, &config).await?;
        self.link(repository, &layer).await?;
        image_of(&config, &[&layer])
    }

    /// A push of a manifest by digest, to be changed at will.
    pub fn push(&self, repository: &str, manifest: &Manifest) -> Done<RecordPush> {
        let stream = stream(repository);
        let now_ms = self.now_ms();
        let reference = PullSpec::own(&stream, &manifest.digest());
        Ok(RecordPush {
            image: image::from_push(manifest, None, reference, self.last()),
            bytes: StoredBytes::Inline(manifest.raw().clone()),
            manifest: manifest.clone(),
            tags: Vec::new(),
            condition: None,
            missing_blobs: MissingPolicy::Reject,
            missing_children: MissingPolicy::Accept,
            source: somebody(),
            stream,
            now_ms,
        })
    }

    /// Does a push.
    pub async fn record(&self, push: RecordPush) -> Result<PushOutcome, PushError> {
        self.engine.record_push(push).await
    }

    /// Pushes a manifest by tag.
    pub async fn push_tag(&self, repository: &str, tag: &str, manifest: &Manifest) -> Done<PushOutcome> {
        let push = self.push(repository, manifest)?.tagged(&[tag])?;
        Ok(self.record(push).await?)
    }

    /// Pushes a manifest by digest.
    pub async fn push_digest(&self, repository: &str, manifest: &Manifest) -> Done<PushOutcome> {
        Ok(self.record(self.push(repository, manifest)?).await?)
    }

    /// What a client gets that pulls by tag or digest.
    pub fn pull(&self, repository: &str, reference: &str) -> Done<Option<ManifestRecord>> {
        Ok(self.engine.manifest(&stream(repository), &Reference::parse(reference)?)?)
    }

    /// The digest a client gets.
    pub fn pulls(&self, repository: &str, reference: &str) -> Done<Option<Digest>> {
        Ok(self.pull(repository, reference)?.map(|record| record.digest))
    }

    /// Tags that can be pulled.
    pub fn tags(&self, repository: &str) -> Done<Option<Vec<String>>> {
        Ok(self.engine.tags(&stream(repository), None, 1000)?)
    }

    /// Images in the history of a tag that its stream shows, newest first.
    pub fn shown(&self, repository: &str, tag: &str) -> Done<Vec<String>> {
        let stream = self.engine.image_stream(&stream(repository))?.ok_or("there is no stream")?;
        let items = stream.status.tag(tag).map(|list| list.items.clone()).unwrap_or_default();
        Ok(items.into_iter().map(|event| event.image).collect())
    }

    /// The stream of a repository, which has to be there.
    pub fn stream(&self, repository: &str) -> Done<ImageStream> {
        Ok(self.engine.image_stream(&stream(repository))?.ok_or("there is no stream")?)
    }

    /// An edit of a stream by somebody.
    pub fn stream_edit(&self, repository: &str, reach: Reach, kind: EventKind) -> StreamEdit {
        let (stream, now_ms) = (stream(repository), self.now_ms());
        StreamEdit { stream, reach, kind, source: somebody(), dry_run: false, now_ms }
    }

    /// Edits a stream, made if there is none, with all its tags.
    pub async fn edit(
        &self,
        repository: &str,
        kind: EventKind,
        change: impl FnOnce(&mut StreamWrite) + Send + 'static,
    ) -> Done<Edited<ImageStream>> {
        self.edit_by(self.stream_edit(repository, Reach::Whole, kind), change).await
    }

    /// Edits a stream, made if there is none.
    pub async fn edit_by(
        &self,
        edit: StreamEdit,
        change: impl FnOnce(&mut StreamWrite) + Send + 'static,
    ) -> Done<Edited<ImageStream>> {
        let rule = |current: Option<ImageStream>, _: &dyn Lookup| {
            let mut write = StreamWrite::of(current.unwrap_or_default());
            change(&mut write);
            Ok::<_, crate::Error>((StreamWish::Write(Box::new(write)), ()))
        };
        Ok(self.engine.edit_stream(edit, rule).await?.0.ok_or("the stream is not there")?)
    }

    /// Removes a stream. False if there is none.
    pub async fn delete_stream(&self, repository: &str) -> Done<bool> {
        let edit = self.stream_edit(repository, Reach::Whole, EventKind::Deleted);
        let rule = |_: Option<ImageStream>, _: &dyn Lookup| Ok::<_, crate::Error>((StreamWish::Delete, ()));
        Ok(self.engine.edit_stream(edit, rule).await?.0.is_some())
    }

    /// An edit of another object.
    pub fn object_edit<K>(&self, key: K) -> ObjectEdit<K> {
        ObjectEdit { key, dry_run: false, now_ms: self.now_ms() }
    }

    /// Edits an image with a rule that answers at once.
    pub async fn edit_image(
        &self,
        name: &str,
        rule: impl FnOnce(Option<Image>) -> Wish<Image> + Send + 'static,
    ) -> Done<Option<Edited<Image>>> {
        let rule = |old: Option<Image>, _: &dyn Lookup| Ok::<_, crate::Error>((rule(old), ()));
        Ok(self.engine.edit_image(self.object_edit(name.to_owned()), rule).await?.0)
    }

    /// Edits a namespace with a rule that answers at once.
    pub async fn edit_namespace(
        &self,
        name: &str,
        rule: impl FnOnce(Option<NamespaceRecord>) -> Wish<NamespaceRecord> + Send + 'static,
    ) -> Done<Option<Edited<NamespaceRecord>>> {
        let rule = |old: Option<NamespaceRecord>, _: &dyn Lookup| Ok::<_, crate::Error>((rule(old), ()));
        Ok(self.engine.edit_namespace(self.object_edit(Namespace::parse(name)?), rule).await?.0)
    }

    /// Edits a secret with a rule that answers at once.
    pub async fn edit_secret(
        &self,
        namespace: &str,
        name: &str,
        rule: impl FnOnce(Option<Secret>) -> Wish<Secret> + Send + 'static,
    ) -> Done<Option<Edited<Secret>>> {
        let key = (Namespace::parse(namespace)?, name.to_owned());
        let rule = |old: Option<Secret>, _: &dyn Lookup| Ok::<_, crate::Error>((rule(old), ()));
        Ok(self.engine.edit_secret(self.object_edit(key), rule).await?.0)
    }
}

/// An event of a tag.
pub fn event(seconds: i64, reference: &str, image: &str) -> TagEvent {
    TagEvent {
        created: Timestamp::from_seconds(seconds),
        docker_image_reference: reference.to_owned(),
        image: image.to_owned(),
        generation: 1,
        provenance: None,
    }
}

/// A spec tag that follows another tag of its stream.
pub fn following(name: &str, followed: &str) -> TagReference {
    let from = ObjectReference {
        kind: "ImageStreamTag".to_owned(),
        name: followed.to_owned(),
        ..ObjectReference::default()
    };
    TagReference { name: name.to_owned(), from: Some(from), ..TagReference::default() }
}

/// The history of a tag in a stream that is being written, made if it has none.
pub fn list<'s>(stream: &'s mut ImageStream, tag: &str) -> &'s mut NamedTagEventList {
    let tags = &mut stream.status.tags;
    let place = tags.iter().position(|list| list.tag == tag).unwrap_or_else(|| {
        tags.push(NamedTagEventList { tag: tag.to_owned(), ..NamedTagEventList::default() });
        tags.len() - 1
    });
    &mut tags[place]
}

/// A push that sets tags.
pub trait Tagged: Sized {
    /// The same push with these tags.
    fn tagged(self, tags: &[&str]) -> Done<Self>;
}

impl Tagged for RecordPush {
    fn tagged(mut self, tags: &[&str]) -> Done<RecordPush> {
        self.tags = tags.iter().map(|tag| Tag::parse(tag)).collect::<Result<_, _>>()?;
        Ok(self)
    }
}

/// Who does everything in the tests.
pub fn somebody() -> EventSource {
    EventSource { identity: "somebody".to_owned(), client: Some("tests/1".to_owned()), reason: None }
}

/// The stream of a repository.
pub fn stream(repository: &str) -> StreamRef {
    let default = Namespace::parse("default").expect("it is one");
    let repository = RepositoryName::parse(repository).expect("the tests name repositories well");
    StreamRef::of(&repository, &default).expect("the names of the tests are short")
}

/// An image manifest.
pub fn image_of(config: &Blob, layers: &[&Blob]) -> Done<Manifest> {
    let layers: Vec<Value> = layers.iter().map(|layer| layer.descriptor(LAYER)).collect();
    manifest(
        ManifestType::OciManifest,
        &json!({"schemaVersion": 2, "config": config.descriptor(CONFIG), "layers": layers}),
    )
}

/// An index of manifests.
pub fn index_of(children: &[&Manifest]) -> Done<Manifest> {
    let manifests: Vec<Value> = children.iter().map(|child| descriptor(child)).collect();
    manifest(ManifestType::OciIndex, &json!({"schemaVersion": 2, "manifests": manifests}))
}

/// What an index says of a manifest.
pub fn descriptor(manifest: &Manifest) -> Value {
    json!({
        "mediaType": manifest.media_type().as_str(),
        "digest": manifest.digest(),
        "size": manifest.raw().len(),
    })
}

/// A manifest from its document.
pub fn manifest(media_type: ManifestType, document: &Value) -> Done<Manifest> {
    manifest_by(Algorithm::Sha256, media_type, document)
}

/// The same under the digest of an algorithm.
pub fn manifest_by(algorithm: Algorithm, media_type: ManifestType, document: &Value) -> Done<Manifest> {
    let raw = Bytes::from(serde_json::to_vec(document)?);
    Ok(Manifest::accept(Some(media_type.as_str()), raw, algorithm)?)
}

/// The digests as texts.
pub fn digests(manifests: &[&Manifest]) -> Vec<String> {
    manifests.iter().map(|manifest| manifest.digest().to_string()).collect()
}
