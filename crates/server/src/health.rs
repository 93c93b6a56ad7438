//! Whether the server lives and whether it should get requests (kubernetes-api 1.4).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often the parts below are asked.
pub(crate) const EVERY: Duration = Duration::from_secs(5);
/// A part that has not answered for so long counts as failed.
const STALE: Duration = Duration::from_secs(15);

/// A part that readiness depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Store,
    Database,
}

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Fine,
    /// It still answers reads, so that the server stays in service.
    Degraded(&'static str),
    Failed,
}

/// What a probe asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// `/livez`, `/healthz`: does the process turn its event loop?
    Live,
    /// `/readyz`: should it get requests?
    Ready,
}

/// The answer to a probe.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed(String),
    Failed(String),
    /// There is no check of that name.
    Unknown,
}

/// What is known of the server's health.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    stopping: bool,
    store: Option<(State, Instant)>,
    database: Option<(State, Instant)>,
}

/// One line of a verbose answer.
#[derive(Clone, Copy)]
struct Check {
    name: &'static str,
    state: State,
}

impl Health {
    /// Notes what a part answered.
    pub(crate) fn report(&self, part: Part, state: State) {
        let now = Some((state, Instant::now()));
        let mut known = self.known();
        match part {
            Part::Store => known.store = now,
            Part::Database => known.database = now,
        }
    }

    /// From now on the server should get no more requests.
    pub(crate) fn stop(&self) {
        self.known().stopping = true;
    }

    /// Answers a probe. `rest` is what follows its path: nothing, or `/` and the name of a check.
    pub(crate) fn answer(&self, question: Question, rest: &str, query: &str) -> Verdict {
        let checks = self.checks(question);
        let name = rest.trim_matches('/');
        if !name.is_empty() {
            let found = checks.iter().find(|check| check.name == name);
            return match found.map(|check| check.state) {
                Some(State::Failed) => Verdict::Failed(format!("internal server error: {name} failed\n")),
                Some(State::Fine | State::Degraded(_)) => Verdict::Passed("ok".to_owned()),
                None => Verdict::Unknown,
            };
        }
        let excluded =
            |check: &Check| parameters(query).any(|(key, value)| key == "exclude" && value == check.name);
        let passed = checks.iter().all(|check| check.state != State::Failed || excluded(check));
        let verbose = parameters(query).any(|(key, _)| key == "verbose");
        if passed && !verbose {
            return Verdict::Passed("ok".to_owned());
        }
        let mut text: String = checks.iter().map(|check| line(check, excluded(check))).collect();
        text.push_str(question.word());
        text.push_str(if passed { " check passed\n" } else { " check failed\n" });
        if passed { Verdict::Passed(text) } else { Verdict::Failed(text) }
    }

    fn checks(&self, question: Question) -> Vec<Check> {
        let ping = Check { name: "ping", state: State::Fine };
        if question == Question::Live {
            return vec![ping];
        }
        let known = self.known();
        let fresh = |part: Option<(State, Instant)>| match part {
            Some((state, at)) if at.elapsed() <= STALE => state,
            _ => State::Failed,
        };
        let shutdown = if known.stopping { State::Failed } else { State::Fine };
        vec![
            ping,
            Check { name: "store", state: fresh(known.store) },
            Check { name: "database", state: fresh(known.database) },
            Check { name: "shutdown", state: shutdown },
        ]
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Question {
    fn word(self) -> &'static str {
        match self {
            Question::Live => "livez",
            Question::Ready => "readyz",
        }
    }
}

fn line(check: &Check, excluded: bool) -> String {
    let name = check.name;
    match check.state {
        _ if excluded => format!("[+]{name} excluded: ok\n"),
        State::Fine => format!("[+]{name} ok\n"),
        State::Degraded(how) => format!("[+]{name} degraded: {how}\n"),
        State::Failed => format!("[-]{name} failed: reason withheld\n"),
    }
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(health: &Health, rest: &str, query: &str) -> Verdict {
        health.answer(Question::Ready, rest, query)
    }

    fn passed(text: &str) -> Verdict {
        Verdict::Passed(text.to_owned())
    }

    // kubernetes-api 4, 5
    #[tokio::test(start_paused = true)]
    async fn ready_once_every_part_has_answered_and_until_the_end() {
        let health = Health::default();
        assert!(matches!(ready(&health, "", ""), Verdict::Failed(_)));
        health.report(Part::Store, State::Fine);
        health.report(Part::Database, State::Fine);
        assert_eq!(ready(&health, "", ""), passed("ok"));
        health.stop();
        let Verdict::Failed(text) = ready(&health, "", "") else { panic!("it is stopping") };
        assert_eq!(
            text,
            "[+]ping ok\n[+]store ok\n[+]database ok\n[-]shutdown failed: reason withheld\nreadyz check failed\n"
        );
        assert_eq!(health.answer(Question::Live, "", ""), passed("ok"));
        assert_eq!(ready(&health, "", "exclude=shutdown"), passed("ok"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_hangs_counts_as_failed() {
        let health = Health::default();
        health.report(Part::Store, State::Degraded("read-only"));
        health.report(Part::Database, State::Fine);
        assert_eq!(
            ready(&health, "", "verbose"),
            passed(
                "[+]ping ok\n[+]store degraded: read-only\n[+]database ok\n[+]shutdown ok\nreadyz check passed\n"
            )
        );
        tokio::time::advance(Duration::from_secs(16)).await;
        assert!(matches!(ready(&health, "/store", ""), Verdict::Failed(_)));
        assert_eq!(ready(&health, "/ping", ""), passed("ok"));
        assert_eq!(ready(&health, "/nonsense", ""), Verdict::Unknown);
    }
}
