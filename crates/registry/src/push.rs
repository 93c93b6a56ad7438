use bytes::Bytes;
use weir_access::{Permit, Push};
use weir_image_api::{PullSpec, StreamRef, image};
use weir_metadata::{EventSource, MissingPolicy, PushError, RecordPush, StoredBytes, TagCondition};
use weir_oci::{Algorithm, Content as ManifestContent, Descriptor, Digest, Manifest, Reference, Tag};

use crate::pull::key;
use crate::{Error, Missing, Registry, Result};

/// Manifests up to this many bytes live in their record: a file of their own would double the cost
/// of a push, and reading one would cost an open for bytes that fit in a page or two.
const INLINE_BYTES: usize = 64 * 1024;

/// Configs up to this many bytes are read for the Image record; of a larger one the record says
/// less.
const CONFIG_BYTES: u64 = 8 * 1024 * 1024;

/// A manifest as a client pushes it.
#[derive(Clone, Debug)]
pub struct PushManifest {
    /// `Content-Type` of the request, if it had one.
    pub content_type: Option<String>,
    /// What the path names: the tag to move, or the digest it must have.
    pub reference: Reference,
    /// A digest it must have although it is pushed by tag.
    pub digest: Option<Digest>,
    /// More tags to move.
    pub tags: Vec<Tag>,
    /// Where the tag must be for the push to happen.
    pub condition: Option<Condition>,
    /// The bytes.
    pub raw: Bytes,
    /// Program that pushes, as it calls itself.
    pub client: Option<String>,
    /// Why, in the pusher's words.
    pub reason: Option<String>,
}

/// Where a tag must be before it is moved or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It points to one of these digests.
    At(Vec<Digest>),
    /// It exists.
    Exists,
    /// It does not exist.
    Absent,
}

/// A manifest that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Its digest.
    pub digest: Digest,
    /// The manifest it refers to.
    pub subject: Option<Digest>,
}

impl Registry {
    /// Stores a manifest and, in one transaction, the Image record, the stream and the events of
    /// its tags.
    pub async fn push_manifest(&self, permit: &Permit<Push>, push: PushManifest) -> Result<Pushed> {
        self.check_writable()?;
        let expected = match &push.reference {
            Reference::Digest(digest) => Some(*digest),
            Reference::Tag(_) => push.digest,
        };
        let algorithm = expected.map_or(Algorithm::Sha256, |digest| digest.algorithm());
        let manifest = Manifest::accept(push.content_type.as_deref(), push.raw, algorithm)?;
        if let Some(expected) = expected
            && manifest.digest() != expected
        {
            return Err(Error::DigestMismatch { expected });
        }

        let stream = self.stream(permit.repository())?;
        let config = self.config(&stream, &manifest).await;
        let now = self.clock.now();
        let reference = PullSpec::own(&stream, &manifest.digest());
        let image = image::from_push(&manifest, config.as_deref(), reference, now);
        let bytes = self.keep(&manifest).await?;
        let kept = bytes.clone();
        let subject = manifest.subject().map(|subject| subject.digest);
        let digest = manifest.digest();

        let mut tags = push.tags;
        if let Reference::Tag(tag) = push.reference {
            tags.push(tag);
        }
        let record = RecordPush {
            stream,
            manifest,
            bytes,
            image,
            tags,
            condition: push.condition.map(TagCondition::from),
            missing_blobs: self.settings.missing_blobs.into(),
            missing_children: self.settings.missing_children.into(),
            source: EventSource {
                identity: permit.identity().name().to_owned(),
                client: push.client,
                reason: push.reason,
            },
            now_ms: self.clock.now_ms(),
        };
        if let Err(refused) = self.engine.record_push(record).await {
            if !matches!(refused, PushError::Engine(_)) {
                self.throw_away(&kept).await;
            }
            return Err(refused.into());
        }
        Ok(Pushed { digest, subject })
    }

    /// Removes bytes that no record will ever name. What cannot be removed only takes up space.
    async fn throw_away(&self, bytes: &StoredBytes) {
        if let StoredBytes::Object(at) = bytes
            && let Ok(key) = key(at)
        {
            let _ = self.store.delete(&key).await;
        }
    }

    /// The config an image manifest names, for what the Image record tells of it. It may be absent,
    /// foreign or huge; none of that is the pusher's fault, so none of it fails a push.
    async fn config(&self, stream: &StreamRef, manifest: &Manifest) -> Option<Bytes> {
        let ManifestContent::Image { config, .. } = manifest.content() else { return None };
        if !describes_an_image(config) || config.size > CONFIG_BYTES {
            return None;
        }
        let record = self.engine.blob(stream, &config.digest).ok()??;
        if record.size != config.size {
            // The records refuse such a manifest, and the real size was not asked for.
            return None;
        }
        let content = self.store.open(&key(&record.key).ok()?, record.size).await.ok()?;
        content.into_bytes().await.ok()
    }

    async fn keep(&self, manifest: &Manifest) -> Result<StoredBytes> {
        let raw = manifest.raw();
        if raw.len() <= INLINE_BYTES {
            return Ok(StoredBytes::Inline(raw.clone()));
        }
        let key = self.store.put(&manifest.digest(), raw.clone(), self.clock.now_ms()).await?;
        Ok(StoredBytes::Object(key.to_string()))
    }
}

fn describes_an_image(config: &Descriptor) -> bool {
    matches!(
        config.media_type.as_str(),
        "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json"
    )
}

impl From<Missing> for MissingPolicy {
    fn from(missing: Missing) -> MissingPolicy {
        match missing {
            Missing::Reject => MissingPolicy::Reject,
            Missing::Accept => MissingPolicy::Accept,
        }
    }
}

impl From<Condition> for TagCondition {
    fn from(condition: Condition) -> TagCondition {
        match condition {
            Condition::At(digests) => TagCondition::At(digests),
            Condition::Exists => TagCondition::Exists,
            Condition::Absent => TagCondition::Absent,
        }
    }
}
