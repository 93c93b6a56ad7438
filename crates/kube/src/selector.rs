//! Selecting objects by label and by field.

mod fields;
mod label_syntax;
mod labels;
mod lexer;

pub(crate) use fields::{FieldSelector, FieldSelectorError};
pub(crate) use labels::{LabelSelector, LabelSelectorError};
