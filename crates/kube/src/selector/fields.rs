//! Field selectors: `path=value` terms, all of which must hold (kubernetes-api 3.4).

/// Requirements on fields of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSelector(Vec<Term>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    field: String,
    value: String,
    wanted: Wanted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Equal,
    Different,
}

/// Why a text is no field selector, in the words of apimachinery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FieldSelectorError {
    #[error("invalid selector: '{selector}'; can't understand '{term}'")]
    Term { selector: String, term: String },
    #[error("invalid field selector: invalid escape sequence: {0}")]
    Escape(String),
    #[error("invalid field selector: unescaped character in value: {}", u32::from(*.0))]
    Unescaped(char),
}

impl FieldSelector {
    /// Reads a selector; the empty one matches everything.
    pub(crate) fn parse(text: &str) -> Result<FieldSelector, FieldSelectorError> {
        let terms = split_terms(text).into_iter().filter(|term| !term.is_empty());
        let terms = terms.map(|term| {
            let (field, wanted, value) = split_term(term).ok_or_else(|| FieldSelectorError::Term {
                selector: text.to_owned(),
                term: term.to_owned(),
            })?;
            Ok(Term { field: field.to_owned(), value: unescape(value)?, wanted })
        });
        terms.collect::<Result<Vec<Term>, FieldSelectorError>>().map(FieldSelector)
    }

    /// Whether the selector lets everything pass.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields it speaks of.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|term| term.field.as_str())
    }

    /// The one value a field must have, if the selector asks for equality.
    pub(crate) fn exact(&self, field: &str) -> Option<&str> {
        let mut terms = self.0.iter().filter(|term| term.field == field && term.wanted == Wanted::Equal);
        terms.next().map(|term| term.value.as_str())
    }

    /// Whether an object with these field values satisfies every term. A field it lacks is empty.
    pub(crate) fn matches(&self, value_of: impl Fn(&str) -> Option<String>) -> bool {
        self.0.iter().all(|term| {
            let equal = value_of(&term.field).unwrap_or_default() == term.value;
            equal == (term.wanted == Wanted::Equal)
        })
    }
}

/// Splits at commas that no backslash protects.
fn split_terms(text: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

/// Splits at the first operator.
fn split_term(term: &str) -> Option<(&str, Wanted, &str)> {
    const OPERATORS: [(&str, Wanted); 3] =
        [("!=", Wanted::Different), ("==", Wanted::Equal), ("=", Wanted::Equal)];
    term.char_indices().find_map(|(index, _)| {
        let (field, rest) = term.split_at(index);
        let mut operators = OPERATORS.iter();
        operators.find_map(|(text, wanted)| Some((field, *wanted, rest.strip_prefix(text)?)))
    })
}

fn unescape(value: &str) -> Result<String, FieldSelectorError> {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => out.push(escaped),
                Some(other) => return Err(FieldSelectorError::Escape(format!("\\{other}"))),
                None => return Err(FieldSelectorError::Escape("\\".to_owned())),
            },
            ',' | '=' => return Err(FieldSelectorError::Unescaped(c)),
            _ => out.push(c),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value_of(field: &str) -> Option<String> {
        match field {
            "metadata.name" => Some("app:v1".to_owned()),
            "odd" => Some("a,b=c\\d".to_owned()),
            _ => None,
        }
    }

    /// kubernetes-api 87.
    #[test]
    fn matching() {
        for (selector, expected) in [
            ("", true),
            (",", true),
            ("metadata.name=app:v1", true),
            ("metadata.name==app:v1", true),
            ("metadata.name!=app:v1", false),
            ("metadata.name=app:v1,metadata.name!=x", true),
            ("metadata.name=x", false),
            ("metadata.namespace=", true),
            ("metadata.namespace!=x", true),
            ("odd=a\\,b\\=c\\\\d", true),
        ] {
            assert_eq!(FieldSelector::parse(selector).unwrap().matches(value_of), expected, "{selector}");
        }
    }

    #[test]
    fn refusals() {
        for (selector, expected) in [
            ("foo", "invalid selector: 'foo'; can't understand 'foo'"),
            ("a=b,foo", "invalid selector: 'a=b,foo'; can't understand 'foo'"),
            ("a=b\\x", "invalid field selector: invalid escape sequence: \\x"),
            ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
            ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        ] {
            assert_eq!(FieldSelector::parse(selector).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn equality_is_found_for_the_index() {
        let selector = FieldSelector::parse("metadata.namespace!=x,metadata.name=app").unwrap();
        assert_eq!(selector.exact("metadata.name"), Some("app"));
        assert_eq!(selector.exact("metadata.namespace"), None);
    }

    proptest! {
        #[test]
        fn values_survive_escaping(values in proptest::collection::vec("[a-z,=\\\\é]{0,8}", 1..4)) {
            let escape = |value: &String| value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
            let text = values.iter().map(|value| format!("f={}", escape(value))).collect::<Vec<_>>().join(",");
            let parsed = FieldSelector::parse(&text).unwrap();
            let read: Vec<&str> = parsed.0.iter().map(|term| term.value.as_str()).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-c=!,\\\\é]{0,24}") {
            let _ = FieldSelector::parse(&text);
        }
    }
}
