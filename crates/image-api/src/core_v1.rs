//! What of the core group the image API leans on.

mod namespace;
mod object_reference;

pub use namespace::{Namespace, NamespaceSpec, NamespaceStatus};
pub use object_reference::ObjectReference;
