use std::fs::File;
use std::io::{self, IoSliceMut};
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt as _;

use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};

/// Bytes that are read at a time only to have them in memory.
const STEP: usize = 64 << 10;
/// How far the disk is asked to read ahead of what is needed now.
const AHEAD: u64 = 8 << 20;

/// Whether the range can be sent without waiting for the disk, as far as its two ends tell.
///
/// The kernel reads files in runs, so that a hole between two present ends is rare; where there is
/// one, sending waits for it. A file system that cannot answer is taken as fast.
pub(super) fn holds(file: &File, offset: u64, len: u64) -> bool {
    is_present(file, offset) && (len <= 1 || is_present(file, offset + len - 1))
}

fn is_present(file: &File, at: u64) -> bool {
    let mut byte = [0];
    let read = rustix::io::preadv2(file, &mut [IoSliceMut::new(&mut byte)], at, ReadWriteFlags::NOWAIT);
    !matches!(read, Err(Errno::AGAIN))
}

/// Reads the range so that it is in the page cache. Blocks.
pub(super) fn fill(file: &File, offset: u64, len: u64) -> io::Result<()> {
    // A hint: where it is not taken, the reads below do all the work.
    let _ = rustix::fs::fadvise(file, offset, NonZeroU64::new(len + AHEAD), Advice::WillNeed);
    let mut scratch = vec![0; STEP];
    let mut at = offset;
    while at < offset + len {
        match file.read_at(&mut scratch, at) {
            // The sender meets the end again, and reports it.
            Ok(0) => break,
            Ok(read) => at += read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_was_dropped_from_memory_is_cold_until_it_is_read() {
        let mut file = tempfile::tempfile().unwrap();
        let len = 1 << 20;
        file.write_all(&vec![7; 1 << 20]).unwrap();
        assert!(holds(&file, 0, len), "just written");
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
        // The kernel may keep pages all the same, so that only one direction is certain.
        let cold = !holds(&file, 0, len);
        fill(&file, 0, len).unwrap();
        assert!(holds(&file, 0, len));
        assert!(holds(&file, len - 1, 1));
        assert!(cold || holds(&file, 0, len));
    }

    #[test]
    fn filling_past_the_end_is_no_error() {
        let file = tempfile::tempfile().unwrap();
        fill(&file, 0, 1 << 20).unwrap();
    }
}
