use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest repository name, in bytes. Clients limit host and name together to 255.
pub const MAX_NAME_BYTES: usize = 255;

/// Why a text is no repository name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("a repository name has at most {MAX_NAME_BYTES} bytes")]
    Length,
    /// Does not match the grammar of the distribution specification.
    #[error(
        "a repository name is one or more components joined by '/', each of lower-case letters and digits \
         separated by one '.', one or two '_' or any number of '-'"
    )]
    Grammar,
}

/// The path of a repository under `/v2/`.
///
/// Grammar (distribution-spec, "Pulling manifests"): components of `[a-z0-9]+` runs separated by
/// `.`, `_`, `__` or any number of `-`, joined by `/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(Arc<str>);

impl RepositoryName {
    /// Parses a repository name.
    pub fn parse(text: &str) -> Result<RepositoryName, NameError> {
        if text.len() > MAX_NAME_BYTES {
            return Err(NameError::Length);
        }
        if text.split('/').all(is_component) {
            Ok(RepositoryName(text.into()))
        } else {
            Err(NameError::Grammar)
        }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parts between the slashes; at least one.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Whether `text` may stand between two slashes of a repository name.
    pub fn is_component(text: &str) -> bool {
        is_component(text)
    }
}

fn is_component(text: &str) -> bool {
    let mut rest = text.as_bytes();
    loop {
        let run = rest.iter().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit()).count();
        if run == 0 {
            return false;
        }
        rest = &rest[run..];
        rest = match rest {
            [] => return true,
            [b'_', b'_', after @ ..] | [b'.' | b'_', after @ ..] => after,
            [b'-', ..] => &rest[rest.iter().take_while(|b| **b == b'-').count()..],
            _ => return false,
        };
    }
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<RepositoryName, NameError> {
        RepositoryName::parse(text)
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn grammar_by_example() {
        // distribution 10, 12: the separators and what is not one.
        for good in [
            "a",
            "0",
            "a/b/c",
            "a__b",
            "a.b",
            "a---b",
            "a-b_c.d/e",
            "blobs/uploads",
            "docker.io/library/nginx",
        ] {
            assert!(RepositoryName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "/", "a/", "/a", "a//b", "A", "a/B", "a..b", "a_-b", "a-_b", "a___b", ".a", "a.", "-a", "a-",
            "_a", "a_", "a/..", "a/../b", "a b", "a%2fb", "é", "a~b", "a:b", "a@b", "a\0", "_catalog",
            "a/_x",
        ] {
            assert_eq!(RepositoryName::parse(bad), Err(NameError::Grammar), "{bad}");
        }
    }

    #[test]
    fn the_longest_name_has_255_bytes() {
        // distribution 11
        assert!(RepositoryName::parse(&"a".repeat(255)).is_ok());
        assert_eq!(RepositoryName::parse(&"a".repeat(256)), Err(NameError::Length));
    }

    /// The regular expression of the specification, spelled out as a state machine over characters,
    /// independent of the parser above.
    fn matches_the_specification(text: &str) -> bool {
        text.split('/').all(|component| {
            let alnum = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            let chars: Vec<char> = component.chars().collect();
            if !chars.first().is_some_and(|c| alnum(*c)) || !chars.last().is_some_and(|c| alnum(*c)) {
                return false;
            }
            let mut separators = Vec::new();
            let mut current = String::new();
            for c in chars {
                if alnum(c) {
                    if !current.is_empty() {
                        separators.push(std::mem::take(&mut current));
                    }
                } else {
                    current.push(c);
                }
            }
            separators.iter().all(|s| s == "." || s == "_" || s == "__" || s.chars().all(|c| c == '-'))
        })
    }

    proptest! {
        // reliability F01
        #[test]
        fn parser_and_specification_agree(text in "[a-c/._A-]{0,12}") {
            prop_assert_eq!(RepositoryName::parse(&text).is_ok(), matches_the_specification(&text));
        }

        #[test]
        fn parsing_is_total(text in any::<String>()) {
            if let Ok(name) = RepositoryName::parse(&text) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
