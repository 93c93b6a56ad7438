use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The query of a request, decoded.
///
/// `+` stays a plus: no value of this protocol holds a blank, many media types hold a plus, and
/// some clients build their queries without escaping.
#[derive(Debug, Default)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// One parameter was given several times with different values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Conflict(pub(crate) &'static str);

impl<'a> Query<'a> {
    pub(crate) fn parse(query: Option<&'a str>) -> Query<'a> {
        let decode = |text: &'a str| percent_decode_str(text).decode_utf8_lossy();
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        Query(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(k, v)| (decode(k), decode(v)))
                .collect(),
        )
    }

    /// Every value of `name`, in order.
    pub(crate) fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// The value of `name`. A retry may carry the same value twice; two different ones contradict
    /// each other.
    pub(crate) fn one(&self, name: &'static str) -> Result<Option<&str>, Conflict> {
        let mut values = self.all(name);
        let first = values.next();
        if values.any(|value| Some(value) != first) { Err(Conflict(name)) } else { Ok(first) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_and_unescaped_forms_are_the_same() {
        // distribution 110; field C050
        for query in
            ["mount=sha256:ab&from=a/b", "mount=sha256%3Aab&from=a%2Fb", "from=a%2fb&&mount=sha256%3aab"]
        {
            let query = Query::parse(Some(query));
            assert_eq!(query.one("mount"), Ok(Some("sha256:ab")));
            assert_eq!(query.one("from"), Ok(Some("a/b")));
        }
        assert_eq!(Query::parse(Some("artifactType=a/b+json")).one("artifactType"), Ok(Some("a/b+json")));
    }

    #[test]
    fn repeated_values_agree_or_conflict() {
        // distribution 85
        assert_eq!(Query::parse(Some("digest=x&digest=x")).one("digest"), Ok(Some("x")));
        assert_eq!(Query::parse(Some("digest=x&digest=y")).one("digest"), Err(Conflict("digest")));
        assert_eq!(Query::parse(None).one("digest"), Ok(None));
        assert_eq!(Query::parse(Some("tag=a&tag=b")).all("tag").collect::<Vec<_>>(), ["a", "b"]);
    }
}
