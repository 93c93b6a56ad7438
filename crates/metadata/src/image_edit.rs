use std::sync::Arc;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;
use weir_image_api::{Image, ResourceVersion, Timestamp};
use weir_oci::Digest;

use crate::cache::Stale;
use crate::changes::About;
use crate::hosts::Hosts;
use crate::images::Fresh;
use crate::lookup::Present;
use crate::object_changes::Kept;
use crate::sqlite::Transaction;
use crate::{
    Action, Change, Edited, Engine, Error, Lookup, ObjectEdit, Resource, Wish, changes, columns, images,
    names, references, tags,
};

const RECORD: &str = "SELECT record FROM image WHERE id = ?1";

const TAGS_WITH_HEAD: &str = "SELECT repository, tag FROM tag WHERE image = ?1";

const REPOSITORIES_WITH: &str = "SELECT repository FROM revision WHERE manifest = ?1";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[RECORD, TAGS_WITH_HEAD, REPOSITORIES_WITH];

/// What stands with a change of an Image: it as it was.
#[derive(Debug, Serialize, Deserialize)]
struct Previous {
    version: u64,
    created: i64,
    record: Box<RawValue>,
}

impl Engine {
    /// Edits an Image. Removing it never looks for who names it: streams keep their histories, and
    /// what they name can no longer be pulled.
    pub async fn edit_image<V, E>(
        &self,
        edit: ObjectEdit<String>,
        rule: impl FnOnce(Option<Image>, &dyn Lookup) -> Result<(Wish<Image>, V), E> + Send + 'static,
    ) -> Result<(Option<Edited<Image>>, V), E>
    where
        V: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let hosts = Arc::clone(self.hosts());
        let ObjectEdit { key: name, dry_run, now_ms } = edit;
        let body = move |transaction: &mut Transaction<'_>| {
            let old = images::find(transaction.connection(), &name, &hosts.internal)?;
            let present = Present { connection: transaction.connection(), hosts: &hosts };
            let (wish, value) = rule(old.clone(), &present)?;
            let editing = Editing { name: &name, hosts: &hosts, now_ms };
            let version = old.as_ref().and_then(|old| old.metadata.resource_version);
            let mut edited = editing.fulfil(transaction, old, wish)?;
            if dry_run && let Some(edited) = &mut edited {
                edited.object.metadata.resource_version = version;
            }
            Ok::<_, E>((edited, value))
        };
        self.write_or_rehearse(dry_run, body).await
    }
}

struct Editing<'e> {
    name: &'e str,
    hosts: &'e Hosts,
    now_ms: u64,
}

