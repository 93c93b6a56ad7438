//! The `continue` token of paged lists (kubernetes-api 3.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

const VERSION: &str = "meta.k8s.io/v1";

/// Longest token that is decoded: two names and a number, with room to spare.
const MAX_TOKEN_BYTES: usize = 4096;

/// Where a list goes on, and which version of the registry it started from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Continuation {
    /// Version of the first page; `None` goes on from whatever is current.
    pub(crate) resource_version: Option<u64>,
    /// The last object that was returned.
    pub(crate) after: Cursor,
}

/// A place between two objects of a list: just after this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Empty for resources without a namespace.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// Why a text is no token, in the words of apiserver.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ContinuationError {
    #[error("invalid continue token: continue key is not valid: {0}")]
    Encoding(&'static str),
    #[error(
        "invalid continue token: continue key is not valid: server does not recognize this encoded version {0:?}"
    )]
    Version(String),
    #[error(
        "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version \
         meta.k8s.io/v1)"
    )]
    ResourceVersion,
    #[error(
        "invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)"
    )]
    Empty,
    #[error("invalid continue token: continue key is not valid: {0}")]
    Start(String),
}

/// The token as upstream writes it, so that tools which look inside see what they expect.
#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(default)]
    v: String,
    #[serde(default)]
    rv: i64,
    #[serde(default)]
    start: String,
}

impl Continuation {
    /// Prints the token of a list that covers `scope`.
    pub(crate) fn encode(&self, scope: ListScope<'_>) -> String {
        let Cursor { namespace, name } = &self.after;
        let start = match scope {
            ListScope::Cluster | ListScope::Namespace(_) => format!("{name}\0"),
            ListScope::AllNamespaces => format!("{namespace}/{name}\0"),
        };
        let rv = self.resource_version.and_then(|rv| i64::try_from(rv).ok()).unwrap_or(-1);
        let wire = Wire { v: VERSION.to_owned(), rv, start };
        URL_SAFE_NO_PAD
            .encode(serde_json::to_vec(&wire).expect("a struct of strings and a number serialises"))
    }

    /// Reads a token for a list that covers `scope`. A token can only move inside that list: the
    /// key it carries is put below the list's own prefix.
    pub(crate) fn decode(token: &str, scope: ListScope<'_>) -> Result<Continuation, ContinuationError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(ContinuationError::Encoding("too long"));
        }
        let bytes =
            URL_SAFE_NO_PAD.decode(token).map_err(|_| ContinuationError::Encoding("illegal base64 data"))?;
        let wire: Wire =
            serde_json::from_slice(&bytes).map_err(|_| ContinuationError::Encoding("illegal JSON"))?;
        if wire.v != VERSION {
            return Err(ContinuationError::Version(wire.v));
        }
        let resource_version = match wire.rv {
            -1 => None,
            rv => match u64::try_from(rv) {
                Ok(rv) if rv > 0 => Some(rv),
                _ => return Err(ContinuationError::ResourceVersion),
            },
        };
        if wire.start.is_empty() {
            return Err(ContinuationError::Empty);
        }
        let after = cursor(&wire.start, scope).ok_or(ContinuationError::Start(wire.start))?;
        Ok(Continuation { resource_version, after })
    }
}

/// What a list covers; it decides how keys are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ListScope<'a> {
    /// Objects without a namespace.
    Cluster,
    /// One namespace.
    Namespace(&'a str),
    /// All namespaces.
    AllNamespaces,
}

fn cursor(start: &str, scope: ListScope<'_>) -> Option<Cursor> {
    let key = start.strip_suffix('\0')?;
    let clean = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['/', '\0']);
    let (namespace, name) = match scope {
        ListScope::Cluster => ("", key),
        ListScope::Namespace(namespace) => (namespace, key),
        ListScope::AllNamespaces => key.split_once('/').filter(|(namespace, _)| clean(namespace))?,
    };
    clean(name).then(|| Cursor { namespace: namespace.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(json: &str) -> String {
        URL_SAFE_NO_PAD.encode(json)
    }

    #[test]
    fn is_written_like_upstream() {
        let after = Cursor { namespace: "demo".into(), name: "one".into() };
        let text = Continuation { resource_version: Some(26), after: after.clone() }
            .encode(ListScope::Namespace("demo"));
        assert_eq!(text, token(r#"{"v":"meta.k8s.io/v1","rv":26,"start":"one\u0000"}"#));
        let text = Continuation { resource_version: None, after }.encode(ListScope::AllNamespaces);
        assert_eq!(text, token(r#"{"v":"meta.k8s.io/v1","rv":-1,"start":"demo/one\u0000"}"#));
    }

    /// kubernetes-api 82.
    #[test]
    fn refusals() {
        let whole = r#""v":"meta.k8s.io/v1","rv":3"#;
        for (given, expected) in [
            ("%%%".to_owned(), "illegal base64 data"),
            (token("{"), "illegal JSON"),
            (
                token(r#"{"v":"v2","rv":3,"start":"a\u0000"}"#),
                "server does not recognize this encoded version \"v2\"",
            ),
            (token(r#"{"v":"meta.k8s.io/v1","start":"a\u0000"}"#), "incorrect encoded start resourceVersion"),
            (
                token(r#"{"v":"meta.k8s.io/v1","rv":-7,"start":"a"}"#),
                "incorrect encoded start resourceVersion",
            ),
            (token(&format!("{{{whole}}}")), "encoded start key empty"),
            (token(&format!("{{{whole},\"start\":\"../x\\u0000\"}}")), "../x"),
            (token(&format!("{{{whole},\"start\":\"x\"}}")), "x"),
            ("A".repeat(MAX_TOKEN_BYTES + 1), "too long"),
        ] {
            let message = Continuation::decode(&given, ListScope::Namespace("demo")).unwrap_err().to_string();
            let detail = message.strip_prefix("invalid continue token: continue key is not valid: ");
            assert!(detail.is_some_and(|detail| detail.contains(expected)), "{message}");
        }
        let over = token(&format!("{{{whole},\"start\":\"one\\u0000\"}}"));
        assert!(
            Continuation::decode(&over, ListScope::AllNamespaces).is_err(),
            "a key without its namespace"
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            rv in proptest::option::of(1..u64::from(u32::MAX)),
            namespace in "[a-z][a-z._-]{0,8}[a-z]",
            name in "[a-z:@~._-]{0,9}[a-z]",
            scope in 0..3_usize,
        ) {
            let scope = match scope {
                0 => ListScope::Cluster,
                1 => ListScope::Namespace(&namespace),
                _ => ListScope::AllNamespaces,
            };
            let of = if scope == ListScope::Cluster { String::new() } else { namespace.clone() };
            let given = Continuation { resource_version: rv, after: Cursor { namespace: of, name } };
            prop_assert_eq!(Continuation::decode(&given.encode(scope), scope), Ok(given));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "[A-Za-z0-9_-]{0,60}", start in ".{0,10}") {
            let _ = Continuation::decode(&text, ListScope::AllNamespaces);
            let start = serde_json::to_string(&start).unwrap();
            let text = token(&format!(r#"{{"v":"meta.k8s.io/v1","rv":3,"start":{start}}}"#));
            let _ = Continuation::decode(&text, ListScope::AllNamespaces);
        }
    }
}
