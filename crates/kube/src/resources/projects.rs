use weir_image_api::Project;
use weir_image_api::core_v1::Namespace;
use weir_registry::api::{Mutation, Refusal};

use super::{PROJECT, at, boxed};
use crate::record::Record;
use crate::resource::{Kind, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema;
use crate::watch::loaded;
use crate::write::Missing;

static KIND: Kind = Kind::of::<Project>(PROJECT, &schema::project::PROJECT);

/// Namespaces under the name `OpenShift` has for them.
pub(super) static PROJECTS: Resource = Resource {
    kind: &KIND,
    plural: "projects",
    singular: "project",
    short_names: &[],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let mut project: Project = body.object()?;
                desk.recorder().settle(None, &mut project);
                desk.shown(desk.writer.create_namespace(project.into()).await, shown)
            })
        }),
        delete: Some(|desk, deletion| {
            Box::pin(async move {
                let gone = desk.writer.delete_namespace(desk.manage()?, desk.name, deletion).await;
                desk.gone_as(gone, Project::from)
            })
        }),
        get: Some(|source, named| match source.namespace(named.name) {
            Ok(namespace) => Ok(shown(namespace)),
            Err(error) => Err(named.failure(error)),
        }),
        list: Some(|source, _, page| source.namespaces(page).map(|listed| super::boxed_as(listed, shown))),
        update: Some(|desk, change| {
            Box::pin(async move {
                let change = Box::new(OfProject(change.of(Missing::Refuse)?));
                desk.shown(desk.writer.update_namespace(desk.manage()?, desk.name, change).await, shown)
            })
        }),
        watch: Some(|reader, scope, after, limit| {
            let changes = reader.view.namespace_changes(scope, after, limit)?;
            Ok(loaded(changes, |mut namespace, version| {
                at(&mut namespace.metadata, version);
                Some(shown(namespace))
            }))
        }),
        ..Verbs::NONE
    },
    rights: Rights::MAKE,
    ownership: Ownership::Kept,
    fields: &["status.phase"],
    subresources: &[],
};

pub(super) fn shown(namespace: Namespace) -> Box<dyn Record> {
    boxed(Project::from(namespace))
}

/// A change of a project, as one of the namespace that it is.
struct OfProject(Box<dyn Mutation<Project>>);

impl Mutation<Namespace> for OfProject {
    fn wanted(&mut self, current: Option<&Namespace>) -> Result<Namespace, Refusal> {
        let current = current.cloned().map(Project::from);
        self.0.wanted(current.as_ref()).map(Namespace::from)
    }

    fn settle(&mut self, before: Option<&Namespace>, after: &mut Namespace) {
        let before = before.cloned().map(Project::from);
        let mut project = Project::from(std::mem::take(after));
        self.0.settle(before.as_ref(), &mut project);
        *after = project.into();
    }
}
