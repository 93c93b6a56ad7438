//! The parameters of a watch (kubernetes-api 4.3 to 4.5).

use std::time::Duration;

use crate::failure::{Failure, FieldFault};
use crate::list_options::resource_version;
use crate::query::Query;

/// Longest and shortest life of a watch whose client names none. Between them it is drawn by lot, so
/// that clients who came together do not come back together.
const LIFE: Duration = Duration::from_mins(30);

/// What a client asked of a watch, besides what it selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WatchOptions {
    pub(super) start: Start,
    /// The client understands messages without an object.
    pub(super) bookmarks: bool,
    /// When the watch ends, if nothing ends it before.
    pub(super) life: Duration,
}

/// Where a watch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// With what there is; then with what happens.
    State {
        /// The state is not older than this.
        at_least: u64,
        /// The client wants to know when it has seen all of it.
        marked: bool,
    },
    /// With what happens from now on.
    Now,
    /// With what happened after this version.
    After(u64),
}

impl WatchOptions {
    /// Reads and judges the parameters. `lot` is any number that others do not have.
    pub(super) fn parse(query: &Query, lot: u64) -> Result<WatchOptions, Failure> {
        let version = resource_version(query)?;
        let initial = query.get("sendInitialEvents").map(|_| query.flag("sendInitialEvents"));
        check_combinations(query, initial)?;
        let start = match (initial, version) {
            (Some(true), at_least) => Start::State { at_least: at_least.unwrap_or_default(), marked: true },
            (Some(false), None | Some(0)) => Start::Now,
            (None, None | Some(0)) => Start::State { at_least: 0, marked: false },
            (_, Some(version)) => Start::After(version),
        };
        let seconds = query.number("timeoutSeconds")?;
        let life = match u64::try_from(seconds) {
            Ok(seconds) if seconds > 0 => Duration::from_secs(seconds).min(2 * LIFE),
            _ => LIFE + Duration::from_secs(lot % LIFE.as_secs()),
        };
        Ok(WatchOptions { start, bookmarks: query.flag("allowWatchBookmarks"), life })
    }
}

fn check_combinations(query: &Query, initial: Option<bool>) -> Result<(), Failure> {
    let field = "resourceVersionMatch";
    let forbidden =
        |field: &'static str, detail: &str| Err(Failure::ListOptions(FieldFault::forbidden(field, detail)));
    match (query.text(field), initial) {
        (Some(_), None) => forbidden(
            field,
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        (None, Some(_)) => {
            forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
        }
        (None, None) | (Some("NotOlderThan"), Some(_)) => Ok(()),
        (Some(other), Some(_)) => {
            Err(Failure::ListOptions(FieldFault::unsupported(field, other, "\"NotOlderThan\"")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<WatchOptions, String> {
        WatchOptions::parse(&Query::parse(query), 7).map_err(|failure| failure.to_string())
    }

    fn start(query: &str) -> Start {
        parse(query).unwrap().start
    }

    // kubernetes-api 97, 102
    #[test]
    fn where_a_watch_begins() {
        let state = |at_least, marked| Start::State { at_least, marked };
        assert_eq!(start(""), state(0, false));
        assert_eq!(start("resourceVersion=0"), state(0, false));
        assert_eq!(start("resourceVersion=7"), Start::After(7));
        let streaming = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
        assert_eq!(start(streaming), state(0, true));
        assert_eq!(start(&format!("{streaming}&resourceVersion=9")), state(9, true));
        let not = "sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
        assert_eq!(start(not), Start::Now);
        assert_eq!(start(&format!("{not}&resourceVersion=9")), Start::After(9));
    }

    // kubernetes-api 102
    #[test]
    fn what_does_not_go_together_is_refused() {
        for (query, expected) in [
            (
                "sendInitialEvents=true",
                "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            ),
            ("resourceVersionMatch=Exact&resourceVersion=3", "forbidden for watch unless sendInitialEvents"),
            ("sendInitialEvents=true&resourceVersionMatch=Exact", "Unsupported value: \"Exact\""),
            ("resourceVersion=abc", "parsing \"abc\": invalid syntax"),
            ("timeoutSeconds=abc", "strconv.ParseInt: parsing \"abc\": invalid syntax"),
        ] {
            let refused = parse(query).unwrap_err();
            assert!(refused.contains(expected), "{query}: {refused}");
        }
    }

    #[test]
    fn a_watch_lives_as_long_as_asked_within_bounds() {
        let life = |query| parse(query).unwrap().life.as_secs();
        assert_eq!(life("timeoutSeconds=5"), 5);
        assert_eq!(life("timeoutSeconds=99999999"), 3600);
        assert_eq!(life(""), 1807);
        assert_eq!(life("timeoutSeconds=0"), 1807);
    }
}
