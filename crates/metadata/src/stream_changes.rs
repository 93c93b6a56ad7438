//! Changes of streams and of their tags, with what each was before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Mutex;

use rusqlite::{Connection, Row, params};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{ImageStream, TagParts};

use crate::next_changes::{NextChanges, Part};
use crate::object_changes::{self, Feed, FeedRow, Rest};
use crate::stream_detail::StreamDetail;
use crate::stream_views::Provenances;
use crate::stream_walk::{Reading, StreamWalk};
use crate::{Action, Change, ChangeScope, Changes, Depth, Engine, Error, ObjectChange, Resource, columns};

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
    /// Those that were looked at beyond the page.
    beyond: Vec<Step>,
}

/// The changes of one stream, and where to find more of them.
#[derive(Clone, Copy, Debug)]
struct StreamFeed<'f> {
    reading: Reading<'f>,
    steps: &'f Steps,
    further: Further<'f>,
}

/// The changes beyond those that were looked at.
#[derive(Clone, Copy, Debug)]
enum Further<'f> {
    None,
    /// Those after a version.
    After(u64, &'f Mutex<NextChanges>),
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
            let mut found = Found::read(connection, scope, after, limit, self.next_changes())?;
            found.shorten(connection, |_| true)?;
            let (mut items, further) = (Vec::new(), found.further);
            for (repository, steps) in found.streams {
                let reading = self.reading(connection, repository, Provenances::Hidden, Depth::Whole);
                let mut walk = StreamWalk::now(reading, None)?;
                StreamFeed { reading, steps: &steps, further }.undo_beyond(&mut walk, None)?;
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
        depth: Depth,
    ) -> Result<Changes<TagParts>, Error> {
        self.records().snapshot(|connection| {
            let mut found = Found::read(connection, scope, after, limit, self.next_changes())?;
            found.shorten(connection, changes_head)?;
            let (mut items, further) = (Vec::new(), found.further);
            for (repository, steps) in found.streams {
                let reading = self.reading(connection, repository, Provenances::Shown, depth);
                tag_changes(StreamFeed { reading, steps: &steps, further }, &mut items)?;
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
        depth: Depth,
    ) -> Reading<'r> {
        Reading { connection, hosts: self.hosts(), repository, provenances, depth }
    }
}

impl StreamFeed<'_> {
    /// Takes back all that came after the page. Of very many changes those are read that say what was
    /// before the first of them.
    fn undo_beyond(&self, walk: &mut StreamWalk<'_>, only: Option<&BTreeSet<String>>) -> Result<(), Error> {
        let further = match self.further {
            Further::None => Vec::new(),
            Further::After(version, next) => self.firsts(version, next, only)?,
        };
        let mut steps = self.steps.beyond.iter().chain(&further);
        let Some(Step { change, detail }) = steps.next() else { return Ok(()) };
        let mut merged = detail.clone();
        if change.action != Action::Added {
            steps.for_each(|step| merged.precede(&step.detail));
        }
        walk.undo(change, &merged)
    }

    /// The first changes after a version of all that a stream consists of: of these tags, or of all.
    fn firsts(
        &self,
        after: u64,
        next: &Mutex<NextChanges>,
        only: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Step>, Error> {
        let Reading { connection, repository, .. } = self.reading;
        let mut versions = BTreeSet::new();
        {
            let mut next = object_changes::lock(next);
            next.cover(connection, after)?;
            let tags: Vec<&String> = match only {
                Some(only) => only.iter().collect(),
                None => next.tags(repository).collect(),
            };
            let own = [Part::Stream(repository), Part::Generation(repository), Part::Head(repository)];
            let of_tags = tags.iter().flat_map(|tag| {
                [Part::Spec(repository, tag), Part::Conditions(repository, tag), Part::Items(repository, tag)]
            });
            versions.extend(own.into_iter().chain(of_tags).filter_map(|part| next.of(part, after).next()));
        }
        let mut steps = Vec::with_capacity(versions.len());
        for version in versions {
            let read = |row: &Row<'_>| {
                let change = object_changes::change(row, Resource::ImageStream)?;
                Ok((row.get::<_, Option<i64>>(5)?, Step { change, detail: columns::json(row, 6)? }))
            };
            // The next one may not be in this snapshot yet.
            let found = object_changes::at(connection, version, read)?;
            steps.extend(found.filter(|(of, _)| *of == Some(repository)).map(|(_, step)| step));
        }
        Ok(steps)
    }
}

/// The first changes of streams by repository, with those that came later.
#[derive(Debug)]
struct Found<'f> {
    streams: BTreeMap<i64, Steps>,
    upto: u64,
    further: Further<'f>,
}

