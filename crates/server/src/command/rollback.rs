use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use weir_image_api::{HistoryEntry, ImageStreamHistory};

use super::api::{Api, ApiError, Subject, server_flag};
use super::history::{output_flag, read, short, tag_of, wants_json};
use super::{complain, print};

/// Entries to look through for where to go back to.
const DEPTH: u32 = 1000;

#[derive(Debug, thiserror::Error)]
enum RollbackError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{0} has no history")]
    NoHistory(String),
    #[error("{0} never pointed to another image that can still be pulled")]
    NothingBefore(String),
    #[error("{image} can no longer be pulled from the repository of {tag}; push it again")]
    Gone { tag: String, image: String },
    #[error("{tag} has no entry {number}; `weir history {tag}` shows them")]
    NoEntry { tag: String, number: usize },
    #[error("{tag} never pointed to {image}; `weir history {tag}` shows what it pointed to")]
    NeverThere { tag: String, image: String },
    #[error("{image} may mean {}", .several.join(" or "))]
    Ambiguous { image: String, several: Vec<String> },
}

pub(super) fn command() -> Command {
    Command::new("rollback")
        .about("Let a tag point to an image it pointed to before; the way there stays in its history")
        .arg(Arg::new("subject").value_name("REPOSITORY:TAG").required(true).help("The tag"))
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("DIGEST|N")
                .help("A digest, or the beginning of one, or the number of an entry of the history [default: the image before this one]"),
        )
        .arg(Arg::new("reason").long("reason").value_name("TEXT").help("Why; it stands in the history"))
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Say what would happen, and do nothing"),
        )
        .arg(server_flag())
        .arg(output_flag())
}

