use std::fmt;

use weir_oci::{Digest, MAX_NAME_BYTES, RepositoryName, Tag};

use crate::StreamRef;

/// Why a text is no pull spec. The words are those of upstream, which show up in validation errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullSpecError {
    /// There is nothing.
    #[error("repository name must have at least one component")]
    Empty,
    /// It would be one in lower case.
    #[error("repository name must be lowercase")]
    UpperCase,
    /// The name is longer than 255 bytes.
    #[error("repository name must not be more than 255 characters")]
    TooLong,
    /// The hash has the wrong length for its algorithm.
    #[error("invalid checksum digest length")]
    DigestLength,
    /// The algorithm is unknown.
    #[error("unsupported digest algorithm")]
    DigestAlgorithm,
    /// The hash is not in lower-case hexadecimal.
    #[error("invalid checksum digest format")]
    DigestFormat,
    /// Anything else.
    #[error("invalid reference format")]
    Format,
}

/// A full reference that a client can pull, `[registry/][namespace/]name[:tag][@digest]`, taken
/// apart (image-api 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullSpec {
    registry: String,
    namespace: String,
    name: String,
    tag: String,
    id: String,
}

impl PullSpec {
    /// Parses a pull spec.
    pub fn parse(text: &str) -> Result<PullSpec, PullSpecError> {
        let (name, tag, id) = match split(text) {
            Some(parts) => parts,
            None if text.is_empty() => return Err(PullSpecError::Empty),
            None if split(&text.to_lowercase()).is_some() => return Err(PullSpecError::UpperCase),
            None => return Err(PullSpecError::Format),
        };
        if name.len() > MAX_NAME_BYTES {
            return Err(PullSpecError::TooLong);
        }
        if !id.is_empty() {
            check_digest(id)?;
        }
        let (registry, path) = match name.split_once('/') {
            // Without a path, what looks like a host is one, and the tag was its port.
            None if name.contains('.') || name.starts_with("localhost") => {
                return Ok(PullSpec { registry: text.to_owned(), ..PullSpec::default() });
            }
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => ("", name),
        };
        let (namespace, name) = path.split_once('/').unwrap_or(("", path));
        Ok(PullSpec {
            registry: registry.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            tag: tag.to_owned(),
            id: id.to_owned(),
        })
    }

    /// Host and port; empty if the text names none.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// First component of the path; empty if there is only one.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The rest of the path, slashes included; empty if the text names a registry only.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag, or empty.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The digest, or empty.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same repository's image `id`.
    #[must_use]
    pub fn with_id(self, id: &str) -> PullSpec {
        PullSpec { tag: String::new(), id: id.to_owned(), ..self }
    }

    /// The same repository's image of a tag.
    #[must_use]
    pub fn with_tag(self, tag: &str) -> PullSpec {
        PullSpec { tag: tag.to_owned(), id: String::new(), ..self }
    }

    /// What stands in the database for content pushed here: the pull spec without the host, so that
    /// a new host name reaches all that was pushed under the old one.
    pub fn own(stream: &StreamRef, digest: &Digest) -> String {
        format!("/{}@{digest}", stream.repository())
    }

    /// Turns a pull spec into what is stored: our own host gives way to a leading slash.
    pub fn store(text: &str, host: &str) -> String {
        match text.strip_prefix(host) {
            Some(path) if !host.is_empty() && path.starts_with('/') => path.to_owned(),
            _ => text.to_owned(),
        }
    }

    /// Turns what is stored into a pull spec: a leading slash stands for our own host.
    pub fn render(stored: &str, host: &str) -> String {
        match stored.strip_prefix('/') {
            Some(path) if host.is_empty() => path.to_owned(),
            Some(_) => format!("{host}{stored}"),
            None => stored.to_owned(),
        }
    }
}

/// The form called "exact" (image-api 3.3): by digest if there is one, else by tag. Empty for a
/// registry without a name.
impl fmt::Display for PullSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return Ok(());
        }
        for part in [&self.registry, &self.namespace] {
            if !part.is_empty() {
                write!(f, "{part}/")?;
            }
        }
        f.write_str(&self.name)?;
        match (self.id.as_str(), self.tag.as_str()) {
            ("", "") => Ok(()),
            ("", tag) => write!(f, ":{tag}"),
            (id, _) if check_digest(id).is_ok() => write!(f, "@{id}"),
            (id, _) => write!(f, ":{id}"),
        }
    }
}

/// Name, tag and digest, if the text has that shape at all.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (rest, id) = match text.split_once('@') {
        Some((rest, id)) if is_digest_shaped(id) => (rest, id),
        Some(_) => return None,
        None => (text, ""),
    };
    let path_start = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match rest[path_start..].find(':') {
        Some(colon) => (&rest[..path_start + colon], &rest[path_start + colon + 1..]),
        None if is_name(rest) => return Some((rest, "", id)),
        None => return None,
    };
    (is_name(name) && Tag::parse(tag).is_ok()).then_some((name, tag, id))
}

