//! What a resource is to this edge: one row of the table that everything is made from.

use weir_image_api::Namespace;
use weir_image_api::meta::{self, Column};
use weir_registry::api::Deletion;
use weir_registry::view::{ChangeScope, Listed, Page, ViewError};

use crate::failure::{Failure, GroupResource};
use crate::patch::PatchType;
use crate::query::Query;
use crate::record::Record;
use crate::schema::Schema;
use crate::source::{Reader, Source};
use crate::watch::Loaded;
use crate::write::{Change, Desk, Submitted, Work};

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
    pub(crate) rights: Rights,
    pub(crate) ownership: Ownership,
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
    pub(crate) rights: Rights,
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
    pub(crate) create: Option<Create>,
    pub(crate) delete: Option<Delete>,
    /// Deletes one object of many: the machinery finds them.
    pub(crate) delete_collection: Option<Delete>,
    pub(crate) get: Option<Get>,
    pub(crate) list: Option<List>,
    /// Whether a list says that the caller may make one, and shows nothing.
    pub(crate) permission: Permission,
    /// Replaces an object, or patches it if it can be read too.
    pub(crate) update: Option<Update>,
    pub(crate) watch: Option<Watch>,
}

/// Whether the list of a resource is a question about the caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Permission {
    #[default]
    NotAsked,
    Asked,
}

/// What is done to a resource, in the order of discovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Delete,
    DeleteCollection,
    Get,
    List,
    Patch,
    Update,
    Watch,
}

/// Which permission each use of a resource takes. Deleting always takes the highest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rights {
    pub(crate) read: Right,
    pub(crate) create: Right,
    pub(crate) update: Right,
}

/// Whether it is kept who set which field of an object. Without that there is no server-side apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership {
    Kept,
    Unknown,
}

/// The permissions, each of which contains those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    Read,
    Write,
    Manage,
}

/// Reads one object.
pub(crate) type Get = fn(&dyn Source, &Named<'_>) -> Result<Box<dyn Record>, Failure>;

/// Reads a page of objects.
pub(crate) type List =
    fn(&dyn Source, Option<&Namespace>, &Page) -> Result<Listed<Box<dyn Record>>, ViewError>;

/// Reads changes: those after a version, at most so many.
pub(crate) type Watch = fn(&Reader, &ChangeScope, u64, usize) -> Result<Loaded, ViewError>;

/// Makes an object of what was submitted.
pub(crate) type Create = for<'a> fn(&'a Desk<'a>, Submitted) -> Work<'a>;

/// Changes the object the desk is at.
pub(crate) type Update = for<'a> fn(&'a Desk<'a>, Change) -> Work<'a>;

/// Deletes the object the desk is at.
pub(crate) type Delete = for<'a> fn(&'a Desk<'a>, Deletion) -> Work<'a>;

/// The object a path names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    /// The resource of the path: errors name it, whatever was looked up on the way.
    pub(crate) resource: GroupResource,
    /// Empty for resources without a namespace.
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) query: &'a Query,
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
    /// The types of patch it takes.
    pub(crate) fn patch_types(&self) -> &'static [PatchType] {
        const ALL: &[PatchType] = &PatchType::ALL;
        const MERGING: &[PatchType] = &[PatchType::Json, PatchType::Merge, PatchType::Strategic];
        match self.ownership {
            Ownership::Kept => ALL,
            Ownership::Unknown => MERGING,
        }
    }

    /// As errors name it.
    pub(crate) fn group_resource(&self) -> GroupResource {
        GroupResource { group: self.kind.gv.group, resource: self.plural }
    }
}

impl Verbs {
    /// No verb at all.
    pub(crate) const NONE: Verbs = Verbs {
        create: None,
        delete: None,
        delete_collection: None,
        get: None,
        list: None,
        permission: Permission::NotAsked,
        update: None,
        watch: None,
    };

    /// Whether a verb works.
    pub(crate) fn has(self, verb: Verb) -> bool {
        match verb {
            Verb::Create => self.create.is_some(),
            Verb::Delete => self.delete.is_some(),
            Verb::DeleteCollection => self.delete_collection.is_some(),
            Verb::Get => self.get.is_some(),
            Verb::List => self.list.is_some() || self.permission == Permission::Asked,
            // A patch is an update of what was read.
            Verb::Patch => self.get.is_some() && self.update.is_some(),
            Verb::Update => self.update.is_some(),
            Verb::Watch => self.watch.is_some(),
        }
    }

    /// The words discovery announces, in its order.
    pub(crate) fn announced(self) -> Vec<&'static str> {
        Verb::ALL.into_iter().filter(|verb| self.has(*verb)).map(Verb::as_str).collect()
    }
}

impl Verb {
    pub(crate) const ALL: [Verb; 8] = [
        Verb::Create,
        Verb::Delete,
        Verb::DeleteCollection,
        Verb::Get,
        Verb::List,
        Verb::Patch,
        Verb::Update,
        Verb::Watch,
    ];

    /// As discovery, refusals and logs name it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Patch => "patch",
            Verb::Update => "update",
            Verb::Watch => "watch",
        }
    }
}

impl Rights {
    /// Everybody who may write may make and change the objects.
    pub(crate) const OPEN: Rights = Rights { read: Right::Read, create: Right::Write, update: Right::Write };
    /// Making one is open, changing one is not.
    pub(crate) const MAKE: Rights = Rights { read: Right::Read, create: Right::Write, update: Right::Manage };
    /// The objects belong to the whole registry.
    pub(crate) const GUARDED: Rights =
        Rights { read: Right::Read, create: Right::Manage, update: Right::Manage };
    /// Not even reading is open.
    pub(crate) const SECRET: Rights =
        Rights { read: Right::Manage, create: Right::Manage, update: Right::Manage };

    /// What a verb takes.
    pub(crate) fn of(self, verb: Verb) -> Right {
        match verb {
            Verb::Get | Verb::List | Verb::Watch => self.read,
            Verb::Create => self.create,
            Verb::Patch | Verb::Update => self.update,
            Verb::Delete | Verb::DeleteCollection => Right::Manage,
        }
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
