use rusqlite::params;
use weir_image_api::{PullSpec, TagEvent};

use crate::adopt::{self, Copying};
use crate::hosts::Hosts;
use crate::sqlite::Transaction;
use crate::streams::StreamChange;
use crate::tags::{self, Closing, Entry, Head, Place};
use crate::{
    Error, EventKind, Reach, StreamEdit, StreamWrite, columns, names, repositories, revisions, tag_list,
};

const SHOWN: &str = "SELECT e.version, e.position, e.image, e.created, e.reference, n.name, e.generation \
     FROM tag t JOIN tag_event e ON e.repository = t.repository AND e.tag = t.tag AND e.version >= t.since \
     AND e.until IS NULL JOIN name n ON n.id = e.image \
     WHERE t.repository = ?1 AND t.tag = ?2 ORDER BY e.version DESC, e.position DESC LIMIT ?3";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[SHOWN];

/// Makes the histories of tags what an edit wants.
pub(crate) struct StatusEdit<'e> {
    edit: &'e StreamEdit,
    hosts: &'e Hosts,
    write: &'e StreamWrite,
    /// Newest events of a tag that the edit knows of.
    known: i64,
    /// Repositories that images may be taken from, once they have been looked up.
    sources: Option<Vec<i64>>,
}

/// An event that a tag shows.
#[derive(Debug)]
struct Shown {
    place: Place,
    image: i64,
    /// In the form that is stored.
    event: TagEvent,
}

impl<'e> StatusEdit<'e> {
    pub(crate) fn new(
        edit: &'e StreamEdit,
        hosts: &'e Hosts,
        write: &'e StreamWrite,
        reach: &Reach,
    ) -> StatusEdit<'e> {
        let known = match reach {
            Reach::Whole => i64::MAX,
            Reach::Tags(_) => 1,
        };
        StatusEdit { edit, hosts, write, known, sources: None }
    }

    /// Makes the history of a tag this one, newest first.
    pub(crate) fn write(
        &mut self,
        transaction: &mut Transaction<'_>,
        change: &mut StreamChange<'_>,
        tag: &str,
        wanted: &[TagEvent],
    ) -> Result<(), Error> {
        let repository = change.repository();
        if wanted.is_empty() {
            if let Some(head) = tags::head(transaction, repository, tag)? {
                tags::remove(transaction, change, tag, &head, &self.edit.source)?;
            }
            return Ok(());
        }
        let shown = self.shown(transaction, repository, tag)?;
        let rendered: Vec<TagEvent> = shown.iter().map(|shown| self.render(&shown.event)).collect();
        let plan = tag_list::plan(&rendered, wanted);
        let mut place = tags::next_place(transaction, change, shown.first().map(|shown| shown.place));
        change.touch(tag);
        let mut replaced = vec![false; shown.len()];
        let mut head = plan.kept.first().map(|kept| {
            let Shown { place, image, event } = &shown[*kept];
            Head { place: *place, event: event.clone(), image: *image, pullable: false }
        });
        // The oldest first: what is written later is newer.
        for (event, continues) in plan.fresh.iter().rev() {
            let stored = self.store(event, &rendered, &shown);
            let image = if let Some(old) = continues {
                replaced[*old] = true;
                let old = &shown[*old];
                tags::continue_event(transaction, repository, tag, old.place, place, &stored)?;
                old.image
            } else {
                let image = names::intern(transaction, &stored.image)?.id;
                let entry = Entry { kind: self.kind(tag), source: &self.edit.source, image };
                tags::insert_event(transaction, repository, tag, place, &stored, &entry)?;
                self.take_over(transaction, change, &stored, image)?;
                image
            };
            head = Some(Head { place, event: stored, image, pullable: false });
            place.position += 1;
        }
        for gone in plan.gone.into_iter().filter(|gone| !replaced[*gone]) {
            tags::close(transaction, repository, tag, shown[gone].place, place.version, Closing::Gone)?;
        }
        let mut head = head.expect("a list that is not empty has a first event");
        head.pullable =
            !head.event.image.is_empty() && revisions::makes_pullable(transaction, repository, head.image)?;
        tags::set_head(transaction, repository, tag, &head)?;
        Ok(())
    }

    fn shown(&self, transaction: &Transaction<'_>, repository: i64, tag: &str) -> Result<Vec<Shown>, Error> {
        let mut statement = transaction.prepare(SHOWN)?;
        let rows = statement.query_map(params![repository, tag, self.known], |row| {
            Ok(Shown {
                place: Place { version: row.get(0)?, position: row.get(1)? },
                image: row.get(2)?,
                event: columns::tag_event(row, 3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn kind(&self, tag: &str) -> EventKind {
        if self.write.tracked.contains(tag) { EventKind::Tracked } else { self.edit.kind }
    }

    fn render(&self, stored: &TagEvent) -> TagEvent {
        let mut event = stored.clone();
        self.hosts.render_event(&mut event);
        event
    }

    /// An event in the form that is stored. What stands in the list already is known in that form;
    /// without a name of our own it could not be told from the rendered one.
    fn store(&self, event: &TagEvent, rendered: &[TagEvent], shown: &[Shown]) -> TagEvent {
        let known =
            rendered.iter().position(|known| known.docker_image_reference == event.docker_image_reference);
        let reference = match known {
            Some(known) => shown[known].event.docker_image_reference.clone(),
            None => PullSpec::store(&event.docker_image_reference, &self.hosts.internal),
        };
        TagEvent { docker_image_reference: reference, provenance: None, ..event.clone() }
    }

    /// Makes what an event names pullable here, if it can be had where the event was copied from. That
    /// the manifest is here already says nothing of what it consists of.
    fn take_over(
        &mut self,
        transaction: &mut Transaction<'_>,
        change: &StreamChange<'_>,
        event: &TagEvent,
        image: i64,
    ) -> Result<(), Error> {
        let target = change.repository();
        if event.image.is_empty() {
            return Ok(());
        }
        for source in self.sources(transaction, target)? {
            let copying = Copying { source, target, now_ms: change.now_ms() };
            if adopt::adopt(transaction, copying, image)? {
                break;
            }
        }
        Ok(())
    }

    fn sources(&mut self, transaction: &Transaction<'_>, target: i64) -> Result<Vec<i64>, Error> {
        if let Some(known) = &self.sources {
            return Ok(known.clone());
        }
        let mut found = Vec::new();
        for stream in &self.write.sources {
            found.extend(repositories::find(transaction, stream)?.filter(|source| *source != target));
        }
        self.sources = Some(found.clone());
        Ok(found)
    }
}
