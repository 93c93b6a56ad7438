//! Label selectors: the grammar, and whether a set of labels satisfies one (kubernetes-api 3.4).

use std::collections::{BTreeMap, BTreeSet};

use super::label_syntax::{key_faults, value_faults};
use super::lexer::{Kind, Token, tokens};

/// Requirements on labels, all of which must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Exists,
    Absent,
    /// `=`, `==` and `in`: the key must be there.
    OneOf(BTreeSet<String>),
    /// `!=` and `notin`: satisfied without the key.
    NoneOf(BTreeSet<String>),
    Above(i64),
    Below(i64),
}

/// Why a text is no label selector, in the words of apimachinery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LabelSelectorError {
    #[error("unable to parse requirement: {0}")]
    Requirement(String),
    #[error("found '{0}', expected: identifier after ','")]
    AfterComma(String),
    #[error("found '{0}', expected: ',' or 'end of string'")]
    AfterRequirement(String),
    #[error("found '{0}', expected: !, identifier, or 'end of string'")]
    Start(String),
}

impl LabelSelector {
    /// Reads a selector; the empty one matches everything.
    pub(crate) fn parse(text: &str) -> Result<LabelSelector, LabelSelectorError> {
        Parser { tokens: tokens(text), position: 0 }.selector().map(LabelSelector)
    }

    /// Whether the selector lets everything pass.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether labels satisfy every requirement.
    pub(crate) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| requirement.test.holds(labels.get(&requirement.key)))
    }
}

impl Test {
    fn holds(&self, value: Option<&String>) -> bool {
        let number = || value.and_then(|text| text.parse::<i64>().ok());
        match self {
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::OneOf(values) => value.is_some_and(|value| values.contains(value)),
            Test::NoneOf(values) => value.is_none_or(|value| !values.contains(value)),
            Test::Above(limit) => number().is_some_and(|number| number > *limit),
            Test::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

/// A recursive descent parser with one token of look-ahead. `in` and `notin` are identifiers
/// wherever a key or a value may stand (`in in (in)` is legal).
struct Parser {
    tokens: Vec<Token>,
    position: usize,
}

impl Parser {
    fn selector(mut self) -> Result<Vec<Requirement>, LabelSelectorError> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                (Kind::Identifier | Kind::Not, _) => {
                    requirements.push(self.requirement().map_err(LabelSelectorError::Requirement)?);
                    match self.take() {
                        (Kind::End, _) => return Ok(requirements),
                        (Kind::Comma, _) => {}
                        (_, found) => return Err(LabelSelectorError::AfterRequirement(found)),
                    }
                    let (next, found) = self.peek();
                    if !matches!(next, Kind::Identifier | Kind::Not) {
                        return Err(LabelSelectorError::AfterComma(found));
                    }
                }
                (Kind::End, _) => return Ok(requirements),
                (_, found) => return Err(LabelSelectorError::Start(found)),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut kind, mut key) = self.take();
        let negated = kind == Kind::Not;
        if negated {
            (kind, key) = self.take();
        }
        if kind != Kind::Identifier {
            return Err(format!("found '{key}', expected: identifier"));
        }
        let faults = key_faults(&key);
        if !faults.is_empty() {
            // The reference has no field path at hand here and prints that.
            return Err(format!("<nil>: Invalid value: {key:?}: {}", faults.join("; ")));
        }
        if negated {
            return Ok(Requirement { key, test: Test::Absent });
        }
        if matches!(self.peek().0, Kind::End | Kind::Comma) {
            return Ok(Requirement { key, test: Test::Exists });
        }
        let test = self.test(&key)?;
        Ok(Requirement { key, test })
    }

    fn test(&mut self, key: &str) -> Result<Test, String> {
        let operator = self.take_raw();
        let values = match operator.kind {
            Kind::In | Kind::NotIn => self.values()?,
            Kind::Equals | Kind::DoubleEquals | Kind::NotEquals | Kind::Greater | Kind::Less => {
                BTreeSet::from([self.exact_value()?])
            }
            Kind::End | Kind::Open | Kind::Close | Kind::Comma | Kind::Not | Kind::Identifier => {
                return Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", operator.text));
            }
        };
        check_values(key, operator.kind, &values)?;
        let bound = || values.first().and_then(|value| value.parse().ok()).unwrap_or_default();
        Ok(match operator.kind {
            Kind::Greater => Test::Above(bound()),
            Kind::Less => Test::Below(bound()),
            Kind::NotIn | Kind::NotEquals => Test::NoneOf(values),
            _ => Test::OneOf(values),
        })
    }

    /// `(a,b)`, where each value may be empty.
    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let (kind, found) = self.take();
        if kind != Kind::Open {
            return Err(format!("found '{found}' expected: '('"));
        }
        match self.peek() {
            (Kind::Identifier | Kind::Comma, _) => {
                let values = self.value_list()?;
                // `value_list` stops in front of the parenthesis only.
                self.take();
                Ok(values)
            }
            (Kind::Close, _) => {
                self.take();
                Ok(BTreeSet::from([String::new()]))
            }
            (_, found) => Err(format!("found '{found}', expected: ',', ')' or identifier")),
        }
    }

