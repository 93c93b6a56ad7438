use rusqlite::{Connection, Row, params};
use uuid::Uuid;
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{ImageStream, StreamRef, TagEventCondition, TagReference, Timestamp, tag_event};

use crate::sqlite::Transaction;
use crate::stream_detail::{HeadDetail, StreamDetail};
use crate::{Action, Change, Error, EventKind, EventSource, Resource, changes, columns, namespaces};

const HEAD: &str = "SELECT uid, version, generation FROM stream WHERE repository = ?1";

// Left to itself, the planner walks over all the spec tags.
const FOLLOWERS: &str = "SELECT body FROM spec_tag INDEXED BY spec_tag_tracks \
                         WHERE repository = ?1 AND tracks = ?2 ORDER BY tag";

const REMOVED_SPEC: &str = "DELETE FROM spec_tag WHERE repository = ?1 RETURNING tag, body";

const REMOVED_CONDITIONS: &str = "DELETE FROM tag_condition WHERE repository = ?1 RETURNING tag, body";

const REMOVED_TAGS: &str = "DELETE FROM tag WHERE repository = ?1 RETURNING tag";

#[cfg(test)]
pub(crate) const READS: &[&str] = &[HEAD, FOLLOWERS, REMOVED_SPEC, REMOVED_CONDITIONS, REMOVED_TAGS];

/// A stream while one write works on it. It takes one version however much changes, and what is
/// overwritten is kept with the change.
#[derive(Debug)]
pub(crate) struct StreamChange<'s> {
    stream: &'s StreamRef,
    repository: i64,
    uid: String,
    version: u64,
    generation: i64,
    /// Nothing as long as nothing has changed.
    action: Option<Action>,
    detail: StreamDetail,
    now_ms: u64,
}

