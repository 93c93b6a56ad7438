//! A stream on its way back in time.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{
    ImageStream, NamedTagEventList, ResourceVersion, TagEvent, TagEventCondition, TagParts, TagReference,
    Timestamp,
};

use crate::hosts::Hosts;
use crate::stream_detail::{HeadDetail, StreamDetail};
use crate::stream_views::{self, Found, Provenances};
use crate::tag_past::{self, TagPast};
use crate::{Action, Change, Depth, Error, stream_tags};

/// Where a stream is read from, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'r> {
    pub(crate) connection: &'r Connection,
    pub(crate) hosts: &'r Hosts,
    pub(crate) repository: i64,
    pub(crate) provenances: Provenances,
    pub(crate) depth: Depth,
}

/// A stream as it was at some version, which changes can be taken back from one by one, the newest
/// first.
#[derive(Debug)]
pub(crate) struct StreamWalk<'r> {
    reading: Reading<'r>,
    /// Only these tags are kept track of; all of them without.
    only: Option<BTreeSet<String>>,
    /// The stream without its tags, if there was one.
    head: Option<ImageStream>,
    spec: BTreeMap<String, TagReference>,
    items: BTreeMap<String, Vec<TagEvent>>,
    conditions: BTreeMap<String, Vec<TagEventCondition>>,
    pasts: BTreeMap<String, TagPast>,
}

