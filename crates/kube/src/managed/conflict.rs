//! Fields that somebody else wants otherwise.

use std::fmt;

use super::entries::{Entry, Operation};
use super::field_set::FieldSet;
use super::step::FieldPath;

/// A field that another manager owns with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The manager as messages name it: `"alpha"`, or `"curl" using image.openshift.io/v1`.
    pub(crate) manager: String,
    pub(crate) field: FieldPath,
}

/// All conflicts of an apply, by manager; shows as the message of the refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conflicts(pub(crate) Vec<Conflict>);

impl Conflict {
    /// The message of the cause.
    pub(crate) fn message(&self) -> String {
        format!("conflict with {}", self.manager)
    }
}

impl Conflicts {
    /// The conflicts with the fields of other entries.
    pub(super) fn of(fields: &[(&Entry, FieldSet)]) -> Conflicts {
        let mut fields: Vec<_> = fields.iter().collect();
        fields.sort_by_key(|(entry, _)| {
            (&entry.manager, entry.operation, &entry.api_version, &entry.subresource)
        });
        let conflicts = fields.into_iter().flat_map(|(entry, fields)| {
            let manager = printed(entry);
            fields.paths().into_iter().map(move |field| Conflict { manager: manager.clone(), field })
        });
        Conflicts(conflicts.collect())
    }
}

fn printed(entry: &Entry) -> String {
    let mut out = format!("{:?}", entry.manager);
    if !entry.subresource.is_empty() {
        out = format!("{out} with subresource {:?}", entry.subresource);
    }
    match entry.operation {
        Operation::Apply => out,
        Operation::Update => format!("{out} using {}", entry.api_version),
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = &self.0[..] {
            return write!(f, "Apply failed with 1 conflict: {}: {}", only.message(), only.field);
        }
        write!(f, "Apply failed with {} conflicts: ", self.0.len())?;
        for (at, of_manager) in self.0.chunk_by(|a, b| a.manager == b.manager).enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}conflicts with {}:", of_manager[0].manager)?;
            for conflict in of_manager {
                write!(f, "\n- {}", conflict.field)?;
            }
        }
        Ok(())
    }
}
