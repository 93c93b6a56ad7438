//! The query of a request, read the way Go's `net/url` and the conversion functions of
//! apimachinery read it.

use percent_encoding::percent_decode_str;

use crate::failure::Failure;
use crate::path::has_whole_escapes;

/// The parameters of a query, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query. Pairs with a broken escape are dropped, as Go's parser does.
    pub(crate) fn parse(text: &str) -> Query {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?, decode(value)?))
        });
        Query(pairs.collect())
    }

    /// The first value of a parameter, if it occurs at all.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter, in order.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A text parameter; absent and empty are the same.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// A boolean: only absence, `0` and `false` in any case mean no.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// A whole number, 0 when absent.
    pub(crate) fn number(&self, name: &str) -> Result<i64, Failure> {
        let Some(value) = self.get(name) else { return Ok(0) };
        value.parse().map_err(|error: std::num::ParseIntError| {
            let why = match error.kind() {
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                    "value out of range"
                }
                _ => "invalid syntax",
            };
            Failure::BadRequest(format!("strconv.ParseInt: parsing {value:?}: {why}"))
        })
    }
}

fn decode(text: &str) -> Option<String> {
    if !has_whole_escapes(text) {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_first_value_and_decodes_it() {
        let query = Query::parse("labelSelector=a%3Db+c&limit=5&limit=6&&watch&bad=%zz");
        assert_eq!(query.get("labelSelector"), Some("a=b c"));
        assert_eq!(query.number("limit").unwrap(), 5);
        assert_eq!(query.get("bad"), None);
        assert!(query.flag("watch"));
    }

    #[test]
    fn only_absence_zero_and_false_are_no() {
        for (text, expected) in
            [("", false), ("w=0", false), ("w=False", false), ("w=1", true), ("w=t", true), ("w=", true)]
        {
            assert_eq!(Query::parse(text).flag("w"), expected, "{text:?}");
        }
    }

    #[test]
    fn numbers_fail_with_the_words_of_go() {
        let message = |text| Query::parse(text).number("n").unwrap_err().to_string();
        assert_eq!(message("n=abc"), "strconv.ParseInt: parsing \"abc\": invalid syntax");
        assert_eq!(
            message("n=99999999999999999999"),
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range"
        );
        assert_eq!(Query::parse("").number("n").unwrap(), 0);
    }
}
