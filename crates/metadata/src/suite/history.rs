//! The whole history of a tag, and the feed.

use weir_oci::{Digest, ManifestType, Tag};

use super::Outcome;
use super::fixture::{Tagged, World, somebody, stream};
use crate::{Action, Engine, Error, EventKind, EventSource, RecordPush, Resource, Span};

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
        .map(|entry| (entry.kind, entry.event.image.as_str(), entry.source.reason.as_deref()))
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
    assert!(entries.iter().all(|entry| EventSource { reason: None, ..entry.source.clone() } == somebody()));
    assert_eq!(entries[2].event.created, deleted);
    assert!(entries.is_sorted_by(|newer, older| newer.version > older.version));

    let first_page = world.engine.tag_history(&app, "latest", None, 3)?;
    assert_eq!(first_page, entries[..3]);
    assert_eq!(world.engine.tag_history(&app, "latest", Some(first_page[2].version), 3)?, entries[3..]);
    assert_eq!(world.engine.tag_history(&app, "other", None, 3)?, []);
    Ok(())
}

/// image-api 4.1, by the clock: it may go back, and what was pushed elsewhere is a manifest as well.
pub async fn a_timeline_goes_by_time_and_knows_only_manifests(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let (one, two) = (world.image("team/app", "1").await?, world.image("team/app", "2").await?);
    let app = stream("team/app");
    let start = world.now_ms();
    for (manifest, seconds) in [(&one, 50), (&two, 20), (&one, 20), (&two, 90)] {
        let push = RecordPush { now_ms: start + seconds * 1000, ..world.push("team/app", manifest)? };
        world.record(push.tagged(&["t"])?).await?;
    }
    let told = |span: &Span, limit| -> Result<Vec<(i64, Digest)>, Error> {
        let entries = world.engine.tag_timeline(&app, "t", span, limit)?;
        assert!(entries.iter().all(|entry| !entry.deleted && entry.media_type == ManifestType::OciManifest));
        let start = seconds(start);
        Ok(entries.iter().map(|entry| (entry.moment.created.seconds() - start, entry.digest)).collect())
    };
    let all = [(90, two.digest()), (50, one.digest()), (20, one.digest()), (20, two.digest())];
    assert_eq!(told(&Span::default(), 10)?, all);
    assert_eq!(told(&Span::default(), 3)?, all[..3]);
    let third = world.engine.tag_timeline(&app, "t", &Span::default(), 10)?[2].moment;
    assert_eq!(told(&Span { older_than: Some(third), ..Span::default() }, 10)?, all[3..]);
    assert_eq!(told(&Span { digest: Some(one.digest()), ..Span::default() }, 10)?, all[1..3]);
    let created = Some(third.created);
    assert_eq!(told(&Span { since: created, ..Span::default() }, 10)?, all[..2]);
    assert_eq!(told(&Span { before: created, ..Span::default() }, 10)?, []);
    assert_eq!(world.engine.tag_timeline(&app, "other", &Span::default(), 10)?, []);
    assert_eq!(world.engine.tag_timeline(&stream("team/none"), "t", &Span::default(), 10)?, []);
    Ok(())
}

fn seconds(ms: u64) -> i64 {
    (ms / 1000).cast_signed()
}

/// Whoever changes a tag may say why, and that stands instead of our own words.
pub async fn a_reason_stands_with_the_entry(engine: Engine) -> Outcome {
    let world = World::new(engine);
    let because = |reason: &str| EventSource { reason: Some(reason.to_owned()), ..somebody() };
    let image = world.image("team/app", "1").await?;
    let mut push = world.push("team/app", &image)?.tagged(&["latest"])?;
    push.source = because("a fix");
    world.record(push).await?;
    let (app, tag) = (stream("team/app"), Tag::parse("latest")?);
    world.engine.delete_tag(app.clone(), tag, None, because("the fix was none"), world.now_ms()).await?;
    let entries = world.engine.tag_history(&app, "latest", None, 10)?;
    let told: Vec<_> = entries.iter().map(|entry| entry.source.reason.as_deref()).collect();
    assert_eq!(told, [Some("the fix was none"), Some("a fix")]);
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