impl<'f> Found<'f> {
    fn read(
        connection: &Connection,
        scope: &ChangeScope,
        after: u64,
        limit: usize,
        next: &'f Mutex<NextChanges>,
    ) -> Result<Found<'f>, Error> {
        let kind = Resource::ImageStream;
        let Feed { rows, upto } = object_changes::feed(connection, kind, scope, after, limit)?;
        let last = rows.last().map(|row| row.change.version);
        let mut streams: BTreeMap<i64, Steps> = BTreeMap::new();
        for FeedRow { change, repository, detail } in rows {
            let Some(repository) = repository else { continue };
            let detail = detail.as_deref().map_or_else(|| Ok(StreamDetail::default()), columns::detail)?;
            streams.entry(repository).or_default().of_page.push(Step { change, detail });
        }
        let Some(last) = last else { return Ok(Found { streams, upto, further: Further::None }) };
        if object_changes::rest(connection, last, next)? == Rest::Known {
            return Ok(Found { streams, upto, further: Further::After(last, next) });
        }
        object_changes::later(connection, kind, scope, last, |row| {
            let repository: Option<i64> = row.get(5)?;
            if let Some(steps) = repository.and_then(|repository| streams.get_mut(&repository)) {
                let change = object_changes::change(row, kind)?;
                steps.beyond.push(Step { change, detail: columns::json(row, 6)? });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Found { streams, upto, further: Further::None })
    }

    /// No fewer tags than a stream had at any time since the page began, as far as that matters.
    fn most_tags(&self, connection: &Connection, repository: i64, steps: &Steps) -> Result<usize, Error> {
        let mut statement = connection.prepare_cached(TAGS)?;
        let present: u32 =
            statement.query_row(params![repository, columns::limit(PAGE_TAGS)], |row| row.get(0))?;
        let looked_at = steps.of_page.iter().chain(&steps.beyond);
        let tags = looked_at.map(|step| step.detail.touched().count()).fold(present as usize, usize::max);
        Ok(match self.further {
            Further::None => tags,
            Further::After(_, next) => {
                tags.max(object_changes::lock(next).tags(repository).take(PAGE_TAGS).count())
            }
        })
    }

    /// Ends the page where its objects would have too many tags. `is_whole` says whether a change
    /// brings all tags of its stream or those it touched.
    fn shorten(&mut self, connection: &Connection, is_whole: impl Fn(&Step) -> bool) -> Result<(), Error> {
        let mut weights = Vec::new();
        for (repository, steps) in &self.streams {
            // Counting them takes as long as there are many.
            let all = if steps.of_page.iter().any(&is_whole) {
                self.most_tags(connection, *repository, steps)?
            } else {
                0
            };
            weights.extend(steps.of_page.iter().map(|step| {
                let tags = if is_whole(step) { all } else { step.detail.touched().count() };
                (step.change.version, 2 * tags)
            }));
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

fn tag_changes(feed: StreamFeed<'_>, items: &mut Vec<ObjectChange<TagParts>>) -> Result<(), Error> {
    let StreamFeed { reading, steps, .. } = feed;
    let touched = touched(feed)?;
    let mut only = Some(BTreeSet::new());
    for touched in &touched {
        match (touched, &mut only) {
            (Touched::Some(tags), Some(only)) => only.extend(tags.iter().cloned()),
            (Touched::All, _) => only = None,
            (Touched::Some(_), None) => {}
        }
    }
    let mut walk = StreamWalk::now(reading, only.clone())?;
    feed.undo_beyond(&mut walk, only.as_ref())?;
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
fn touched(feed: StreamFeed<'_>) -> Result<Vec<Touched>, Error> {
    let StreamFeed { reading, steps, .. } = feed;
    let mut walk = StreamWalk::now(reading, Some(BTreeSet::new()))?;
    if steps.of_page.iter().any(changes_head) {
        feed.undo_beyond(&mut walk, Some(&BTreeSet::new()))?;
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
        let tags = world.engine.stream_tag_changes(&scope, start, 10, Depth::Whole).unwrap();
        assert_eq!((tags.items.len(), tags.upto), (2 * names.len(), start + 2));
        let tags = world.engine.stream_tag_changes(&scope, start + 3, 10, Depth::Newest).unwrap();
        assert_eq!((tags.items.len(), tags.upto), (1, world.version()));
    }
}
