//! Which fields of an object can be owned at all.

use super::field_set::FieldSet;
use super::step::Step;

/// Members of `metadata` that are the server's, or name the object.
pub(super) const SERVER_OWNED: [&str; 10] = [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
];

/// The part of an object that a write reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// A write to the object. The status is the server's there.
    Main,
    /// A write to its status.
    Status,
}

impl Scope {
    pub(super) fn of(subresource: Option<&str>) -> Scope {
        if subresource == Some("status") { Scope::Status } else { Scope::Main }
    }

    /// Whether a member of the object is within reach.
    pub(super) fn reaches(self, member: &str) -> bool {
        match (self, member) {
            (_, "apiVersion" | "kind") | (Scope::Main, "status") | (Scope::Status, "spec") => false,
            (Scope::Main | Scope::Status, _) => true,
        }
    }

    /// Leaves of a set what can be owned.
    pub(super) fn narrow(self, set: &mut FieldSet) {
        let beyond: Vec<Step> = set
            .below()
            .map(|(step, _)| step.clone())
            .filter(|step| !matches!(step, Step::Field(name) if self.reaches(name)))
            .collect();
        for step in beyond {
            set.cut(&[step]);
        }
        let metadata = Step::field("metadata");
        for name in SERVER_OWNED {
            set.cut(&[metadata.clone(), Step::field(name)]);
        }
        set.change(&[metadata], &mut FieldSet::disown_itself);
    }
}
