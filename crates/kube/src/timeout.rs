//! The time a client gives a request (kubernetes-api 9.3). All requests end sooner than clients give
//! up, so that it is judged and has no other effect.

use crate::failure::Failure;
use crate::query::Query;

/// Fails if the parameter is no duration, in the words of Go.
pub(crate) fn check(query: &Query) -> Result<(), Failure> {
    let Some(text) = query.text("timeout") else { return Ok(()) };
    judge(text).map_err(|why| {
        Failure::BadRequest(format!("invalid timeout specified in the request URL - time: {why}"))
    })
}

/// A duration is `0`, or numbers with units: `1m30s`, `1.5h`.
fn judge(text: &str) -> Result<(), String> {
    let invalid = || format!("invalid duration {text:?}");
    let mut rest = text.trim_start_matches(['+', '-']);
    if text.len() > rest.len() + 1 || rest.is_empty() {
        return Err(invalid());
    }
    if rest == "0" {
        return Ok(());
    }
    while !rest.is_empty() {
        let number = rest.len()
            - rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.').len();
        let (digits, after) = rest.split_at(number);
        if !digits.contains(|letter: char| letter.is_ascii_digit()) || digits.matches('.').count() > 1 {
            return Err(invalid());
        }
        let unit = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        match unit {
            "" => return Err(format!("missing unit in duration {text:?}")),
            "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h" => rest = after,
            other => return Err(format!("unknown unit {other:?} in duration {text:?}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // kubernetes-api 159
    #[test]
    fn durations_as_go_reads_them() {
        for good in ["32s", "0", "1m30s", "1.5h", "-1s", ".5s", "1h0m", "10us"] {
            assert_eq!(judge(good), Ok(()), "{good}");
        }
        for (bad, expected) in [
            ("abc", "invalid duration \"abc\""),
            ("5", "missing unit in duration \"5\""),
            ("5x", "unknown unit \"x\" in duration \"5x\""),
            ("1..5s", "invalid duration \"1..5s\""),
            ("--5s", "invalid duration \"--5s\""),
            ("-", "invalid duration \"-\""),
            (".s", "invalid duration \".s\""),
        ] {
            assert_eq!(judge(bad).unwrap_err(), expected);
        }
        let failure = check(&Query::parse("timeout=abc")).unwrap_err();
        assert_eq!(
            failure.to_string(),
            "invalid timeout specified in the request URL - time: invalid duration \"abc\""
        );
    }

    proptest! {
        #[test]
        fn whole_seconds_are_durations_and_nothing_panics(seconds: u32, text in "\\PC{0,8}") {
            prop_assert_eq!(judge(&format!("{seconds}s")), Ok(()));
            let _ = judge(&text);
        }
    }
}
