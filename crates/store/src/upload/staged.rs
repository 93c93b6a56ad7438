use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use weir_oci::{Algorithm, Digest, Hasher, UploadId};

use super::beside::Beside;
use super::hashes::Hashes;
use super::write_back::WriteBack;
use crate::disk::{Disk, open_nofollow, pread};
use crate::store::Store;
use crate::{Error, ObjectKey};

/// Bytes of an upload in a staging file of its own.
#[derive(Debug)]
pub(super) struct Staged {
    file: File,
    path: PathBuf,
    /// Bytes in the file that count. What may lie beyond them is overwritten or cut off.
    written: u64,
    write_back: Arc<WriteBack>,
    claim: Claim,
}

/// One read when the bytes have to be hashed again.
const REREAD: usize = 1024 * 1024;

impl Staged {
    /// A fresh staging file.
    pub(super) fn create(store: &Store, disk: &Disk, id: UploadId) -> Result<Staged, Error> {
        let claim = Claim::new(store, id);
        let path = disk.layout.staging(id);
        let mut options = OpenOptions::new();
        // A session that was taken up again from its tail may find what it once wrote.
        options.read(true).write(true).create(true).truncate(true).mode(0o600);
        let file = open_nofollow(&mut options, &path).map_err(|error| Error::io("begin an upload", error))?;
        Ok(Staged { file, path, written: 0, write_back: Arc::default(), claim })
    }

    /// The staging file of an earlier process, cut to `offset`.
    pub(super) fn reopen(
        store: &Store,
        disk: &Disk,
        id: UploadId,
        offset: u64,
        durable: u64,
    ) -> Result<Staged, Error> {
        let claim = Claim::new(store, id);
        let path = disk.layout.staging(id);
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => Error::UploadGone,
            _ => Error::io("continue an upload", error),
        };
        let file = open_nofollow(OpenOptions::new().read(true).write(true), &path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        if len < offset {
            return Err(Error::UploadGone);
        }
        if len > offset {
            file.set_len(offset).map_err(failed)?;
        }
        Ok(Staged { file, path, written: offset, write_back: Arc::new(WriteBack::from(durable)), claim })
    }

    #[cfg(test)]
    pub(super) fn fail_write_back(&self) {
        self.write_back.fail();
    }

    /// Everything before this offset survives a power cut.
    pub(super) fn durable(&self) -> u64 {
        self.write_back.durable()
    }

    /// Appends the pieces and takes them into the hashes, both at once if a processor is free.
    pub(super) fn absorb(&mut self, hashes: &mut Hashes, pieces: &Arc<[Bytes]>) -> Result<(), Error> {
        let store = self.claim.store.clone();
        let len: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        let beside = store.processors_to_spare().then(|| Beside::start(hashes.clone(), pieces.clone()));
        self.write(pieces).map_err(|error| Error::io("write an upload", error))?;
        match beside {
            Some(beside) => *hashes = beside.finish()?,
            None => hashes.update_all(pieces),
        }
        self.written += len;
        if self.claim.disk().flushes() {
            self.write_back
                .advance(&store, &self.path, self.written)
                .map_err(|error| Error::io("flush an upload", error))?;
        }
        Ok(())
    }

    /// Writes bytes that are in the hashes already.
    pub(super) fn write_tail(&mut self, tail: Vec<u8>) -> io::Result<()> {
        let len = tail.len() as u64;
        self.write(&[tail.into()])?;
        self.written += len;
        Ok(())
    }

    fn write(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        // The position in the file may be anywhere after a failure; the offset is what counts.
        self.file.seek(SeekFrom::Start(self.written))?;
        let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = &mut slices[..];
        // Pieces without bytes go: writing nothing looks like a full disk.
        IoSlice::advance_slices(&mut rest, 0);
        while !rest.is_empty() {
            match self.file.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Hashes what is in the file once more, for an algorithm that nobody announced.
    pub(super) fn digest(&self, algorithm: Algorithm) -> Result<Digest, Error> {
        let mut hasher = Hasher::new(algorithm);
        self.read_through(|bytes| hasher.update(bytes))?;
        Ok(hasher.finish())
    }

    /// The hashes of what is in the file, for a session whose saved ones do not fit.
    pub(super) fn rehash(&self, announced: Option<Algorithm>) -> Result<Hashes, Error> {
        let mut hashes = Hashes::new(announced);
        self.read_through(|bytes| hashes.update(bytes))?;
        Ok(hashes)
    }

    fn read_through(&self, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
        let mut buffer = Vec::with_capacity(REREAD);
        let mut at = 0;
        while at < self.written {
            buffer.clear();
            match pread(&self.file, &mut buffer, at) {
                Ok(0) => return Err(Error::UploadGone),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::io("read an upload", error)),
            }
            let counted = usize::try_from(self.written - at).unwrap_or(usize::MAX).min(buffer.len());
            take(&buffer[..counted]);
            at += counted as u64;
        }
        Ok(())
    }

    /// Makes the file the object `key`.
    pub(super) fn publish(self, key: &ObjectKey, digest: &Digest) -> Result<(), Error> {
        let failed = |error| Error::io("flush an upload", error);
        let complete = self.write_back.settle().map_err(failed).and_then(|()| {
            let found = self.file.metadata().map_err(failed)?.len();
            if found == self.written {
                Ok(())
            } else {
                Err(Error::Corrupt { key: *key, expected: self.written, found })
            }
        });
        let published =
            complete.and_then(|()| self.claim.disk().publish(&self.path, &self.file, key, digest));
        if published.is_err() {
            self.remove();
        }
        published
    }

    /// Removes the file. After a failed write or flush that is the only safe thing to do with it:
    /// a later flush may succeed without having written what the failed one lost.
    pub(super) fn remove(self) {
        // Gone already is as good; otherwise the sweep finds it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Keeps the sweep off a staging file for as long as somebody holds it.
#[derive(Debug)]
struct Claim {
    store: Store,
    id: UploadId,
}

impl Claim {
    fn new(store: &Store, id: UploadId) -> Claim {
        let claim = Claim { store: store.clone(), id };
        claim.disk().claim(id);
        claim
    }

    fn disk(&self) -> &Disk {
        self.store.disk().expect("staging files exist only on disk")
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.disk().release(self.id);
    }
}
