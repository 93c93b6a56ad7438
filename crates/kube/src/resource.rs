//! What a resource is to this edge: one row of the table that everything is made from.

use weir_image_api::Namespace;
use weir_image_api::meta::{self, Column};
use weir_registry::view::{Listed, Page, ViewError};

use crate::failure::{Failure, GroupResource};
use crate::record::Record;
use crate::schema::Schema;
use crate::source::Source;

/// A group in its one version, and the resources in it.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) gv: Gv,
    pub(crate) resources: &'static [&'static Resource],
}

/// Names of a group and a version; the core group has an empty name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gv {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
}

/// A collection that clients can name in a path.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) kind: &'static Kind,
    pub(crate) plural: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) short_names: &'static [&'static str],
    pub(crate) categories: &'static [&'static str],
    pub(crate) scope: Scope,
    pub(crate) verbs: Verbs,
    /// Paths of the fields that can be selected by, besides name and namespace.
    pub(crate) fields: &'static [&'static str],
    pub(crate) subresources: &'static [Subresource],
}

/// Something below one object.
#[derive(Debug)]
pub(crate) struct Subresource {
    pub(crate) kind: &'static Kind,
    pub(crate) name: &'static str,
    pub(crate) verbs: Verbs,
}

/// What the objects are called and look like.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) gv: Gv,
    pub(crate) name: &'static str,
    pub(crate) schema: &'static Schema,
    pub(crate) columns: fn() -> &'static [Column],
}

/// Where the objects of a resource live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Cluster,
    Namespaced,
}

/// The verbs of a resource. A verb without a function is not announced and not routed, so
/// discovery cannot promise what the router refuses.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verbs {
    pub(crate) get: Option<Get>,
    pub(crate) list: Option<List>,
}

/// Reads one object.
pub(crate) type Get = fn(&dyn Source, &Named<'_>) -> Result<Box<dyn Record>, Failure>;

/// Reads a page of objects.
pub(crate) type List =
    fn(&dyn Source, Option<&Namespace>, &Page) -> Result<Listed<Box<dyn Record>>, ViewError>;

/// The object a path names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// The resource of the path: errors name it, whatever was looked up on the way.
    pub(crate) resource: GroupResource,
    /// Empty for resources without a namespace.
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Kind {
    /// The kind of a type.
    pub(crate) const fn of<T: meta::Resource>(gv: Gv, schema: &'static Schema) -> Kind {
        Kind { gv, name: T::KIND, schema, columns: T::columns }
    }
}

impl Gv {
    /// As `apiVersion` spells it.
    pub(crate) fn api_version(self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of the group version, without the leading slash.
    pub(crate) fn path(self) -> String {
        if self.group.is_empty() {
            format!("api/{}", self.version)
        } else {
            format!("apis/{}/{}", self.group, self.version)
        }
    }
}

impl Resource {
    /// As errors name it.
    pub(crate) fn group_resource(&self) -> GroupResource {
        GroupResource { group: self.kind.gv.group, resource: self.plural }
    }
}

impl Verbs {
    /// No verb at all.
    pub(crate) const NONE: Verbs = Verbs { get: None, list: None };

    /// The words discovery announces, in its order.
    pub(crate) fn announced(self) -> Vec<&'static str> {
        let known = [("get", self.get.is_some()), ("list", self.list.is_some())];
        known.into_iter().filter(|(_, works)| *works).map(|(word, _)| word).collect()
    }
}

impl Named<'_> {
    /// Something on the way to the object does not exist; the resource named stays the path's.
    pub(crate) fn without(&self, name: &str) -> Failure {
        Failure::NotFound { resource: self.resource, name: name.to_owned() }
    }

    /// What a failed read of the object says.
    pub(crate) fn failure(&self, error: ViewError) -> Failure {
        Failure::of_view("get", self.resource, self.name, error)
    }
}
