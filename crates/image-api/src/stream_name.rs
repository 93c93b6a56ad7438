use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use weir_oci::RepositoryName;

/// The text is no stream name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stream is named by components of a repository name joined by '~'")]
pub struct StreamNameError;

/// Name of an image stream: the components of a repository name after the namespace, joined by `~`,
/// which is legal in a path segment of a URL and illegal in a repository name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// Parses a stream name.
    pub fn parse(text: &str) -> Result<StreamName, StreamNameError> {
        if text.split('~').all(RepositoryName::is_component) && text.len() <= weir_oci::MAX_NAME_BYTES {
            Ok(StreamName(text.into()))
        } else {
            Err(StreamNameError)
        }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the stream whose repository has this path below its namespace.
    pub(crate) fn of_path(path: &str) -> StreamName {
        StreamName(path.replace('/', "~").into())
    }

    /// The path of the repository below its namespace.
    pub(crate) fn path(&self) -> String {
        self.0.replace('~', "/")
    }
}

impl FromStr for StreamName {
    type Err = StreamNameError;

    fn from_str(text: &str) -> Result<StreamName, StreamNameError> {
        StreamName::parse(text)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_joined_by_tildes() {
        // image-api 42
        for good in ["app", "a.b_c-d1", "a__b", "a--b", "b~c", "b~c~d"] {
            assert!(StreamName::parse(good).is_ok(), "{good}");
        }
        let long = "a".repeat(256);
        for bad in ["", "App", "a..b", "-a", "a/b", "~", "a~", "~a", "a~~b", "a:b", "a@b", ".", "..", &long] {
            assert_eq!(StreamName::parse(bad), Err(StreamNameError), "{bad}");
        }
    }
}