impl<'s> StreamChange<'s> {
    /// The stream of a repository, if it has one.
    pub(crate) fn begin(
        transaction: &Transaction<'_>,
        repository: i64,
        stream: &'s StreamRef,
        now_ms: u64,
    ) -> rusqlite::Result<Option<StreamChange<'s>>> {
        transaction.row(HEAD, [repository], |row| {
            let version = columns::unsigned(row, 1)?;
            Ok(StreamChange {
                stream,
                repository,
                uid: row.get(0)?,
                version,
                generation: row.get(2)?,
                action: None,
                detail: StreamDetail { previous: Some(version), ..StreamDetail::default() },
                now_ms,
            })
        })
    }

    /// The stream of a repository, made if it has none.
    pub(crate) fn begin_or_make(
        transaction: &mut Transaction<'_>,
        repository: i64,
        stream: &'s StreamRef,
        now_ms: u64,
    ) -> Result<StreamChange<'s>, Error> {
        if let Some(existing) = StreamChange::begin(transaction, repository, stream, now_ms)? {
            return Ok(existing);
        }
        let mut fresh = ImageStream::default();
        fresh.metadata.generation = 1;
        StreamChange::make(transaction, repository, stream, &fresh, now_ms)
    }

    /// Makes the stream of a repository, without its tags.
    pub(crate) fn make(
        transaction: &mut Transaction<'_>,
        repository: i64,
        stream: &'s StreamRef,
        wanted: &ImageStream,
        now_ms: u64,
    ) -> Result<StreamChange<'s>, Error> {
        // The repository may be older than the decision to end its namespace.
        namespaces::ensure(transaction, &stream.namespace, now_ms)?;
        let metadata = &wanted.metadata;
        let uid = if metadata.uid.is_empty() { Uuid::new_v4().to_string() } else { metadata.uid.clone() };
        let fresh = StreamChange {
            stream,
            repository,
            uid,
            version: transaction.next_version(),
            generation: metadata.generation,
            action: Some(Action::Added),
            detail: StreamDetail::default(),
            now_ms,
        };
        transaction.execute(
            "INSERT INTO stream (repository, uid, version, generation, created, metadata, lookup_local, \
             docker_image_repository) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                repository,
                fresh.uid,
                fresh.version.cast_signed(),
                fresh.generation,
                metadata.creation_timestamp.unwrap_or(fresh.now()).seconds(),
                columns::to_json(&stored_metadata(metadata)),
                wanted.spec.lookup_policy.local,
                wanted.spec.docker_image_repository,
            ],
        )?;
        Ok(fresh)
    }

    pub(crate) fn repository(&self) -> i64 {
        self.repository
    }

    pub(crate) fn generation(&self) -> i64 {
        self.generation
    }

    pub(crate) fn now(&self) -> Timestamp {
        columns::seconds(self.now_ms)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.action.is_some()
    }

    /// The version the stream will have after this write. To ask for it is to say that it changes.
    pub(crate) fn version(&mut self, transaction: &mut Transaction<'_>) -> u64 {
        if self.action.is_none() {
            self.action = Some(Action::Modified);
            self.version = transaction.next_version();
        }
        self.version
    }

    /// The status of a tag changes.
    pub(crate) fn touch(&mut self, tag: &str) {
        self.detail.tags.insert(tag.to_owned());
    }

    /// The spec changes. One write raises the generation once.
    pub(crate) fn raise_generation(&mut self, transaction: &mut Transaction<'_>) {
        if self.detail.generation.is_none() {
            self.set_generation(transaction, self.generation + 1);
        }
    }

    pub(crate) fn set_generation(&mut self, transaction: &mut Transaction<'_>, generation: i64) {
        if generation != self.generation {
            self.version(transaction);
            self.detail.generation.get_or_insert(self.generation);
            self.generation = generation;
        }
    }

    /// Makes what the stream says beside its tags what is wanted.
    pub(crate) fn set_head(
        &mut self,
        transaction: &mut Transaction<'_>,
        old: &ImageStream,
        wanted: &ImageStream,
    ) -> rusqlite::Result<()> {
        self.set_generation(transaction, wanted.metadata.generation);
        let metadata = stored_metadata(&wanted.metadata);
        let (lookup_local, repository) =
            (wanted.spec.lookup_policy.local, &wanted.spec.docker_image_repository);
        let before = head_detail(old);
        if metadata == before.metadata
            && lookup_local == before.lookup_local
            && *repository == before.docker_image_repository
        {
            return Ok(());
        }
        self.version(transaction);
        self.detail.head = Some(before);
        transaction.execute(
            "UPDATE stream SET metadata = ?2, lookup_local = ?3, docker_image_repository = ?4 WHERE repository = ?1",
            params![self.repository, columns::to_json(&metadata), lookup_local, repository],
        )?;
        Ok(())
    }

    /// Wants a tag, or no longer.
    pub(crate) fn set_spec_tag(
        &mut self,
        transaction: &mut Transaction<'_>,
        name: &str,
        old: Option<TagReference>,
        wanted: Option<&TagReference>,
    ) -> rusqlite::Result<()> {
        self.version(transaction);
        self.detail.spec.insert(name.to_owned(), old);
        match wanted {
            Some(wanted) => transaction.execute(
                "INSERT INTO spec_tag (repository, tag, tracks, body) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (repository, tag) DO UPDATE SET tracks = excluded.tracks, body = excluded.body",
                params![self.repository, name, tracks(self.stream, wanted), columns::to_json(wanted)],
            )?,
            None => transaction.execute(
                "DELETE FROM spec_tag WHERE repository = ?1 AND tag = ?2",
                params![self.repository, name],
            )?,
        };
        Ok(())
    }

    /// Removes a tag from the spec. False if it was not there.
    pub(crate) fn remove_spec_tag(
        &mut self,
        transaction: &mut Transaction<'_>,
        name: &str,
    ) -> rusqlite::Result<bool> {
        let removed: Option<TagReference> = transaction.row(
            "DELETE FROM spec_tag WHERE repository = ?1 AND tag = ?2 RETURNING body",
            params![self.repository, name],
            |row| columns::json(row, 0),
        )?;
        let Some(removed) = removed else { return Ok(false) };
        self.raise_generation(transaction);
        self.detail.spec.insert(name.to_owned(), Some(removed));
        Ok(true)
    }

    /// Says what is wrong with a tag.
    pub(crate) fn set_conditions(
        &mut self,
        transaction: &mut Transaction<'_>,
        tag: &str,
        old: Vec<TagEventCondition>,
        wanted: &[TagEventCondition],
    ) -> rusqlite::Result<()> {
        self.version(transaction);
        self.detail.conditions.insert(tag.to_owned(), old);
        if wanted.is_empty() {
            transaction.execute(
                "DELETE FROM tag_condition WHERE repository = ?1 AND tag = ?2",
                params![self.repository, tag],
            )?;
        } else {
            transaction.execute(
                "INSERT INTO tag_condition (repository, tag, body) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (repository, tag) DO UPDATE SET body = excluded.body",
                params![self.repository, tag, columns::to_json(&wanted)],
            )?;
        }
        Ok(())
    }

    /// Nothing is wrong with a tag any more (image-api 4.1). False if nothing was.
    pub(crate) fn clear_conditions(
        &mut self,
        transaction: &mut Transaction<'_>,
        tag: &str,
    ) -> rusqlite::Result<bool> {
        let cleared: Option<Vec<TagEventCondition>> = transaction.row(
            "DELETE FROM tag_condition WHERE repository = ?1 AND tag = ?2 RETURNING body",
            params![self.repository, tag],
            |row| columns::json(row, 0),
        )?;
        let Some(cleared) = cleared else { return Ok(false) };
        self.version(transaction);
        self.detail.conditions.insert(tag.to_owned(), cleared);
        Ok(true)
    }

    /// Writes what changed, and the version of the stream from now on.
    pub(crate) fn finish(self, transaction: &Transaction<'_>) -> rusqlite::Result<u64> {
        let Some(action) = self.action else { return Ok(self.version) };
        transaction.execute(
            "UPDATE stream SET version = ?2, generation = ?3 WHERE repository = ?1",
            params![self.repository, self.version.cast_signed(), self.generation],
        )?;
        let version = self.version;
        self.record(transaction, action)?;
        Ok(version)
    }

    /// Removes the stream with all its tags, which get a last entry in their histories. `last` is
    /// what it was. There may be very many tags, so none of them is looked at by itself.
    pub(crate) fn remove(
        mut self,
        transaction: &mut Transaction<'_>,
        last: &ImageStream,
        source: &EventSource,
    ) -> rusqlite::Result<u64> {
        let version = self.version(transaction);
        self.detail.generation = Some(last.metadata.generation);
        self.detail.head = Some(head_detail(last));
        self.detail.spec = rows(transaction, REMOVED_SPEC, self.repository, |row| {
            Ok((row.get(0)?, Some(columns::json(row, 1)?)))
        })?;
        self.detail.conditions = rows(transaction, REMOVED_CONDITIONS, self.repository, |row| {
            Ok((row.get(0)?, columns::json(row, 1)?))
        })?;
        transaction.execute(
            "INSERT INTO tag_event (repository, tag, version, position, kind, created, reference, image, generation, \
             actor, client, reason) \
             SELECT repository, tag, ?2, 0, ?3, ?4, reference, image, generation, ?5, ?6, ?7 \
             FROM tag WHERE repository = ?1",
            params![
                self.repository,
                version.cast_signed(),
                EventKind::Deleted.word(),
                self.now().seconds(),
                source.identity,
                source.client,
                source.reason,
            ],
        )?;
        self.detail.tags = rows(transaction, REMOVED_TAGS, self.repository, |row| row.get(0))?;
        transaction.execute("DELETE FROM stream WHERE repository = ?1", [self.repository])?;
        self.record(transaction, Action::Deleted)?;
        Ok(version)
    }

    fn record(self, transaction: &Transaction<'_>, action: Action) -> rusqlite::Result<()> {
        let change = Change {
            version: self.version,
            resource: Resource::ImageStream,
            namespace: Some(self.stream.namespace.as_str().to_owned()),
            name: self.stream.name.as_str().to_owned(),
            uid: self.uid,
            action,
        };
        let about = changes::About {
            repository: Some(self.repository),
            detail: Some(columns::to_json(&self.detail)),
        };
        changes::record(transaction, &change, &about, self.now_ms)
    }
}

