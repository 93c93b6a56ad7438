//! The whole history of a tag, and the feed.

use weir_oci::Tag;

use super::Outcome;
use super::fixture::{World, somebody, stream};
use crate::{Action, Engine, EventKind, Resource};

/// decisions 7, last row; reliability I3.
pub async fn removals_are_entries_of_the_whole_history(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    let app = stream("team/app");
    world.push_tag("team/app", "latest", &one).await?;
    let tag = Tag::parse("latest")?;
    world.engine.delete_tag(app.clone(), tag, None, somebody(), world.now_ms()).await?;
    let deleted = world.last();
    world.push_tag("team/app", "latest", &two).await?;
    world.engine.delete_revision(app.clone(), two.digest(), somebody(), world.now_ms()).await?;

    let entries = world.engine.tag_history(&app, "latest", None, 10)?;
    let (one, two) = (one.digest().to_string(), two.digest().to_string());
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (entry.kind, entry.event.image.as_str(), entry.reason.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (EventKind::Deleted, two.as_str(), Some("manifest deleted")),
            (EventKind::Push, two.as_str(), None),
            (EventKind::Deleted, one.as_str(), Some("tag deleted")),
            (EventKind::Push, one.as_str(), None),
        ]
    );
    assert!(entries.iter().all(|entry| entry.source == somebody()));
    assert_eq!(entries[2].event.created, deleted);
    assert!(entries.is_sorted_by(|newer, older| newer.version > older.version));

    let first_page = world.engine.tag_history(&app, "latest", None, 3)?;
    assert_eq!(first_page, entries[..3]);
    assert_eq!(world.engine.tag_history(&app, "latest", Some(first_page[2].version), 3)?, entries[3..]);
    assert_eq!(world.engine.tag_history(&app, "other", None, 3)?, []);
    Ok(())
}

/// reliability I9, I14.
pub async fn the_feed_tells_changes_in_commit_order(engine: Engine) -> Outcome {
    let world = World::new(engine);
    for text in ["1", "2", "3"] {
        let image = world.image("team/app", text).await?;
        world.push_tag("team/app", text, &image).await?;
    }
    let all = world.engine.changes_after(0, 100)?;
    let versions: Vec<u64> = all.iter().map(|change| change.version).collect();
    assert_eq!(versions, (1..=7).collect::<Vec<_>>(), "a namespace, three Images, three times the stream");
    let of_stream: Vec<Action> = all
        .iter()
        .filter(|change| change.resource == Resource::ImageStream)
        .map(|change| change.action)
        .collect();
    assert_eq!(of_stream, [Action::Added, Action::Modified, Action::Modified]);
    let mut paged = Vec::new();
    let mut after = 0;
    loop {
        let page = world.engine.changes_after(after, 2)?;
        let Some(last) = page.last() else { break };
        after = last.version;
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert_eq!(world.version(), after);
    Ok(())
}
