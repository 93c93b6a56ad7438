use std::collections::BTreeMap;

use weir_access::{Permit, Pull};
use weir_oci::documents::Referrer;
use weir_oci::{Content as ManifestContent, Descriptor, Digest, Manifest, ManifestType, Reference, Tag};

use crate::{Registry, Result};

/// Most bytes of a page, as JSON. Several clients read the first page only, and one of them stops
/// reading at 4 MiB.
const PAGE_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;

/// Referrers read from the records at a time.
const BATCH: usize = 500;

/// One page of the manifests that refer to a subject, in the order of their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferrersPage {
    /// The entries.
    pub entries: Vec<Referrer>,
    /// Whether there are more after the last entry.
    pub more: bool,
}

impl Registry {
    /// The manifests of a repository that refer to `subject`, and those that a client without this
    /// API listed in the index tagged with the subject's digest.
    ///
    /// The subject and even the repository may be unknown; then there are none.
    pub async fn referrers(
        &self,
        permit: &Permit<Pull>,
        subject: &Digest,
        artifact_types: &[String],
        after: Option<&Digest>,
        limit: usize,
    ) -> Result<ReferrersPage> {
        let wanted = |entry: &Referrer| {
            artifact_types.is_empty()
                || entry
                    .artifact_type
                    .as_ref()
                    .is_some_and(|own| artifact_types.iter().any(|wanted| wanted == own))
        };
        let stream = self.stream(permit.repository())?;
        let mut listed = self.listed_by_clients(permit, subject).await;
        listed.retain(|digest, _| after.is_none_or(|after| digest > after));

        let mut page = PageUnderWay { entries: Vec::new(), bytes: 0, limit };
        let mut cursor = after.copied();
        loop {
            let batch = self.engine.referrers(&stream, subject, cursor.as_ref(), BATCH)?;
            if batch.is_empty() {
                break;
            }
            for native in batch {
                cursor = Some(native.digest);
                listed.remove(&native.digest);
                // Entries that only the client's index has go where their digest belongs.
                while let Some(first) = listed.first_entry()
                    && *first.key() < native.digest
                {
                    let entry = self.listed_entry(permit, subject, first.remove()).await;
                    if let Some(entry) = entry.filter(wanted)
                        && !page.add(entry)
                    {
                        return Ok(page.full());
                    }
                }
                if wanted(&native) && !page.add(native) {
                    return Ok(page.full());
                }
            }
        }
        for described in listed.into_values() {
            let entry = self.listed_entry(permit, subject, described).await;
            if let Some(entry) = entry.filter(wanted)
                && !page.add(entry)
            {
                return Ok(page.full());
            }
        }
        Ok(ReferrersPage { entries: page.entries, more: false })
    }

    /// What clients wrote into the fallback tag (distribution-spec, "Referrers Tag Schema"), in their
    /// words.
    async fn listed_by_clients(&self, permit: &Permit<Pull>, subject: &Digest) -> BTreeMap<Digest, Referrer> {
        let Ok(index) = self.manifest(permit, &Reference::Tag(fallback_tag(subject))).await else {
            return BTreeMap::new();
        };
        let Ok(index) = Manifest::stored(index.media_type, index.digest, index.raw) else {
            return BTreeMap::new();
        };
        let ManifestContent::Index { manifests } = index.content() else { return BTreeMap::new() };
        let described = |descriptor: &Descriptor| {
            Some(Referrer {
                digest: descriptor.digest,
                media_type: ManifestType::parse(&descriptor.media_type)?,
                size: descriptor.size,
                artifact_type: descriptor.artifact_type.clone(),
                annotations: descriptor.annotations.clone(),
            })
        };
        manifests.iter().filter_map(described).map(|entry| (entry.digest, entry)).collect()
    }

    /// An entry as the manifest itself describes it where it is here, else as the client did. One
    /// that is here and refers to something else does not belong in the list.
    async fn listed_entry(
        &self,
        permit: &Permit<Pull>,
        subject: &Digest,
        described: Referrer,
    ) -> Option<Referrer> {
        let Ok(pulled) = self.manifest(permit, &Reference::Digest(described.digest)).await else {
            return Some(described);
        };
        let size = pulled.raw.len() as u64;
        let manifest = Manifest::stored(pulled.media_type, pulled.digest, pulled.raw).ok()?;
        if manifest.subject().is_some_and(|own| own.digest != *subject) {
            return None;
        }
        Some(Referrer {
            digest: manifest.digest(),
            media_type: manifest.media_type(),
            size,
            artifact_type: manifest.artifact_type().map(str::to_owned),
            annotations: manifest.annotations().clone(),
        })
    }
}

/// `<algorithm>-<hash>`, cut to 32 and 64 characters.
fn fallback_tag(subject: &Digest) -> Tag {
    let mut hex = subject.hex();
    hex.truncate(64);
    Tag::parse(&format!("{}-{hex}", subject.algorithm()))
        .expect("algorithm and hex are within the grammar of tags")
}

struct PageUnderWay {
    entries: Vec<Referrer>,
    bytes: usize,
    limit: usize,
}

impl PageUnderWay {
    /// Adds an entry if it fits. A page takes its first entry whatever its size.
    fn add(&mut self, entry: Referrer) -> bool {
        let bytes = entry.to_json().len() + 1;
        let fits =
            self.entries.len() < self.limit && (self.entries.is_empty() || self.bytes + bytes <= PAGE_BYTES);
        if fits {
            self.bytes += bytes;
            self.entries.push(entry);
        }
        fits
    }

    fn full(self) -> ReferrersPage {
        ReferrersPage { entries: self.entries, more: true }
    }
}