    fn value_list(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            match self.take() {
                (Kind::Identifier, value) => {
                    values.insert(value);
                    match self.peek() {
                        (Kind::Comma, _) => {}
                        (Kind::Close, _) => return Ok(values),
                        (_, found) => return Err(format!("found '{found}', expected: ',' or ')'")),
                    }
                }
                (Kind::Comma, _) => {
                    if values.is_empty() {
                        values.insert(String::new());
                    }
                    match self.peek().0 {
                        Kind::Close => {
                            values.insert(String::new());
                            return Ok(values);
                        }
                        Kind::Comma => {
                            self.take();
                            values.insert(String::new());
                        }
                        _ => {}
                    }
                }
                (_, found) => return Err(format!("found '{found}', expected: ',', or identifier")),
            }
        }
    }

    /// The one value after `=` and its kin; nothing there is the empty value.
    fn exact_value(&mut self) -> Result<String, String> {
        match self.peek() {
            (Kind::End | Kind::Comma, _) => Ok(String::new()),
            (Kind::Identifier, value) => {
                self.take();
                Ok(value)
            }
            (_, found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    fn peek(&self) -> (Kind, String) {
        let token = self.current();
        let kind = if matches!(token.kind, Kind::In | Kind::NotIn) { Kind::Identifier } else { token.kind };
        (kind, token.text.clone())
    }

    fn take(&mut self) -> (Kind, String) {
        let taken = self.peek();
        self.position += 1;
        taken
    }

    fn take_raw(&mut self) -> Token {
        let token = self.current().clone();
        self.position += 1;
        token
    }

    /// The token at hand; after the end there is only the end.
    fn current(&self) -> &Token {
        self.tokens.get(self.position).or(self.tokens.last()).expect("the lexer always emits an end")
    }
}

fn check_values(key: &str, operator: Kind, values: &BTreeSet<String>) -> Result<(), String> {
    let mut faults = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if matches!(operator, Kind::Greater | Kind::Less) && value.parse::<i64>().is_err() {
            faults.push(format!(
                "values[{index}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"
            ));
        }
    }
    for (index, value) in values.iter().enumerate() {
        let wrong = value_faults(value);
        if !wrong.is_empty() {
            faults.push(format!("values[{index}][{key}]: Invalid value: {value:?}: {}", wrong.join("; ")));
        }
    }
    match faults.as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        several => Err(format!("[{}]", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    /// kubernetes-api 86.
    #[test]
    fn matching() {
        let have = labels(&[("tier", "web"), ("size", "5"), ("empty", ""), ("in", "notin")]);
        for (selector, expected) in [
            ("", true),
            ("  ", true),
            ("tier", true),
            ("!tier", false),
            ("! gone", true),
            ("gone", false),
            ("tier=web", true),
            ("tier==web", true),
            ("tier = web , size", true),
            ("tier!=web", false),
            ("gone!=web", true),
            ("gone=", false),
            ("empty=", true),
            ("empty=,tier=web", true),
            ("tier in (web,db)", true),
            ("tier in(db)", false),
            ("tier notin (db)", true),
            ("gone notin (db)", true),
            ("gone in (db)", false),
            ("empty in (,x)", true),
            ("empty in ()", true),
            ("tier in (db,)", false),
            ("tier in (a,,web)", true),
            ("size>4", true),
            ("size > 5", false),
            ("size<6", true),
            ("size<5", false),
            ("tier>1", false),
            ("gone<1", false),
            ("in in (notin)", true),
            ("in=notin", true),
            ("tier=web,!gone,size>1", true),
            ("example.com/a", false),
        ] {
            let parsed =
                LabelSelector::parse(selector).unwrap_or_else(|error| panic!("{selector:?}: {error}"));
            assert_eq!(parsed.matches(&have), expected, "{selector:?}");
        }
    }

    /// kubernetes-api 86: the two documented texts, and the others of apimachinery.
    #[test]
    fn refusals() {
        for (selector, expected) in [
            ("a===b", "unable to parse requirement: found '=', expected: identifier"),
            ("a in 1", "unable to parse requirement: found '1' expected: '('"),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("a in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
            ("a in (,=", "unable to parse requirement: found '=', expected: ',', or identifier"),
            ("a,", "found '', expected: identifier after ','"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("!a=b", "found '=', expected: ',' or 'end of string'"),
            ("=a", "found '=', expected: !, identifier, or 'end of string'"),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value \
                 must be an integer",
            ),
            (
                "a=-b",
                "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty \
                 string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                 alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
                 '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ),
            (
                "-a",
                "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric \
                 characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  \
                 or 'my.name',  or '123-abc', regex used for validation is \
                 '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ),
        ] {
            assert_eq!(LabelSelector::parse(selector).unwrap_err().to_string(), expected, "{selector:?}");
        }
    }

    fn requirement() -> impl Strategy<Value = (String, Requirement)> {
        let key = "[a-z]([a-z.]{0,5}[a-z])?";
        let values = proptest::collection::btree_set("[a-z0-9]{0,4}", 1..4);
        (key, values, any::<i64>(), 0..8_usize, " {0,2}").prop_map(|(key, values, bound, form, gap)| {
            let first = values.first().cloned().unwrap_or_default();
            let listed = values.iter().map(String::as_str).collect::<Vec<_>>().join(&format!("{gap},{gap}"));
            let one = BTreeSet::from([first.clone()]);
            let bound = bound.saturating_abs();
            let (written, test) = match form {
                0 => (key.clone(), Test::Exists),
                1 => (format!("!{gap}{key}"), Test::Absent),
                2 => (format!("{key}{gap}={gap}{first}"), Test::OneOf(one)),
                3 => (format!("{key}{gap}=={gap}{first}"), Test::OneOf(one)),
                4 => (format!("{key}{gap}!={gap}{first}"), Test::NoneOf(one)),
                5 => (format!("{key} in{gap}({gap}{listed}{gap})"), Test::OneOf(values)),
                6 => (format!("{key} notin{gap}({listed})"), Test::NoneOf(values)),
                _ => (format!("{key}{gap}>{gap}{bound}"), Test::Above(bound)),
            };
            (written, Requirement { key, test })
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(parts in proptest::collection::vec(requirement(), 0..5)) {
            let text = parts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" , ");
            let expected: Vec<Requirement> = parts.into_iter().map(|(_, requirement)| requirement).collect();
            prop_assert_eq!(LabelSelector::parse(&text), Ok(LabelSelector(expected)), "{}", text);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-c =!(),<>\0in\t\u{e9}]{0,24}") {
            let _ = LabelSelector::parse(&text);
        }
    }
}
