use std::io::Write as _;

use http::HeaderValue;
use tracing::Level;

use super::stamp::Stamp;
use crate::exchange::Record;

/// Enough for a line without surprises.
const USUAL: usize = 512;

/// How loud a request is: one that the server failed is an error whatever the log is set to.
pub(super) fn level(record: &Record<'_>) -> Level {
    let failed = record.status.is_some_and(|status| status.is_server_error()) && !record.facts.expected;
    if failed || record.broke.is_some() { Level::ERROR } else { Level::INFO }
}

/// One line for a person. Everything a client can choose is quoted and escaped, so that it cannot
/// make a line of its own.
pub(super) fn text(now_ms: u64, level: Level, record: &Record<'_>) -> Vec<u8> {
    let mut line = Vec::with_capacity(USUAL);
    let status = record.status.map_or(0, |status| status.as_u16());
    let route = route(record);
    let Record { method, path, peer, received, sent, .. } = record;
    let mut write = || -> std::io::Result<()> {
        write!(line, "{} {level:>5} request {method} {path:?} {status}", Stamp(now_ms))?;
        write!(
            line,
            " route={route:?} duration_ms={:.3} bytes_in={received} bytes_out={sent}",
            record.seconds * 1e3
        )?;
        write!(line, " peer={peer} id={}", lossy(record.id))?;
        if let Some(repository) = &record.facts.repository {
            write!(line, " repository={repository}")?;
        }
        if let Some(agent) = record.user_agent {
            write!(line, " user_agent={:?}", lossy(agent))?;
        }
        if let Some(code) = record.facts.code {
            write!(line, " code={code}")?;
        }
        if let Some(cause) = cause(record) {
            write!(line, " cause={cause:?}")?;
        }
        if record.aborted {
            write!(line, " aborted=true")?;
        }
        writeln!(line)
    };
    write().expect("memory takes everything");
    line
}

/// One JSON object.
pub(super) fn json(now_ms: u64, level: Level, record: &Record<'_>) -> Vec<u8> {
    let mut line = Vec::with_capacity(USUAL);
    let status = record.status.map_or(0, |status| status.as_u16());
    let Record { method, peer, received, sent, .. } = record;
    let mut write = || -> std::io::Result<()> {
        write!(
            line,
            r#"{{"timestamp":"{}","level":"{level}","message":"request","method":"{method}""#,
            Stamp(now_ms)
        )?;
        string(&mut line, "path", record.path)?;
        string(&mut line, "route", route(record))?;
        write!(line, r#","status":{status},"duration_ms":{:.3}"#, record.seconds * 1e3)?;
        write!(line, r#","bytes_in":{received},"bytes_out":{sent},"peer":"{peer}""#)?;
        string(&mut line, "id", &lossy(record.id))?;
        if let Some(repository) = &record.facts.repository {
            string(&mut line, "repository", repository)?;
        }
        if let Some(agent) = record.user_agent {
            string(&mut line, "user_agent", &lossy(agent))?;
        }
        if let Some(code) = record.facts.code {
            string(&mut line, "code", code)?;
        }
        if let Some(cause) = cause(record) {
            string(&mut line, "cause", cause)?;
        }
        if record.aborted {
            write!(line, r#","aborted":true"#)?;
        }
        writeln!(line, "}}")
    };
    write().expect("memory takes everything");
    line
}

fn string(line: &mut Vec<u8>, name: &str, value: &str) -> std::io::Result<()> {
    write!(line, r#","{name}":"#)?;
    serde_json::to_writer(line, value).map_err(Into::into)
}

fn route<'a>(record: &Record<'a>) -> &'a str {
    if record.facts.route.is_empty() { "other" } else { record.facts.route }
}

fn cause<'a>(record: &Record<'a>) -> Option<&'a str> {
    record.broke.or(record.facts.cause.as_deref())
}

fn lossy(value: &HeaderValue) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};

    use super::*;
    use crate::exchange::Facts;

    fn with_record(test: impl FnOnce(&Record<'_>)) {
        let agent = HeaderValue::from_bytes(b"evil\t\"agent\" \xff").unwrap();
        test(&Record {
            id: &HeaderValue::from_static("abc-1"),
            method: &Method::PUT,
            path: "/v2/demo/app/manifests/v1",
            user_agent: Some(&agent),
            peer: "192.0.2.7:4711".parse().unwrap(),
            seconds: 0.001_25,
            waited: 0.001_25,
            received: 512,
            sent: 0,
            status: Some(StatusCode::SERVICE_UNAVAILABLE),
            aborted: false,
            facts: &Facts {
                route: "/v2/{name}/manifests/{reference}",
                repository: Some("demo/app".to_owned()),
                code: Some("UNAVAILABLE"),
                cause: Some("no space left\non device".to_owned()),
                expected: false,
            },
            broke: None,
        });
    }

    #[test]
    fn text_is_one_line_whatever_the_client_sends() {
        with_record(|record| {
            let line = String::from_utf8(text(1_770_113_760_125, level(record), record)).unwrap();
            assert_eq!(
                line,
                "2026-02-03T10:16:00.125Z ERROR request PUT \"/v2/demo/app/manifests/v1\" 503 \
                 route=\"/v2/{name}/manifests/{reference}\" duration_ms=1.250 bytes_in=512 bytes_out=0 \
                 peer=192.0.2.7:4711 id=abc-1 repository=demo/app user_agent=\"evil\\t\\\"agent\\\" \u{fffd}\" \
                 code=UNAVAILABLE cause=\"no space left\\non device\"\n"
            );
        });
    }

    #[test]
    fn json_is_one_object_whatever_the_client_sends() {
        with_record(|record| {
            let line = String::from_utf8(json(1_770_113_760_125, level(record), record)).unwrap();
            assert_eq!(line.lines().count(), 1);
            let object: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(object["timestamp"], "2026-02-03T10:16:00.125Z");
            assert_eq!(object["user_agent"], "evil\t\"agent\" \u{fffd}");
            assert_eq!(object["cause"], "no space left\non device");
            assert_eq!(object["status"], 503);
            assert_eq!(object["duration_ms"], 1.25);
            assert_eq!(object["code"], "UNAVAILABLE");
        });
    }

    #[test]
    fn what_the_server_failed_is_an_error() {
        with_record(|record| {
            assert_eq!(level(record), Level::ERROR);
            assert_eq!(level(&Record { status: Some(StatusCode::NOT_FOUND), ..*record }), Level::INFO);
            assert_eq!(level(&Record { status: None, ..*record }), Level::INFO);
            assert_eq!(
                level(&Record { status: Some(StatusCode::OK), broke: Some("x"), ..*record }),
                Level::ERROR
            );
        });
    }
}
