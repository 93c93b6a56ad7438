use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use weir_image_api::{ImageStream, NamedTagEventList, StreamRef, TagReference};

use crate::hosts::Hosts;
use crate::lookup::Present;
use crate::sqlite::Transaction;
use crate::stream_status::StatusEdit;
use crate::stream_views::{self, Found};
use crate::streams::StreamChange;
use crate::{
    Edited, Engine, Error, Lookup, Reach, StreamEdit, StreamWish, StreamWrite, images, names, references,
    repositories, sparse, stream_removal, tag_list,
};

impl Engine {
    /// Edits a stream: the rule sees it as it is, nobody else changes it meanwhile, and what the rule
    /// wants is written. None if there was no stream and the rule wanted none.
    pub async fn edit_stream<V, E>(
        &self,
        edit: StreamEdit,
        rule: impl FnOnce(Option<ImageStream>, &dyn Lookup) -> Result<(StreamWish, V), E> + Send + 'static,
    ) -> Result<(Option<Edited<ImageStream>>, V), E>
    where
        V: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (dry_run, stream, hosts) = (edit.dry_run, edit.stream.clone(), Arc::clone(self.hosts()));
        let body = move |transaction: &mut Transaction<'_>| {
            let editing = Editing { edit: &edit, hosts: &hosts };
            let found = stream_views::find(transaction.connection(), &edit.stream)?;
            let old = match found {
                Some(found) => Some(editing.read(transaction, found)?),
                None => None,
            };
            let present = Present { connection: transaction.connection(), hosts: &hosts };
            let (wish, value) = rule(old.clone(), &present)?;
            let (edited, ended) = editing.fulfil(transaction, old, wish)?;
            Ok::<_, E>((edited, ended, value))
        };
        let (edited, ended, value) = self.write_or_rehearse(dry_run, body).await?;
        if let Some(version) = ended.filter(|_| !dry_run) {
            self.forget_uploads(vec![stream], version).await;
        }
        Ok((edited, value))
    }

    /// Ends the sessions of repositories that are gone. They could not be finished in any case.
    pub(crate) async fn forget_uploads(&self, streams: Vec<StreamRef>, version: u64) {
        if let Err(error) = self.end_uploads(streams, version).await {
            tracing::warn!(%error, "upload sessions of a deleted repository stay until they expire");
        }
    }
}

/// An edit while it runs.
struct Editing<'e> {
    edit: &'e StreamEdit,
    hosts: &'e Hosts,
}

