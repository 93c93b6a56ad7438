use std::fmt;

use crate::{Digest, DigestError, Tag, TagError};

/// What a path names a manifest by: a tag or a digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// By tag.
    Tag(Tag),
    /// By digest.
    Digest(Digest),
}

/// Why a text is neither tag nor digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It holds a colon, so a digest was meant.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// It holds none, so a tag was meant.
    #[error(transparent)]
    Tag(#[from] TagError),
}

impl Reference {
    /// Parses a tag or a digest. A tag never holds a colon and a digest always does.
    pub fn parse(text: &str) -> Result<Reference, ReferenceError> {
        if text.contains(':') {
            Ok(Reference::Digest(Digest::parse(text)?))
        } else {
            Ok(Reference::Tag(Tag::parse(text)?))
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Tag(tag) => fmt::Display::fmt(tag, f),
            Reference::Digest(digest) => fmt::Display::fmt(digest, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_decides_between_tag_and_digest() {
        assert!(matches!(Reference::parse("latest"), Ok(Reference::Tag(_))));
        assert!(matches!(Reference::parse(&Digest::sha256(b"").to_string()), Ok(Reference::Digest(_))));
        assert_eq!(Reference::parse("sha256:totallywrong"), Err(ReferenceError::Digest(DigestError::Length)));
        assert_eq!(Reference::parse(".INVALID_MANIFEST_NAME"), Err(ReferenceError::Tag(TagError)));
    }
}
