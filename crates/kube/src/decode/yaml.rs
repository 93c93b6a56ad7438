//! YAML, in the types of version 1.2: `yes` is a text.

use serde::de::DeserializeSeed;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{alias_limits, budget, options};

use super::Decoded;
use super::place::Place;
use super::tree::{Node, Walk};
use crate::schema::Schema;

/// Most containers around a value. The parser needs a lot of stack for each; objects have a dozen.
const MAX_DEPTH: usize = 40;
/// Values that aliases may repeat. A bomb doubles what it repeats with every line.
const MAX_REPEATED: usize = 10_000;
/// How many times its own length a document may say through aliases.
const MAX_GROWTH: usize = 8;
/// Values of a document: those of a stream with some thirty thousand tags. Larger streams are sent as
/// JSON, which is read many times faster.
const MAX_NODES: usize = 500_000;
/// Bytes of an error of the parser that are passed on.
const MAX_ERROR: usize = 300;

/// Reads one document and nothing after it.
pub(super) fn read(bytes: &[u8], schema: Option<&'static Schema>) -> Result<Decoded, String> {
    let failed = |why: &str| format!("error converting YAML to JSON: yaml: {why}");
    let text = std::str::from_utf8(bytes).map_err(|_| failed("invalid UTF-8"))?;
    let mut walk = Walk::new(bytes.len().saturating_mul(MAX_GROWTH), MAX_DEPTH);
    let options = options! {
        budget: budget! {
            max_documents: 1,
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_merge_keys: MAX_REPEATED,
        },
        alias_limits: alias_limits! { max_total_replayed_events: MAX_REPEATED },
        // The tree wants to see them.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        // An error shows where, not what: the body may be a secret.
        with_snippet: false,
    };
    let value = serde_saphyr::with_deserializer_from_str_with_options(text, options, |source| {
        Node::root(Place::root(schema), &mut walk).deserialize(source)
    });
    let value = value.map_err(|error| {
        let full = error.to_string();
        let line = full.lines().next().unwrap_or_default();
        failed(&line[..line.floor_char_boundary(MAX_ERROR)])
    })?;
    Ok(Decoded { value, unknown: walk.findings.unknown, duplicates: walk.findings.duplicates })
}
