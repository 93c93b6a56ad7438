use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::Error;

/// The claim of one process on a folder: an advisory lock on a file in it, which the system takes
/// back when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

const NAME: &str = "lock";

impl Lock {
    /// Claims `root`, or says who holds it.
    pub(crate) fn acquire(root: &Path) -> Result<Lock, Error> {
        let unusable = |why: String| Error::Unusable { path: root.to_owned(), why };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(root.join(NAME))
            .map_err(|error| unusable(format!("its lock file cannot be written: {error}")))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The text only helps the operator; the refusal stands without it.
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".to_owned(),
                    text => text.to_owned(),
                };
                return Err(Error::Locked { path: root.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => {
                return Err(unusable(format!("it cannot be locked: {error}")));
            }
        }
        file.set_len(0)
            .and_then(|()| writeln!(file, "{}", holder()))
            .map_err(|error| unusable(format!("its lock file cannot be written: {error}")))?;
        Ok(Lock { file })
    }

    /// Writes in place and flushes: whether the disk still takes bytes, without using up any.
    pub(crate) fn touch(&self) -> std::io::Result<()> {
        self.file.write_all_at(holder().as_bytes(), 0)?;
        self.file.sync_data()
    }
}

/// How this process names itself to whoever finds the folder locked.
fn holder() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match host.trim() {
        "" => format!("process {}", std::process::id()),
        host => format!("process {} on {host}", std::process::id()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_claim_is_told_who_holds_the_folder() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let held = Lock::acquire(root.path()).expect("the folder is free");
        held.touch().expect("the folder is writable");
        let refused = Lock::acquire(root.path()).expect_err("it is held");
        assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
        drop(held);
        Lock::acquire(root.path()).expect("the folder is free again");
    }
}
