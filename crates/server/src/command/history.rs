use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use weir_image_api::ImageStreamHistory;
use weir_oci::Tag;

use super::api::{Api, ApiError, Subject, server_flag};
use super::{complain, print};

/// Entries shown unless the caller wants another number.
const ENTRIES: &str = "30";
/// Characters of a digest that people compare.
const SHORT: usize = "sha256:".len() + 12;

pub(super) fn command() -> Command {
    Command::new("history")
        .about("Show what happened to the tags of a repository, newest first, deletions included")
        .arg(
            Arg::new("subject")
                .value_name("REPOSITORY[:TAG]")
                .required(true)
                .help("The repository, or one tag of it"),
        )
        .arg(server_flag())
        .arg(output_flag())
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("N")
                .default_value(ENTRIES)
                .value_parser(clap::value_parser!(u32).range(1..))
                .help("Most entries to show"),
        )
}

/// The flag that asks for something a program can read.
pub(super) fn output_flag() -> Arg {
    Arg::new("output")
        .long("output")
        .short('o')
        .value_name("FORMAT")
        .value_parser(["text", "json"])
        .default_value("text")
        .help("For a person or for a program")
}

/// Whether the caller wants JSON.
pub(super) fn wants_json(options: &ArgMatches) -> bool {
    options.get_one::<String>("output").is_some_and(|format| format == "json")
}

/// `weir history REPOSITORY[:TAG]`
pub(super) fn run(options: &ArgMatches) -> ExitCode {
    match show(options) {
        Ok(text) => print(&text),
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn show(options: &ArgMatches) -> Result<String, ApiError> {
    let api = Api::of(options)?;
    let subject = Subject::parse(options.get_one::<String>("subject").map_or("", String::as_str))?;
    let limit = options.get_one::<u32>("limit").copied().unwrap_or(1);
    let history = read(&api, &subject, limit)?;
    if wants_json(options) {
        let text = serde_json::to_string_pretty(&history).expect("a history has text keys");
        return Ok(text + "\n");
    }
    Ok(table(&history, subject.tag.is_some()))
}

/// Asks for the newest entries.
pub(super) fn read(api: &Api, subject: &Subject, limit: u32) -> Result<ImageStreamHistory, ApiError> {
    let name = subject.stream.name.as_str();
    let tag = subject.tag.as_ref().map_or(String::new(), |tag| format!("&tag={}", tag.as_str()));
    let path = Api::namespaced(
        &subject.stream.namespace,
        &format!("imagestreams/{name}/history?limit={limit}{tag}"),
    );
    let document = api.get(&path)?;
    serde_json::from_value(document).map_err(|_| ApiError::Refused(format!("{path} is no history")))
}

/// The number of an entry counts back from the newest of its tag: what `rollback --to` takes.
fn table(history: &ImageStreamHistory, one_tag: bool) -> String {
    let mut rows = vec![["#", "TAG", "WHEN", "WHAT", "IMAGE", "WHO", "WITH", "WHY"].map(str::to_owned)];
    let mut seen: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for entry in &history.entries {
        let number = seen.entry(&entry.tag).or_default();
        let image = if entry.image.is_empty() { &entry.docker_image_reference } else { &entry.image };
        rows.push([
            number.to_string(),
            entry.tag.clone(),
            entry.created.to_string(),
            entry.kind.clone(),
            short(image).to_owned(),
            entry.user.clone(),
            program(entry.client.as_deref().unwrap_or_default()).to_owned(),
            entry.reason.clone().unwrap_or_default(),
        ]);
        *number += 1;
    }
    let hidden = |column: usize| one_tag && column == 1;
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate().filter(|(column, _)| !hidden(*column)) {
            let _ = write!(line, "{cell:<width$}   ", width = widths[column]);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The first word of how a program calls itself.
fn program(client: &str) -> &str {
    client.split(' ').next().unwrap_or(client)
}

/// What people compare of a digest.
pub(super) fn short(digest: &str) -> &str {
    if digest.starts_with("sha256:") { digest.get(..SHORT).unwrap_or(digest) } else { digest }
}

/// The tag a command needs.
pub(super) fn tag_of(subject: &Subject, text: &str) -> Result<Tag, ApiError> {
    subject.tag.clone().ok_or_else(|| ApiError::Reference(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn history() -> ImageStreamHistory {
        let entry = |tag: &str, kind: &str, fill: char, extra: serde_json::Value| {
            let mut entry = json!({
                "tag": tag, "version": "7", "created": "2026-02-03T10:16:00Z", "kind": kind,
                "image": format!("sha256:{}", fill.to_string().repeat(64)), "user": "alice",
            });
            entry.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            entry
        };
        serde_json::from_value(json!({"metadata": {"name": "app"}, "entries": [
            entry("v1", "rollback", 'a', json!({"reason": "broke the build", "client": "weir/0.1.0"})),
            entry("v2", "deleted", 'c', json!({})),
            entry("v1", "push", 'b', json!({"client": "docker/29.0 go/1.26"})),
        ]}))
        .unwrap()
    }

    #[test]
    fn entries_are_numbered_per_tag_from_the_newest() {
        let text = table(&history(), false);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["#", "TAG", "WHEN", "WHAT", "IMAGE", "WHO", "WITH", "WHY"]);
        assert_eq!(lines[1][..5], ["0", "v1", "2026-02-03T10:16:00Z", "rollback", "sha256:aaaaaaaaaaaa"]);
        assert_eq!(lines[1][5..], ["alice", "weir/0.1.0", "broke", "the", "build"]);
        assert_eq!(lines[2][..2], ["0", "v2"]);
        assert_eq!(lines[3][..2], ["1", "v1"]);
        assert_eq!(lines[3][6], "docker/29.0", "a long name of a program is cut at the first blank");
    }

    #[test]
    fn the_tag_is_left_out_where_all_are_of_one() {
        assert!(table(&history(), true).lines().all(|line| !line.contains("TAG") && !line.contains(" v1 ")));
    }
}
