use weir_oci::{Algorithm, UploadId};

use crate::ObjectKey;
use crate::boot::BootId;

/// What is kept of an upload session across a restart. The record that holds it is the caller's;
/// [`to_bytes`](SavedUpload::to_bytes) is its form there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedUpload {
    pub(super) id: UploadId,
    pub(super) announced: Option<Algorithm>,
    /// The start of the machine in which this was saved.
    pub(super) boot: BootId,
    /// Where the hashes stand.
    pub(super) offset: u64,
    pub(super) hashes: Vec<Vec<u8>>,
    pub(super) place: SavedPlace,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SavedPlace {
    /// All bytes, few as they are.
    Tail(Vec<u8>),
    /// In a staging file, of which the first `durable` bytes survive a power cut.
    Staged { durable: u64 },
    /// In a bucket: the upload it knows with its parts, and what comes after them.
    Parts { key: ObjectKey, tail: Vec<u8>, stored: Option<(String, Vec<String>)> },
}

/// Layout of [`SavedUpload::to_bytes`]. Another number is a session that cannot be continued.
const FORMAT: u8 = 1;

impl SavedUpload {
    /// The session's name.
    pub fn id(&self) -> UploadId {
        self.id
    }

    /// The offset the session goes on from if the machine has not been restarted.
    pub fn offset(&self) -> u64 {
        match &self.place {
            SavedPlace::Parts { tail, .. } => self.offset + tail.len() as u64,
            SavedPlace::Tail(_) | SavedPlace::Staged { .. } => self.offset,
        }
    }

    /// The offset the session goes on from even if the power was cut, provided the record itself
    /// survived that.
    pub fn durable_offset(&self) -> u64 {
        match &self.place {
            SavedPlace::Staged { durable } => *durable,
            SavedPlace::Tail(_) | SavedPlace::Parts { .. } => self.offset(),
        }
    }

    /// The final key, where it was chosen before the bytes arrived.
    pub fn key(&self) -> Option<&ObjectKey> {
        match &self.place {
            SavedPlace::Parts { key, .. } => Some(key),
            SavedPlace::Tail(_) | SavedPlace::Staged { .. } => None,
        }
    }

    /// What a bucket knows of the session, if anything.
    pub(crate) fn stored_parts(&self) -> Option<(&ObjectKey, &String)> {
        match &self.place {
            SavedPlace::Parts { key, stored, .. } => stored.as_ref().map(|(multipart, _)| (key, multipart)),
            SavedPlace::Tail(_) | SavedPlace::Staged { .. } => None,
        }
    }

    /// The session as bytes. Server-side only.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(vec![FORMAT]);
        out.text(&self.id.to_string());
        out.text(self.announced.map_or("", Algorithm::as_str));
        out.bytes(self.boot.as_bytes());
        out.number(self.offset);
        out.list(&self.hashes, |out, hash| out.bytes(hash));
        match &self.place {
            SavedPlace::Tail(tail) => {
                out.number(0);
                out.bytes(tail);
            }
            SavedPlace::Staged { durable } => {
                out.number(1);
                out.number(*durable);
            }
            SavedPlace::Parts { key, tail, stored } => {
                out.number(if stored.is_some() { 3 } else { 2 });
                out.text(&key.to_string());
                out.bytes(tail);
                if let Some((multipart, done)) = stored {
                    out.text(multipart);
                    out.list(done, |out, part| out.text(part));
                }
            }
        }
        out.0
    }

    /// What [`to_bytes`](SavedUpload::to_bytes) wrote, unless it is damaged or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Option<SavedUpload> {
        let mut input = Reader(bytes.strip_prefix(&[FORMAT])?);
        let id = UploadId::parse(&input.text()?).ok()?;
        let announced = match input.text()?.as_str() {
            "" => None,
            name => Some(Algorithm::parse(name)?),
        };
        let boot = BootId::from_bytes(input.bytes()?)?;
        let offset = input.number()?;
        let hashes = input.list(|input| input.bytes().map(<[u8]>::to_vec))?;
        let place = match input.number()? {
            0 => SavedPlace::Tail(input.bytes()?.to_vec()),
            1 => SavedPlace::Staged { durable: input.number()? },
            form @ (2 | 3) => SavedPlace::Parts {
                key: ObjectKey::parse(&input.text()?).ok()?,
                tail: input.bytes()?.to_vec(),
                stored: match form {
                    2 => None,
                    _ => Some((input.text()?, input.list(Reader::text)?)),
                },
            },
            _ => return None,
        };
        input.0.is_empty().then_some(SavedUpload { id, announced, boot, offset, hashes, place })
    }
}

#[cfg(test)]
impl SavedUpload {
    /// The session as another start of the machine would find it, `durable` bytes being flushed.
    pub(crate) fn in_boot(self, boot: BootId, durable: u64) -> SavedUpload {
        SavedUpload { boot, place: SavedPlace::Staged { durable }, ..self }
    }

    pub(crate) fn without_hashes(self) -> SavedUpload {
        SavedUpload { hashes: Vec::new(), ..self }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Writer, &T)) {
        self.number(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.take(len)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn list<T>(&mut self, each: impl Fn(&mut Reader<'a>) -> Option<T>) -> Option<Vec<T>> {
        // Items are read one by one until the input ends: a damaged count allocates nothing.
        (0..self.number()?).map(|_| each(self)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> impl Strategy<Value = SavedPlace> {
        prop_oneof![
            any::<Vec<u8>>().prop_map(SavedPlace::Tail),
            any::<u64>().prop_map(|durable| SavedPlace::Staged { durable }),
            (any::<Vec<u8>>(), any::<Option<(String, Vec<String>)>>()).prop_map(|(tail, stored)| {
                SavedPlace::Parts { key: ObjectKey::fresh(None, 7), tail, stored }
            }),
        ]
    }

    proptest! {
        #[test]
        fn bytes_and_back_is_the_same_session(
            place in place(), offset: u64, hashes: Vec<Vec<u8>>, announced: bool, cut: prop::sample::Index,
        ) {
            let announced = announced.then_some(Algorithm::Sha512);
            let saved = SavedUpload {
                id: UploadId::random(), announced, boot: BootId::current(), offset, hashes, place,
            };
            let bytes = saved.to_bytes();
            prop_assert_eq!(SavedUpload::from_bytes(&bytes), Some(saved));
            prop_assert_eq!(SavedUpload::from_bytes(&bytes[..cut.index(bytes.len())]), None);
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(mut bytes: Vec<u8>) {
            bytes.insert(0, FORMAT);
            let _ = SavedUpload::from_bytes(&bytes);
        }
    }
}
