//! Changes of streams and of their tags, with what each was before and after.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{ImageStream, TagParts};

use crate::object_changes::{self, Feed, FeedRow};
use crate::stream_detail::StreamDetail;
use crate::stream_views::Provenances;
use crate::stream_walk::{Reading, StreamWalk};
use crate::{Action, Change, ChangeScope, Changes, Engine, Error, ObjectChange, Resource, columns};

const TAGS: &str = "SELECT count(*) FROM (SELECT 1 FROM tag WHERE repository = ?1 LIMIT ?2)";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[TAGS];

/// Tags that the objects of one page may have together, before and after: some 50 MB of memory. A
/// page has one change at least, however large its stream.
const PAGE_TAGS: usize = 50_000;

/// A change of a stream with what stands with it.
#[derive(Debug)]
struct Step {
    change: Change,
    detail: StreamDetail,
}

/// The changes of one stream after a version, oldest first.
#[derive(Debug, Default)]
struct Steps {
    of_page: Vec<Step>,
    beyond: Vec<Step>,
}

/// Which tags a change is about.
#[derive(Debug)]
enum Touched {
    /// The stream itself changed, and with it what every tag shows.
    All,
    Some(BTreeSet<String>),
}

impl Engine {
    /// The first changes of streams after a version.
    pub fn stream_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<ImageStream>, Error> {
        self.records().snapshot(|connection| {
            let mut found = Found::read(connection, scope, after, limit)?;
            found.shorten(connection, |_, tags| tags)?;
            let mut items = Vec::new();
            for (repository, steps) in found.streams {
                let mut walk =
                    StreamWalk::now(self.reading(connection, repository, Provenances::Hidden), None)?;
                steps.undo_beyond(&mut walk)?;
                let mut after = walk.whole();
                for Step { change, detail } in steps.of_page.iter().rev() {
                    walk.undo(change, detail)?;
                    let before = walk.whole();
                    items.push(ObjectChange {
                        version: change.version,
                        action: change.action,
                        before: before.clone(),
                        after,
                    });
                    after = before;
                }
            }
            items.sort_unstable_by_key(|item| item.version);
            Ok(Changes { items, upto: found.upto })
        })
    }

    /// The first changes of tags after a version: of each of the first changes of streams, one for
    /// each tag it is about. `limit` counts the changes of streams. Where what every tag shows of
    /// its stream changed, it is about all of them.
    pub fn stream_tag_changes(
        &self,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
    ) -> Result<Changes<TagParts>, Error> {
        self.records().snapshot(|connection| {
            let mut found = Found::read(connection, scope, after, limit)?;
            found.shorten(connection, |step, tags| {
                if changes_head(step) { tags } else { step.detail.touched().count() }
            })?;
            let mut items = Vec::new();
            for (repository, steps) in found.streams {
                let reading = self.reading(connection, repository, Provenances::Shown);
                tag_changes(reading, &steps, &mut items)?;
            }
            // Of one version the tags stay in their order.
            items.sort_by_key(|item| item.version);
            Ok(Changes { items, upto: found.upto })
        })
    }

    fn reading<'r>(
        &'r self,
        connection: &'r Connection,
        repository: i64,
        provenances: Provenances,
    ) -> Reading<'r> {
        Reading { connection, hosts: self.hosts(), repository, provenances }
    }
}

impl Steps {
    fn undo_beyond(&self, walk: &mut StreamWalk<'_>) -> Result<(), Error> {
        for Step { change, detail } in self.beyond.iter().rev() {
            walk.undo(change, detail)?;
        }
        Ok(())
    }
}

/// The first changes of streams by repository, with those that came later.
#[derive(Debug)]
struct Found {
    streams: BTreeMap<i64, Steps>,
    upto: u64,
}

impl Found {
    fn read(connection: &Connection, scope: &ChangeScope, after: u64, limit: usize) -> Result<Found, Error> {
        let kind = Resource::ImageStream;
        let Feed { rows, upto } = object_changes::feed(connection, kind, scope, after, limit)?;
        let last = rows.last().map(|row| row.change.version);
        let mut streams: BTreeMap<i64, Steps> = BTreeMap::new();
        for FeedRow { change, repository, detail } in rows {
            let Some(repository) = repository else { continue };
            let detail = detail.as_deref().map_or_else(|| Ok(StreamDetail::default()), columns::detail)?;
            streams.entry(repository).or_default().of_page.push(Step { change, detail });
        }
        if let Some(last) = last {
            object_changes::later(connection, kind, scope, last, |row| {
                let repository: Option<i64> = row.get(5)?;
                if let Some(steps) = repository.and_then(|repository| streams.get_mut(&repository)) {
                    let change = object_changes::change(row, kind)?;
                    steps.beyond.push(Step { change, detail: columns::json(row, 6)? });
                }
                Ok(())
            })?;
        }
        Ok(Found { streams, upto })
    }

