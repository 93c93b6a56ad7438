//! The patch types and what each does to an object (kubernetes-api 5).
//!
//! Everything here is a function over JSON: from the object as clients see it and a patch, to the
//! object that is wanted. Whether it may be had is for the rules of the kind. Apply, the fourth
//! type, needs to know who owns what and is found in `managed`.

mod body;
mod error;
mod go_value;
mod json;
mod merge;
mod patch_type;
mod strategic;
mod syntax;

pub(crate) use error::PatchError;
pub(crate) use go_value::GoValue;
pub(crate) use json::apply_json;
pub(crate) use merge::apply_merge;
pub(crate) use patch_type::PatchType;
pub(crate) use strategic::apply_strategic;
