use std::marker::PhantomData;

use weir_oci::RepositoryName;

use crate::action::Needs;
use crate::{Action, Identity};

/// Proof that a caller may do `A` to one target. Only [`Access::authorize`] makes it.
#[derive(Clone, Debug)]
pub struct Permit<A: Action> {
    identity: Identity,
    target: A::Target,
    action: PhantomData<A>,
}

impl<A: Action> Permit<A> {
    /// Who was allowed.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

impl<A: Action<Target = RepositoryName>> Permit<A> {
    /// The repository it was allowed for.
    pub fn repository(&self) -> &RepositoryName {
        &self.target
    }
}

/// The caller may not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{identity} may not {verb}")]
pub struct Denied {
    /// Name of the caller.
    pub identity: String,
    /// What was refused.
    pub verb: &'static str,
}

/// What a registry without accounts lets everybody do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpenTo {
    /// Pull and list.
    Read,
    /// Pull, list and push.
    Write,
    /// Everything.
    Admin,
}

/// Decides who may do what.
#[derive(Clone, Debug)]
pub struct Access {
    open_to: OpenTo,
}

impl Access {
    /// A registry without accounts, open to everybody who can connect.
    pub fn open(open_to: OpenTo) -> Access {
        Access { open_to }
    }

    /// Asks for permission to do `A` to `target`.
    pub fn authorize<A: Action>(&self, identity: &Identity, target: A::Target) -> Result<Permit<A>, Denied> {
        let granted = match self.open_to {
            OpenTo::Read => Needs::Read,
            OpenTo::Write => Needs::Write,
            OpenTo::Admin => Needs::Admin,
        };
        if A::NEEDS <= granted {
            Ok(Permit { identity: identity.clone(), target, action: PhantomData })
        } else {
            Err(Denied { identity: identity.name().to_owned(), verb: A::VERB })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Delete, Pull, Push};

    #[test]
    fn an_open_registry_grants_what_it_is_open_to_and_no_more() {
        let repository = RepositoryName::parse("demo/app").unwrap();
        let who = Identity::anonymous();
        for (open_to, pull, push, delete) in [
            (OpenTo::Read, true, false, false),
            (OpenTo::Write, true, true, false),
            (OpenTo::Admin, true, true, true),
        ] {
            let access = Access::open(open_to);
            assert_eq!(access.authorize::<Pull>(&who, repository.clone()).is_ok(), pull);
            assert_eq!(access.authorize::<Push>(&who, repository.clone()).is_ok(), push);
            assert_eq!(access.authorize::<Delete>(&who, repository.clone()).is_ok(), delete);
        }
    }

    #[test]
    fn a_permit_is_bound_to_its_repository_and_caller() {
        let repository = RepositoryName::parse("demo/app").unwrap();
        let permit = Access::open(OpenTo::Admin)
            .authorize::<Push>(&Identity::anonymous(), repository.clone())
            .unwrap();
        assert_eq!(permit.repository(), &repository);
        assert_eq!(permit.identity().name(), "system:anonymous");
    }
}