fn is_name(text: &str) -> bool {
    let mut parts = text.split('/');
    let first = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    let starts_well = RepositoryName::is_component(first) || (rest.peek().is_some() && is_host(first));
    starts_well && rest.all(RepositoryName::is_component)
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.split('.').all(label) && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

fn is_digest_shaped(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(part)
        && hex.len() >= 32
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a text is a digest by the rules of upstream, which knows sha384 besides our two.
fn check_digest(text: &str) -> Result<(), PullSpecError> {
    let (algorithm, hex) = text.split_once(':').ok_or(PullSpecError::DigestFormat)?;
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Err(PullSpecError::DigestAlgorithm),
    };
    if hex.len() != length {
        return Err(PullSpecError::DigestLength);
    }
    if !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(PullSpecError::DigestFormat);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn structure_by_example() {
        let hex = "0".repeat(64);
        let full = format!("r.io/n/x:t@sha256:{hex}");
        let id = format!("sha256:{hex}");
        for (text, registry, namespace, name, tag, digest) in [
            ("ruby", "", "", "ruby", "", ""),
            ("ruby:2.7", "", "", "ruby", "2.7", ""),
            ("centos/ruby", "", "centos", "ruby", "", ""),
            ("quay.io/a/b/c:d", "quay.io", "a", "b/c", "d", ""),
            ("localhost/x", "localhost", "", "x", "", ""),
            ("localhost:5000/x", "localhost:5000", "", "x", "", ""),
            ("Host.example/x", "Host.example", "", "x", "", ""),
            ("example.com:5000", "example.com:5000", "", "", "", ""),
            ("localhost", "localhost", "", "", "", ""),
            (&full, "r.io", "n", "x", "t", &id),
        ] {
            let spec = PullSpec::parse(text).unwrap();
            let parts = (spec.registry(), spec.namespace(), spec.name(), spec.tag(), spec.id());
            assert_eq!(parts, (registry, namespace, name, tag, digest), "{text}");
        }
    }

    #[test]
    fn errors_in_the_words_of_upstream() {
        let short = format!("a@sha256:{}", "0".repeat(63));
        let unknown = format!("a@md5:{}", "0".repeat(32));
        let upper = format!("a@sha256:{}", "A".repeat(64));
        let long = format!("r.io/{}", "a".repeat(251));
        for (text, words) in [
            ("", "repository name must have at least one component"),
            ("Ruby", "repository name must be lowercase"),
            ("a/B:T", "repository name must be lowercase"),
            (&long, "repository name must not be more than 255 characters"),
            (&short, "invalid checksum digest length"),
            (&unknown, "unsupported digest algorithm"),
            (&upper, "invalid checksum digest format"),
            ("a b", "invalid reference format"),
            ("a:", "invalid reference format"),
            ("a@sha256:12", "invalid reference format"),
            ("/a", "invalid reference format"),
            ("a//b", "invalid reference format"),
            ("-r.io/a", "invalid reference format"),
            ("r.io:/a", "invalid reference format"),
            ("a:b:c", "invalid reference format"),
        ] {
            assert_eq!(PullSpec::parse(text).map_err(|e| e.to_string()), Err(words.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_exact_form_prefers_the_digest() {
        let digest = Digest::sha256(b"x").to_string();
        let exact = |text: &str| PullSpec::parse(text).unwrap().to_string();
        assert_eq!(exact("quay.io/a/b/c:d"), "quay.io/a/b/c:d");
        assert_eq!(exact("ruby"), "ruby");
        assert_eq!(exact(&format!("r.io/n/x:t@{digest}")), format!("r.io/n/x@{digest}"));
        assert_eq!(exact("example.com:5000"), "");
        let with_id = |id| PullSpec::parse("r.io/n/x:t").unwrap().with_id(id).to_string();
        assert_eq!(with_id(&digest), format!("r.io/n/x@{digest}"));
        assert_eq!(with_id("abc"), "r.io/n/x:abc");
    }

    #[test]
    fn our_own_host_is_not_stored() {
        // image-api 32
        assert_eq!(PullSpec::store("r.io:5000/team/app@x", "r.io:5000"), "/team/app@x");
        assert_eq!(PullSpec::store("r.io:50001/team/app", "r.io:5000"), "r.io:50001/team/app");
        assert_eq!(PullSpec::store("quay.io/team/app", "r.io:5000"), "quay.io/team/app");
        assert_eq!(PullSpec::store("team/app", ""), "team/app");
        assert_eq!(PullSpec::render("/team/app@x", "new.io"), "new.io/team/app@x");
        assert_eq!(PullSpec::render("quay.io/team/app", "new.io"), "quay.io/team/app");
        let name = RepositoryName::parse("a/b/c").unwrap();
        let stream = StreamRef::of(&name, &crate::Namespace::parse("default").unwrap()).unwrap();
        let digest = Digest::sha256(b"x");
        assert_eq!(PullSpec::own(&stream, &digest), format!("/a/b/c@{digest}"));
    }

    proptest! {
        #[test]
        fn parsing_is_total_and_exact_is_a_fixed_point(text in "[a-zA-Z0-9./:@_-]{0,30}|\\PC*") {
            if let Ok(spec) = PullSpec::parse(&text)
                && !spec.name().is_empty()
            {
                let exact = spec.to_string();
                prop_assert_eq!(PullSpec::parse(&exact).map(|s| s.to_string()), Ok(exact));
            }
        }

        #[test]
        fn rendering_undoes_storing(text in "[a-z./:]{0,12}", host in "[a-z.]{1,3}") {
            prop_assume!(!text.starts_with('/'));
            prop_assert_eq!(PullSpec::render(&PullSpec::store(&text, &host), &host), text);
        }
    }
}
