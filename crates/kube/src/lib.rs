//! The `/api` and `/apis` edge: the image API for unmodified Kubernetes clients.
//!
//! The path of a request: `path` reads it into a closed set of shapes, `route` finds the row of
//! the catalogue (`resources`) and the verb, the verb reads objects from a `source`, and
//! `render` writes them in the form the client asked for. A refusal is a `failure` until the very
//! end, where it becomes a `Status`.
//!
//! What writes goes through `write`: a body is read by `decode`, a patch is carried to the object it
//! changes and applied there by `patch` or `managed`, and the registry does the rest in one
//! transaction. What wants to be told of changes goes through `watch`, and its answer is a
//! [`Payload`] that goes on.
//!
//! * The machinery knows no kind. What it needs to know of one is a row of the catalogue: names,
//!   scope, schema, and a function for each verb. Routing, discovery and the `OpenAPI` documents are
//!   read off those rows, so that a verb is announced exactly when it works.
//! * The edge is written over `http`, so it runs in a test without a socket.
//! * Status codes and reasons of the API stand in `failure` and nowhere else.

mod accept;
mod body;
mod continuation;
mod decode;
mod discovery;
mod document;
mod edge;
mod encode;
mod failure;
mod form;
mod indent;
mod kube;
mod list_options;
mod listing;
mod managed;
mod openapi;
mod patch;
mod path;
mod payload;
mod query;
mod record;
mod render;
mod reply;
mod resource;
mod resources;
mod route;
mod schema;
mod selector;
mod source;
#[cfg(test)]
mod tests;
mod timeout;
mod version;
mod warning;
mod watch;
mod write;

pub use kube::{Caller, Kube, Outcome, Settings, TurnedAway};
pub use payload::{Events, Payload};
pub use version::{KubernetesVersion, Product};
