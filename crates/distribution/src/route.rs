use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use weir_oci::{
    Digest, DigestError, NameError, Reference, ReferenceError, RepositoryName, Tag, TagError, UploadId,
};

/// What a path below `/v2/` or `/extensions/v2/` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v2/`
    Base,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/_oci/ext/discover`, for the registry or for one repository
    Extensions(Option<RepositoryName>),
    /// `/v2/<name>/_oci/tag-history/<tag>`
    TagHistory(RepositoryName, Tag),
    /// `/v2/<name>/blobs/<digest>`
    Blob(RepositoryName, Digest),
    /// `/v2/<name>/blobs/uploads/`
    Uploads(RepositoryName),
    /// `/v2/<name>/blobs/uploads/<id>`
    Upload(RepositoryName, UploadId),
    /// `/v2/<name>/manifests/<tag-or-digest>`
    Manifest(RepositoryName, Reference),
    /// `/v2/<name>/tags/list`
    Tags(RepositoryName),
    /// `/v2/<name>/referrers/<digest>`
    Referrers(RepositoryName, Digest),
    /// `/extensions/v2/<name>/signatures/<digest>`
    Signatures(RepositoryName, Digest),
}

/// Why a path names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteError {
    /// There is no such endpoint.
    Unknown,
    /// The repository name breaks the grammar.
    Name(NameError),
    /// The digest breaks the grammar.
    Digest(DigestError),
    /// What stands for tag or digest is neither.
    Reference(ReferenceError),
    /// The tag breaks the grammar.
    Tag(TagError),
    /// It should name an image and does not.
    NoImage,
    /// What stands for an upload session cannot be one of ours.
    Upload,
}

impl Route {
    /// Reads a path, from the right: a repository may itself be called `a/manifests/b`, but what
    /// follows the last keyword never holds a slash.
    ///
    /// Segments are split first and decoded after, once, so that an escaped slash cannot make one.
    pub fn parse(path: &str) -> Result<Route, RouteError> {
        if let Some(rest) = path.strip_prefix("/extensions/v2/") {
            return Route::parse_extension(rest);
        }
        let rest = path.strip_prefix("/v2").ok_or(RouteError::Unknown)?;
        if rest.is_empty() {
            return Ok(Route::Base);
        }
        let rest = rest.strip_prefix('/').ok_or(RouteError::Unknown)?;
        let segments = segments(rest);
        let segments: Vec<&str> = segments.iter().map(Cow::as_ref).collect();
        match segments.as_slice() {
            [""] => Ok(Route::Base),
            ["_catalog"] => Ok(Route::Catalog),
            ["_oci", "ext", "discover"] => Ok(Route::Extensions(None)),
            [name @ .., "_oci", "ext", "discover"] => Ok(Route::Extensions(Some(repository(name)?))),
            [name @ .., "_oci", "tag-history", tag] => {
                let name = repository(name)?;
                Ok(Route::TagHistory(name, Tag::parse(tag).map_err(RouteError::Tag)?))
            }
            [name @ .., "tags", "list"] => Ok(Route::Tags(repository(name)?)),
            [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => {
                Ok(Route::Uploads(repository(name)?))
            }
            [name @ .., "manifests", reference] => {
                let name = repository(name)?;
                Ok(Route::Manifest(name, Reference::parse(reference).map_err(RouteError::Reference)?))
            }
            [name @ .., "referrers", digest] => {
                let name = repository(name)?;
                Ok(Route::Referrers(name, Digest::parse(digest).map_err(RouteError::Digest)?))
            }
            [name @ .., "blobs", digest] => {
                let name = repository(name)?;
                Ok(Route::Blob(name, Digest::parse(digest).map_err(RouteError::Digest)?))
            }
            [name @ .., "blobs", "uploads", id] => {
                let name = repository(name)?;
                Ok(Route::Upload(name, UploadId::parse(id).map_err(|_| RouteError::Upload)?))
            }
            _ => Err(RouteError::Unknown),
        }
    }

    /// What follows `/extensions/v2/`. What is no digest makes no route there
    /// (integrated-registry 4.1).
    fn parse_extension(rest: &str) -> Result<Route, RouteError> {
        let segments = segments(rest);
        let segments: Vec<&str> = segments.iter().map(Cow::as_ref).collect();
        match segments.as_slice() {
            [_, .., "signatures", ""] => Err(RouteError::NoImage),
            [name @ .., "signatures", digest] => {
                let digest = Digest::parse(digest).map_err(|_| RouteError::Unknown)?;
                Ok(Route::Signatures(repository(name)?, digest))
            }
            _ => Err(RouteError::Unknown),
        }
    }

    /// The endpoint without its variable parts, as it stands in metrics and logs.
    pub fn template(&self) -> &'static str {
        match self {
            Route::Base => "/v2/",
            Route::Catalog => "/v2/_catalog",
            Route::Extensions(_) => "/v2/_oci/ext/discover",
            Route::TagHistory(..) => "/v2/{name}/_oci/tag-history/{tag}",
            Route::Blob(..) => "/v2/{name}/blobs/{digest}",
            Route::Uploads(_) => "/v2/{name}/blobs/uploads/",
            Route::Upload(..) => "/v2/{name}/blobs/uploads/{id}",
            Route::Manifest(..) => "/v2/{name}/manifests/{reference}",
            Route::Tags(_) => "/v2/{name}/tags/list",
            Route::Referrers(..) => "/v2/{name}/referrers/{digest}",
            Route::Signatures(..) => "/extensions/v2/{name}/signatures/{digest}",
        }
    }

    /// The methods of the endpoint, as `Allow` lists them.
    pub fn methods(&self) -> &'static str {
        match self {
            Route::Base
            | Route::Catalog
            | Route::Extensions(_)
            | Route::TagHistory(..)
            | Route::Tags(_)
            | Route::Referrers(..) => "GET, HEAD",
            Route::Signatures(..) => "GET, PUT",
            Route::Blob(..) => "GET, HEAD, DELETE",
            Route::Uploads(_) => "POST",
            Route::Upload(..) => "GET, HEAD, PATCH, PUT, DELETE",
            Route::Manifest(..) => "GET, HEAD, PUT, DELETE",
        }
    }

    /// The repository the route is about.
    pub fn repository(&self) -> Option<&RepositoryName> {
        match self {
            Route::Base | Route::Catalog | Route::Extensions(None) => None,
            Route::Extensions(Some(name))
            | Route::TagHistory(name, _)
            | Route::Signatures(name, _)
            | Route::Blob(name, _)
            | Route::Uploads(name)
            | Route::Upload(name, _)
            | Route::Manifest(name, _)
            | Route::Tags(name)
            | Route::Referrers(name, _) => Some(name),
        }
    }
}

fn segments(path: &str) -> Vec<Cow<'_, str>> {
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy()).collect()
}

fn repository(components: &[&str]) -> Result<RepositoryName, RouteError> {
    // A slash that was escaped belongs to its component, and no component may hold one.
    if components.iter().any(|component| component.contains('/')) {
        return Err(RouteError::Name(NameError::Grammar));
    }
    RepositoryName::parse(&components.join("/")).map_err(RouteError::Name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> RepositoryName {
        RepositoryName::parse(text).unwrap()
    }

    fn tag(text: &str) -> Reference {
        Reference::Tag(Tag::parse(text).unwrap())
    }

    #[test]
    fn paths_are_read_from_the_right() {
        // distribution 7, 8, 24, 58
        let digest = Digest::sha256(b"x");
        let id = UploadId::random();
        for (path, route) in [
            ("/v2", Route::Base),
            ("/v2/", Route::Base),
            ("/v2/_catalog", Route::Catalog),
            ("/v2/_oci/ext/discover", Route::Extensions(None)),
            ("/v2/a/b/_oci/ext/discover", Route::Extensions(Some(name("a/b")))),
            ("/v2/a/manifests/b/manifests/c", Route::Manifest(name("a/manifests/b"), tag("c"))),
            (&format!("/v2/x/blobs/uploads/blobs/{digest}"), Route::Blob(name("x/blobs/uploads"), digest)),
            (&format!("/v2/x/manifests/blobs/uploads/{id}"), Route::Upload(name("x/manifests"), id)),
            ("/v2/x/blobs/uploads", Route::Uploads(name("x"))),
            ("/v2/x/blobs/uploads/", Route::Uploads(name("x"))),
            ("/v2/blobs/blobs/uploads/", Route::Uploads(name("blobs"))),
            ("/v2/tags/tags/list", Route::Tags(name("tags"))),
            ("/v2/x/tags/list/manifests/list", Route::Manifest(name("x/tags/list"), tag("list"))),
            ("/v2/a/_oci/tag-history/v1", Route::TagHistory(name("a"), Tag::parse("v1").unwrap())),
            (
                "/v2/a/_oci/tag-history/discover",
                Route::TagHistory(name("a"), Tag::parse("discover").unwrap()),
            ),
            (&format!("/extensions/v2/a/b/signatures/{digest}"), Route::Signatures(name("a/b"), digest)),
            (
                &format!("/extensions/v2/a/signatures/signatures/{digest}"),
                Route::Signatures(name("a/signatures"), digest),
            ),
            (&format!("/v2/a/referrers/{digest}"), Route::Referrers(name("a"), digest)),
            // distribution 9
            (&format!("/v2/a/blobs/{digest}").replacen(':', "%3A", 1), Route::Blob(name("a"), digest)),
            (&format!("/v2/a/blobs/{digest}").replacen(':', "%3a", 1), Route::Blob(name("a"), digest)),
        ] {
            assert_eq!(Route::parse(path), Ok(route), "{path}");
        }
    }

    #[test]
    fn what_is_no_route_says_which_part_is_wrong() {
        let grammar = RouteError::Name(NameError::Grammar);
        for (path, error) in [
            ("/v3/", RouteError::Unknown),
            ("/v2x", RouteError::Unknown),
            ("/v2/a", RouteError::Unknown),
            ("/v2/a/", RouteError::Unknown),
            ("/v2/a/tags", RouteError::Unknown),
            ("/v2/manifests/x", grammar.clone()),
            ("/v2//manifests/x", grammar.clone()),
            ("/v2/A/manifests/x", grammar.clone()),
            ("/v2/a//b/manifests/x", grammar.clone()),
            ("/v2/a/../b/manifests/x", grammar.clone()),
            ("/v2/a%2fb/manifests/x", grammar.clone()),
            ("/v2/a%2Fb/tags/list", grammar.clone()),
            ("/v2/a%00/tags/list", grammar.clone()),
            ("/v2/a~b/tags/list", grammar.clone()),
            ("/v2/a/blobs/sha256:xyz", RouteError::Digest(DigestError::Length)),
            ("/v2/a/blobs/", RouteError::Digest(DigestError::Format)),
            (
                "/v2/a/manifests/sha256:totallywrong",
                RouteError::Reference(ReferenceError::Digest(DigestError::Length)),
            ),
            ("/v2/a/_oci/tag-history/.bad", RouteError::Tag(TagError)),
            ("/v2/a/_oci/tag-history/", RouteError::Tag(TagError)),
            ("/v2/_oci/tag-history/v1", grammar.clone()),
            ("/extensions/v2/", RouteError::Unknown),
            ("/extensions/v3/a/signatures/x", RouteError::Unknown),
            ("/extensions/v2/a/signatures/nonsense", RouteError::Unknown),
            ("/extensions/v2/a/signatures/", RouteError::NoImage),
            ("/v2/a/manifests/.bad", RouteError::Reference(ReferenceError::Tag(weir_oci::TagError))),
            ("/v2/a/manifests/", RouteError::Reference(ReferenceError::Tag(weir_oci::TagError))),
            ("/v2/a/blobs/uploads/not-a-uuid", RouteError::Upload),
        ] {
            assert_eq!(Route::parse(path), Err(error), "{path}");
        }
        let long = format!("/v2/{}/tags/list", "a".repeat(256));
        assert_eq!(Route::parse(&long), Err(RouteError::Name(NameError::Length)));
    }

    proptest! {
        // reliability V20: names made of the keywords themselves never confuse the router.
        #[test]
        fn any_legal_name_is_found_again(
            components in proptest::collection::vec(
                prop::sample::select(vec!["blobs", "manifests", "tags", "uploads", "referrers", "list", "a", "b-c"]), 1..6),
            kind in 0..5,
        ) {
            let repository = name(&components.join("/"));
            let digest = Digest::sha256(b"x");
            let id = UploadId::random();
            let (path, route) = match kind {
                0 => (format!("/v2/{repository}/blobs/{digest}"), Route::Blob(repository, digest)),
                1 => (format!("/v2/{repository}/blobs/uploads/"), Route::Uploads(repository)),
                2 => (format!("/v2/{repository}/blobs/uploads/{id}"), Route::Upload(repository, id)),
                3 => (format!("/v2/{repository}/manifests/v1"), Route::Manifest(repository, tag("v1"))),
                _ => (format!("/v2/{repository}/tags/list"), Route::Tags(repository)),
            };
            prop_assert_eq!(Route::parse(&path), Ok(route));
        }

        #[test]
        fn routing_is_total(path in "/v2/[a-zA-Z0-9/%.:_~-]{0,60}") {
            let _ = Route::parse(&path);
        }
    }
}
