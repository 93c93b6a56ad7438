//! The `OpenAPI` documents, written from the catalogue and the schemas (kubernetes-api 1.5).
//!
//! Version 3 has a document for each group version, fetched under a name that contains the hash
//! of its content; version 2 is one document for everything. Version 3 is JSON only, version 2 is
//! protobuf as well: `kubectl` asks for it in nothing else.

mod gnostic;
mod operations;
#[cfg(test)]
mod tests;
mod types;
mod wire;

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
    /// The same, with the same entity tag.
    pub(crate) v2_protobuf: Document,
    pub(crate) v3_index: Document,
    v3: Vec<(Gv, Document)>,
}

/// The type of version 2 in protobuf. Clients ask for it with an `@`, which no media type may contain.
pub(crate) const V2_PROTOBUF_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// How version 2 is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum V2Form {
    Json,
    Protobuf,
}

impl V2Form {
    /// Picks the first form of `Accept` that there is. A client that takes anything takes JSON.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Result<V2Form, Failure> {
        const PROTOBUF: [&str; 2] = [
            "com.github.proto-openapi.spec.v2@v1.0+protobuf",
            "com.github.proto-openapi.spec.v2.v1.0+protobuf",
        ];
        let ranges = ranges(headers);
        let mut forms = ranges.iter().filter_map(|range| {
            if range.covers("application", "json") {
                Some(V2Form::Json)
            } else {
                PROTOBUF.iter().any(|sub| range.covers("application", sub)).then_some(V2Form::Protobuf)
            }
        });
        forms.next().ok_or(Failure::NotAcceptable(&["application/json", V2_PROTOBUF_TYPE]))
    }
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
        let v2 = json!({
            "swagger": "2.0",
            "info": {"title": title, "version": product_version},
            "paths": operations::paths(groups, Dialect::V2),
            "definitions": types::schemas(groups, Dialect::V2),
        });
        let v2_protobuf = gnostic::document(&v2).into();
        let v2 = Document::of(&v2);
        let v2_protobuf = Document { body: v2_protobuf, hash: v2.hash.clone() };
        OpenApi { v2, v2_protobuf, v3_index: index(&v3), v3 }
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

/// Fails unless the client takes JSON.
pub(crate) fn accept_json(headers: &HeaderMap) -> Result<(), Failure> {
    let taken = ranges(headers).iter().any(|range| range.covers("application", "json"));
    if taken { Ok(()) } else { Err(Failure::NotAcceptable(&["application/json"])) }
}

fn index(documents: &[(Gv, Document)]) -> Document {
    let paths = documents
        .iter()
        .map(|(gv, document)| (gv.path(), json!({"serverRelativeURL": v3_address(*gv, document)})));
    let paths: Map<String, Value> = paths.collect();
    Document::of(&json!({"paths": paths}))
}
