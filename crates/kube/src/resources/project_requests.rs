use weir_image_api::ProjectRequest;

use super::PROJECT;
use super::projects::shown;
use crate::failure::{Failure, GroupResource};
use crate::resource::{Kind, Ownership, Permission, Resource, Rights, Scope, Verbs};
use crate::schema;

static KIND: Kind = Kind::of::<ProjectRequest>(PROJECT, &schema::project::PROJECT_REQUEST);

/// What clients are told is taken: the singular.
const SINGULAR: GroupResource = GroupResource { group: PROJECT.group, resource: "project" };

/// How users make projects of their own. Nothing is stored under this name, and the list only says
/// whether the caller may ask.
pub(super) static PROJECT_REQUESTS: Resource = Resource {
    kind: &KIND,
    plural: "projectrequests",
    singular: "projectrequest",
    short_names: &[],
    categories: &[],
    scope: Scope::Cluster,
    verbs: Verbs {
        create: Some(|desk, body| {
            Box::pin(async move {
                let request: ProjectRequest = body.object()?;
                let namespace = request.into_namespace(desk.user());
                let made = desk.shown(desk.writer.create_namespace(namespace).await, shown);
                made.map_err(|failure| match failure {
                    Failure::AlreadyExists { name, .. } => {
                        Failure::AlreadyExists { resource: SINGULAR, name }
                    }
                    other => other,
                })
            })
        }),
        permission: Permission::Asked,
        ..Verbs::NONE
    },
    rights: Rights::MAKE,
    ownership: Ownership::Unknown,
    fields: &[],
    subresources: &[],
};
