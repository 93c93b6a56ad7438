//! The `Accept` header: which media ranges, in which order of preference.

use http::HeaderMap;
use http::header::ACCEPT;

/// Most media ranges that are looked at. Clients send at most five.
const MAX_RANGES: usize = 32;

/// One entry of `Accept`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaRange {
    main: String,
    sub: String,
    /// Thousandths, so that ranges can be compared without floating point.
    quality: u16,
    parameters: Vec<(String, String)>,
}

impl MediaRange {
    fn parse(text: &str) -> Option<MediaRange> {
        let mut parts = text.split(';').map(str::trim);
        let (main, sub) = match parts.next()? {
            // Written by some HTTP libraries for "anything".
            "*" => ("*", "*"),
            full => full.split_once('/')?,
        };
        if main.is_empty() || sub.is_empty() {
            return None;
        }
        let mut quality = 1000;
        let mut parameters = Vec::new();
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"'));
            if name == "q" {
                quality = thousandths(value).unwrap_or(1000);
            } else {
                parameters.push((name, value.to_owned()));
            }
        }
        Some(MediaRange {
            main: main.trim().to_ascii_lowercase(),
            sub: sub.trim().to_ascii_lowercase(),
            quality,
            parameters,
        })
    }

    /// Whether a body of the type `main/sub` satisfies this range.
    pub(crate) fn covers(&self, main: &str, sub: &str) -> bool {
        (self.main == "*" && self.sub == "*") || (self.main == main && (self.sub == "*" || self.sub == sub))
    }

    /// A parameter; absent and empty are the same. Parameters nobody asks for do no harm.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(given, _)| given == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }
}

/// The ranges of all `Accept` lines, most wanted first. No header, or an empty one, is `*/*`.
pub(crate) fn ranges(headers: &HeaderMap) -> Vec<MediaRange> {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut ranges: Vec<MediaRange> = lines
        .flat_map(|line| line.split(','))
        .filter_map(|entry| MediaRange::parse(entry.trim()))
        .filter(|range| range.quality > 0)
        .take(MAX_RANGES)
        .collect();
    let asked = headers.get_all(ACCEPT).iter().any(|value| !value.as_bytes().trim_ascii().is_empty());
    if !asked {
        ranges.extend(MediaRange::parse("*/*"));
    }
    // Stable: entries of equal rank keep the order the client wrote them in.
    ranges.sort_by_key(|range| (std::cmp::Reverse(range.quality), range.main == "*", range.sub == "*"));
    ranges
}

fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{fraction:0<3}");
    let fraction: u16 = digits.get(..3)?.parse().ok()?;
    let whole: u16 = whole.parse().ok()?;
    (whole <= 1).then(|| (whole * 1000 + fraction).min(1000))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn of(lines: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_str(line).unwrap());
        }
        ranges(&headers).iter().map(|range| format!("{}/{}", range.main, range.sub)).collect()
    }

    #[test]
    fn absent_or_empty_means_anything() {
        assert_eq!(of(&[]), ["*/*"]);
        assert_eq!(of(&[""]), ["*/*"]);
    }

    #[test]
    fn order_follows_quality_then_precision_then_the_client() {
        assert_eq!(
            of(&["text/html,*/*;q=0.1", "application/yaml;q=0.5, application/json;q=0.50"]),
            ["text/html", "application/yaml", "application/json", "*/*"]
        );
        assert_eq!(
            of(&["*/*, application/*, application/json"]),
            ["application/json", "application/*", "*/*"]
        );
        assert_eq!(of(&["application/json;q=0"]), Vec::<String>::new());
    }

    #[test]
    fn parameters_are_kept_whatever_their_spacing_and_quotes() {
        let range =
            MediaRange::parse("application/json; as=Table ;v=\"v1\";G=meta.k8s.io;profile=nopeer").unwrap();
        assert_eq!(range.parameter("as"), Some("Table"));
        assert_eq!(range.parameter("v"), Some("v1"));
        assert_eq!(range.parameter("g"), Some("meta.k8s.io"));
        assert!(range.covers("application", "json"));
        assert!(!range.covers("application", "yaml"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[ -~é]{0,60}") {
            let _ = MediaRange::parse(&text);
            let _ = thousandths(&text);
        }
    }
}
