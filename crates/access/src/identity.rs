use std::sync::Arc;

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    name: Arc<str>,
}

impl Identity {
    /// A caller without credentials. The name is the one Kubernetes uses.
    pub fn anonymous() -> Identity {
        Identity { name: "system:anonymous".into() }
    }

    /// The name as it stands in logs and in the history of tags.
    pub fn name(&self) -> &str {
        &self.name
    }
}
