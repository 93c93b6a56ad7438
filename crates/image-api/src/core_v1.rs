//! What of the core group the image API leans on.

mod namespace;
mod object_reference;
pub mod secret;

pub use namespace::{Namespace, NamespaceSpec, NamespaceStatus};
pub use object_reference::ObjectReference;
pub use secret::{Secret, SecretData, SecretText};
