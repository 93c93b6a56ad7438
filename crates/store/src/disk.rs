use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, PutMode, PutOptions};
use rustix::fs::OFlags;
use weir_oci::{Digest, UploadId};

use crate::content::{FileRange, SMALL, read_exact_at};
use crate::hot::Hot;
use crate::layout::{Layout, flush_folder};
use crate::lock::Lock;
use crate::{Content, Error, LocalOptions, ObjectKey};

/// Objects and staging files in a folder of this machine.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) layout: Layout,
    objects: LocalFileSystem,
    lock: Lock,
    fsync: bool,
    open_files: Hot<FileRange>,
    /// Staging files in use, which a sweep must not touch although no record may name them yet.
    active: Mutex<HashSet<UploadId>>,
}

/// Open files kept for the next reader: enough for the layers everybody pulls, few beside the
/// descriptors of the connections.
const OPEN_FILES: u64 = 256;

/// Space that new uploads leave to the records and to uploads under way.
const RESERVE: u64 = 1 << 30;

impl Disk {
    pub(crate) fn open(root: &Path, options: &LocalOptions) -> Result<Disk, Error> {
        let layout = Layout::prepare(root, options)?;
        let lock = Lock::acquire(layout.root())?;
        let objects = LocalFileSystem::new_with_prefix(layout.root())
            .map_err(|error| Error::Unusable { path: root.to_owned(), why: error.to_string() })?
            .with_fsync(options.fsync);
        Ok(Disk {
            layout,
            objects,
            lock,
            fsync: options.fsync,
            open_files: Hot::new(OPEN_FILES),
            active: Mutex::default(),
        })
    }

    /// Stores a small object whole.
    pub(crate) async fn put(&self, key: &ObjectKey, bytes: Bytes) -> Result<(), Error> {
        // Create-only: replacing an object in silence would be worse than failing.
        let options = PutOptions::from(PutMode::Create);
        self.objects
            .put_opts(&path_of(key), bytes.into(), options)
            .await
            .map(|_| ())
            .map_err(|error| Error::object("store an object", key, error))
    }

    /// Opens an object on the calling thread: warm, that costs less than handing it to another.
    pub(crate) fn open_object(&self, key: &ObjectKey, size: u64) -> Result<Content, Error> {
        if let Some(range) = self.open_files.get(key) {
            let found = range.len();
            if found != size {
                return Err(Error::Corrupt { key: *key, expected: size, found });
            }
            return Ok(Content::File(range));
        }
        let file =
            open_nofollow(OpenOptions::new().read(true), &self.layout.object(key)).map_err(|error| {
                match error.kind() {
                    ErrorKind::NotFound => Error::Missing(*key),
                    _ => Error::io("open an object", error),
                }
            })?;
        let found = file.metadata().map_err(|error| Error::io("open an object", error))?.len();
        if found != size {
            return Err(Error::Corrupt { key: *key, expected: size, found });
        }
        if size <= SMALL {
            let len = usize::try_from(size).expect("it is small");
            return Ok(Content::Bytes(read_exact_at(&file, key, size, 0, len)?));
        }
        let range = FileRange::whole(*key, Arc::new(file), size);
        self.open_files.insert(*key, range.clone(), 1);
        Ok(Content::File(range))
    }

    /// Creates a small object under its final name and makes it durable.
    pub(crate) fn create(&self, key: &ObjectKey, digest: &Digest, bytes: &[u8]) -> Result<(), Error> {
        let path = self.layout.object(key);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = open_nofollow(&mut options, &path).and_then(|mut file| {
            file.write_all(bytes)?;
            self.flush(&file)
        });
        written.and_then(|()| self.flush_object_folder(digest)).map_err(|error| {
            // Nothing refers to the key; what is left behind would only wait for the sweep.
            let _ = fs::remove_file(&path);
            Error::io("store an object", error)
        })
    }

    /// Gives a complete staging file its final name, then flushes the file and its folder: in this
    /// order one journal commit carries both. Only a fresh key allows it, since the name may
    /// survive a power cut that the bytes did not.
    pub(crate) fn publish(
        &self,
        staging: &Path,
        file: &File,
        key: &ObjectKey,
        digest: &Digest,
    ) -> Result<(), Error> {
        let path = self.layout.object(key);
        fs::rename(staging, &path).map_err(|error| Error::io("publish an object", error))?;
        self.flush(file).and_then(|()| self.flush_object_folder(digest)).map_err(|error| {
            let _ = fs::remove_file(&path);
            Error::io("flush an object", error)
        })
    }

    fn flush(&self, file: &File) -> io::Result<()> {
        if self.fsync { file.sync_all() } else { Ok(()) }
    }

    fn flush_object_folder(&self, digest: &Digest) -> io::Result<()> {
        if self.fsync { flush_folder(&self.layout.object_folder(digest)) } else { Ok(()) }
    }

    /// Whether this store flushes at all.
    pub(crate) fn flushes(&self) -> bool {
        self.fsync
    }

    pub(crate) fn delete(&self, key: &ObjectKey) -> Result<(), Error> {
        self.open_files.remove(key);
        match fs::remove_file(self.layout.object(key)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove an object", error)),
            _ => Ok(()),
        }
    }

    /// Removes what a session staged, if it did.
    pub(crate) fn remove_staging(&self, id: UploadId) -> Result<(), Error> {
        match fs::remove_file(self.layout.staging(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("discard an upload", error)),
            _ => Ok(()),
        }
    }

    /// Bytes an unprivileged process may still write.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let found = rustix::fs::statvfs(self.layout.root()).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// Whether so little is left that what is under way needs it: a twentieth of the file system, at
    /// most [`RESERVE`].
    pub(crate) fn is_low(&self) -> bool {
        rustix::fs::statvfs(self.layout.root()).is_ok_and(|found| {
            let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
            bytes(found.f_bavail) < RESERVE.min(bytes(found.f_blocks) / 20)
        })
    }

    /// Whether the folder still takes writes.
    pub(crate) fn probe(&self) -> Result<(), Error> {
        let operation = "write to the store";
        fs::metadata(self.layout.uploads()).map_err(|error| Error::io(operation, error))?;
        self.lock.touch().map_err(|error| Error::io(operation, error))?;
        if self.free_bytes() == Some(0) {
            return Err(Error::Full { operation });
        }
        Ok(())
    }

    pub(crate) fn claim(&self, id: UploadId) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    pub(crate) fn release(&self, id: UploadId) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    pub(crate) fn is_active(&self, id: UploadId) -> bool {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}

/// Opens without following a link in the last place: one planted there leads out of the root.
pub(crate) fn open_nofollow(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let nofollow = i32::try_from(OFlags::NOFOLLOW.bits()).expect("open flags fit in an int");
    options.custom_flags(nofollow).open(path)
}

fn path_of(key: &ObjectKey) -> object_store::path::Path {
    object_store::path::Path::parse(key.to_string()).expect("keys hold only hex, digits and fixed words")
}

/// A pread into uninitialised memory, which std has no stable safe form of.
pub(crate) fn pread(file: impl AsFd, into: &mut Vec<u8>, offset: u64) -> io::Result<usize> {
    Ok(rustix::io::pread(file, rustix::buffer::spare_capacity(into), offset)?)
}
