//! Reading a request path into a closed set of shapes, before anything is known about kinds.

use percent_encoding::percent_decode_str;

/// What a path asks for. Every path is one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// `/version`
    Version,
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/<group>`
    Group(String),
    /// `/api/v1`, `/apis/<group>/<version>`
    GroupVersion(GroupVersion),
    /// `/openapi/v2`
    OpenApiV2,
    /// `/openapi/v3`
    OpenApiV3,
    /// `/openapi/v3/<group version path>`
    OpenApiV3Document(GroupVersion),
    /// Anything below a group version.
    Resource(ResourcePath),
    /// Nothing this edge serves.
    Unknown,
}

/// A group and version; the group of the core API is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupVersion {
    pub(crate) group: String,
    pub(crate) version: String,
}

/// The part of a path below a group version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    pub(crate) within: GroupVersion,
    pub(crate) namespace: Option<String>,
    pub(crate) resource: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
}

/// A path segment that does not decode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid URL escape in {segment:?}")]
pub(crate) struct BadEscape {
    segment: String,
}

/// Subresources of a namespace itself; any other segment there is a resource inside it.
const NAMESPACE_SUBRESOURCES: [&str; 2] = ["status", "finalize"];

impl Path {
    /// Reads a path. Each segment is percent-decoded once, so that `app%3Av1` and `app:v1` are the
    /// same name; one trailing slash is forgiven, because clients ask for `/version/`.
    pub(crate) fn parse(raw: &str) -> Result<Path, BadEscape> {
        let Some(rest) = raw.strip_prefix('/') else { return Ok(Path::Unknown) };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let segments = rest.split('/').map(decode).collect::<Result<Vec<String>, BadEscape>>()?;
        if segments.iter().any(String::is_empty) {
            return Ok(Path::Unknown);
        }
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        Ok(match parts.as_slice() {
            ["version"] => Path::Version,
            ["api"] => Path::CoreVersions,
            ["api", version] => Path::GroupVersion(GroupVersion::new("", version)),
            ["api", version, below @ ..] => resource(GroupVersion::new("", version), below),
            ["apis"] => Path::Groups,
            ["apis", group] => Path::Group((*group).to_owned()),
            ["apis", group, version] => Path::GroupVersion(GroupVersion::new(group, version)),
            ["apis", group, version, below @ ..] => resource(GroupVersion::new(group, version), below),
            ["openapi", "v2"] => Path::OpenApiV2,
            ["openapi", "v3"] => Path::OpenApiV3,
            ["openapi", "v3", "api", version] => Path::OpenApiV3Document(GroupVersion::new("", version)),
            ["openapi", "v3", "apis", group, version] => {
                Path::OpenApiV3Document(GroupVersion::new(group, version))
            }
            _ => Path::Unknown,
        })
    }
}

impl Path {
    /// The path without its variable parts, as it stands in metrics and logs.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Path::Version => "/version",
            Path::CoreVersions => "/api",
            Path::Groups => "/apis",
            Path::Group(_) => "/apis/{group}",
            Path::GroupVersion(_) => "/apis/{group}/{version}",
            Path::OpenApiV2 => "/openapi/v2",
            Path::OpenApiV3 => "/openapi/v3",
            Path::OpenApiV3Document(_) => "/openapi/v3/apis/{group}/{version}",
            Path::Resource(_) => "/apis/{group}/{version}/{resource}",
            Path::Unknown => "",
        }
    }
}

impl GroupVersion {
    pub(crate) fn new(group: &str, version: &str) -> GroupVersion {
        GroupVersion { group: group.to_owned(), version: version.to_owned() }
    }
}

fn resource(within: GroupVersion, below: &[&str]) -> Path {
    let (namespace, below) = match below {
        ["namespaces", _, inside] if within.group.is_empty() && NAMESPACE_SUBRESOURCES.contains(inside) => {
            (None, below)
        }
        ["namespaces", namespace, inside @ ..] if !inside.is_empty() => {
            (Some((*namespace).to_owned()), inside)
        }
        _ => (None, below),
    };
    let (resource, name, subresource) = match below {
        [resource] => (resource, None, None),
        [resource, name] => (resource, Some(name), None),
        [resource, name, subresource] => (resource, Some(name), Some(subresource)),
        _ => return Path::Unknown,
    };
    Path::Resource(ResourcePath {
        within,
        namespace,
        resource: (*resource).to_owned(),
        name: name.map(|text| (*text).to_owned()),
        subresource: subresource.map(|text| (*text).to_owned()),
    })
}

fn decode(segment: &str) -> Result<String, BadEscape> {
    let bad = || BadEscape { segment: segment.to_owned() };
    if !has_whole_escapes(segment) {
        return Err(bad());
    }
    percent_decode_str(segment).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| bad())
}

/// Whether each `%` starts an escape of two hex digits; the decoder itself would let others pass.
pub(crate) fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let bytes = after.as_bytes();
        bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

#[cfg(test)]
mod tests {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    fn at(group: &str, namespace: Option<&str>, resource: &str, rest: &[&str]) -> Path {
        Path::Resource(ResourcePath {
            within: GroupVersion::new(group, "v1"),
            namespace: namespace.map(str::to_owned),
            resource: resource.to_owned(),
            name: rest.first().map(|text| (*text).to_owned()),
            subresource: rest.get(1).map(|text| (*text).to_owned()),
        })
    }

    #[test]
    fn shapes() {
        const IMAGE: &str = "image.openshift.io";
        let table = [
            ("/version", Path::Version),
            ("/version/", Path::Version),
            ("/version/openshift", Path::Unknown),
            ("/api", Path::CoreVersions),
            ("/api/v1", Path::GroupVersion(GroupVersion::new("", "v1"))),
            ("/apis", Path::Groups),
            ("/apis/image.openshift.io", Path::Group(IMAGE.into())),
            ("/apis/image.openshift.io/v1", Path::GroupVersion(GroupVersion::new(IMAGE, "v1"))),
            ("/openapi/v2", Path::OpenApiV2),
            ("/openapi/v3", Path::OpenApiV3),
            ("/openapi/v3/api/v1", Path::OpenApiV3Document(GroupVersion::new("", "v1"))),
            (
                "/openapi/v3/apis/image.openshift.io/v1",
                Path::OpenApiV3Document(GroupVersion::new(IMAGE, "v1")),
            ),
            ("/openapi/v3/version", Path::Unknown),
            ("/api/v1/namespaces", at("", None, "namespaces", &[])),
            ("/api/v1/namespaces/demo", at("", None, "namespaces", &["demo"])),
            ("/api/v1/namespaces/demo/status", at("", None, "namespaces", &["demo", "status"])),
            ("/api/v1/namespaces/demo/events", at("", Some("demo"), "events", &[])),
            ("/apis/image.openshift.io/v1/images", at(IMAGE, None, "images", &[])),
            (
                "/apis/image.openshift.io/v1/namespaces/demo/imagestreams/app/layers",
                at(IMAGE, Some("demo"), "imagestreams", &["app", "layers"]),
            ),
            (
                "/apis/image.openshift.io/v1/namespaces/demo/imagestreamtags/app%3Av1",
                at(IMAGE, Some("demo"), "imagestreamtags", &["app:v1"]),
            ),
            (
                "/apis/image.openshift.io/v1/namespaces/demo/imagestreamimages/app@sha256:12",
                at(IMAGE, Some("demo"), "imagestreamimages", &["app@sha256:12"]),
            ),
            ("/apis/image.openshift.io/v1/namespaces/d/imagestreams/a/b/c", Path::Unknown),
            ("/apis//v1", Path::Unknown),
            ("/", Path::Unknown),
            ("", Path::Unknown),
            ("/v2/", Path::Unknown),
        ];
        for (text, expected) in table {
            assert_eq!(Path::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn escapes_are_decoded_once_and_must_be_whole() {
        let Ok(Path::Resource(found)) = Path::parse("/api/v1/namespaces/a%253Ab") else { panic!() };
        assert_eq!(found.name.as_deref(), Some("a%3Ab"));
        for bad in ["/apis/%", "/apis/%4", "/apis/%zz", "/apis/%ff"] {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,80}") {
            let _ = Path::parse(&text);
        }

        #[test]
        fn what_is_printed_is_read_back(
            group in "[a-z.]{1,12}",
            namespace in proptest::option::of("\\PC{1,8}"),
            resource in "[a-z]{1,8}",
            rest in proptest::collection::vec("\\PC{1,12}", 0..3),
        ) {
            prop_assume!(namespace.is_some() || resource != "namespaces");
            let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let mut text = format!("/apis/{group}/v1");
            if let Some(namespace) = &namespace {
                text = format!("{text}/namespaces/{}", encode(namespace));
            }
            text = format!("{text}/{resource}");
            for part in &rest {
                text = format!("{text}/{}", encode(part));
            }
            let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
            prop_assert_eq!(Path::parse(&text), Ok(at(&group, namespace.as_deref(), &resource, &rest)));
        }
    }
}