impl<'r> StreamWalk<'r> {
    /// The stream as it is now.
    pub(crate) fn now(reading: Reading<'r>, only: Option<BTreeSet<String>>) -> Result<StreamWalk<'r>, Error> {
        let mut walk = StreamWalk {
            reading,
            only,
            head: None,
            spec: BTreeMap::new(),
            items: BTreeMap::new(),
            conditions: BTreeMap::new(),
            pasts: BTreeMap::new(),
        };
        let Reading { connection, hosts, repository, provenances, depth } = reading;
        let Some(Found { mut stream, .. }) = stream_views::find_by_repository(connection, repository)? else {
            return Ok(walk);
        };
        hosts.render(&mut stream);
        walk.head = Some(stream);
        let (spec, status) = match &walk.only {
            None => {
                let status = match depth {
                    Depth::Newest => stream_views::heads(connection, repository, "", usize::MAX)?,
                    Depth::Whole => {
                        stream_views::histories(connection, repository, "", usize::MAX, provenances)?
                    }
                };
                (stream_views::spec_tags(connection, repository, "", usize::MAX)?, status)
            }
            Some(only) => stream_tags::some(connection, repository, only, depth)?,
        };
        walk.spec.extend(spec.into_iter().map(|tag| (tag.name.clone(), tag)));
        for NamedTagEventList { tag, mut items, conditions } in status {
            for event in &mut items {
                hosts.render_event(event);
            }
            if !conditions.is_empty() {
                walk.conditions.insert(tag.clone(), conditions);
            }
            if !items.is_empty() {
                walk.items.insert(tag, items);
            }
        }
        Ok(walk)
    }

    /// Takes a change back.
    pub(crate) fn undo(&mut self, change: &Change, detail: &StreamDetail) -> Result<(), Error> {
        if change.action == Action::Added {
            self.head = None;
            self.spec.clear();
            self.items.clear();
            self.conditions.clear();
            return Ok(());
        }
        self.undo_head(change, detail);
        let is_followed = |tag: &String| self.only.as_ref().is_none_or(|only| only.contains(tag));
        for (tag, before) in detail.spec.iter().filter(|(tag, _)| is_followed(tag)) {
            match before {
                Some(before) => self.spec.insert(tag.clone(), before.clone()),
                None => self.spec.remove(tag),
            };
        }
        for (tag, before) in detail.conditions.iter().filter(|(tag, _)| is_followed(tag)) {
            if before.is_empty() {
                self.conditions.remove(tag);
            } else {
                self.conditions.insert(tag.clone(), before.clone());
            }
        }
        let touched: Vec<&String> = detail.tags.iter().filter(|tag| is_followed(tag)).collect();
        for tag in touched {
            let before = self.items_at(tag, change.version - 1)?;
            if before.is_empty() {
                self.items.remove(tag);
            } else {
                self.items.insert(tag.clone(), before);
            }
        }
        Ok(())
    }

    fn undo_head(&mut self, change: &Change, detail: &StreamDetail) {
        let head = self.head.get_or_insert_with(|| {
            let mut fresh = ImageStream::default();
            fresh.metadata.name.clone_from(&change.name);
            fresh.metadata.namespace = change.namespace.clone().unwrap_or_default();
            fresh.metadata.uid.clone_from(&change.uid);
            fresh
        });
        head.metadata.resource_version = detail.previous.map(ResourceVersion);
        if let Some(generation) = detail.generation {
            head.metadata.generation = generation;
        }
        if let Some(HeadDetail { metadata, lookup_local, docker_image_repository, created }) = &detail.head {
            let of_columns = std::mem::take(&mut head.metadata);
            head.metadata = ObjectMeta {
                name: of_columns.name,
                namespace: of_columns.namespace,
                uid: of_columns.uid,
                resource_version: of_columns.resource_version,
                generation: of_columns.generation,
                creation_timestamp: Some(Timestamp::from_seconds(*created)),
                ..metadata.clone()
            };
            head.spec.lookup_policy.local = *lookup_local;
            head.spec.docker_image_repository.clone_from(docker_image_repository);
            self.reading.hosts.render(head);
        }
    }

    /// What a tag showed at a version.
    fn items_at(&mut self, tag: &str, version: u64) -> Result<Vec<TagEvent>, Error> {
        let Reading { connection, hosts, repository, provenances, depth } = self.reading;
        if depth == Depth::Newest {
            let newest = tag_past::newest_at(connection, repository, tag, version)?;
            return Ok(newest
                .into_iter()
                .map(|mut event| {
                    hosts.render_event(&mut event);
                    event
                })
                .collect());
        }
        if !self.pasts.contains_key(tag) {
            let past = TagPast::read(connection, repository, tag, hosts, provenances)?;
            self.pasts.insert(tag.to_owned(), past);
        }
        Ok(self.pasts[tag].at(version))
    }

    /// The stream without its tags.
    pub(crate) fn head(&self) -> Option<&ImageStream> {
        self.head.as_ref()
    }

    /// The stream with all the tags that are kept track of.
    pub(crate) fn whole(&self) -> Option<ImageStream> {
        let mut stream = self.head.clone()?;
        stream.spec.tags = self.spec.values().cloned().collect();
        let names: BTreeSet<&String> = self.items.keys().chain(self.conditions.keys()).collect();
        stream.status.tags = names.into_iter().filter_map(|tag| self.status(tag)).collect();
        Some(stream)
    }

    /// Names of the tags there are.
    pub(crate) fn tags(&self) -> BTreeSet<String> {
        self.spec.keys().chain(self.items.keys()).chain(self.conditions.keys()).cloned().collect()
    }

    /// One tag, if the stream had it in spec or status.
    pub(crate) fn tag(&self, tag: &str) -> Option<TagParts> {
        let head = self.head.as_ref()?;
        let (spec, status) = (self.spec.get(tag).cloned(), self.status(tag));
        if spec.is_none() && status.is_none() {
            return None;
        }
        Some(TagParts { spec, status, ..TagParts::of(head, tag) })
    }

    fn status(&self, tag: &str) -> Option<NamedTagEventList> {
        let items = self.items.get(tag).cloned().unwrap_or_default();
        let conditions = self.conditions.get(tag).cloned().unwrap_or_default();
        let is_there = !items.is_empty() || !conditions.is_empty();
        is_there.then(|| NamedTagEventList { tag: tag.to_owned(), items, conditions })
    }
}
