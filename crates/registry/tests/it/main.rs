//! The use cases behind the image API, on real records. `image-api N` and `kubernetes-api N` name
//! the line of the checklist.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![expect(clippy::needless_pass_by_value, reason = "objects are written where they are handed over")]

mod desk;
mod images;
mod imports;
mod mappings;
mod namespaces;
mod secrets;
mod signatures;
mod stream_tags;
mod streams;
