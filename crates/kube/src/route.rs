//! From a path to a row of the catalogue.

use http::Method;

use crate::continuation::ListScope;
use crate::failure::{Denied, Failure};
use crate::path::{GroupVersion, ResourcePath};
use crate::query::Query;
use crate::resource::{
    Create, Delete, Get, Group, Kind, List, Named, Permission, Resource, Right, Rights, Scope, Subresource,
    Update, Verb, Verbs, Watch,
};

/// What a request wants, and of what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) resource: &'static Resource,
    /// Kind of the objects that come and go: the resource's, or that of something below an object.
    pub(crate) kind: &'static Kind,
    /// What below the object is meant, if it is not the object itself.
    pub(crate) below: Option<&'static str>,
    pub(crate) rights: Rights,
    pub(crate) scope: ListScope<'a>,
    /// The object; nothing for a collection.
    pub(crate) name: Option<&'a str>,
    pub(crate) action: Action,
}

/// What to do, with the function that does it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Create(Create),
    Delete(Delete),
    DeleteCollection(Delete, List),
    Get(Get),
    List(List),
    Patch(Update),
    /// Says whether the caller may make one.
    Permission,
    Update(Update),
    Watch(Watch, List),
}

/// Whether a client reads a collection once, or wants to be told what happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Once,
    Watching,
}

/// Finds the verb a request means.
///
/// A path that could be a resource's but takes no method at all is unknown; one that takes some
/// other method refuses this one.
pub(crate) fn find<'a>(
    catalogue: &'static [Group],
    path: &'a ResourcePath,
    method: &Method,
    reading: Reading,
) -> Result<Target<'a>, Failure> {
    let resource = resource(catalogue, &path.within, &path.resource).ok_or(Failure::NoSuchApi)?;
    let scope = match (resource.scope, path.namespace.as_deref()) {
        (Scope::Cluster, None) => ListScope::Cluster,
        (Scope::Namespaced, Some(namespace)) => ListScope::Namespace(namespace),
        (Scope::Namespaced, None) => ListScope::AllNamespaces,
        (Scope::Cluster, Some(_)) => return Err(Failure::NoSuchApi),
    };
    let below = match &path.subresource {
        Some(below) => Some(subresource(resource, below).ok_or(Failure::NoSuchApi)?),
        None => None,
    };
    let name = path.name.as_deref();
    let (kind, verbs, rights) = match below {
        Some(below) => (below.kind, below.verbs, below.rights),
        None => (resource.kind, resource.verbs, resource.rights),
    };
    let possible = match (name, scope) {
        (None, scope) => of_collection(verbs, scope),
        // An object of a namespace is only found through it.
        (Some(_), ListScope::AllNamespaces) => return Err(Failure::NoSuchApi),
        (Some(_), ListScope::Cluster | ListScope::Namespace(_)) => of_object(verbs),
    };
    if possible.is_empty() {
        return Err(Failure::NoSuchApi);
    }
    let wanted = verb(method, name.is_some(), reading, verbs).ok_or(Failure::MethodNotAllowed)?;
    let found = possible.into_iter().find(|action| action.verb() == wanted);
    let action = found.ok_or(Failure::MethodNotAllowed)?;
    Ok(Target { resource, kind, below: below.map(|below| below.name), rights, scope, name, action })
}

impl Target<'_> {
    pub(crate) fn verb(&self) -> Verb {
        self.action.verb()
    }

    /// What the request takes. To be told that one may make an object takes as much as making one.
    pub(crate) fn right(&self) -> Right {
        match self.action {
            Action::Permission => self.rights.of(Verb::Create),
            _ => self.rights.of(self.verb()),
        }
    }

    /// The object of the path, or another one where it could be.
    pub(crate) fn named<'a>(&self, namespace: &'a str, name: &'a str, query: &'a Query) -> Named<'a> {
        Named { resource: self.resource.group_resource(), namespace, name, query }
    }

    /// What a caller without the right is told: the same whether the object exists or not.
    pub(crate) fn forbidden(&self, user: &str) -> Failure {
        let namespace = self.namespace();
        Failure::Forbidden(Box::new(Denied {
            resource: self.resource.group_resource(),
            below: self.below,
            name: self.name.map(str::to_owned),
            namespace: Some(namespace).filter(|namespace| !namespace.is_empty()).map(str::to_owned),
            verb: self.verb().as_str(),
            user: user.to_owned(),
        }))
    }

    /// The namespace of the path; empty if it has none.
    pub(crate) fn namespace(&self) -> &str {
        match self.scope {
            ListScope::Namespace(namespace) => namespace,
            ListScope::Cluster | ListScope::AllNamespaces => "",
        }
    }
}

impl Action {
    fn verb(&self) -> Verb {
        match self {
            Action::Create(_) => Verb::Create,
            Action::Delete(_) => Verb::Delete,
            Action::DeleteCollection(..) => Verb::DeleteCollection,
            Action::Get(_) => Verb::Get,
            Action::List(_) | Action::Permission => Verb::List,
            Action::Patch(_) => Verb::Patch,
            Action::Update(_) => Verb::Update,
            Action::Watch(..) => Verb::Watch,
        }
    }
}

fn of_collection(verbs: Verbs, scope: ListScope<'_>) -> Vec<Action> {
    let read = [
        verbs.list.map(Action::List),
        Some(Action::Permission).filter(|_| verbs.permission == Permission::Asked),
        verbs.watch.zip(verbs.list).map(|(watch, list)| Action::Watch(watch, list)),
    ];
    // Objects are made and deleted within a namespace.
    let write = [
        verbs.create.map(Action::Create),
        verbs.delete_collection.zip(verbs.list).map(|(delete, list)| Action::DeleteCollection(delete, list)),
    ];
    let write = write.into_iter().filter(|_| scope != ListScope::AllNamespaces);
    read.into_iter().chain(write).flatten().collect()
}

fn of_object(verbs: Verbs) -> Vec<Action> {
    let all = [
        verbs.get.map(Action::Get),
        verbs.update.map(Action::Update),
        verbs.update.filter(|_| verbs.has(Verb::Patch)).map(Action::Patch),
        verbs.delete.map(Action::Delete),
    ];
    all.into_iter().flatten().collect()
}

fn verb(method: &Method, named: bool, reading: Reading, verbs: Verbs) -> Option<Verb> {
    match (method, named) {
        (&Method::GET, true) => Some(Verb::Get),
        // Where nothing can be watched the list says so, in words of its own.
        (&Method::GET, false) if reading == Reading::Watching && verbs.has(Verb::Watch) => Some(Verb::Watch),
        (&Method::GET, false) => Some(Verb::List),
        (&Method::POST, false) => Some(Verb::Create),
        (&Method::PUT, true) => Some(Verb::Update),
        (&Method::PATCH, true) => Some(Verb::Patch),
        (&Method::DELETE, true) => Some(Verb::Delete),
        (&Method::DELETE, false) => Some(Verb::DeleteCollection),
        _ => None,
    }
}

fn resource(catalogue: &'static [Group], within: &GroupVersion, plural: &str) -> Option<&'static Resource> {
    let group = catalogue.iter().find(|group| group.gv.group == within.group)?;
    let mut resources = group.resources.iter().filter(|_| group.gv.version == within.version);
    resources.find(|resource| resource.plural == plural).copied()
}

fn subresource(resource: &'static Resource, name: &str) -> Option<&'static Subresource> {
    resource.subresources.iter().find(|below| below.name == name)
}