impl Editing<'_> {
    /// The stream as far as the edit reaches.
    fn read(&self, transaction: &Transaction<'_>, found: Found) -> Result<ImageStream, Error> {
        let connection = transaction.connection();
        match &self.edit.reach {
            Reach::Whole => stream_views::complete(connection, found, self.hosts),
            Reach::Tags(tags) => {
                let names = sparse::names(connection, found.repository, &self.edit.stream, tags)?;
                sparse::read(connection, found, &names, self.hosts)
            }
        }
    }

    /// Does what the rule wants. Also says at which version the stream was removed, if it was.
    fn fulfil(
        &self,
        transaction: &mut Transaction<'_>,
        old: Option<ImageStream>,
        wish: StreamWish,
    ) -> Result<(Option<Edited<ImageStream>>, Option<u64>), Error> {
        match wish {
            StreamWish::Keep => Ok((old.map(|object| Edited { object, made: false, changed: false }), None)),
            StreamWish::Write(write) => Ok((Some(self.write(transaction, old, &write)?), None)),
            StreamWish::Delete => {
                let Some(object) = old else { return Ok((None, None)) };
                let StreamEdit { stream, source, now_ms, .. } = self.edit;
                let version = stream_removal::remove(transaction, stream, source, *now_ms)?;
                Ok((Some(Edited { object, made: false, changed: true }), version))
            }
        }
    }

    fn write(
        &self,
        transaction: &mut Transaction<'_>,
        old: Option<ImageStream>,
        write: &StreamWrite,
    ) -> Result<Edited<ImageStream>, Error> {
        let StreamEdit { stream, now_ms, dry_run, .. } = self.edit;
        for image in &write.images {
            let name = names::intern(transaction, &image.metadata.name)?;
            let record = images::stored(image, self.hosts);
            images::ensure(transaction, name, &image.metadata.name, &record, *now_ms)?;
            references::name_entries(transaction, name.id, &image.docker_image_manifests)?;
        }
        let repository = repositories::find_or_make(transaction, stream, *now_ms)?;
        let made = old.is_none();
        let mut old = old.unwrap_or_default();
        let mut change = match StreamChange::begin(transaction, repository, stream, *now_ms)? {
            Some(mut change) => {
                self.complete_old(transaction, repository, &mut old, &write.stream)?;
                change.set_head(transaction, &old, &write.stream)?;
                change
            }
            None => StreamChange::make(transaction, repository, stream, &write.stream, *now_ms)?,
        };
        write_spec(transaction, &mut change, &old, &write.stream)?;
        self.write_status(transaction, &mut change, &old, write)?;
        let changed = change.is_changed();
        change.finish(transaction)?;
        let mut object = if changed { self.reread(transaction, &write.stream)? } else { old.clone() };
        if *dry_run {
            object.metadata.resource_version = old.metadata.resource_version;
        }
        Ok(Edited { object, made, changed })
    }

    /// A rule may touch tags it has not asked for. They are read now, so that nothing is lost.
    fn complete_old(
        &self,
        transaction: &Transaction<'_>,
        repository: i64,
        old: &mut ImageStream,
        new: &ImageStream,
    ) -> Result<(), Error> {
        let Reach::Tags(tags) = &self.edit.reach else { return Ok(()) };
        let connection = transaction.connection();
        let mut known = sparse::names(connection, repository, &self.edit.stream, tags)?;
        let more: BTreeSet<String> =
            sparse::names_of(new).filter(|name| !known.contains(*name)).cloned().collect();
        if more.is_empty() {
            return Ok(());
        }
        known.extend(more);
        if let Some(found) = stream_views::find_by_repository(connection, repository)? {
            *old = sparse::read(connection, found, &known, self.hosts)?;
        }
        Ok(())
    }

    fn reread(&self, transaction: &Transaction<'_>, written: &ImageStream) -> Result<ImageStream, Error> {
        let connection = transaction.connection();
        let found =
            stream_views::find(connection, &self.edit.stream)?.expect("the stream has just been written");
        match &self.edit.reach {
            Reach::Whole => stream_views::complete(connection, found, self.hosts),
            Reach::Tags(tags) => {
                let mut names = sparse::names(connection, found.repository, &self.edit.stream, tags)?;
                names.extend(sparse::names_of(written).cloned());
                sparse::read(connection, found, &names, self.hosts)
            }
        }
    }

    fn write_status(
        &self,
        transaction: &mut Transaction<'_>,
        change: &mut StreamChange<'_>,
        old: &ImageStream,
        write: &StreamWrite,
    ) -> Result<(), Error> {
        let reach = &self.edit.reach;
        let mut status = StatusEdit::new(self.edit, self.hosts, write, reach);
        let old: BTreeMap<&str, &NamedTagEventList> = by_name(&old.status.tags, |list| &list.tag);
        let new: BTreeMap<&str, &NamedTagEventList> = by_name(&write.stream.status.tags, |list| &list.tag);
        let nothing = NamedTagEventList::default();
        for tag in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let before = old.get(tag).copied().unwrap_or(&nothing);
            let after = new.get(tag).copied().unwrap_or(&nothing);
            if before.conditions != after.conditions {
                change.set_conditions(transaction, tag, before.conditions.clone(), &after.conditions)?;
            }
            if !tag_list::all_same(&before.items, &after.items) {
                status.write(transaction, change, tag, &after.items)?;
            }
        }
        Ok(())
    }
}

fn write_spec(
    transaction: &mut Transaction<'_>,
    change: &mut StreamChange<'_>,
    old: &ImageStream,
    new: &ImageStream,
) -> Result<(), Error> {
    let old: BTreeMap<&str, &TagReference> = by_name(&old.spec.tags, |tag| &tag.name);
    let new: BTreeMap<&str, &TagReference> = by_name(&new.spec.tags, |tag| &tag.name);
    for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (before, after) = (old.get(name).copied(), new.get(name).copied());
        if before != after {
            change.set_spec_tag(transaction, name, before.cloned(), after)?;
        }
    }
    Ok(())
}

/// Of two with one name the last counts.
fn by_name<'t, T>(tags: &'t [T], name: impl Fn(&'t T) -> &'t String) -> BTreeMap<&'t str, &'t T> {
    tags.iter().map(|tag| (name(tag).as_str(), tag)).collect()
}
