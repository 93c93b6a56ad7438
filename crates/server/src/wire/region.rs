use std::sync::LazyLock;

use bytes::Bytes;
use memmap2::MmapOptions;

/// Length of the region, and so the most of a file that one frame of a body stands for.
const LEN: usize = 16 << 20;

static REGION: LazyLock<Option<Region>> = LazyLock::new(Region::map);

/// Addresses that stand for the bytes of a file.
///
/// A body that is sent from a file yields slices of this region. hyper hands them on untouched to
/// the socket, which recognises them by their address and sends the file in their place. Nothing
/// ever reads the region; were it read by mistake, it would be zeros that belong to nobody.
pub(crate) struct Region {
    bytes: Bytes,
}

impl Region {
    /// The region of this process, or nothing if the system does not grant the address space.
    pub(crate) fn get() -> Option<&'static Region> {
        REGION.as_ref()
    }

    fn map() -> Option<Region> {
        // Without swap reserved for it the mapping costs no memory, only addresses.
        let map = MmapOptions::new().len(LEN).no_reserve_swap().map_anon().ok()?;
        Some(Region { bytes: Bytes::from_owner(map.make_read_only().ok()?) })
    }

    /// A slice that stands for as many bytes of a file, at most [`most`](Region::most).
    pub(crate) fn stand_in(&self, len: usize) -> Bytes {
        self.bytes.slice(..len)
    }

    /// The longest slice there is.
    pub(crate) fn most(&self) -> usize {
        self.bytes.len()
    }

    /// Whether a slice stands for bytes of a file.
    pub(crate) fn holds(&self, slice: &[u8]) -> bool {
        self.bytes.as_ptr_range().contains(&slice.as_ptr())
    }
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Region({} MiB)", LEN >> 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_recognised_wherever_they_start() {
        let region = Region::get().unwrap();
        let slice = region.stand_in(1000);
        assert!(region.holds(&slice));
        assert!(region.holds(&slice[999..]));
        assert!(region.holds(&region.stand_in(region.most())));
        for other in [&b"text"[..], &vec![0; 1000], &[]] {
            assert!(!region.holds(other));
        }
    }
}
