use std::cmp::Reverse;

use crate::{NamedTagEventList, Timestamp};

/// Width of the list of tags in a table.
const WIDTH: i64 = 40;
/// How far a tag may stick out, if at least as much of it fits.
const OVERHANG: i64 = 10;

/// The tags with the newest images, as many as fit (image-api 2.4).
pub(super) fn summary(tags: &[NamedTagEventList]) -> String {
    let mut tags: Vec<(Reverse<Option<Timestamp>>, &str)> =
        tags.iter().map(|tag| (Reverse(tag.items.first().map(|e| e.created)), tag.tag.as_str())).collect();
    tags.sort_unstable();
    let names: Vec<&str> = tags.into_iter().map(|(_, name)| name).collect();
    let shown = fitting(&names);
    let cut = names.len() - shown;
    let list = names[..shown].join(",");
    if cut == 0 { list } else { format!("{list} + {cut} more...") }
}

fn fitting(names: &[&str]) -> usize {
    let mut remaining = WIDTH;
    for (i, name) in names.iter().enumerate() {
        let length = i64::try_from(name.len()).unwrap_or(i64::MAX - 1);
        remaining = remaining.saturating_sub(length + 1);
        if remaining >= 0 {
            continue;
        }
        if i == 0 {
            return 1;
        }
        let fits_in_part = remaining + length > OVERHANG && -remaining <= OVERHANG;
        return if fits_in_part { i + 1 } else { i };
    }
    names.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TagEvent;

    fn tag(name: &str, created: Option<i64>) -> NamedTagEventList {
        let items = created
            .map(|seconds| TagEvent { created: Timestamp::from_seconds(seconds), ..TagEvent::default() })
            .into_iter()
            .collect();
        NamedTagEventList { tag: name.to_owned(), items, ..NamedTagEventList::default() }
    }

    #[test]
    fn newest_first_then_by_name_then_those_without_image() {
        let tags = [tag("e", None), tag("d", Some(1)), tag("b", Some(3)), tag("c", None), tag("a", Some(3))];
        assert_eq!(summary(&tags), "a,b,d,c,e");
        assert_eq!(summary(&[]), "");
    }

    #[test]
    fn as_many_as_fit() {
        let x = |n| "x".repeat(n);
        for (lengths, shown) in [
            (&[39][..], 1),
            (&[40], 1),
            (&[200], 1),
            (&[200, 1], 1),
            (&[19, 19], 2),
            // One over: the rest of the width was 20, so most of the tag fits.
            (&[19, 20], 2),
            // Sticks out by 10 and by 11.
            (&[19, 29], 2),
            (&[19, 30], 1),
            // 12 left before it, so 11 of it fit; with 11 left only 10 do.
            (&[27, 12], 2),
            (&[28, 12], 1),
            (&[39, 1], 1),
            (&[1, 1, 1], 3),
            (&[19, 20, 1], 2),
        ] {
            let names: Vec<String> = lengths.iter().map(|n| x(*n)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            assert_eq!(fitting(&names), shown, "{lengths:?}");
        }
    }

    #[test]
    fn says_how_many_were_cut() {
        let long = "x".repeat(39);
        let tags = [tag(&long, Some(9)), tag("a", Some(8)), tag("b", Some(7))];
        assert_eq!(summary(&tags), format!("{long} + 2 more..."));
    }
}
