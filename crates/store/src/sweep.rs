use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use weir_oci::UploadId;

use crate::Error;
use crate::disk::Disk;

/// What `object_store` leaves when it is killed while writing; a day is longer than any write.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);

impl Disk {
    /// Removes staging files that nothing will continue, and old leftovers beside the objects.
    /// Answers with how many files went.
    pub(crate) fn sweep(&self, now_ms: u64, keep: impl Fn(&UploadId) -> bool) -> Result<u64, Error> {
        let failed = |error| Error::io("sweep the staging files", error);
        let mut removed = 0;
        for name in names(&self.layout.uploads()).map_err(failed)? {
            // Names are collected first and judged afterwards: a session that began meanwhile has
            // either a record or a claim.
            let Ok(id) = UploadId::parse(&name) else { continue };
            if !keep(&id) && !self.is_active(id) {
                removed += remove(&self.layout.staging(id)).map_err(failed)?;
            }
        }
        let oldest = UNIX_EPOCH + Duration::from_millis(now_ms).saturating_sub(LEFTOVER_AGE);
        for folder in self.layout.object_folders() {
            for name in names(&folder).map_err(failed)? {
                let path = folder.join(&name);
                if is_leftover(&name)
                    && fs::symlink_metadata(&path)
                        .is_ok_and(|found| found.modified().is_ok_and(|modified| modified < oldest))
                {
                    removed += remove(&path).map_err(failed)?;
                }
            }
        }
        Ok(removed)
    }
}

/// `object#N`: hidden from its own listing, and nothing else ever removes it.
fn is_leftover(name: &str) -> bool {
    name.rsplit_once('#')
        .is_some_and(|(_, digits)| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        // What is not even text was not put here by us.
        names.extend(entry?.file_name().into_string());
    }
    Ok(names)
}

fn remove(path: &Path) -> io::Result<u64> {
    match fs::remove_file(path) {
        Ok(()) => Ok(1),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}
