use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest tag, in bytes.
const MAX_TAG_BYTES: usize = 128;

/// The text is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tag is a letter, digit or '_' followed by at most 127 letters, digits, '_', '.' or '-'")]
pub struct TagError;

/// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`, case-sensitive (distribution-spec, "Pulling manifests").
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Parses a tag.
    pub fn parse(text: &str) -> Result<Tag, TagError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        match text.as_bytes() {
            [first, rest @ ..]
                if word(*first)
                    && text.len() <= MAX_TAG_BYTES
                    && rest.iter().all(|b| word(*b) || *b == b'.' || *b == b'-') =>
            {
                Ok(Tag(text.into()))
            }
            _ => Err(TagError),
        }
    }

    /// The tag as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Tag, TagError> {
        Tag::parse(text)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar_by_example() {
        let longest = "x".repeat(128);
        for good in ["latest", "_", "0", "1.2.3-rc.1_linux", "A", longest.as_str()] {
            assert!(Tag::parse(good).is_ok(), "{good}");
        }
        let too_long = "x".repeat(129);
        for bad in ["", ".a", "-a", "a/b", "a:b", "a@b", "a b", "a\n", "é", "a+b", too_long.as_str()] {
            assert_eq!(Tag::parse(bad), Err(TagError), "{bad}");
        }
    }
}
