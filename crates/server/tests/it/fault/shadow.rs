use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The preload library, built once.
pub(super) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fault/shadow.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shadow.so");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o"])
            .args([library.as_os_str(), source.as_os_str(), OsStr::new("-ldl"), OsStr::new("-lpthread")])
            .status()
            .expect("a C compiler is there, since SQLite was built with it");
        assert!(status.success(), "the preload library does not compile");
        library
    })
}

/// A data folder and the copy of what was flushed of it.
pub(super) struct Shadow {
    folder: tempfile::TempDir,
}

impl Shadow {
    pub(super) fn new() -> Shadow {
        let folder = tempfile::tempdir().unwrap();
        for name in ["data", "shadow/inode", "shadow/dir"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        Shadow { folder }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The environment of a server whose flushes are to be watched.
    pub(super) fn environment(&self, more: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("LD_PRELOAD", library().display().to_string()),
            ("SHADOW", self.folder.path().join("shadow").display().to_string()),
        ];
        environment.extend_from_slice(more);
        environment
    }

    /// The power is cut: a folder with what was flushed and nothing else.
    pub(super) fn after_the_cut(&self) -> tempfile::TempDir {
        let rebuilt = tempfile::tempdir().unwrap();
        let root = fs::metadata(self.data()).unwrap().ino();
        self.rebuild(root, rebuilt.path());
        rebuilt
    }

    fn rebuild(&self, directory: u64, to: &Path) {
        let shadow = self.folder.path().join("shadow");
        let Ok(names) = fs::read(shadow.join(format!("dir/{directory}"))) else { return };
        for line in names.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let mut fields = line.splitn(3, |byte| *byte == b' ');
            let kind = fields.next().unwrap();
            let inode: u64 = std::str::from_utf8(fields.next().unwrap()).unwrap().parse().unwrap();
            let path = to.join(OsStr::from_bytes(fields.next().unwrap()));
            if kind == b"d" {
                fs::create_dir(&path).unwrap();
                self.rebuild(inode, &path);
            } else {
                let bytes = fs::read(shadow.join(format!("inode/{inode}"))).unwrap_or_default();
                fs::write(&path, bytes).unwrap();
                // A file keeps its mode, and the program makes none that others may read.
                fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
    }
}
