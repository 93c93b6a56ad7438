//! Talking to other registries: authentication challenges, manifests, blobs, tag pages, mirrors
//! and limits per host, for import and pull-through.
//!
//! Nothing of that exists yet. The crate marks the place in the graph, so that outbound HTTP has
//! one home from the start (`deny.toml` lets no other crate depend on an HTTP client).
