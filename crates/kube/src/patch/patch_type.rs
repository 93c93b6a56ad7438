//! Which kind of patch a body is.

/// The kinds of patch, told apart by the content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PatchType {
    /// RFC 6902.
    Json,
    /// RFC 7396.
    Merge,
    /// A merge patch that knows which lists have keys.
    Strategic,
    /// Server-side apply.
    Apply,
}

impl PatchType {
    /// All of them, in the order of refusals and documents.
    pub(crate) const ALL: [PatchType; 4] =
        [PatchType::Json, PatchType::Merge, PatchType::Strategic, PatchType::Apply];

    /// The content type of its bodies.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            PatchType::Json => "application/json-patch+json",
            PatchType::Merge => "application/merge-patch+json",
            PatchType::Strategic => "application/strategic-merge-patch+json",
            PatchType::Apply => "application/apply-patch+yaml",
        }
    }

    /// The type that a `Content-Type` header announces. Parameters say nothing about it.
    pub(crate) fn of_content_type(content_type: Option<&str>) -> Option<PatchType> {
        let essence = content_type?.split(';').next()?.trim();
        PatchType::ALL.into_iter().find(|kind| kind.media_type().eq_ignore_ascii_case(essence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // kubernetes-api 115
    #[test]
    fn a_patch_is_known_by_its_content_type() {
        for kind in PatchType::ALL {
            assert_eq!(PatchType::of_content_type(Some(kind.media_type())), Some(kind));
            let decorated = format!(" {} ;charset=utf-8", kind.media_type().to_uppercase());
            assert_eq!(PatchType::of_content_type(Some(&decorated)), Some(kind));
        }
        for other in ["application/json", "application/apply-patch+json", "", ";", "application/json-patch"] {
            assert_eq!(PatchType::of_content_type(Some(other)), None, "{other}");
        }
        assert_eq!(PatchType::of_content_type(None), None);
    }
}
