//! Other ways to write a finished JSON body: as YAML, and compressed.

mod gzip;
mod yaml;

pub(crate) use self::gzip::gzip;
pub(crate) use self::yaml::{text as yaml_text, yaml};
