//! Which object a caller means: of the incarnations and versions a name has had, and what names the
//! server makes up.

use uuid::Uuid;
use weir_image_api::meta::rules::uid_conflict;
use weir_image_api::meta::{FieldError, ObjectMeta};

use crate::api::{Preconditions, Refusal};

/// Most bytes of a prefix; the name it becomes a part of has to stay a label.
const PREFIX_BYTES: usize = 58;

/// How often another name is tried when one is taken.
const TRIES: usize = 8;

/// No vowels, and nothing that looks like something else.
const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Refuses an object to be made that claims to have been written.
pub(super) fn check_new(metadata: &ObjectMeta) -> Result<(), Refusal> {
    match metadata.resource_version {
        None => Ok(()),
        Some(_) => {
            Err(Refusal::BadRequest("resourceVersion should not be set on objects to be created".to_owned()))
        }
    }
}

/// Completes `generateName` with a name that is free, as far as one can be found.
pub(super) fn complete_name<E>(
    metadata: &mut ObjectMeta,
    mut taken: impl FnMut(&str) -> Result<bool, E>,
) -> Result<(), E> {
    if !metadata.name.is_empty() || metadata.generate_name.is_empty() {
        return Ok(());
    }
    let mut end = metadata.generate_name.len().min(PREFIX_BYTES);
    while !metadata.generate_name.is_char_boundary(end) {
        end -= 1;
    }
    for _ in 0..TRIES {
        let random = Uuid::new_v4();
        let suffix = random.as_bytes()[..5].iter().map(|byte| char::from(LETTERS[usize::from(*byte) % 27]));
        metadata.name = metadata.generate_name[..end].chars().chain(suffix).collect();
        if !taken(&metadata.name)? {
            break;
        }
    }
    Ok(())
}

/// A fresh identity.
pub(super) fn uid() -> String {
    Uuid::new_v4().to_string()
}

/// Refuses a name that is taken.
pub(super) fn check_free(name: &str, current: Option<&ObjectMeta>) -> Result<(), Refusal> {
    match current {
        None => Ok(()),
        Some(current) => Err(Refusal::AlreadyExists {
            resource: None,
            name: name.to_owned(),
            terminating: current.deletion_timestamp.is_some(),
        }),
    }
}

/// Refuses an update of another incarnation or of an older version of the object.
pub(super) fn check_update(current: &ObjectMeta, wanted: &ObjectMeta) -> Result<(), Refusal> {
    let conflict = |why| Refusal::Conflict { resource: None, name: current.name.clone(), why };
    if let Some(why) = uid_conflict(current, wanted) {
        return Err(conflict(why));
    }
    if wanted.resource_version.is_some() && wanted.resource_version != current.resource_version {
        return Err(conflict(
            "the object has been modified; please apply your changes to the latest version and try again"
                .to_owned(),
        ));
    }
    Ok(())
}

/// The same for kinds that are never changed without saying which version (image-api 1.5).
pub(super) fn check_versioned_update(
    resource: &'static str,
    current: &ObjectMeta,
    wanted: &ObjectMeta,
) -> Result<(), Refusal> {
    if wanted.resource_version.is_none() {
        let error =
            FieldError::invalid("metadata.resourceVersion", &0.into(), "must be specified for an update");
        return Err(Refusal::Invalid { kind: resource, name: current.name.clone(), errors: vec![error] });
    }
    check_update(current, wanted)
}

/// Refuses a deletion of another object than the caller has in mind (kubernetes-api 6.2).
pub(super) fn check_preconditions(
    kind: &'static str,
    current: &ObjectMeta,
    preconditions: &Preconditions,
) -> Result<(), Refusal> {
    let failed = |why| Err(Refusal::PreconditionFailed { kind, name: current.name.clone(), why });
    if let Some(uid) = &preconditions.uid
        && *uid != current.uid
    {
        return failed(format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            current.uid
        ));
    }
    let version = current.resource_version.map(|version| version.to_string()).unwrap_or_default();
    if let Some(expected) = &preconditions.resource_version
        && *expected != version
    {
        return failed(format!(
            "the ResourceVersion in the precondition ({expected}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // kubernetes-api 2.2
    #[test]
    fn a_name_is_completed_until_it_is_free() {
        let prefixed =
            |prefix: &str| ObjectMeta { generate_name: prefix.to_owned(), ..ObjectMeta::default() };
        let mut metadata = prefixed("app-");
        let mut tried = Vec::new();
        let free = complete_name(&mut metadata, |name| {
            tried.push(name.to_owned());
            Ok::<_, ()>(tried.len() < 3)
        });
        assert_eq!(free, Ok(()));
        assert_eq!((tried.len(), tried.last()), (3, Some(&metadata.name)));
        let suffix = metadata.name.strip_prefix("app-").unwrap();
        assert!(suffix.len() == 5 && suffix.bytes().all(|b| LETTERS.contains(&b)), "{suffix}");

        let mut count = 0;
        let mut metadata = prefixed(&"é".repeat(40));
        let taken = complete_name(&mut metadata, |_| {
            count += 1;
            Ok::<_, ()>(true)
        });
        assert_eq!((taken, count), (Ok(()), TRIES));
        assert_eq!(metadata.name.len(), PREFIX_BYTES + 5);

        let mut named = ObjectMeta { name: "app".to_owned(), ..prefixed("other-") };
        assert_eq!(complete_name(&mut named, |_| Err("never asked")), Ok(()));
        assert_eq!(named.name, "app");
        assert_eq!(complete_name(&mut prefixed("app-"), |_| Err("broken")), Err("broken"));
    }
}
