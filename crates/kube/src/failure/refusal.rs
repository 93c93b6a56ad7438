//! What the refusals of the registry say to a client: one map, without a catch-all.

use weir_registry::api::Refusal;

use super::{Failure, GroupResource, told};
use crate::resource::{Kind, Verb};

impl Failure {
    /// What a refused write says. A refusal that does not name its resource is about the one of the
    /// request, whatever was looked up on the way (image-api 1.3).
    pub(crate) fn of_refusal(
        verb: Verb,
        asked: GroupResource,
        kind: &Kind,
        name: &str,
        refusal: Refusal,
    ) -> Failure {
        let about = |resource: Option<&'static str>| resource.map_or(asked, |named| within(named, asked));
        let group = kind.gv.group;
        match refusal {
            Refusal::BadRequest(text) => Failure::BadRequest(text),
            Refusal::NotFound { resource, name } => Failure::NotFound { resource: about(resource), name },
            Refusal::NamespaceNotFound(name) => Failure::no_namespace(&name),
            Refusal::NamespaceTerminating(namespace) => {
                Failure::NamespaceTerminating { resource: asked, name: name.to_owned(), namespace }
            }
            // An object without a name to be made was given one here.
            Refusal::AlreadyExists { resource, name: taken, .. }
                if verb == Verb::Create && name.is_empty() =>
            {
                Failure::NoFreeName { resource: about(resource), name: taken }
            }
            Refusal::AlreadyExists { resource, name, terminating: true } => {
                Failure::StillThere { resource: about(resource), name }
            }
            Refusal::AlreadyExists { resource, name, terminating: false } => {
                Failure::AlreadyExists { resource: about(resource), name }
            }
            Refusal::Conflict { resource, name, why } => {
                Failure::Conflict { resource: about(resource), name, why }
            }
            Refusal::PreconditionFailed { kind, name, why } => {
                Failure::PreconditionFailed { group: group.to_owned(), kind: kind.to_owned(), name, why }
            }
            Refusal::Invalid { kind: named, name, errors } => {
                // A project is judged as the namespace it is.
                let named = if named == "Namespace" { kind.name } else { named };
                Failure::Invalid { group: group.to_owned(), kind: named.to_owned(), name, errors }
            }
            Refusal::Forbidden { resource, name, why } => {
                Failure::NotAllowed { resource: about(resource), name, why }
            }
            Refusal::Edge(own) => match own.downcast::<Failure>() {
                Ok(failure) => *failure,
                Err(other) => Failure::Internal { text: other.to_string() },
            },
            refusal @ (Refusal::ReadOnly | Refusal::DeletesDisabled) => {
                Failure::NotAllowed { resource: asked, name: name.to_owned(), why: refusal.to_string() }
            }
            Refusal::Unavailable(error) => {
                Failure::ServerTimeout { verb: verb.as_str(), resource: asked, cause: told(&error) }
            }
        }
    }
}