impl Editing<'_> {
    fn fulfil(
        &self,
        transaction: &mut Transaction<'_>,
        old: Option<Image>,
        wish: Wish<Image>,
    ) -> Result<Option<Edited<Image>>, Error> {
        match (wish, old) {
            (Wish::Keep, old) => Ok(old.map(|object| Edited { object, made: false, changed: false })),
            (Wish::Write(wanted), None) => {
                self.make(transaction, &wanted)?;
                let object = self.find(transaction)?;
                Ok(Some(Edited { object, made: true, changed: true }))
            }
            (Wish::Write(wanted), Some(old)) => self.update(transaction, old, &wanted).map(Some),
            (Wish::Delete, None) => Ok(None),
            (Wish::Delete, Some(old)) => {
                self.remove(transaction, &old)?;
                Ok(Some(Edited { object: old, made: false, changed: true }))
            }
        }
    }

    fn find(&self, transaction: &Transaction<'_>) -> Result<Image, Error> {
        let found = images::find(transaction.connection(), self.name, &self.hosts.internal)?;
        Ok(found.expect("the image has just been written"))
    }

    fn make(&self, transaction: &mut Transaction<'_>, wanted: &Image) -> Result<(), Error> {
        let name = names::intern(transaction, self.name)?;
        let uid = match wanted.metadata.uid.as_str() {
            "" => Uuid::new_v4().to_string(),
            given => given.to_owned(),
        };
        let created = wanted.metadata.creation_timestamp.unwrap_or(columns::seconds(self.now_ms));
        let record = images::stored(wanted, self.hosts);
        images::insert(transaction, name, self.name, Fresh { uid, created }, &record, self.now_ms)?;
        references::name_entries(transaction, name.id, &wanted.docker_image_manifests)?;
        Ok(())
    }

    fn update(
        &self,
        transaction: &mut Transaction<'_>,
        old: Image,
        wanted: &Image,
    ) -> Result<Edited<Image>, Error> {
        let id = self.id(transaction)?;
        let kept: Image = transaction
            .row(RECORD, [id], |row| columns::json(row, 0))?
            .expect("the image has been read in this transaction");
        let mut wanted = wanted.clone();
        if wanted.docker_image_reference == old.docker_image_reference {
            // Without a name of our own the form that is stored cannot be told from what is shown.
            wanted.docker_image_reference.clone_from(&kept.docker_image_reference);
        }
        let record = images::stored(&wanted, self.hosts);
        if record == images::stored(&kept, self.hosts) {
            return Ok(Edited { object: old, made: false, changed: false });
        }
        let version = transaction.next_version();
        self.record(transaction, id, &old, version, Action::Modified)?;
        transaction.execute(
            "UPDATE image SET version = ?2, record = ?3 WHERE id = ?1",
            params![id, version.cast_signed(), record],
        )?;
        references::name_entries(transaction, id, &wanted.docker_image_manifests)?;
        Ok(Edited { object: self.find(transaction)?, made: false, changed: true })
    }

    fn remove(&self, transaction: &mut Transaction<'_>, old: &Image) -> Result<(), Error> {
        let id = self.id(transaction)?;
        let version = transaction.next_version();
        self.record(transaction, id, old, version, Action::Deleted)?;
        transaction.execute("DELETE FROM image WHERE id = ?1", [id])?;
        transaction.execute("UPDATE tag SET pullable = 0 WHERE image = ?1", [id])?;
        let tags: Vec<(i64, String)> = transaction
            .prepare(TAGS_WITH_HEAD)?
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (repository, tag) in tags {
            tags::invalidate(transaction, repository, &tag);
        }
        let Ok(digest) = Digest::parse(self.name) else { return Ok(()) };
        let repositories: Vec<i64> = transaction
            .prepare(REPOSITORIES_WITH)?
            .query_map([id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for repository in repositories {
            transaction.invalidate(Stale::Manifest(repository, digest));
        }
        Ok(())
    }

    fn id(&self, transaction: &Transaction<'_>) -> Result<i64, Error> {
        Ok(names::find(transaction, self.name)?.expect("an image has the number of its name"))
    }

    fn record(
        &self,
        transaction: &Transaction<'_>,
        id: i64,
        old: &Image,
        version: u64,
        action: Action,
    ) -> Result<(), Error> {
        let record: String = transaction
            .row(RECORD, [id], |row| row.get(0))?
            .expect("the image has been read in this transaction");
        let previous = Previous {
            version: old.metadata.resource_version.map_or(0, |version| version.0),
            created: old.metadata.creation_timestamp.map_or(0, Timestamp::seconds),
            record: RawValue::from_string(record).expect("the record has been read as JSON"),
        };
        let change = Change {
            version,
            resource: Resource::Image,
            namespace: None,
            name: self.name.to_owned(),
            uid: old.metadata.uid.clone(),
            action,
        };
        let about = About { repository: None, detail: Some(columns::to_json(&previous)) };
        Ok(changes::record(transaction, &change, &about, self.now_ms)?)
    }
}

impl Kept for Image {
    type Context = Hosts;

    fn current(connection: &Connection, change: &Change, hosts: &Hosts) -> Result<Option<Image>, Error> {
        images::find(connection, &change.name, &hosts.internal)
    }

    fn previous(change: &Change, detail: &str, hosts: &Hosts) -> Result<Option<Image>, Error> {
        let Previous { version, created, record } = columns::detail(detail)?;
        let mut image: Image = columns::detail(record.get())?;
        image.metadata.name.clone_from(&change.name);
        image.metadata.uid.clone_from(&change.uid);
        image.metadata.resource_version = Some(ResourceVersion(version));
        image.metadata.creation_timestamp = Some(Timestamp::from_seconds(created));
        image.render(&hosts.internal);
        Ok(Some(image))
    }
}
