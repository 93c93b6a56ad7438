use serde::{Deserialize, Serialize};

use crate::wire::{is_default, nullable};

/// How an event came about. Ours: clients made for others ignore it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The deed: `push`, `tag`, `import`, `mapping`, `rollback`, `tracked`, `status` or `deleted`.
    #[serde(deserialize_with = "nullable")]
    pub by: String,
    /// Who did it; empty for someone without a name.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub user: String,
    /// With which program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TagEvent;
    use crate::tag_event::{TagChange, apply};

    #[test]
    fn shows_what_is_known_behind_what_others_know() {
        let text = concat!(
            r#"{"created":null,"dockerImageReference":"r","image":"i","generation":1,"#,
            r#""provenance":{"by":"push","user":"ann","client":"docker/29","reason":"hotfix"}}"#
        );
        let event: TagEvent = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        let short = r#"{"by":"tracked"}"#;
        let provenance: Provenance = serde_json::from_str(short).unwrap();
        assert_eq!(serde_json::to_string(&provenance).unwrap(), short);
    }

    #[test]
    fn makes_no_difference_between_events() {
        let pushed = TagEvent { image: "i".to_owned(), ..TagEvent::default() };
        let provenance = Some(Provenance { by: "import".to_owned(), ..Provenance::default() });
        let imported = TagEvent { provenance, ..pushed.clone() };
        assert_eq!(apply(Some(&pushed), imported), TagChange::Unchanged);
    }
}
