use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use weir_oci::RepositoryName;

/// The text is no namespace name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a namespace is named like the first component of a repository name")]
pub struct NamespaceError;

/// Name of a namespace: any legal first component of a repository name, since every legal
/// repository name must be pushable. That is wider than the DNS label Kubernetes asks for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(Arc<str>);

impl Namespace {
    /// Parses a namespace name.
    pub fn parse(text: &str) -> Result<Namespace, NamespaceError> {
        if RepositoryName::is_component(text) && text.len() <= weir_oci::MAX_NAME_BYTES {
            Ok(Namespace(text.into()))
        } else {
            Err(NamespaceError)
        }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Namespace {
    type Err = NamespaceError;

    fn from_str(text: &str) -> Result<Namespace, NamespaceError> {
        Namespace::parse(text)
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_than_a_dns_label() {
        for good in ["team", "docker.io", "my_team", "a--b", "0"] {
            assert!(Namespace::parse(good).is_ok(), "{good}");
        }
        let long = "a".repeat(256);
        for bad in ["", "Team", "a/b", "a~b", ".a", "a..b", "-a", long.as_str()] {
            assert_eq!(Namespace::parse(bad), Err(NamespaceError), "{bad}");
        }
    }
}