    /// Ends the page where its objects would have too many tags. `weight` says how many a change
    /// brings if its stream has so many.
    fn shorten(
        &mut self,
        connection: &Connection,
        weight: impl Fn(&Step, usize) -> usize,
    ) -> Result<(), Error> {
        let mut weights = Vec::new();
        for (repository, steps) in &self.streams {
            let mut statement = connection.prepare_cached(TAGS)?;
            let present: u32 =
                statement.query_row(params![repository, columns::limit(PAGE_TAGS)], |row| row.get(0))?;
            let all = steps.of_page.iter().chain(&steps.beyond);
            let tags = all.map(|step| step.detail.touched().count()).fold(present as usize, usize::max);
            weights.extend(steps.of_page.iter().map(|step| (step.change.version, 2 * weight(step, tags))));
        }
        weights.sort_unstable();
        let mut sum = 0;
        let fits = weights
            .iter()
            .take_while(|(_, weight)| {
                sum += weight;
                sum <= PAGE_TAGS
            })
            .count();
        if fits == weights.len() {
            return Ok(());
        }
        let (last, _) = weights[fits.max(1) - 1];
        self.upto = if fits.max(1) == weights.len() { self.upto } else { last };
        self.streams.retain(|_, steps| {
            let fits = steps.of_page.partition_point(|step| step.change.version <= last);
            let rest = steps.of_page.split_off(fits);
            steps.beyond.splice(..0, rest);
            !steps.of_page.is_empty()
        });
        Ok(())
    }
}

/// Whether a change may be about what every tag shows of its stream.
fn changes_head(step: &Step) -> bool {
    step.detail.head.is_some() && step.change.action == Action::Modified
}

fn tag_changes(
    reading: Reading<'_>,
    steps: &Steps,
    items: &mut Vec<ObjectChange<TagParts>>,
) -> Result<(), Error> {
    let touched = touched(reading, steps)?;
    let mut only = Some(BTreeSet::new());
    for touched in &touched {
        match (touched, &mut only) {
            (Touched::Some(tags), Some(only)) => only.extend(tags.iter().cloned()),
            (Touched::All, _) => only = None,
            (Touched::Some(_), None) => {}
        }
    }
    let mut walk = StreamWalk::now(reading, only)?;
    steps.undo_beyond(&mut walk)?;
    for (Step { change, detail }, touched) in steps.of_page.iter().zip(touched).rev() {
        let (all, mut tags) = match touched {
            Touched::All => (true, walk.tags()),
            Touched::Some(tags) => (false, tags),
        };
        let mut after: BTreeMap<String, TagParts> =
            tags.iter().filter_map(|tag| Some((tag.clone(), walk.tag(tag)?))).collect();
        walk.undo(change, detail)?;
        if all {
            tags.extend(walk.tags());
        }
        for tag in tags {
            let (before, after) = (walk.tag(&tag), after.remove(&tag));
            let action = match (&before, &after) {
                (None, None) => continue,
                (None, Some(_)) => Action::Added,
                (Some(_), Some(_)) => Action::Modified,
                (Some(_), None) => Action::Deleted,
            };
            items.push(ObjectChange { version: change.version, action, before, after });
        }
    }
    Ok(())
}

/// Which tags each change of the page is about.
fn touched(reading: Reading<'_>, steps: &Steps) -> Result<Vec<Touched>, Error> {
    let mut walk = StreamWalk::now(reading, Some(BTreeSet::new()))?;
    if steps.of_page.iter().any(changes_head) {
        steps.undo_beyond(&mut walk)?;
    }
    let mut touched = Vec::with_capacity(steps.of_page.len());
    for step in steps.of_page.iter().rev() {
        let after = changes_head(step).then(|| walk.head().map(shown)).flatten();
        walk.undo(&step.change, &step.detail)?;
        let is_about_all = after.is_some() && after != walk.head().map(shown);
        touched.push(if is_about_all {
            Touched::All
        } else {
            Touched::Some(step.detail.touched().cloned().collect())
        });
    }
    touched.reverse();
    Ok(touched)
}

/// What tags show of their stream. Its version and generation change with every tag, and who manages
/// what of it is nothing of theirs.
fn shown(stream: &ImageStream) -> (ObjectMeta, bool) {
    let metadata = ObjectMeta {
        resource_version: None,
        generation: 0,
        managed_fields: Vec::new(),
        ..stream.metadata.clone()
    };
    (metadata, stream.spec.lookup_policy.local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::fixture::{Tagged, World};
    use crate::{EventKind, Options};

    // A page of a stream with very many tags would not fit into memory.
    #[tokio::test]
    async fn pages_of_large_streams_are_short() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(Engine::open(dir.path(), Options::new("")).unwrap());
        let image = world.image("team/app", "a").await.unwrap();
        let names: Vec<String> = (0..PAGE_TAGS / 5).map(|number| format!("t{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        world.record(world.push("team/app", &image).unwrap().tagged(&names).unwrap()).await.unwrap();
        let start = world.version();
        for label in ["1", "2", "3"] {
            let edit = world.edit("team/app", EventKind::Tag, move |write| {
                write.stream.metadata.labels.insert("label".to_owned(), label.to_owned());
            });
            edit.await.unwrap();
        }
        world.push_tag("team/app", "t0", &world.image("team/app", "b").await.unwrap()).await.unwrap();
        let scope = ChangeScope::default();
        let page = |after| world.engine.stream_changes(&scope, after, 10).unwrap();
        let (first, second) = (page(start), page(start + 2));
        assert_eq!((first.items.len(), first.upto), (2, start + 2));
        assert_eq!((second.items.len(), second.upto), (2, world.version()));
        assert_eq!(first.items[1].after, second.items[0].before);
        assert_eq!(
            second.items[1].after,
            world.engine.image_stream(&crate::suite::fixture::stream("team/app")).unwrap()
        );
        let tags = world.engine.stream_tag_changes(&scope, start, 10).unwrap();
        assert_eq!((tags.items.len(), tags.upto), (2 * names.len(), start + 2));
        let tags = world.engine.stream_tag_changes(&scope, start + 3, 10).unwrap();
        assert_eq!((tags.items.len(), tags.upto), (1, world.version()));
    }
}
