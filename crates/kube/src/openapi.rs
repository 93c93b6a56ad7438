//! The `OpenAPI` documents, written from the catalogue and the schemas (kubernetes-api 1.5).
//!
//! Version 3 has a document for each group version, fetched under a name that contains the hash
//! of its content; version 2 is one document for everything. Both are JSON only.

mod operations;
mod types;

use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::accept::ranges;
use crate::document::Document;
use crate::failure::Failure;
use crate::path::GroupVersion;
use crate::resource::{Group, Gv};

/// The documents of all groups.
#[derive(Debug)]
pub(crate) struct OpenApi {
    pub(crate) v2: Document,
    pub(crate) v3_index: Document,
    v3: Vec<(Gv, Document)>,
}

/// The two ways the same things are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    V2,
    V3,
}

impl Dialect {
    fn reference(self, schema: &str) -> String {
        match self {
            Dialect::V2 => format!("#/definitions/{schema}"),
            Dialect::V3 => format!("#/components/schemas/{schema}"),
        }
    }
}

impl OpenApi {
    /// Writes the documents of a catalogue.
    pub(crate) fn new(groups: &'static [Group], product_version: &str) -> OpenApi {
        let title = "Weir";
        let v3: Vec<(Gv, Document)> = groups
            .iter()
            .map(|group| {
                let one = std::slice::from_ref(group);
                let document = json!({
                    "openapi": "3.0.0",
                    "info": {"title": title, "version": product_version},
                    "paths": operations::paths(one, Dialect::V3),
                    "components": {"schemas": types::schemas(one, Dialect::V3)},
                });
                (group.gv, Document::of(&document))
            })
            .collect();
        let v2 = Document::of(&json!({
            "swagger": "2.0",
            "info": {"title": title, "version": product_version},
            "paths": operations::paths(groups, Dialect::V2),
            "definitions": types::schemas(groups, Dialect::V2),
        }));
        OpenApi { v2, v3_index: index(&v3), v3 }
    }

    /// The version 3 document of a group version.
    pub(crate) fn v3(&self, of: &GroupVersion) -> Result<(Gv, &Document), Failure> {
        let mut found = self.v3.iter().filter(|(gv, _)| gv.group == of.group && gv.version == of.version);
        found.next().map(|(gv, document)| (*gv, document)).ok_or(Failure::NoSuchApi)
    }
}

/// Where a document of version 3 is found, hash included.
pub(crate) fn v3_address(gv: Gv, document: &Document) -> String {
    format!("/openapi/v3/{}?hash={}", gv.path(), document.hash)
}

/// Fails unless the client takes JSON. kubectl asks for version 2 in protobuf alone and would read
/// JSON as garbage.
pub(crate) fn accept_json(headers: &HeaderMap) -> Result<(), Failure> {
    let taken = ranges(headers).iter().any(|range| range.covers("application", "json"));
    if taken { Ok(()) } else { Err(Failure::NotAcceptable) }
}

fn index(documents: &[(Gv, Document)]) -> Document {
    let paths = documents
        .iter()
        .map(|(gv, document)| (gv.path(), json!({"serverRelativeURL": v3_address(*gv, document)})));
    let paths: Map<String, Value> = paths.collect();
    Document::of(&json!({"paths": paths}))
}
