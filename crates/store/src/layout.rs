use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use weir_oci::{Algorithm, Digest, UploadId};

use crate::{Error, LocalOptions, ObjectKey};

/// Where things lie under the root. The picture is at the head of the crate.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

const BLOBS: &str = "blobs";
const UPLOADS: &str = "uploads";

impl Layout {
    /// Makes the folders that are missing and flushes them, so that no later key brings in a
    /// folder whose own entry could be lost.
    pub(crate) fn prepare(root: &Path, options: &LocalOptions) -> Result<Layout, Error> {
        let unusable = |why: String| Error::Unusable { path: root.to_owned(), why };
        let made = make_root(root).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => unusable("not a directory".to_owned()),
            _ => unusable(format!("it cannot be created: {error}")),
        })?;
        if !options.allow_network
            && let Some(kind) = network_kind(root)
        {
            return Err(unusable(format!(
                "it lies on a file system of type {kind}, where locks and flushes cannot be relied on"
            )));
        }
        // Absolute, so that a later change of the working directory moves nothing.
        let root = root.canonicalize().map_err(|error| unusable(error.to_string()))?;
        let layout = Layout { root };
        layout.make_folders(options).map_err(|error| unusable(format!("it is not writable: {error}")))?;
        if options.fsync {
            for parent in made {
                flush_folder(&parent).map_err(|error| unusable(format!("it cannot be flushed: {error}")))?;
            }
        }
        Ok(layout)
    }

    fn make_folders(&self, options: &LocalOptions) -> io::Result<()> {
        make_folder(&self.uploads())?;
        let blobs = self.root.join(BLOBS);
        make_folder(&blobs)?;
        for algorithm in self.algorithm_folders() {
            make_folder(&algorithm)?;
            for byte in 0..=u8::MAX {
                make_folder(&algorithm.join(format!("{byte:02x}")))?;
            }
            if options.fsync {
                flush_folder(&algorithm)?;
            }
        }
        if options.fsync {
            flush_folder(&blobs)?;
            flush_folder(&self.root)?;
        }
        Ok(())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn object(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(key.to_string())
    }

    /// The folder of all objects with the digest's first byte.
    pub(crate) fn object_folder(&self, digest: &Digest) -> PathBuf {
        let mut folder = self.root.join(BLOBS);
        folder.push(digest.algorithm().as_str());
        folder.push(&digest.hex()[..2]);
        folder
    }

    pub(crate) fn uploads(&self) -> PathBuf {
        self.root.join(UPLOADS)
    }

    pub(crate) fn staging(&self, id: UploadId) -> PathBuf {
        let mut path = self.uploads();
        path.push(id.to_string());
        path
    }

    /// Every folder that holds objects directly.
    pub(crate) fn object_folders(&self) -> impl Iterator<Item = PathBuf> {
        self.algorithm_folders()
            .into_iter()
            .flat_map(|algorithm| (0..=u8::MAX).map(move |byte| algorithm.join(format!("{byte:02x}"))))
    }

    fn algorithm_folders(&self) -> [PathBuf; 2] {
        [Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| self.root.join(BLOBS).join(algorithm.as_str()))
    }
}

/// Creates the root and what is missing above it; answers with the folders that got a new entry.
fn make_root(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut changed = Vec::new();
    let mut missing = Vec::new();
    for folder in root.ancestors() {
        // The parent of a relative path is spelled as nothing at all.
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => break,
            Ok(_) => return Err(ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push(folder),
            Err(error) => return Err(error),
        }
    }
    for folder in missing.iter().rev() {
        make_folder(folder)?;
        match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => changed.push(parent.to_owned()),
            _ => changed.push(PathBuf::from(".")),
        }
    }
    Ok(changed)
}

/// Creates one folder that only its owner may enter; one that exists is left as it is.
fn make_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // A link planted here would lead writes out of the root.
            if fs::symlink_metadata(path)?.is_dir() { Ok(()) } else { Err(ErrorKind::NotADirectory.into()) }
        }
        other => other,
    }
}

/// Flushes the entries of a folder. Through std, so through libc, so that a test can watch it.
pub(crate) fn flush_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The name of the file system if it is one whose locks or flushes do not reach the medium.
#[cfg(target_os = "linux")]
fn network_kind(path: &Path) -> Option<&'static str> {
    // Magic numbers of statfs(2).
    const NFS: u32 = 0x6969;
    const SMB: u32 = 0x517B;
    const CIFS: u32 = 0xFF53_4D42;
    const SMB2: u32 = 0xFE53_4D42;
    const FUSE: u32 = 0x6573_5546;
    let found = rustix::fs::statfs(path).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the magic numbers are 32 bits wide, the field's type differs by platform"
    )]
    match found.f_type as u32 {
        NFS => Some("nfs"),
        SMB | CIFS | SMB2 => Some("cifs"),
        FUSE => Some("fuse"),
        _ => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn network_kind(_path: &Path) -> Option<&'static str> {
    None
}
