use std::cmp::{Ordering, Reverse};

use crate::tag_event::DEFAULT_TAG;

/// What to do with the tags of a repository that is imported whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagPlan {
    /// Tags to fetch, the most interesting first.
    pub fetch: Vec<String>,
    /// Tags to mention only.
    pub additional: Vec<String>,
}

/// Chooses among the tags of a repository (image-api 14.5); without a limit it takes them all.
pub fn plan_tags(tags: impl IntoIterator<Item = String>, limit: Option<usize>) -> TagPlan {
    let named = tags.into_iter().map(|tag| if tag.is_empty() { DEFAULT_TAG.to_owned() } else { tag });
    let mut fetch: Vec<String> = named.collect();
    fetch.sort_by_cached_key(|tag| Priority::of(tag));
    fetch.dedup();
    let additional = fetch.split_off(limit.unwrap_or(usize::MAX).min(fetch.len()));
    TagPlan { fetch, additional }
}

/// How interesting a tag is; less comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Priority {
    Latest,
    Minor(Reverse<Version>, Spelling),
    Full(Reverse<Version>, Spelling),
    Other(String),
}

/// Orders the spellings of one version: those without prefix first.
type Spelling = (bool, String);

#[derive(Debug, PartialEq, Eq)]
struct Version {
    numbers: [u64; 3],
    pre_release: Vec<Identifier>,
}

/// A part of the name of a pre-release. Numbers come before words (semver 2.0, 11).
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl Priority {
    fn of(tag: &str) -> Priority {
        if tag == DEFAULT_TAG {
            return Priority::Latest;
        }
        let bare = tag.strip_prefix('v');
        let spelling = (bare.is_some(), tag.to_owned());
        match Version::parse(bare.unwrap_or(tag)) {
            Some((version, 2)) => Priority::Minor(Reverse(version), spelling),
            Some((version, _)) => Priority::Full(Reverse(version), spelling),
            None => Priority::Other(tag.to_owned()),
        }
    }
}

impl Version {
    /// Reads two or three numbers and the name of a pre-release, and says how many numbers there were.
    fn parse(text: &str) -> Option<(Version, usize)> {
        let (numbers, pre_release) = match text.split_once('-') {
            Some((numbers, names)) => {
                (numbers, names.split('.').map(Identifier::parse).collect::<Option<_>>()?)
            }
            None => (text, Vec::new()),
        };
        let parts: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
        let numbers = match parts.as_slice() {
            [major, minor] => [*major, *minor, 0],
            [major, minor, patch] => [*major, *minor, *patch],
            _ => return None,
        };
        Some((Version { numbers, pre_release }, parts.len()))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        // A version comes after its pre-releases, and the empty list before all others.
        let released = |version: &Version| version.pre_release.is_empty();
        let numbers = self.numbers.cmp(&other.numbers);
        numbers
            .then(released(self).cmp(&released(other)))
            .then_with(|| self.pre_release.cmp(&other.pre_release))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Identifier {
    fn parse(text: &str) -> Option<Identifier> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return number(text).map(Identifier::Number);
        }
        let legal = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        legal.then(|| Identifier::Word(text.to_owned()))
    }
}

/// A number without zeros in front.
fn number(text: &str) -> Option<u64> {
    let spelled = text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if spelled { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ordered(tags: &[&str]) -> Vec<String> {
        plan_tags(tags.iter().map(|tag| (*tag).to_owned()), None).fetch
    }

    // image-api 171
    #[test]
    fn latest_then_minor_versions_then_full_ones_then_the_rest() {
        let sorted = [
            "latest",
            "10.0",
            "v10.0",
            "v5.1",
            "5.1-rc1",
            "5.0",
            "v10.0.1",
            "5.1.10",
            "5.1.3",
            "v5.1.3",
            "v5.1.3-x",
            "5.1.3-rc.10",
            "5.1.3-rc.2",
            "5.1.3-1",
            "5.1.2",
            "01.2",
            "1",
            "1.2.3.4",
            "5.1-",
            "V5.1",
            "nightly",
            "v",
        ];
        let mut shuffled = sorted;
        shuffled.reverse();
        assert_eq!(ordered(&shuffled), sorted);
        shuffled.sort_unstable();
        assert_eq!(ordered(&shuffled), sorted);
    }

    #[test]
    fn no_name_is_latest() {
        assert_eq!(ordered(&["a", ""]), ["latest", "a"]);
        assert_eq!(ordered(&["", "latest"]), ["latest"]);
    }

    // image-api 171
    #[test]
    fn what_is_beyond_the_limit_is_mentioned() {
        let tags = || ["b", "a", "latest"].map(str::to_owned);
        let plan = plan_tags(tags(), Some(2));
        assert_eq!((plan.fetch, plan.additional), (vec!["latest".into(), "a".into()], vec!["b".into()]));
        assert_eq!(plan_tags(tags(), Some(9)).additional, [""; 0]);
        assert_eq!(plan_tags(tags(), Some(0)).fetch, [""; 0]);
    }

    proptest! {
        #[test]
        fn every_tag_is_in_one_of_both_and_the_order_of_the_list_does_not_matter(
            tags in prop::collection::btree_set("(v?[0-9]{1,2}\\.[0-9](\\.[0-9])?(-[a-z0-9]{1,2}(\\.[0-9])?)?|[a-z]{1,3})", 0..12),
            limit in 0..14_usize,
        ) {
            let forwards = plan_tags(tags.iter().cloned(), Some(limit));
            let backwards = plan_tags(tags.iter().rev().cloned(), Some(limit));
            prop_assert_eq!(&forwards, &backwards);
            prop_assert_eq!(forwards.fetch.len(), limit.min(tags.len()));
            let mut all = [forwards.fetch, forwards.additional].concat();
            all.sort_unstable();
            prop_assert_eq!(all, tags.into_iter().collect::<Vec<_>>());
        }
    }
}
