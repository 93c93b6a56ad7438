//! `Range` of a download (RFC 9110, section 14) and `Content-Range` of a chunk.
//!
//! Written here because no library tells a malformed set, which is ignored, from an unsatisfiable
//! one, which is 416, and none keeps the satisfiable ranges of a mixed set.

use std::ops::Range;

/// Most ranges of one request. Pullers of zstd:chunked layers send up to 1024.
const MAX_RANGES: usize = 1024;

/// What to answer to a `Range` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The whole content, 200.
    Whole,
    /// One range, 206.
    One(Range<u64>),
    /// Several, 206 as `multipart/byteranges`, in the order they were asked for.
    Many(Vec<Range<u64>>),
    /// None of them lies in the content, 416.
    Unsatisfiable,
    /// More than [`MAX_RANGES`]. Answered with 400, since clients then ask for fewer, while any
    /// other refusal makes them give up.
    TooMany,
}

/// Reads a `Range` header for content of `size` bytes.
pub(crate) fn select(header: &str, size: u64) -> Selection {
    let Some(set) = header.trim().strip_prefix("bytes=") else { return Selection::Whole };
    let mut ranges = Vec::new();
    let mut asked = 0;
    for spec in set.split(',').map(str::trim).filter(|spec| !spec.is_empty()) {
        asked += 1;
        let Some(range) = resolve(spec, size) else { return Selection::Whole };
        // An empty one lies outside: RFC 9110 has no way to ask for nothing.
        if !range.is_empty() {
            ranges.push(range);
        }
    }
    if asked == 0 {
        return Selection::Whole;
    }
    if asked > MAX_RANGES {
        return Selection::TooMany;
    }
    // Asking for more than there is serves nobody but an attacker.
    if asked > 1 && ranges.iter().map(|r| r.end - r.start).sum::<u64>() > size {
        return Selection::Whole;
    }
    match (asked, ranges.pop()) {
        (_, None) => Selection::Unsatisfiable,
        (1, Some(range)) => Selection::One(range),
        (_, Some(last)) => {
            ranges.push(last);
            Selection::Many(ranges)
        }
    }
}

/// One range, empty if it lies outside the content; nothing if it is malformed.
fn resolve(spec: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = spec.split_once('-')?;
    match (first, last) {
        ("", suffix) => Some(size.saturating_sub(number(suffix)?)..size),
        (first, "") => Some(number(first)?..size),
        (first, last) => Some(number(first)?..number(last)?.saturating_add(1).min(size)),
    }
}

/// Digits only. What does not fit is larger than any content, so it saturates.
fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

/// `Content-Range` of a PATCH or PUT of an upload session: first and last byte, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChunkRange {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl ChunkRange {
    /// Reads `<first>-<last>`, the form of the distribution specification, or that of HTTP.
    pub(crate) fn parse(header: &str) -> Option<ChunkRange> {
        let header = header.trim();
        let range = header.strip_prefix("bytes").map_or(header, |rest| rest.trim_start_matches([' ', '=']));
        let range = range.split_once('/').map_or(range, |(range, _)| range);
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        (first <= last && last < u64::MAX).then_some(ChunkRange { first, last })
    }

    pub(crate) fn len(self) -> u64 {
        self.last - self.first + 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_of_the_specification() {
        // distribution 34 to 48; field C010
        use Selection::{Many, One, Unsatisfiable, Whole};
        for (header, selection) in [
            ("bytes=500-1499", One(500..1500)),
            ("bytes=500-", One(500..2048)),
            ("bytes=-500", One(1548..2048)),
            ("bytes=-5000", One(0..2048)),
            ("bytes=2000-5000", One(2000..2048)),
            ("bytes=0-0", One(0..1)),
            ("bytes=5000-10000", Unsatisfiable),
            ("bytes=2048-", Unsatisfiable),
            ("bytes=500-0", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=99999999999999999999-", Unsatisfiable),
            ("bytes=0-99999999999999999999", One(0..2048)),
            ("bytes=", Whole),
            ("bytes=a-b", Whole),
            ("bytes=1", Whole),
            ("bytes=-", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=1-2,x", Whole),
            ("lines=1-2", Whole),
            ("garbage", Whole),
            ("bytes=0-1,4-5", Many(vec![0..2, 4..6])),
            ("bytes=0-1, 2-3", Many(vec![0..2, 2..4])),
            ("bytes=4-5,0-1", Many(vec![4..6, 0..2])),
            ("bytes=4-5,9000-", Many(vec![4..6; 1])),
            ("bytes=9000-,9001-", Unsatisfiable),
            ("bytes=0-,0-", Whole),
        ] {
            assert_eq!(select(header, 2048), selection, "{header}");
        }
        assert_eq!(select("bytes=0-", 0), Unsatisfiable);
    }

    #[test]
    fn as_many_ranges_as_a_client_ever_sends() {
        let header = |n: u64| {
            let ranges: Vec<_> = (0..n).map(|i| format!("{}-{}", i * 2, i * 2)).collect();
            format!("bytes={}", ranges.join(","))
        };
        assert!(matches!(select(&header(1024), 1 << 20), Selection::Many(ranges) if ranges.len() == 1024));
        assert_eq!(select(&header(1025), 1 << 20), Selection::TooMany);
    }

    #[test]
    fn content_range_of_a_chunk() {
        // distribution 69, 70
        let parsed = |text| ChunkRange::parse(text).map(|r| (r.first, r.last));
        assert_eq!(parsed("0-9"), Some((0, 9)));
        assert_eq!(parsed("bytes 0-9/10"), Some((0, 9)));
        assert_eq!(parsed("bytes 0-9/*"), Some((0, 9)));
        assert_eq!(parsed("bytes=0-9"), Some((0, 9)));
        for bad in
            ["", "-", "5-3", "-5", "5-", "a-b", "0-+9", "0x1-2", "1-2-3", "0-18446744073709551615", "0 - 9"]
        {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    proptest! {
        // reliability F07: whatever is asked, what is served lies in the content.
        #[test]
        fn a_selection_lies_in_the_content(header in "bytes=[0-9,-]{0,40}", size in 0..10_000_u64) {
            match select(&header, size) {
                Selection::One(range) => prop_assert!(range.start < range.end && range.end <= size),
                Selection::Many(ranges) => {
                    for range in ranges {
                        prop_assert!(range.start < range.end && range.end <= size);
                    }
                }
                Selection::Whole | Selection::Unsatisfiable | Selection::TooMany => {}
            }
        }
    }
}
