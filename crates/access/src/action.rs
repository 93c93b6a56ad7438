use weir_oci::RepositoryName;

/// Something a caller may be allowed to do, and to what.
///
/// Sealed: the list of actions is the permission model.
pub trait Action: sealed::Sealed {
    /// What the action is done to.
    type Target;
    /// The action as it stands in messages.
    const VERB: &'static str;
    /// Whether the action changes anything, or may destroy something.
    const NEEDS: Needs;
}

/// The least an open registry must grant for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[doc(hidden)]
pub enum Needs {
    Read,
    Write,
    Admin,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident($target:ty) = $verb:literal, $needs:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl sealed::Sealed for $name {}

            impl Action for $name {
                type Target = $target;
                const VERB: &'static str = $verb;
                const NEEDS: Needs = Needs::$needs;
            }
        )*
    };
}

actions! {
    /// Read anything of a repository (`get imagestreams/layers`).
    Pull(RepositoryName) = "pull", Read;
    /// Add blobs, manifests and tags to a repository (`update imagestreams/layers`).
    Push(RepositoryName) = "push", Write;
    /// Remove blobs, manifests and tags from a repository (`delete imagestreams/layers`).
    Delete(RepositoryName) = "delete", Admin;
    /// List the repositories (`list imagestreams`).
    ListRepositories(()) = "list repositories", Read;
    /// Read the records of the image API.
    ReadApi(()) = "read the image API", Read;
    /// Make and change streams and their tags through the image API.
    WriteApi(()) = "write to the image API", Write;
    /// Do everything else there: delete, write records of the whole registry, see secrets.
    ManageApi(()) = "manage the image API", Admin;
}

mod sealed {
    #[expect(unnameable_types, reason = "that nobody can name it is what seals the trait")]
    pub trait Sealed {}
}