fn rows<T, C: FromIterator<T>>(
    transaction: &Transaction<'_>,
    sql: &str,
    repository: i64,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<C> {
    transaction.prepare(sql)?.query_map([repository], read)?.collect()
}

/// Metadata without what has columns of its own.
pub(crate) fn stored_metadata(metadata: &ObjectMeta) -> ObjectMeta {
    ObjectMeta {
        name: String::new(),
        generate_name: String::new(),
        namespace: String::new(),
        uid: String::new(),
        resource_version: None,
        generation: 0,
        creation_timestamp: None,
        ..metadata.clone()
    }
}

fn head_detail(stream: &ImageStream) -> HeadDetail {
    HeadDetail {
        metadata: stored_metadata(&stream.metadata),
        lookup_local: stream.spec.lookup_policy.local,
        docker_image_repository: stream.spec.docker_image_repository.clone(),
        created: stream.metadata.creation_timestamp.map_or(0, Timestamp::seconds),
    }
}

/// The tag of the same stream that a spec tag follows. The rule itself is
/// [`tracking`](weir_image_api::tag_event::tracking).
fn tracks(stream: &StreamRef, tag: &TagReference) -> Option<String> {
    let name = &tag.from.as_ref()?.name;
    let followed = match name.split_once(':') {
        None => name.as_str(),
        Some((_, "")) => tag_event::DEFAULT_TAG,
        Some((_, followed)) => followed,
    };
    let follows = !tag_event::tracking(stream, std::slice::from_ref(tag), followed).is_empty();
    follows.then(|| followed.to_owned())
}

/// The spec tags that may follow `tag`. The rule itself is
/// [`tracking`](weir_image_api::tag_event::tracking); the column only narrows the search.
pub(crate) fn spec_tags_tracking(
    connection: &Connection,
    repository: i64,
    tag: &str,
) -> rusqlite::Result<Vec<TagReference>> {
    let mut statement = connection.prepare_cached(FOLLOWERS)?;
    statement.query_map(params![repository, tag], |row| columns::json(row, 0))?.collect()
}
