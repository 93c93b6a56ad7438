use std::fmt;

use weir_oci::{MAX_NAME_BYTES, RepositoryName};

use crate::{Namespace, StreamName};

/// Namespace and stream name together are longer than a repository name may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("namespace and name together have at most {MAX_NAME_BYTES} bytes")]
pub struct StreamRefError;

/// Which image stream: the name of a repository as the image API spells it.
///
/// [`of`](Self::of) and [`repository`](Self::repository) are the one map between the two spellings:
///
/// | Repository | Namespace | Stream |
/// |---|---|---|
/// | `team/app` | `team` | `app` |
/// | `app` | the default | `app` |
/// | `a/b/c/d` | `a` | `b~c~d` |
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct StreamRef {
    /// The namespace.
    pub namespace: Namespace,
    /// The name within it.
    pub name: StreamName,
}

impl StreamRef {
    /// The stream of that name, unless its repository's name would be too long.
    pub fn new(namespace: Namespace, name: StreamName) -> Result<StreamRef, StreamRefError> {
        if namespace.as_str().len() + 1 + name.as_str().len() > MAX_NAME_BYTES {
            return Err(StreamRefError);
        }
        Ok(StreamRef { namespace, name })
    }

    /// The stream of a repository. A name of one component belongs to the namespace `default`, and
    /// fails when it leaves no room for it.
    pub fn of(repository: &RepositoryName, default: &Namespace) -> Result<StreamRef, StreamRefError> {
        let (namespace, path) = match repository.as_str().split_once('/') {
            Some((first, rest)) => {
                (Namespace::parse(first).expect("a component of a repository name is a namespace"), rest)
            }
            None => (default.clone(), repository.as_str()),
        };
        StreamRef::new(namespace, StreamName::of_path(path))
    }

    /// The repository of the stream, spelled with its namespace.
    pub fn repository(&self) -> RepositoryName {
        RepositoryName::parse(&format!("{}/{}", self.namespace, self.name.path()))
            .expect("both parts hold components only, and the constructor checked the length")
    }
}

impl fmt::Display for StreamRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn default() -> Namespace {
        Namespace::parse("default").unwrap()
    }

    fn of(repository: &str) -> Result<StreamRef, StreamRefError> {
        StreamRef::of(&RepositoryName::parse(repository).unwrap(), &default())
    }

    #[test]
    fn the_map_by_example() {
        for (repository, namespace, name, back) in [
            ("team/app", "team", "app", "team/app"),
            ("app", "default", "app", "default/app"),
            ("default/app", "default", "app", "default/app"),
            ("a/b/c/d", "a", "b~c~d", "a/b/c/d"),
            ("docker.io/library/nginx", "docker.io", "library~nginx", "docker.io/library/nginx"),
        ] {
            let stream = of(repository).unwrap();
            assert_eq!(stream.namespace.as_str(), namespace, "{repository}");
            assert_eq!(stream.name.as_str(), name, "{repository}");
            assert_eq!(stream.repository().as_str(), back, "{repository}");
        }
    }

    #[test]
    fn both_parts_share_255_bytes() {
        // image-api 43
        let namespace = Namespace::parse("team").unwrap();
        let name = |bytes| StreamName::parse(&"x".repeat(bytes)).unwrap();
        assert!(StreamRef::new(namespace.clone(), name(250)).is_ok());
        assert_eq!(StreamRef::new(namespace, name(251)), Err(StreamRefError));
        assert!(of(&"x".repeat(247)).is_ok());
        assert_eq!(of(&"x".repeat(248)), Err(StreamRefError));
    }

    fn component() -> impl Strategy<Value = String> {
        "[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}"
    }

    proptest! {
        #[test]
        fn from_repository_and_back(parts in prop::collection::vec(component(), 1..6)) {
            let spelled = parts.join("/");
            let stream = of(&spelled).unwrap();
            let full = if parts.len() == 1 { format!("default/{spelled}") } else { spelled };
            prop_assert_eq!(stream.repository().to_string(), full);
            prop_assert!(StreamName::parse(stream.name.as_str()).is_ok());
        }

        #[test]
        fn from_stream_and_back(namespace in component(), parts in prop::collection::vec(component(), 1..5)) {
            let stream = StreamRef::new(
                Namespace::parse(&namespace).unwrap(),
                StreamName::parse(&parts.join("~")).unwrap(),
            ).unwrap();
            prop_assert_eq!(StreamRef::of(&stream.repository(), &default()), Ok(stream));
        }
    }
}