/// A resource that is named by its plural, with its group or in that of the request.
fn within(named: &'static str, asked: GroupResource) -> GroupResource {
    let (resource, group) = named.split_once('.').unwrap_or((named, asked.group));
    GroupResource { group, resource }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use weir_image_api::meta::{Column, FieldError};

    use super::*;
    use crate::resource::Gv;
    use crate::schema::image::IMAGE_STREAM;

    const ASKED: GroupResource = GroupResource { group: "image.openshift.io", resource: "imagestreams" };

    fn columns() -> &'static [Column] {
        &[]
    }

    fn told_of(refusal: Refusal) -> (u16, &'static str, String) {
        let gv = Gv { group: "image.openshift.io", version: "v1" };
        let kind = Kind { gv, name: "ImageStream", schema: &IMAGE_STREAM, columns };
        let failure = Failure::of_refusal(Verb::Create, ASKED, &kind, "app", refusal);
        (failure.code().as_u16(), failure.reason(), failure.to_string())
    }

    // kubernetes-api 40
    #[test]
    fn a_name_that_was_made_up_may_be_free_the_next_time() {
        let gv = Gv { group: "image.openshift.io", version: "v1" };
        let kind = Kind { gv, name: "ImageStream", schema: &IMAGE_STREAM, columns };
        let taken = Refusal::AlreadyExists { resource: None, name: "app2x".to_owned(), terminating: false };
        let failure = Failure::of_refusal(Verb::Create, ASKED, &kind, "", taken);
        let status = serde_json::to_value(failure.status()).unwrap();
        assert_eq!(
            status["message"],
            "imagestreams.image.openshift.io \"app2x\" already exists, the server was not able to generate a unique \
             name for the object"
        );
        assert_eq!((&status["code"], &status["reason"]), (&json!(409), &json!("AlreadyExists")));
        assert_eq!(
            status["details"],
            json!({
                "name": "app2x", "group": "image.openshift.io", "kind": "imagestreams", "retryAfterSeconds": 1,
            })
        );
    }

    // kubernetes-api 62; image-api 1.3, 21
    #[test]
    fn every_refusal_has_its_words() {
        let name = || "app".to_owned();
        let taken = |terminating| Refusal::AlreadyExists { resource: None, name: name(), terminating };
        let missing = |resource| Refusal::NotFound { resource, name: name() };
        let errors = vec![FieldError::required("spec", ""), FieldError::invalid("x", &json!(1), "no")];
        for (refusal, status, reason, message) in [
            (Refusal::BadRequest("words".to_owned()), 400, "BadRequest", "words"),
            (missing(None), 404, "NotFound", "imagestreams.image.openshift.io \"app\" not found"),
            (missing(Some("images")), 404, "NotFound", "images.image.openshift.io \"app\" not found"),
            (missing(Some("pods.")), 404, "NotFound", "pods \"app\" not found"),
            (Refusal::NamespaceNotFound("ns".to_owned()), 404, "NotFound", "namespaces \"ns\" not found"),
            (
                Refusal::NamespaceTerminating("ns".to_owned()),
                403,
                "Forbidden",
                "imagestreams.image.openshift.io \"app\" is forbidden: unable to create new content in namespace ns \
                 because it is being terminated",
            ),
            (taken(false), 409, "AlreadyExists", "imagestreams.image.openshift.io \"app\" already exists"),
            (
                taken(true),
                409,
                "AlreadyExists",
                "object is being deleted: imagestreams.image.openshift.io \"app\" already exists",
            ),
            (
                Refusal::Conflict { resource: None, name: name(), why: "late".to_owned() },
                409,
                "Conflict",
                "Operation cannot be fulfilled on imagestreams.image.openshift.io \"app\": late",
            ),
            (
                Refusal::PreconditionFailed { kind: "ImageStream", name: name(), why: "other".to_owned() },
                409,
                "Conflict",
                "Operation cannot be fulfilled on ImageStream.image.openshift.io \"app\": other",
            ),
            (
                Refusal::Invalid { kind: "ImageStream", name: name(), errors },
                422,
                "Invalid",
                "ImageStream.image.openshift.io \"app\" is invalid: [spec: Required value, x: Invalid value: 1: no]",
            ),
            (
                Refusal::Forbidden { resource: None, name: name(), why: "no".to_owned() },
                403,
                "Forbidden",
                "imagestreams.image.openshift.io \"app\" is forbidden: no",
            ),
            (
                Refusal::ReadOnly,
                403,
                "Forbidden",
                "imagestreams.image.openshift.io \"app\" is forbidden: the registry is read-only",
            ),
            (
                Refusal::DeletesDisabled,
                403,
                "Forbidden",
                "imagestreams.image.openshift.io \"app\" is forbidden: deletes are disabled",
            ),
            (
                Refusal::Edge(Box::new(Failure::PatchRejected)),
                422,
                "Invalid",
                "the server rejected our request due to an error in our request",
            ),
            (Refusal::Edge("broken".into()), 500, "InternalError", "Internal error occurred: broken"),
        ] {
            assert_eq!(told_of(refusal), (status, reason, message.to_owned()));
        }
    }
}
