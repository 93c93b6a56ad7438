//! From a path to a row of the catalogue.

use http::Method;

use crate::continuation::ListScope;
use crate::failure::Failure;
use crate::path::{GroupVersion, ResourcePath};
use crate::resource::{Get, Group, Kind, List, Resource, Scope, Verbs};

/// What a request wants of a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// A collection, in one namespace or in all.
    List { resource: &'static Resource, list: List, scope: ListScope<'a> },
    /// One object, or something below it.
    Get { resource: &'static Resource, kind: &'static Kind, get: Get, namespace: &'a str, name: &'a str },
}

/// Finds the verb a request means.
///
/// A path that could be a resource's but takes no method at all is unknown; one that takes some
/// other method refuses this one.
pub(crate) fn find<'a>(
    catalogue: &'static [Group],
    path: &'a ResourcePath,
    method: &Method,
) -> Result<Target<'a>, Failure> {
    let resource = resource(catalogue, &path.within, &path.resource).ok_or(Failure::NoSuchApi)?;
    let namespace = path.namespace.as_deref();
    let scope = match (resource.scope, namespace) {
        (Scope::Cluster, None) => ListScope::Cluster,
        (Scope::Namespaced, Some(namespace)) => ListScope::Namespace(namespace),
        (Scope::Namespaced, None) => ListScope::AllNamespaces,
        (Scope::Cluster, Some(_)) => return Err(Failure::NoSuchApi),
    };
    let read = *method == Method::GET;
    match (&path.name, &path.subresource) {
        (None, _) => {
            let list = resource.verbs.list.ok_or(Failure::NoSuchApi)?;
            if read { Ok(Target::List { resource, list, scope }) } else { Err(Failure::MethodNotAllowed) }
        }
        (Some(name), below) => {
            // An object of a namespace is only found through it.
            if scope == ListScope::AllNamespaces {
                return Err(Failure::NoSuchApi);
            }
            let (kind, verbs) = match below {
                None => (resource.kind, resource.verbs),
                Some(below) => subresource(resource, below).ok_or(Failure::NoSuchApi)?,
            };
            let get = verbs.get.ok_or(Failure::NoSuchApi)?;
            let namespace = namespace.unwrap_or_default();
            if read {
                Ok(Target::Get { resource, kind, get, namespace, name })
            } else {
                Err(Failure::MethodNotAllowed)
            }
        }
    }
}

fn resource(catalogue: &'static [Group], within: &GroupVersion, plural: &str) -> Option<&'static Resource> {
    let group = catalogue.iter().find(|group| group.gv.group == within.group)?;
    let mut resources = group.resources.iter().filter(|_| group.gv.version == within.version);
    resources.find(|resource| resource.plural == plural).copied()
}

fn subresource(resource: &Resource, name: &str) -> Option<(&'static Kind, Verbs)> {
    let below = resource.subresources.iter().find(|below| below.name == name)?;
    Some((below.kind, below.verbs))
}