/// `weir rollback REPOSITORY:TAG [--to DIGEST|N]`
pub(super) fn run(options: &ArgMatches) -> ExitCode {
    match roll_back(options) {
        Ok(text) => print(&text),
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn roll_back(options: &ArgMatches) -> Result<String, RollbackError> {
    let text = options.get_one::<String>("subject").map_or("", String::as_str);
    let subject = Subject::parse(text)?;
    let tag = tag_of(&subject, text)?;
    let api = Api::of(options)?;
    let history = read(&api, &subject, DEPTH)?;
    let to = options.get_one::<String>("to").map(String::as_str);
    let target = target(&history, text, to)?;
    let from = history.entries.iter().find(|entry| entry.current).map(|entry| entry.image.clone());
    let dry_run = options.get_flag("dry-run");
    let moves = from.as_deref() != Some(target.image.as_str());
    if moves && !target.pullable {
        return Err(RollbackError::Gone { tag: text.to_owned(), image: short(&target.image).to_owned() });
    }
    if moves {
        let reason = options.get_one::<String>("reason").map(String::as_str);
        let mapping = mapping(&subject, tag.as_str(), target, reason);
        let query = if dry_run { "?dryRun=All" } else { "" };
        let path = Api::namespaced(&subject.stream.namespace, &format!("imagestreammappings{query}"));
        api.create(&path, &mapping)?;
    }
    if wants_json(options) {
        let told = json!({
            "tag": text, "from": from, "to": target.image, "moved": moves && !dry_run, "dryRun": dry_run,
        });
        return Ok(format!("{told}\n"));
    }
    let verb = if dry_run { "would go" } else { "went" };
    Ok(match from {
        _ if !moves => format!("{text} points to {} already\n", short(&target.image)),
        Some(from) => format!("{text} {verb} from {} back to {}\n", short(&from), short(&target.image)),
        None => format!("{text} {verb} back to {}\n", short(&target.image)),
    })
}

/// "This image now is this tag", said of an image that is known: it is left as it is.
fn mapping(subject: &Subject, tag: &str, target: &HistoryEntry, reason: Option<&str>) -> Value {
    let mut annotations = json!({"weir/event": "rollback"});
    if let Some(reason) = reason {
        annotations["weir/reason"] = reason.into();
    }
    json!({
        "kind": "ImageStreamMapping",
        "apiVersion": "image.openshift.io/v1",
        "metadata": {
            "name": subject.stream.name.as_str(),
            "namespace": subject.stream.namespace.as_str(),
            "annotations": annotations,
        },
        "tag": tag,
        "image": {
            "metadata": {
                "name": target.image,
                "annotations": {"openshift.io/image.managed": "true"},
            },
            "dockerImageReference": target.docker_image_reference,
        },
    })
}

/// Finds where to go back to.
fn target<'h>(
    history: &'h ImageStreamHistory,
    tag: &str,
    to: Option<&str>,
) -> Result<&'h HistoryEntry, RollbackError> {
    let Some(newest) = history.entries.first() else {
        return Err(RollbackError::NoHistory(tag.to_owned()));
    };
    let Some(to) = to else {
        // A tag that was removed goes back to where it was.
        let differs = |entry: &&HistoryEntry| newest.kind == "deleted" || entry.image != newest.image;
        let before = history.entries.iter().filter(|entry| entry.pullable).find(differs);
        return before.ok_or_else(|| RollbackError::NothingBefore(tag.to_owned()));
    };
    // So few digits are a number: a digest that short would be the beginning of many.
    if let Some(number) = to.parse::<usize>().ok().filter(|_| to.len() < 6) {
        let entry = history.entries.get(number).filter(|entry| !entry.image.is_empty());
        return entry.ok_or_else(|| RollbackError::NoEntry { tag: tag.to_owned(), number });
    }
    let fits = |image: &str| {
        image.starts_with(to) || image.split_once(':').is_some_and(|(_, hex)| hex.starts_with(to))
    };
    let mut found: Vec<&HistoryEntry> = Vec::new();
    for entry in history.entries.iter().filter(|entry| !entry.image.is_empty() && fits(&entry.image)) {
        if found.iter().all(|known| known.image != entry.image) {
            found.push(entry);
        }
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(RollbackError::NeverThere { tag: tag.to_owned(), image: to.to_owned() }),
        several => Err(RollbackError::Ambiguous {
            image: to.to_owned(),
            several: several.iter().map(|entry| short(&entry.image).to_owned()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(entries: &[(&str, &str)]) -> ImageStreamHistory {
        let entries = entries.iter().map(|(kind, image)| HistoryEntry {
            kind: (*kind).to_owned(),
            image: (*image).to_owned(),
            pullable: !image.ends_with('z'),
            ..HistoryEntry::default()
        });
        ImageStreamHistory { entries: entries.collect(), ..ImageStreamHistory::default() }
    }

    fn image(entries: &[(&str, &str)], to: Option<&str>) -> Result<String, String> {
        let history = history(entries);
        target(&history, "app:v1", to).map(|entry| entry.image.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_target_it_is_the_image_before() {
        let moved = [("push", "sha256:b"), ("push", "sha256:b"), ("push", "sha256:a"), ("push", "sha256:z")];
        assert_eq!(image(&moved, None).unwrap(), "sha256:a");
        let removed = [("deleted", "sha256:b"), ("push", "sha256:b"), ("push", "sha256:a")];
        assert_eq!(image(&removed, None).unwrap(), "sha256:b", "a removed tag comes back");
        let gone = [("push", "sha256:b"), ("push", "sha256:z"), ("push", "sha256:a")];
        assert_eq!(image(&gone, None).unwrap(), "sha256:a", "what cannot be pulled any more is passed over");
        assert!(image(&[("push", "sha256:b")], None).unwrap_err().contains("never pointed to another"));
        assert!(image(&[], None).unwrap_err().contains("no history"));
    }

    #[test]
    fn a_target_is_an_entry_or_a_digest() {
        let entries = [("push", "sha256:cab1"), ("tag", ""), ("push", "sha256:cab2"), ("push", "sha256:f00")];
        assert_eq!(image(&entries, Some("2")).unwrap(), "sha256:cab2");
        assert!(image(&entries, Some("1")).unwrap_err().contains("no entry 1"), "it has no image");
        assert!(image(&entries, Some("9")).unwrap_err().contains("no entry 9"));
        assert_eq!(image(&entries, Some("f0")).unwrap(), "sha256:f00");
        assert_eq!(image(&entries, Some("sha256:cab1")).unwrap(), "sha256:cab1");
        assert_eq!(image(&entries, Some("cab")).unwrap_err(), "cab may mean sha256:cab1 or sha256:cab2");
        assert!(image(&entries, Some("sha256:dead")).unwrap_err().contains("never pointed to"));
    }
}
