use std::fmt;

use super::{GroupResource, quoted_after_blank};

/// What a caller may not do. It reads the same whether the object exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    pub(crate) resource: GroupResource,
    /// What below the object was asked for.
    pub(crate) below: Option<&'static str>,
    pub(crate) name: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) verb: &'static str,
    pub(crate) user: String,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Denied { resource, below, name, namespace, verb, user } = self;
        let GroupResource { group, resource: plural } = resource;
        let name = quoted_after_blank(name.as_deref());
        let below = below.map(|below| format!("/{below}")).unwrap_or_default();
        write!(f, "{resource}{name} is forbidden: User {user:?} cannot {verb} resource ")?;
        write!(f, "\"{plural}{below}\" in API group {group:?}")?;
        match namespace {
            Some(namespace) => write!(f, " in the namespace {namespace:?}"),
            None => f.write_str(" at the cluster scope"),
        }
    }
}
